"""What all stages share: checks of the config, names taken from it, and what they stand for."""

import os

from tfmoe.attribution.method_names import check_methods
from tfmoe.workflow.fingerprint import stage_hash
from tfmoe.workflow.left_out import ALL, development_cases
from tfmoe.workflow.locations import locate, locate_all, require_files
from tfmoe.workflow.plan import plan_run
from tfmoe.core.recipes import Network
from tfmoe.studies.attribution.networks import studied_networks
from tfmoe.workflow.snakefile import grow
from tfmoe.models.registry import check_backbone, check_backbones

with plain_errors():
    PLAN = plan_run(config, EXPERIMENTS)
    for name, recipe in PLAN.recipes.items():
        check_backbones(recipe, "" if recipe.own else f"recipes.{name}")
    for name, recipe in PLAN.ablations.items():
        check_backbones(recipe, f"ablations.{name}")
    check_methods(
        [*config["attribution"]["methods"], config["motifs"]["method"]],
        config["windows"]["flank"],
        PLAN.own.backbones,
    )
    STUDIED = studied_networks(config, PLAN.own, PLAN.recipes)
    for _, backbone in STUDIED:
        check_backbone(backbone, "attribution.study.backbones")

TRAINING = PLAN.training
OOD = PLAN.ood
EXPERTS = PLAN.experts
SEEDS = PLAN.seeds
OWN = PLAN.own
RECIPES = PLAN.recipes | PLAN.ablations
MIXTURES = {recipe.mixture["name"]: recipe for recipe in RECIPES.values()}
ATTRIBUTED = PLAN.attributed
# the network that never sees a peak
BACKGROUND = "background_vs_shuffle"
SIMULATED = config["simulation"] is not None
# a run on ready sequences, which have no coordinates
SEQUENCES = config["genome"] is None
# such a run may name one for a network to learn from that never sees a peak
OTHER_GENOME = SEQUENCES and PLAN.background
GPU = 1 if config["compute"]["device"] == "cuda" else 0
# the build of torch in the environments of the rules that need it
TORCH = config["compute"]["torch"]
COMPUTE = {key: value for key, value in config["compute"].items() if key != "torch"}
# The rules' memory and time are those of a first attempt: `grow` doubles them with each further one.
# They come from the benchmark files of runs of config/yeast, config/chr22 and config/paper (20 to 26
# sets, 101 to 301 bases): twice the most memory that a job of the rule held and 300 MB for Snakemake
# beside it, rounded up, and several times the longest that one took on a busy core of an AMD EPYC.
# What grows with the input is said in the rule, and is reckoned, not measured, for whole mammalian
# genomes. No such run was measured of gather_development, search_settings and localise_attribution:
# theirs are those of rules that do alike.

# the project's own tables, relative to the folder of the run, which may be another than the project's
TABLES = Path(os.path.relpath(workflow.basedir)) / "resources"
PINNED = TABLES / "sources.tsv"
FACTORS = TABLES / "factors.tsv"
FAMILIES = TABLES / "families.tsv"

EXPERT_FOLDER = "<results>/experts/{expert}/{recipe}/{backbone}/seed{seed}"
MIXTURE_FOLDER = "<results>/moe/{mixture}/seed{seed}"
WITHOUT_FOLDER = "<results>/development/{developed}/without_{left_out}/seed{seed}"
DEVELOPMENT_SCORES = "<results>/development/{developed}/scores.tsv"


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


# the networks and mixtures that are attributed: the recipe of each, and its place in the pool
MODELS = {
    recipe.expert_model(member): (recipe, member)
    for recipe in PLAN.recipes.values()
    for member in recipe.experts
} | {recipe.mixture_model: (recipe, None) for recipe in PLAN.recipes.values()}


def background_peaks():
    """Where the peaks come from that windows of the background must not touch."""
    return [
        locate(peaks["file"], peaks.get("sha256") or peaks.get("md5"), PINNED, "its sha256 or md5")
        for peaks in config["background"]["peaks"]
    ]


CHECKSUMS = {"fasta": ["sha256", "md5"], "blacklist": ["blacklist_sha256"]}
with plain_errors():
    FILES = {name: files_of(name, row) for name, row in EXPERIMENTS.items()}
    SUPPLIED = {name: supplied_of(row) for name, row in EXPERIMENTS.items()}
    GENOME = genome_file("fasta")
    BLACKLIST = genome_file("blacklist")
    # what a network is trained on that never sees a peak, where the run has no genome of its own
    BACKGROUND_GENOME = (
        pinned_file("background", "fasta", CHECKSUMS["fasta"]) if OTHER_GENOME else None
    )
    BACKGROUND_PEAKS = background_peaks() if OTHER_GENOME else []
    INPUTS = {f"peaks of {name}": places for name, places in FILES.items()}
    INPUTS |= {f"negatives of {name}": places for name, places in SUPPLIED.items()}
    INPUTS |= {"genome": [GENOME] if GENOME else [], "blacklist": [BLACKLIST] if BLACKLIST else []}
    INPUTS |= {"background.fasta": [BACKGROUND_GENOME] if BACKGROUND_GENOME else []}
    INPUTS |= {"background.peaks": BACKGROUND_PEAKS}
    # a MEME file of the user's own in the place of a JASPAR release: a list of one or of none
    OWN_MATRICES = [pinned_file("jaspar", "file", ["sha256"])] if config["jaspar"]["file"] else []
    INPUTS |= {"jaspar.file": OWN_MATRICES}
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
# the same without one factor, which the development proxy leaves out
WITHOUT_PEAKS = TRAINING_PEAKS.replace("training_", "without_{left_out}/training_")
POOLED_WITHOUT = {entry.pooled: factor for factor, entry in PLAN.left_out.items()}


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

    A pooled network that leaves a factor out has those of the others. The network that never sees a
    peak has the genomic negatives of all, put together as one, or the windows of a genome that is
    named for it.
    """
    if expert == BACKGROUND:
        factors = sorted({EXPERIMENTS[experiment].factor for experiment in TRAINING})
        own = ["background"] if OTHER_GENOME else TRAINING
        return [{"name": BACKGROUND, "factors": factors, "experiments": own}]
    return [
        {
            "name": name,
            "factors": sorted({EXPERIMENTS[experiment].factor for experiment in EXPERTS[name]}),
            "experiments": EXPERTS[name],
        }
        for name in pooled_experts(expert) or [expert]
    ]


def pooled_experts(network):
    """The experts whose examples a pooled network is trained on; none for another network."""
    if network == "pooled":
        return list(EXPERTS)
    if network not in POOLED_WITHOUT:
        return []
    left_out = PLAN.left_out[POOLED_WITHOUT[network]]
    return [expert for expert in EXPERTS if expert not in left_out.experts]


def trained_without(factor):
    """The training experiments of all factors but one."""
    return [name for name in TRAINING if name not in PLAN.left_out[factor].experiments]


def peaks_of_training(wildcards):
    """What tells which negatives a training factor binds, for networks whose label is of several."""
    if wildcards.expert in POOLED_WITHOUT:
        return WITHOUT_PEAKS.format(left_out=POOLED_WITHOUT[wildcards.expert])
    return TRAINING_PEAKS if wildcards.expert in ("pooled", BACKGROUND) else []


def training_sequences(wildcards):
    """The sequences of an expert's own experiments: another factor's never retrain it."""
    return [
        f"<results>/sequences/{experiment}.parquet"
        for member in members_of(wildcards.expert)
        for experiment in member["experiments"]
    ]


def training_settings(wildcards):
    """What of a recipe concerns one backbone: another, or more seeds, retrain none."""
    settings, name = RECIPES[wildcards.recipe].training, wildcards.backbone
    own = {name: settings["backbones"].get(name, {})}
    return settings | {"backbone": name, "backbones": own}


def weights_of(recipe, network, seed):
    """The weights of a network of a recipe's pool, for one training seed."""
    return f"{EXPERT_FOLDER}/model.safetensors".format(
        expert=network.name,
        recipe=recipe.networks,
        backbone=network.backbone,
        seed=int(seed) + network.offset,
    )


def pool_weights(recipes, seeds):
    """The weights of all networks of the recipes' pools: by recipe, seed and place in the pool."""
    return [
        weights_of(recipe, network, seed)
        for recipe in recipes
        for seed in seeds
        for network in recipe.pool.values()
    ]


def mixture_files(recipes, seeds, name):
    """A file of the recipes' mixtures: by recipe and seed."""
    return [
        f"{MIXTURE_FOLDER}/{name}".format(mixture=recipe.mixture["name"], seed=seed)
        for recipe in recipes
        for seed in seeds
    ]


def mixture_weights(recipes, seeds):
    """The weights of the recipes' mixtures: by recipe and seed."""
    return mixture_files(recipes, seeds, "model.safetensors")


def pool_tables(recipes, seeds):
    """Which networks the recipes' mixtures are of: by recipe and seed; few files for many."""
    return mixture_files(recipes, seeds, "networks.tsv")


def trained_on(recipe):
    """The training experiments that each network of a recipe's pool is trained on."""
    return {
        member: TRAINING if network.name == "pooled" else EXPERTS[network.name]
        for member, network in recipe.pool.items()
    }


def mixture_settings(recipe):
    """What says how a recipe's mixture is fitted; what says of which networks is in its inputs."""
    return {
        key: value
        for key, value in recipe.mixture.items()
        if key not in ("experts", "backbones", "generalists")
    }


def mixed_by(model):
    """The recipe whose mixture a model is: a list of one, or of none if it is a network."""
    recipe, member = MODELS[model]
    return [recipe] if member is None else []


def model_weights(wildcards):
    """The weights of one model, by seed."""
    recipe, member = MODELS[wildcards.model]
    if member is None:
        return mixture_weights([recipe], SEEDS)
    return [weights_of(recipe, recipe.pool[member], seed) for seed in SEEDS]


def background_weights():
    """The weights of the networks that never see a peak, one a seed, if the run has any."""
    network = Network(BACKGROUND, OWN.backbones[0], 0)
    return [weights_of(OWN, network, seed) for seed in SEEDS if PLAN.background]


def subjects(pairs):
    """Whose motifs are matched, as `tfmoe.motifs.filter_table.Subject` has it."""
    rows = [(EXPERIMENTS[experiment], model) for experiment, model in pairs]
    return [[row.experiment, row.factor, row.role, row.family, model] for row, model in rows]


def motif_figure(experiment):
    """The figure that an experiment's motifs are drawn in."""
    return "motifs" if experiment in TRAINING else "motifs_ood"


def cases_of(name):
    """What a recipe is scored by: its whole pool, then its pool without each factor."""
    with plain_errors():
        return development_cases(RECIPES[name], PLAN.left_out, EXPERTS)


def case_without(wildcards):
    """The case of a recipe that leaves a factor out."""
    return next(
        case for case in cases_of(wildcards.developed) if case.left_out == wildcards.left_out
    )


def case_weights(name, networks_of):
    """The weights of some networks of each case: by case, seed and network."""
    return [
        weights_of(RECIPES[name], network, seed)
        for case in cases_of(name)
        for seed in PLAN.development_seeds
        for network in networks_of(case)
    ]


def case_mixtures(name):
    """The weights of the mixture of each case: by case and seed."""
    folders = {
        case.left_out: (MIXTURE_FOLDER if case.left_out == ALL else WITHOUT_FOLDER)
        for case in cases_of(name)
    }
    labels = {"mixture": RECIPES[name].mixture["name"], "developed": name}
    return [
        f"{folder}/model.safetensors".format(**labels, left_out=left_out, seed=seed)
        for left_out, folder in folders.items()
        for seed in PLAN.development_seeds
    ]


def attributed_pairs(name):
    """Experiment, and the models that are its own expert, by the run's own recipe and another."""
    recipe = PLAN.recipes[name]
    pairs = []
    for expert in EXPERTS:
        if expert in recipe.experts and expert in OWN.experts:
            weights = [weights_of(one, one.pool[expert], 0) for one in (OWN, recipe)]
            # an expert that both recipes share is attributed once
            other = OWN if weights[0] == weights[1] else recipe
            models = OWN.expert_model(expert), other.expert_model(expert)
            pairs += [(experiment, *models) for experiment in EXPERTS[expert]]
    return pairs


def compared_names(name):
    """The names of a recipe's models, as `tfmoe.studies.recipes.comparison.RecipeNames` has them."""
    models = PLAN.recipes[name].models()
    return {key: models[key] for key in ("mixture", "mean_of_experts", "experts")}


def faithfulness_of(name, place):
    """The tables of faithfulness of all own experts: of the run's recipe (1) or another (2)."""
    return [
        f"<results>/attribution/{pair[0]}/{pair[place]}/faithfulness.tsv"
        for pair in attributed_pairs(name)
    ]


def studied_weights(wildcards):
    """The weights of an experiment's expert, of a recipe and backbone, by seed."""
    return [
        f"{EXPERT_FOLDER}/model.safetensors".format(
            expert=expert, recipe=wildcards.recipe, backbone=wildcards.backbone, seed=seed
        )
        for expert, experiments in EXPERTS.items()
        if wildcards.experiment in experiments
        for seed in SEEDS[: config["attribution"]["study"]["seeds"]]
    ]


wildcard_constraints:
    experiment="|".join(map(re.escape, EXPERIMENTS)),
    expert="|".join(map(re.escape, [*EXPERTS, "pooled", *POOLED_WITHOUT, BACKGROUND])),
    beside="|".join(name for name, recipe in PLAN.recipes.items() if not recipe.own) or "-",
    recipe="|".join({recipe.networks for recipe in RECIPES.values()}),
    mixture="|".join(map(re.escape, MIXTURES)),
    developed="|".join(RECIPES),
    left_out="|".join(map(re.escape, PLAN.left_out)),
    model="|".join(map(re.escape, MODELS)),
    seed=r"\d+",
    method="[a-z0-9_]+",
    backbone="[a-z][a-z0-9_]*",
    checksum="[0-9a-f]{64}|[0-9a-f]{32}",
