"""tfmoe: from peaks and a genome to experts, their mixture, its evaluation and motifs."""

import sys
import time
import warnings
from pathlib import Path

from snakemake.utils import min_version

min_version("9.21.0")

# of the project itself, also where another workflow uses it as a module
PROJECT = Path(workflow.current_basedir.get_path_or_uri(secret_free=True))
sys.path.insert(0, str(PROJECT / "scripts"))

from tfmoe.core.log_level import pass_level
from tfmoe.core.threads import set_threads
from tfmoe.workflow.checked_run import read_run
from tfmoe.workflow.job_lines import show_lines
from tfmoe.workflow.planned_jobs import note_end, note_start
from tfmoe.workflow.run_lock import lock_run
from tfmoe.workflow.snakefile import (
    check_config_files,
    closing_words,
    faults,
    jobs_import_from,
    killed,
    look_when_jobs_end,
    plain_errors,
)
from tfmoe.workflow.stopping import watch_jobs, watch_planning

jobs_import_from(PROJECT / "scripts")

LINES = None
if workflow.is_main_process:
    watch_planning()
    # hooks, which name the jobs, are not run where another workflow uses this one as a module
    if workflow.modifier.parent_modifier is None:
        LINES = show_lines()

# a run has its own config: one given on the command line replaces the demo's, and never extends it
if not (workflow.configfiles or config):
    check_config_files(["config/config.yaml"])

    configfile: "config/config.yaml"


# of a module, the config files belong to the workflow that uses it
if workflow.is_main_process and not workflow.modifier.skip_configfile:
    check_config_files(workflow.configfiles)

with plain_errors():
    RUN = read_run(config, str(next(iter(workflow.configfiles), "config")), PROJECT)
config, EXPERIMENTS = RUN.config, RUN.experiments
RESULTS = Path("results", config["run"])

set_threads(config["compute"]["threads"])
pass_level(config["log_level"])
# the digest of a job's inputs has Snakemake estimate its memory before its inputs exist
warnings.filterwarnings("ignore", "coroutine .*size_files", RuntimeWarning)


pathvars:
    results=f"results/{config['run']}",
    logs=f"results/{config['run']}/logs",
    benchmarks=f"results/{config['run']}/benchmarks",


include: "workflow/rules/common.smk"


if SIMULATED:

    include: "workflow/rules/simulation.smk"


include: "workflow/rules/data.smk"
include: "workflow/rules/jaspar.smk"


if READY:

    include: "workflow/rules/data_sequences.smk"

else:

    include: "workflow/rules/data_peaks.smk"
    include: "workflow/rules/data_adaptation.smk"


include: "workflow/rules/models.smk"
include: "workflow/rules/evaluation.smk"
include: "workflow/rules/application.smk"


if not READY:

    include: "workflow/rules/scan.smk"


include: "workflow/rules/attribution.smk"
include: "workflow/rules/motifs.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/paper.smk"
include: "workflow/rules/development.smk"
include: "workflow/rules/search.smk"


STARTED = time.time()


onstart:
    look_when_jobs_end(workflow.scheduler)
    LOCK.note_jobs(workflow.local_exec)
    note_start(workflow.dag, RESULTS, workflow.resource_settings)
    if LINES is not None:
        LINES.start(workflow, RESULTS, {name: row.factor for name, row in EXPERIMENTS.items()})
    watch_jobs(workflow.local_exec)


onerror:
    note_end(RESULTS, succeeded=False)
    faulty = faults(RESULTS / "logs", since=STARTED)
    sys.stderr.writelines(f"{fault}\n" for fault in [*faulty, *killed(log)])


onsuccess:
    note_end(RESULTS, succeeded=True)
    print(closing_words(f"{RESULTS}/summary.txt", workflow.dag.jobs), end="")


rule all:
    """Target: the report, its summary and the trained mixture (default)."""
    default_target: True
    input:
        "<results>/report.html",
        "<results>/summary.txt",
        "<results>/model.zip",
        REPORT_MULTIQC,


rule data:
    """Target: sequences and their audit, without any training."""
    input:
        REPORT_DATA,
        collect(ADAPTATION_SEQUENCES, experiment=PLAN.adapted),


rule search:
    """Target: search the settings of the networks on validation data."""
    input:
        "<results>/search/best.yaml",


# last, as the targets in it have the names of recipes, which may be those of no other rule
include: "workflow/rules/recipes.smk"


# which results there may be is known once all rules are
if workflow.is_main_process:
    with plain_errors():
        check_results(RESULTS, STATE, FOLDER, produced_by(workflow.rules))
