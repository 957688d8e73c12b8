"""What all stages share: checks of the config, names taken from it, and what they stand for."""

import os

from tfmoe.attribution.names import check_methods
from tfmoe.core.code import stage_hash
from tfmoe.core.locations import locate, require_files
from tfmoe.core.plan import plan_run
from tfmoe.models.registry import check_backbone

with plain_errors():
    PLAN = plan_run(config, EXPERIMENTS)
    check_backbone(config["training"]["backbone"])
    check_methods(
        [*config["attribution"]["methods"], config["motifs"]["method"]], config["windows"]["flank"]
    )

TRAINING = PLAN.training
OOD = PLAN.ood
EXPERTS = PLAN.experts
SEEDS = PLAN.seeds
ATTRIBUTED = PLAN.attributed
RECIPE = config["training"]["recipe"]
BACKBONE = config["training"]["backbone"]
MIXTURE = config["mixture"]["name"]
SIMULATED = config["simulation"] is not None
GPU = 1 if config["compute"]["device"] == "cuda" else 0

# the project's own tables, relative to the folder of the run, which may be another than the project's
TABLES = Path(os.path.relpath(workflow.basedir)) / "resources"
PINNED = TABLES / "sources.tsv"
FACTORS = TABLES / "factors.tsv"
FAMILIES = TABLES / "families.tsv"

EXPERT_FOLDER = f"<results>/experts/{{expert}}/{RECIPE}/{BACKBONE}/seed{{seed}}"
MIXTURE_FOLDER = f"<results>/moe/{MIXTURE}/seed{{seed}}"


def peaks_of(name, row):
    """Where an experiment's peaks come from."""
    if SIMULATED:
        return locate(f"<results>/simulation/peaks/{name}.narrowPeak", None, PINNED)
    return locate(row.peaks, row.sha256, PINNED)


def genome_file(key):
    """Where the genome or its blacklist comes from; None for a blacklist that is not given."""
    if SIMULATED:
        return locate("<results>/simulation/genome.fa", None, PINNED) if key == "fasta" else None
    place, sha256 = config["genome"][key], config["genome"][CHECKSUMS[key]]
    return locate(place, sha256, PINNED) if place else None


CHECKSUMS = {"fasta": "sha256", "blacklist": "blacklist_sha256"}
with plain_errors():
    PEAKS = {name: peaks_of(name, row) for name, row in EXPERIMENTS.items()}
    GENOME = genome_file("fasta")
    BLACKLIST = genome_file("blacklist")
    INPUTS = {f"peaks of {name}": place for name, place in PEAKS.items()}
    INPUTS |= {"genome": GENOME} | ({"blacklist": BLACKLIST} if BLACKLIST else {})
    if not SIMULATED:
        require_files(INPUTS)
# what is downloaded, by checksum
REMOTE = {place.sha256: place.url for place in INPUTS.values() if place.url}


def unchecked(place):
    """The checksum that a local file must have; what is fetched has been checked already."""
    return place.sha256 if place and place.url is None else None


def peaks_of_factor(wildcards):
    """The peak files of all experiments of an experiment's factor."""
    factor = EXPERIMENTS[wildcards.experiment].factor.upper()
    return [PEAKS[name].path for name, row in EXPERIMENTS.items() if row.factor.upper() == factor]


def members_of(expert):
    """The experts whose examples a network is trained on: its own, or all for the pooled network."""
    return [
        {
            "name": name,
            "factors": sorted({EXPERIMENTS[experiment].factor for experiment in EXPERTS[name]}),
            "experiments": EXPERTS[name],
        }
        for name in (EXPERTS if expert == "pooled" else [expert])
    ]


def training_sequences(wildcards):
    """The sequences of an expert's own experiments: another factor's never retrain it."""
    return [
        f"<results>/sequences/{experiment}.parquet"
        for member in members_of(wildcards.expert)
        for experiment in member["experiments"]
    ]


def training_settings():
    """The recipe, without what says how many experts and seeds there are: more retrain none."""
    left_out = ("seeds", "expert_per", "backbones")
    settings = {key: value for key, value in config["training"].items() if key not in left_out}
    return settings | {"backbones": {BACKBONE: config["training"]["backbones"].get(BACKBONE, {})}}


def history_of(model, seed):
    """The history of one training of one network."""
    folder = MIXTURE_FOLDER if model == "moe" else EXPERT_FOLDER
    return f"{folder}/history.tsv".format(expert=model.removeprefix("expert_"), seed=seed)


def motif_figure(experiment):
    """The figure that an experiment's motifs are drawn in."""
    return "motifs" if experiment in TRAINING else "motifs_ood"


wildcard_constraints:
    experiment="|".join(map(re.escape, EXPERIMENTS)),
    expert="|".join(map(re.escape, [*EXPERTS, "pooled"])),
    model="|".join(re.escape(model) for model in [*(f"expert_{name}" for name in EXPERTS), "moe"]),
    seed=r"\d+",
    method="[a-z0-9_]+",
    sha256="[0-9a-f]{64}",
