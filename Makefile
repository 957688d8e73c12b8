# `make demo` and `make test` set up everything they need; `make help` lists all targets.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
CORES ?= $(shell nproc 2>/dev/null || echo 2)
MIRROR ?=
GENOME ?=
BIN := .venv/bin
# `--config` consumes all following arguments, so pass it last
CONFIG = $(if $(MIRROR)$(OTHER),--config $(if $(MIRROR),mirror=$(MIRROR)) $(OTHER))
LOCAL_GENOME = 'genome={fasta: $(GENOME), md5: null}'
LOCAL_BACKGROUND = 'background={fasta: $(GENOME), md5: null}'
SNAKEMAKE := $(BIN)/snakemake --cores $(CORES)
SMK_FILES := Snakefile workflow/Snakefile $(wildcard workflow/rules/*.smk)

export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help setup demo yeast chr22 paper test kernels drills pages kills resources reproducibility tolerances soak
.PHONY: forecast gpu mutants coverage audit conda lint lint-style lint-types lint-workflow docs pictures families lock

help:  ## list all targets
	@grep -hE '^[a-z0-9]+:.*##' Makefile | sed -E 's/^([a-z0-9]+):.*## /  make \1\t/' | expand -t 24
	@echo "  snakemake --list-target-rules lists the targets of a run"

setup:  ## set up the virtual environment and bedtools
	@envs/bootstrap.sh

demo: setup  ## run the pipeline on the embedded, simulated data set
	@$(SNAKEMAKE) $(CONFIG)

yeast: setup  ## run on the whole yeast genome (MIRROR=folder: take the files from there)
	@$(SNAKEMAKE) --configfile config/yeast/config.yaml $(CONFIG)

chr22: OTHER = $(if $(GENOME),$(LOCAL_GENOME))
chr22: setup  ## run on human chromosome 22 (GENOME=file: use a local FASTA of it)
	@$(SNAKEMAKE) --configfile config/chr22/config.yaml $(CONFIG)

paper: OTHER = $(if $(GENOME),$(LOCAL_BACKGROUND))
paper: setup  ## run the paper's benchmark and draw its figures (GENOME=file: as for chr22)
	@$(SNAKEMAKE) all paper_figures --configfile config/paper/config.yaml $(CONFIG)

test: setup lint  ## run linters, type checker and tests
	@$(BIN)/pytest --numprocesses $(CORES) --no-loadscope-reorder

kernels: setup  ## run numerical tests with other kernels of torch and BLAS
	@tests/kernels.sh

drills: setup  ## run slow tests: faults on a local SLURM (Debian, root), a repeated run
	@$(BIN)/pytest -m drill

pages: setup  ## test report, factor pages and website in Chromium, which has to be installed: width, accessibility, print
	@tests/drills/tools.sh browser
	@build/tools/browser/bin/python -m pytest tests/unit/report/test_in_browser.py tests/docs/test_in_browser.py

kills: setup  ## kill and resume a small run 66 times, and compare its results (about an hour on 2 cores)
	@folder=$$(mktemp -d) && $(BIN)/python tests/drills/kills.py "$$folder" && rm -r "$$folder"

forecast: setup  ## compare the finishing time that tfmoe progress expects with the true one
	@$(BIN)/python tests/drills/forecast.py $(CORES)

soak: setup  ## run for some hours and check that memory, open and temporary files do not grow
	@$(BIN)/python tests/drills/soak.py

lint: setup  ## run linters and type checker only
	@$(MAKE) --no-print-directory --jobs $(CORES) lint-types lint-workflow lint-style

lint-types:
	@$(BIN)/mypy

lint-workflow:
	@$(BIN)/snakefmt --check $(SMK_FILES)
	@$(BIN)/snakemake --lint

lint-style:
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@PYTHONPATH=scripts $(BIN)/lint-imports --no-cache
	@$(BIN)/python tests/lint/english.py

audit: setup  ## check the locked packages: licences, and known vulnerabilities (needs PyPI)
	@$(BIN)/python tests/lint/licences.py
	@$(BIN)/python -m venv .venv/audit
	@.venv/audit/bin/pip install --quiet "$$(grep -oE 'pip-audit==[0-9.]+' pyproject.toml)"
	@.venv/audit/bin/pip-audit --strict --disable-pip --no-deps -r requirements.lock
	@grep -oE 'torch==[0-9.]+' pyproject.toml > .venv/audit/torch.txt
	@.venv/audit/bin/pip-audit --strict --disable-pip --no-deps -r .venv/audit/torch.txt

resources: setup  ## run with full disks, little memory, changed clocks, moved results (Linux, root, gcc)
	@PYTHONPATH=scripts $(BIN)/python tests/drills/resources.py

reproducibility: setup  ## check that results do not depend on cores, folder, locale, time zone, umask
	@PYTHONPATH=scripts $(BIN)/python tests/drills/reproducibility.py

tolerances: setup  ## measure how far results differ with the kernels of other CPUs
	@PYTHONPATH=scripts $(BIN)/python tests/drills/reproducibility.py --kernels

mutants: setup  ## mutation testing of the modules that decide about science (hours; PARTS=names of modules)
	@tests/drills/tools.sh mutation
	@build/tools/mutation/bin/python tests/drills/mutants.py $(PARTS)

gpu: setup  ## measure all backbones on a GPU and compare scores with the CPU (at most 7 minutes; without a GPU, the CPU only)
	@$(BIN)/python benchmarks/gpu.py --table build/gpu.tsv

coverage: setup  ## run all tests with line coverage of scripts and package (an hour)
	@tests/drills/tools.sh coverage
	@tests/drills/coverage.sh build/tools/coverage/bin/python

conda: setup  ## build all conda environments from PyPI and run the demo in them
	@TFMOE_TEST_CONDA=all $(BIN)/pytest tests/conda

docs: setup  ## build the documentation's website (build/docs), and its pages on config and commands
	@PYTHONPATH=scripts $(BIN)/python -m tfmoe.core.schema_docs config/README.md
	@PYTHONPATH=scripts $(BIN)/python -m tfmoe.cli.reference docs/reference/commands.md
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "written: build/docs; open build/docs/index.html"

pictures: setup  ## redraw the documentation's pictures (after the run of its first tutorial)
	@PYTHONPATH=scripts $(BIN)/python docs/pictures.py results/tutorial

families: setup  ## measure which families share a motif (columns of resources/families.tsv)
	@PYTHONPATH=scripts $(BIN)/python -m tfmoe.motifs.families resources/factors.tsv resources/families.tsv

lock:  ## update requirements.lock (needs uv)
	@uv pip compile pyproject.toml --extra workflow --group dev --group docs --group search --group cluster --universal --python-version 3.11 --generate-hashes --quiet \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links \
		$(addprefix --no-emit-package ,torch triton cuda-bindings cuda-pathfinder cuda-toolkit) \
		$(addprefix --no-emit-package nvidia-,cublas cuda-cupti cuda-nvrtc cuda-runtime cudnn-cu13 cufft cufile \
		curand cusolver cusparse cusparselt-cu13 nccl-cu13 nvjitlink nvshmem-cu13 nvtx) \
		-o requirements.lock
