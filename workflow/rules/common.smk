"""Plan of the run and names that all stages share.

A rule's memory and time are those of its first attempt; `grow` doubles them with each further one.
They come from the benchmark files of runs of config/yeast, config/chr22 and config/paper (20 to 26
sets, 101 to 301 bases): twice the largest memory of any job of the rule plus 300 MB for Snakemake,
rounded up, and several times the longest time on a busy core of an AMD EPYC. Amounts that grow with
the input are stated in the rule; for whole mammalian genomes they are estimates.
"""

import os
from pathlib import Path

from tfmoe.core.config import select_settings
from tfmoe.core.run_record import VARIABLE
from tfmoe.studies.plan import DEVELOPMENT_SCORES, WITHOUT_FOLDER, Studies
from tfmoe.workflow.cache import FOLDER
from tfmoe.workflow.data_inputs import DataInputs
from tfmoe.workflow.input_files import Tables, checksums_of
from tfmoe.workflow.fingerprint import Fingerprints
from tfmoe.workflow.locations import DOWNLOADS
from tfmoe.workflow.motif_searches import MotifSearches
from tfmoe.workflow.networks import (
    EXPERT_FOLDER,
    MIXTURE_FOLDER,
    Networks,
    mixture_settings,
    mixture_weights,
    pool_tables,
    pooled_kmer_negatives,
    training_files,
    weights_of,
)
from tfmoe.workflow.job_records import produced_by
from tfmoe.workflow.provenance import (
    MEANS,
    check_results,
    describe_run,
    without_means,
    write_state,
)
from tfmoe.workflow.snakefile import grow, one_of
from tfmoe.workflow.input_digests import Sources, source_paths
from tfmoe.workflow.writable import check_writable

TABLES = Tables.of_project(PROJECT)
SOURCES = Sources(made=["results", "resources/downloads"])
CODE = Fingerprints()

PLAN, STUDIED, FILES = RUN.plan, RUN.studied, RUN.files

with plain_errors():
    if workflow.is_main_process:
        if "--report" not in sys.argv:
            written = [".snakemake", RESULTS, *([DOWNLOADS] if FILES.remote else [])]
            check_writable(map(Path, written))
        LOCK = lock_run(RESULTS, hooks=workflow.modifier.is_main_snakefile())

SIMULATED = config["simulation"] is not None
# a run on ready sequences, which have no coordinates
READY = config["genome"] is None
NETWORKS = Networks(PLAN, EXPERIMENTS, READY)
STUDIES = Studies(NETWORKS)
DATA_INPUTS = DataInputs(EXPERIMENTS, FILES, config["negatives"])
GPU = 1 if config["compute"]["device"] == "cuda" else 0
# the build of torch in the environments of the rules that need it
TORCH = config["compute"]["torch"]
COMPUTE = {key: value for key, value in config["compute"].items() if key != "torch"}
JASPAR_FILES = {
    "motifs": "<results>/jaspar/matrices.meme",
    "matrices": "<results>/jaspar/matrices.tsv",
    "factors": ancient(TABLES.factors),
    "families": ancient(TABLES.families),
}
# experiment, factor, role and stratum of each set, for figures and report
SETS = {
    name: {"factor": row.factor, "role": row.role, "stratum": row.stratum}
    for name, row in EXPERIMENTS.items()
}

with plain_errors():
    CHECKSUMS = FILES.checksums(SOURCES) | TABLES.checksums(SOURCES)

# jobs read the state of the run from a file; a job on a cluster may not have inherited its name
if workflow.is_main_process or VARIABLE not in os.environ:
    with plain_errors():
        STATE = describe_run(config, EXPERIMENTS, CHECKSUMS, CODE.all(), PROJECT)
        os.environ[VARIABLE] = str(write_state(STATE, FOLDER))


wildcard_constraints:
    experiment=one_of(EXPERIMENTS),
    expert=one_of(NETWORKS.names),
    compared="|".join(name for name, recipe in PLAN.recipes.items() if not recipe.own) or "-",
    recipe="|".join({recipe.networks for recipe in NETWORKS.recipes.values()}),
    mixture=one_of(NETWORKS.mixtures),
    developed="|".join(NETWORKS.recipes),
    left_out=one_of(PLAN.left_out),
    model=one_of(NETWORKS.models),
    seed=r"\d+",
    method="[a-z0-9_]+",
    backbone="[a-z][a-z0-9_]*",
    checksum="[0-9a-f]{64}|[0-9a-f]{32}",
