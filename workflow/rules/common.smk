"""What all stages share: checks of the config, names taken from it, and what they stand for."""

import os

from tfmoe.attribution.names import check_methods
from tfmoe.core.code import stage_hash
from tfmoe.core.locations import locate, locate_all, require_files
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
POOLED_SEEDS = [seed for seeds in PLAN.pooled.values() for seed in seeds]
ATTRIBUTED = PLAN.attributed
RECIPE = config["training"]["recipe"]
BACKBONE = config["training"]["backbone"]
MIXTURE = config["mixture"]["name"]
# the network that never sees a peak
BACKGROUND = "background_vs_shuffle"
SIMULATED = config["simulation"] is not None
# a run on ready sequences, which have no coordinates
SEQUENCES = config["genome"] is None
GPU = 1 if config["compute"]["device"] == "cuda" else 0

# the project's own tables, relative to the folder of the run, which may be another than the project's
TABLES = Path(os.path.relpath(workflow.basedir)) / "resources"
PINNED = TABLES / "sources.tsv"
FACTORS = TABLES / "factors.tsv"
FAMILIES = TABLES / "families.tsv"

EXPERT_FOLDER = f"<results>/experts/{{expert}}/{RECIPE}/{BACKBONE}/seed{{seed}}"
MIXTURE_FOLDER = f"<results>/moe/{MIXTURE}/seed{{seed}}"


def files_of(name, row):
    """Where an experiment's peaks, or its ready sequences, come from: a list of files."""
    if SIMULATED:
        return [locate(f"<results>/simulation/peaks/{name}.narrowPeak", None, PINNED)]
    return locate_all(row.peaks, row.sha256, row.md5, PINNED)


def supplied_of(row):
    """Where the user's own negatives of an experiment come from: a list of one file or none."""
    given = row.negatives != "-"
    return [locate(row.negatives, row.negatives_sha256, PINNED)] if given else []


def genome_file(key):
    """Where the genome or its blacklist comes from; None for what is not given."""
    if SIMULATED:
        return locate("<results>/simulation/genome.fa", None, PINNED) if key == "fasta" else None
    if SEQUENCES or not config["genome"][key]:
        return None
    return pinned_file("genome", key, CHECKSUMS[key])


def pinned_file(section, key, checksums):
    """Where a file that a section of the config names comes from, by the first checksum given."""
    given = [config[section][name] for name in checksums if config[section][name]]
    needed = " or ".join(f"{section}.{name}" for name in checksums)
    return locate(config[section][key], next(iter(given), None), PINNED, needed)


CHECKSUMS = {"fasta": ["sha256", "md5"], "blacklist": ["blacklist_sha256"]}
with plain_errors():
    FILES = {name: files_of(name, row) for name, row in EXPERIMENTS.items()}
    SUPPLIED = {name: supplied_of(row) for name, row in EXPERIMENTS.items()}
    GENOME = genome_file("fasta")
    BLACKLIST = genome_file("blacklist")
    INPUTS = {f"peaks of {name}": places for name, places in FILES.items()}
    INPUTS |= {f"negatives of {name}": places for name, places in SUPPLIED.items()}
    INPUTS |= {"genome": [GENOME] if GENOME else [], "blacklist": [BLACKLIST] if BLACKLIST else []}
    if not SIMULATED:
        require_files(INPUTS)
# what is downloaded, by checksum
REMOTE = {place.checksum: place.url for places in INPUTS.values() for place in places if place.url}

# what the experts' own positives are, to tell which sequences overlap them
TRAINING_PEAKS = (
    "<results>/regions/training_kmers.npz"
    if SEQUENCES
    else "<results>/regions/training_peaks.bed.gz"
)


def unchecked(places):
    """The checksums that local files must have; what is fetched has been checked already."""
    return [place.checksum if place.url is None else None for place in places]


def peaks_of_factor(wildcards):
    """The peak files of all experiments of an experiment's factor."""
    factor = EXPERIMENTS[wildcards.experiment].factor.upper()
    same = [name for name, row in EXPERIMENTS.items() if row.factor.upper() == factor]
    return [place.path for name in same for place in FILES[name]]


def other_factors(wildcards):
    """The training experiments of other factors, if negatives are drawn from their positives."""
    drawn = any(config["negatives"][use]["other_factor"] for use in ("training", "evaluation"))
    factor = EXPERIMENTS[wildcards.experiment].factor.upper()
    return [name for name in TRAINING if drawn and EXPERIMENTS[name].factor.upper() != factor]


def supplied_negatives(wildcards):
    """The user's own negatives of an experiment, if they are asked for: one file or none."""
    drawn = any(config["negatives"][use]["file"] for use in ("training", "evaluation"))
    return [place for place in SUPPLIED[wildcards.experiment] if drawn]


def members_of(expert):
    """The experts whose examples a network is trained on: its own, or all for the pooled network.

    The network that never sees a peak has the genomic negatives of all, put together as one.
    """
    if expert == BACKGROUND:
        factors = sorted({EXPERIMENTS[experiment].factor for experiment in TRAINING})
        return [{"name": BACKGROUND, "factors": factors, "experiments": TRAINING}]
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
    left_out = ("seeds", "expert_per", "pooled_ensemble", "background_vs_shuffle", "backbones")
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
    expert="|".join(map(re.escape, [*EXPERTS, "pooled", BACKGROUND])),
    model="|".join(re.escape(model) for model in [*(f"expert_{name}" for name in EXPERTS), "moe"]),
    seed=r"\d+",
    method="[a-z0-9_]+",
    checksum="[0-9a-f]{64}|[0-9a-f]{32}",
