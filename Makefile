# `make demo` and `make test` set up what they need by themselves; `make help` lists the rest.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
CORES ?= $(shell nproc 2>/dev/null || echo 2)
MIRROR ?=
GENOME ?=
BIN := .venv/bin
# what stands behind it is a list, so it comes last
CONFIG = $(if $(MIRROR)$(OTHER),--config $(if $(MIRROR),mirror=$(MIRROR)) $(OTHER))
LOCAL_GENOME = 'genome={fasta: $(GENOME), md5: null}'
LOCAL_BACKGROUND = 'background={fasta: $(GENOME), md5: null}'
SNAKEMAKE := $(BIN)/snakemake --cores $(CORES)
SMK_FILES := Snakefile $(wildcard workflow/rules/*.smk)

export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help setup demo yeast chr22 paper plan test kernels drills conda lint docs lock

help:  ## list these targets
	@grep -hE '^[a-z0-9]+:.*##' Makefile | sed -E 's/^([a-z0-9]+):.*## /  make \1\t/' | expand -t 16

setup:  ## set up the virtual environment and bedtools
	@envs/bootstrap.sh

demo: setup  ## run the pipeline on the embedded, simulated data set
	@$(SNAKEMAKE) $(CONFIG)

yeast: setup  ## run it on the whole yeast genome (MIRROR=folder takes the files from there)
	@$(SNAKEMAKE) --configfile config/yeast/config.yaml $(CONFIG)

chr22: OTHER = $(if $(GENOME),$(LOCAL_GENOME))
chr22: setup  ## run it on human chromosome 22 (GENOME=file is a local FASTA of it)
	@$(SNAKEMAKE) --configfile config/chr22/config.yaml $(CONFIG)

paper: OTHER = $(if $(GENOME),$(LOCAL_BACKGROUND))
paper: setup  ## run the paper's benchmark and draw its figures (GENOME=file as for chr22)
	@$(SNAKEMAKE) all paper_figures --configfile config/paper/config.yaml $(CONFIG)

plan: CONFIGFILE ?= config/config.yaml
plan: setup  ## count a run's jobs and the hours they will take (CONFIGFILE=config/encode/config.yaml)
	@PYTHONPATH=scripts $(BIN)/python -m tfmoe.report.costs --configfile $(CONFIGFILE) $(CONFIG)

test: setup lint  ## lint, types and tests
	@$(BIN)/pytest

kernels: setup  ## the numerical tests under other kernels of torch and BLAS, with one thread and two
	@tests/kernels.sh

drills: setup  ## runs and faults on a real SLURM (Debian, root), and a run twice over; takes long
	@$(BIN)/pytest -m drill

lint: setup  ## linters and type checker alone
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@PYTHONPATH=scripts $(BIN)/lint-imports --no-cache
	@$(BIN)/snakefmt --check $(SMK_FILES)
	@$(BIN)/snakemake --lint

conda: setup  ## make all conda environments from Python's registry, and run the demo in them
	@TFMOE_TEST_CONDA=all $(BIN)/pytest tests/conda

docs: setup  ## write config/README.md anew from the schemas
	@PYTHONPATH=scripts $(BIN)/python -m tfmoe.core.schema_docs config/README.md

lock:  ## lock the versions of all packages anew (needs uv)
	@uv pip compile pyproject.toml --group dev --group search --group cluster --universal --python-version 3.11 --generate-hashes --quiet \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links \
		$(addprefix --no-emit-package ,torch triton cuda-bindings cuda-pathfinder cuda-toolkit) \
		$(addprefix --no-emit-package nvidia-,cublas cuda-cupti cuda-nvrtc cuda-runtime cudnn-cu13 cufft cufile \
		curand cusolver cusparse cusparselt-cu13 nccl-cu13 nvjitlink nvshmem-cu13 nvtx) \
		-o requirements.lock
