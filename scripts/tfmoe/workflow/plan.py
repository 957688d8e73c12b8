"""Plan of a run: experts, seeds, recipes and models, derived from config and experiment table."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tfmoe.attribution.method_names import check_methods
from tfmoe.core.errors import ConfigError
from tfmoe.core.experiments import RESERVED, Experiment
from tfmoe.core.recipes import Network, Recipe, own_recipe, read_recipes
from tfmoe.core.relations import experts_of, own_experts
from tfmoe.core.vocabulary import CONDITIONED, OWN_MIXTURE, OWN_RECIPE, SUMS, Stratum
from tfmoe.models.registry import check_backbone, check_backbones
from tfmoe.workflow.left_out import LeftOut, find_left_out


@dataclass(frozen=True)
class Plan:
    """Names that the rules are expanded over.

    Attributes
    ----------
    training, ood
        Experiments by role, in the order of the table.
    adapted
        OOD experiments to whose factor the mixture is adapted: all of unseen factors or, on
        request, none; training factors in other cells have an expert. In a run on ready sequences
        none, since there is no genome to draw negatives from.
    experts
        Training experiments of each expert.
    own_experts
        The expert of each experiment's own factor. Experiments of unseen factors are missing;
        training factors in other cells have the expert of the training cells.
    seeds
        The training seeds, 0 to n - 1.
    own
        The run's own recipe.
    recipes
        All recipes by name, the run's own first.
    scored
        Recipes that are scored in the run's own tables, the run's own first.
    ablations
        Recipes that are compared on validation data only.
    left_out
        The training factors, each left out once by the development proxy.
    development_seeds
        Training seeds of the development proxy.
    pooled
        Pooled networks per training seed: ``pooled`` itself, the generalists of the mixture's pool
        and, on request, further ones up to the size of the pool, whose mean is
        ``pooled_ensemble``. No network belongs to two ensembles. Further experts or seeds leave
        the existing networks unchanged.
    background
        Whether ``background_vs_shuffle`` is trained. It needs genomic negatives to train on and
        shuffles to be scored on; in a run on ready sequences, `background.fasta` has to name a
        genome.
    compared
        Models compared by the tests over sets: the config's ``evaluation.family`` without
        baselines that this run does not train; without an ensemble, ``mean_of_pool`` replaces it
        or, if the pool has no generalists, ``pooled``.
    attributed
        Pairs (experiment, model) that are attributed and searched for motifs: each expert of the
        main backbone on its own experiments, the mixture on each training experiment and, on
        request, on OOD experiments.
    """

    training: list[str]
    ood: list[str]
    adapted: list[str]
    experts: dict[str, list[str]]
    own_experts: dict[str, str]
    seeds: list[int]
    own: Recipe
    recipes: dict[str, Recipe]
    scored: list[Recipe]
    ablations: dict[str, Recipe]
    left_out: dict[str, LeftOut]
    development_seeds: list[int]
    pooled: list[Network]
    background: bool
    compared: list[str]
    attributed: list[tuple[str, str]]


def plan_run(config: Mapping[str, Any], experiments: Mapping[str, Experiment]) -> Plan:
    """Derive the plan of a run.

    Parameters
    ----------
    config
        The validated config.
    experiments
        The experiment table.

    Raises
    ------
    ConfigError
        If the splits are incomplete or name a chromosome twice, if this run cannot draw the
        requested negatives, if an expert has a reserved name, if a model to be compared is unknown
        or not trained, or if settings contradict one another.
    """
    faults = [
        *_split_faults(config),
        *_negative_faults(config, experiments),
        *_setting_faults(config),
    ]
    if faults:
        raise ConfigError("\n".join(faults))
    training = [name for name, row in experiments.items() if row.role == "train"]
    ood = [name for name, row in experiments.items() if row.role == "ood"]
    unseen = [name for name in ood if experiments[name].stratum != Stratum.SAME_FACTOR]
    experts = experts_of(
        {name: experiments[name].factor for name in training}, config["training"]["expert_per"]
    )
    factors = find_left_out(experts, experiments)
    _check_names(experts, [*RESERVED, *(entry.pooled for entry in factors.values())])
    attributed = [(name, f"expert_{expert}") for expert, own in experts.items() for name in own]
    searched = training + (ood if config["attribution"]["ood"] else [])
    attributed += [(name, "moe") for name in searched]
    own = own_recipe(config, list(experts))
    recipes = {own.name: own, **read_recipes(config, "recipes", list(experts))}
    ablations = read_recipes(config, "ablations", list(experts))
    _check_recipes(config, [own.name, *config["recipes"], *config["ablations"]])
    ensemble = config["training"]["pooled_ensemble"] and len(own.pool) > 1
    background = _has_background(config)
    trained = {
        "pooled_ensemble": ensemble,
        "mean_of_pool": bool(own.generalists),
        "background_vs_shuffle": background,
        "gkm": config["gkm"]["fit"],
        **dict.fromkeys((CONDITIONED, *SUMS), config["conditioned"]["fit"]),
    }
    scored = [own, *(recipes[name] for name in config["evaluation"]["recipes"])]
    return Plan(
        training=training,
        ood=ood,
        adapted=unseen if _adapts(config) else [],
        experts=experts,
        own_experts=own_experts({name: row.factor for name, row in experiments.items()}, experts),
        seeds=list(range(config["training"]["seeds"])),
        own=own,
        recipes=recipes,
        scored=scored,
        ablations=ablations,
        left_out=factors,
        development_seeds=list(range(config["development"]["seeds"])),
        pooled=own.pooled(len(own.pool) if ensemble else max(1, len(own.generalists))),
        background=background,
        compared=_compared_models(config["evaluation"]["family"], scored, trained),
        attributed=attributed,
    )


def check_models(config: Mapping[str, Any], plan: Plan, studied: Sequence[tuple[str, str]]) -> None:
    """Check that all backbones and attribution methods exist.

    Parameters
    ----------
    config
        The validated config.
    plan
        The plan of the run.
    studied
        Recipe and backbone of the networks of the attribution study.

    Raises
    ------
    ConfigError
        Naming the key and the unknown backbone or method.
    """
    for name, recipe in plan.recipes.items():
        check_backbones(recipe, "" if recipe.own else f"recipes.{name}")
    for name, recipe in plan.ablations.items():
        check_backbones(recipe, f"ablations.{name}")
    methods = [*config["attribution"]["methods"], config["motifs"]["method"]]
    check_methods(methods, config["windows"]["flank"], plan.own.backbones)
    for _, backbone in studied:
        check_backbone(backbone, "attribution.study.backbones")


def _check_recipes(config: Mapping[str, Any], names: list[str]) -> None:
    """Check that names of recipes and ablations are unique and that scored recipes exist."""
    mixtures = [OWN_MIXTURE, *names[1:]]
    twice = [name for name in names if names.count(name) > 1 or mixtures.count(name) > 1]
    if twice:
        raise ConfigError(
            f"recipes, ablations: found two of the name {twice[0]}; they have to differ from one "
            f"another, from {OWN_RECIPE} and from {OWN_MIXTURE}"
        )
    # `_expert_` in the name of a model marks a single expert
    misread = [name for name in names[1:] if "_expert_" in f"_{name}_"]
    if misread:
        raise ConfigError(
            f"recipes, ablations: found the name {misread[0]}, but `expert` marks single "
            "experts in the names of models; choose another name"
        )
    unknown = sorted(set(config["evaluation"]["recipes"]) - set(config["recipes"]))
    if unknown:
        known = ", ".join(config["recipes"]) or "none"
        raise ConfigError(
            f"evaluation.recipes: found {', '.join(unknown)}, expected names of the section "
            f"`recipes`: {known}"
        )


def _background_faults(training: Mapping[str, Any]) -> Iterator[str]:
    """Yield a fault per key whose splits have no windows of another genome."""
    for key, dealt in (("fit_splits", "train"), ("judge_splits", "validation")):
        if dealt not in training[key]:
            yield (
                f"training.{key}: found {', '.join(training[key])}, expected {dealt} among them: "
                "background_vs_shuffle trains on windows of background.fasta, which are assigned "
                "to the splits train and validation only; to skip this baseline, set "
                "training.background_vs_shuffle to false"
            )


def _compared_models(
    family: list[str], scored: list[Recipe], trained: Mapping[str, bool]
) -> list[str]:
    """Return the models of the config's family, without baselines that are not trained.

    Without a pooled ensemble, the mean of the mixture's pool replaces it or, if that is the mean of
    the experts, the pooled network.
    """
    known = ["moe", "experts", "best_expert", "pooled", "pwm"]
    known += [name for name, found in trained.items() if found]
    for recipe in scored:
        names = recipe.models()
        means = [names[key] for key in ("mean_of_experts", "mean_of_pool") if names[key]]
        known += [names["mixture"], *means, *names["experts"].values()]
    unknown = [name for name in family if name not in known and name not in trained]
    if unknown:
        raise ConfigError(
            f"evaluation.family: found {', '.join(unknown)}, expected models of this run: "
            f"{', '.join(dict.fromkeys(known))}"
        )
    replacement = "mean_of_pool" if trained["mean_of_pool"] else "pooled"
    stand_in = {} if trained["pooled_ensemble"] else {"pooled_ensemble": replacement}
    compared = dict.fromkeys(stand_in.get(name, name) for name in family)
    return [name for name in compared if trained.get(name, True)]


def _adapts(config: Mapping[str, Any]) -> bool:
    """Return whether mixtures are adapted; a run on ready sequences can draw no negatives."""
    fitted = config["adaptation"]["fit"] and config["conditioned"]["fit"]
    return bool(fitted and config["genome"] is not None)


def _has_background(config: Mapping[str, Any]) -> bool:
    negatives = config["negatives"]
    if not config["training"]["background_vs_shuffle"]:
        return False
    if config["genome"] is None:
        # ready sequences may bring their own shuffles, of kind `file`
        return config["background"]["fasta"] is not None
    return bool(negatives["training"]["genomic"] and negatives["evaluation"]["dinucleotide"])


def _split_faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield the faults of the section `splits`."""
    splits = config["splits"]
    named = {name: splits[name] for name in ("test", "validation", "gate") if splits[name]}
    if (splits["by"] == "rank") != (config["genome"] is None):
        found = "no genome" if config["genome"] is None else "a genome"
        yield (
            f"splits.by: found {splits['by']} in a run with {found}; split ready sequences, which "
            "have no coordinates, by rank, and peaks on a genome by chromosome or blocks"
        )
    if splits["by"] != "chromosome" and named:
        yield f"splits.{next(iter(named))}: found chromosomes, but the splits are by {splits['by']}"
    if splits["by"] == "chromosome":
        yield from _named_faults(named, splits["folds"])
    if splits["folds"] is not None and splits["by"] == "rank":
        yield "splits.folds: found folds, but the splits are by rank"
    if splits["fold"] > (splits["folds"] or 1):
        yield (
            f"splits.fold: found {splits['fold']}, expected at most splits.folds = "
            f"{splits['folds'] or 'null'}"
        )
    windows, gap = config["windows"], splits["gap"]
    # windows on both sides of a gap can be shifted into it by their flank
    least = max(windows["length"], 2 * windows["flank"])
    if gap is not None and gap < least:
        yield (
            f"splits.gap: found {gap}, expected at least {least}, the larger of windows.length and "
            "twice windows.flank"
        )
    shares = {key: value for key, value in splits["shares"].items() if key != "test"}
    total = sum(splits["shares"].values()) if splits["by"] == "blocks" else sum(shares.values())
    if total >= 1:
        yield f"splits.shares: found a sum of {total:g}, expected less than 1: the rest trains"
    total = sum((splits["strongest_shares"] or {}).values())
    if total >= 1:
        yield (
            f"splits.strongest_shares: found a sum of {total:g}, expected less than 1: the rest "
            "trains"
        )


def _named_faults(named: Mapping[str, list[str]], folds: int | None) -> Iterator[str]:
    """Yield the faults of the chromosomes named for the splits."""
    if folds is not None and named:
        yield (
            f"splits.{next(iter(named))}: found chromosomes and splits.folds = {folds}; either "
            "name the chromosomes of the splits or deal them to folds"
        )
    if folds is None:
        missing = [f"splits.{name}" for name in ("test", "validation", "gate") if name not in named]
        if missing:
            yield (
                f"{', '.join(missing)}: found no chromosomes; name some, assign all "
                "chromosomes to folds (`folds: 5`), or split a single one (`by: blocks`)"
            )
    seen: dict[str, str] = {}
    for split, chromosomes in named.items():
        for chromosome in chromosomes:
            if chromosome in seen:
                yield (
                    f"splits: chromosome {chromosome} is in {seen[chromosome]} and in {split}; a "
                    "chromosome belongs to one split"
                )
            seen[chromosome] = split


def _negative_faults(
    config: Mapping[str, Any], experiments: Mapping[str, Experiment]
) -> Iterator[str]:
    """Yield the requested negatives that this run cannot draw."""
    negatives = config["negatives"]
    for use in ("training", "evaluation"):
        if not any(negatives[use].values()):
            yield f"negatives.{use}: found no negatives, expected at least one kind"
        if config["genome"] is None:
            for kind in ("genomic", "neighbour"):
                if negatives[use][kind]:
                    yield (
                        f"negatives.{use}.{kind}: found {negatives[use][kind]:g} in a run on ready "
                        "sequences, which have no coordinates; set it to 0"
                    )
        elif negatives[use]["file"] and all(row.negatives == "-" for row in experiments.values()):
            yield (
                f"negatives.{use}.file: found {negatives[use]['file']:g}, but the column "
                "`negatives` of the experiment table names no file"
            )
    near, least = negatives["neighbour_distance"], config["windows"]["length"] + negatives["margin"]
    if near < least and any(negatives[use]["neighbour"] for use in ("training", "evaluation")):
        yield (
            f"negatives.neighbour_distance: found {near}, expected at least windows.length + "
            f"negatives.margin = {least}: closer windows touch the peak's margin"
        )
    if config["genome"] is None and negatives["match_repeats"]:
        yield "negatives.match_repeats: found true, but ready sequences have no repeats to match"


def _check_names(experts: Mapping[str, list[str]], reserved: Collection[str]) -> None:
    kept = sorted(name for name in experts if name in reserved)
    if kept:
        raise ConfigError(
            f"training.expert_per: an expert would have the reserved name {kept[0]}; rename the "
            "factor, or set training.expert_per to experiment"
        )


def _setting_faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield settings that are valid each and contradict one another."""
    windows, motifs = config["windows"], config["motifs"]
    if config["background"]["fasta"] is not None and config["genome"] is not None:
        yield (
            "background.fasta: found a genome, but background_vs_shuffle trains on windows of the "
            "run's own (`genome`); remove the section `background`"
        )
    if config["genome"] is None and _has_background(config):
        yield from _background_faults(config["training"])
    evaluated = config["negatives"]["evaluation"]
    if (motifs["window"] or 0) > windows["length"]:
        yield (
            f"motifs.window: found {motifs['window']}, expected at most windows.length = "
            f"{windows['length']}"
        )
    if motifs["method"] not in config["attribution"]["methods"]:
        yield (
            f"motifs.method: found {motifs['method']}, expected one of attribution.methods: "
            f"{', '.join(config['attribution']['methods'])}"
        )
    if not evaluated[motifs["confirmation_negatives"]]:
        yield (
            f"motifs.confirmation_negatives: found {motifs['confirmation_negatives']}, but "
            "negatives.evaluation draws none of this kind"
        )
    peaks = config["adaptation"]["peaks"]
    if peaks != sorted(peaks):
        yield (
            f"adaptation.peaks: found {', '.join(map(str, peaks))}, expected ascending numbers: "
            f"{', '.join(map(str, sorted(peaks)))}"
        )
    if config["gkm"]["informative"] > config["gkm"]["length"]:
        yield (
            f"gkm.informative: found {config['gkm']['informative']}, expected at most gkm.length = "
            f"{config['gkm']['length']}"
        )
    if "moe" not in config["evaluation"]["family"]:
        yield "evaluation.family: found no `moe`, the model that all others are compared with"
