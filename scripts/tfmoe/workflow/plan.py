"""What a run consists of, read off its config and experiment table: experts, seeds, models."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tfmoe.core.errors import ConfigError
from tfmoe.core.experiments import RESERVED, Experiment
from tfmoe.core.recipes import Network, Recipe, own_recipe, read_recipes
from tfmoe.core.vocabulary import OWN_MIXTURE, OWN_RECIPE
from tfmoe.workflow.left_out import LeftOut, find_left_out


@dataclass(frozen=True)
class Plan:
    """The names that the rules are expanded over.

    Attributes
    ----------
    training, ood
        Experiments by role, in the order of the table.
    experts
        For each expert the experiments it is trained on.
    seeds
        The training seeds, 0 to n - 1.
    own
        The run's own recipe.
    recipes
        All recipes by name, the run's own first.
    beside
        The recipes that are scored in the run's own tables, its own first.
    ablations
        Recipes that are compared on validation data alone.
    left_out
        The training factors, which the development proxy leaves out one by one.
    development_seeds
        The training seeds that it uses.
    pooled
        The pooled networks of a training seed: the one that is ``pooled``, those that are in the
        mixture's pool, and, where it is asked for, as many in all as the pool has members, whose
        mean is ``pooled_ensemble``. No network is in two ensembles, and neither another expert nor
        another seed changes the networks that there are.
    background
        Whether ``background_vs_shuffle`` is trained: where it is asked for, there are genomic
        negatives to train it on and shuffles to score it on; in a run on ready sequences, where
        it is asked for and `background.fasta` names a genome.
    compared
        The models that the tests over sets compare: the config's ``evaluation.family``, without the
        baselines that this run does not train, and with ``pooled`` where it has no ensemble.
    attributed
        The (experiment, model) pairs that are attributed and searched for motifs: each expert of
        the main backbone on its own experiments, the mixture on each training experiment and, on
        request, the others.
    """

    training: list[str]
    ood: list[str]
    experts: dict[str, list[str]]
    seeds: list[int]
    own: Recipe
    recipes: dict[str, Recipe]
    beside: list[Recipe]
    ablations: dict[str, Recipe]
    left_out: dict[str, LeftOut]
    development_seeds: list[int]
    pooled: list[Network]
    background: bool
    compared: list[str]
    attributed: list[tuple[str, str]]


def plan_run(config: Mapping[str, Any], experiments: Mapping[str, Experiment]) -> Plan:
    """Derive the names that a run consists of.

    Parameters
    ----------
    config
        The validated config.
    experiments
        The experiment table.

    Raises
    ------
    ConfigError
        If the splits are incomplete or name a chromosome twice, if negatives are asked for that
        this run cannot draw, if an expert has a name that is kept for a model, if a model is
        to be compared that no run has or this one has not, or if settings do not fit one another:
        better now than after hours of training.
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
    experts: dict[str, list[str]] = {}
    for name in training:
        by_factor = config["training"]["expert_per"] == "factor"
        expert = experiments[name].factor if by_factor else name
        known = next((other for other in experts if other.upper() == expert.upper()), expert)
        experts.setdefault(known if by_factor else name, []).append(name)
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
    }
    beside = [own, *(recipes[name] for name in config["evaluation"]["recipes"])]
    return Plan(
        training=training,
        ood=ood,
        experts=experts,
        seeds=list(range(config["training"]["seeds"])),
        own=own,
        recipes=recipes,
        beside=beside,
        ablations=ablations,
        left_out=factors,
        development_seeds=list(range(config["development"]["seeds"])),
        pooled=own.pooled(len(own.pool) if ensemble else max(1, len(own.generalists))),
        background=background,
        compared=_compared_models(config["evaluation"]["family"], beside, trained),
        attributed=attributed,
    )


def _check_recipes(config: Mapping[str, Any], names: list[str]) -> None:
    """Check the names of recipes and ablations, and that those to be scored exist."""
    mixtures = [OWN_MIXTURE, *names[1:]]
    twice = [name for name in names if names.count(name) > 1 or mixtures.count(name) > 1]
    if twice:
        raise ConfigError(
            f"recipes, ablations: found two of the name {twice[0]}; they have to differ from one "
            f"another, from {OWN_RECIPE} and from {OWN_MIXTURE}"
        )
    # `_expert_` in the name of a model tells single experts from all others
    misread = [name for name in names[1:] if "_expert_" in f"_{name}_"]
    if misread:
        raise ConfigError(
            f"recipes, ablations: found the name {misread[0]}, but `expert` stands for single "
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
    """Name the splits of which windows of another genome are asked for and have none."""
    for key, dealt in (("fit_splits", "train"), ("judge_splits", "validation")):
        if dealt not in training[key]:
            yield (
                f"training.{key}: found {', '.join(training[key])}, expected {dealt} among them: "
                "the windows of background.fasta that background_vs_shuffle is trained on are "
                "dealt to the splits train and validation alone; set "
                "training.background_vs_shuffle to false to do without it"
            )


def _compared_models(
    family: list[str], beside: list[Recipe], trained: Mapping[str, bool]
) -> list[str]:
    """Return the models of the config's family, without the baselines that are not trained.

    Where no pooled ensemble is trained, the pooled network takes its place.
    """
    known = ["moe", "experts", "best_expert", "pooled", "pwm"]
    known += [name for name, found in trained.items() if found]
    for recipe in beside:
        names = recipe.models()
        means = [names[key] for key in ("mean_of_experts", "mean_of_pool") if names[key]]
        known += [names["mixture"], *means, *names["experts"].values()]
    unknown = [name for name in family if name not in known and name not in trained]
    if unknown:
        raise ConfigError(
            f"evaluation.family: found {', '.join(unknown)}, expected models of this run: "
            f"{', '.join(dict.fromkeys(known))}"
        )
    stand_in = {} if trained["pooled_ensemble"] else {"pooled_ensemble": "pooled"}
    compared = dict.fromkeys(stand_in.get(name, name) for name in family)
    return [name for name in compared if trained.get(name, True)]


def _has_background(config: Mapping[str, Any]) -> bool:
    negatives = config["negatives"]
    if not config["training"]["background_vs_shuffle"]:
        return False
    if config["genome"] is None:
        # ready sequences may bring their own shuffles, of kind `file`
        return config["background"]["fasta"] is not None
    return bool(negatives["training"]["genomic"] and negatives["evaluation"]["dinucleotide"])


def _split_faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Name what is wrong with the section `splits`, given the way that it splits by."""
    splits = config["splits"]
    named = {name: splits[name] for name in ("test", "validation", "gate") if splits[name]}
    if (splits["by"] == "rank") != (config["genome"] is None):
        found = "no genome" if config["genome"] is None else "a genome"
        yield (
            f"splits.by: found {splits['by']} in a run with {found}; ready sequences, which have "
            "no coordinates, are split by rank, and peaks on a genome by chromosome or blocks"
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
    # windows on either side of a gap may be shifted into it by their flank
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
    """Name what is wrong with the chromosomes that are named for the splits."""
    if folds is not None and named:
        yield (
            f"splits.{next(iter(named))}: found chromosomes and splits.folds = {folds}; either "
            "name the chromosomes of the splits or deal them to folds"
        )
    if folds is None:
        missing = [f"splits.{name}" for name in ("test", "validation", "gate") if name not in named]
        if missing:
            yield (
                f"{', '.join(missing)}: found no chromosomes; name some, deal all chromosomes to "
                "folds (`folds: 5`), or, with one chromosome only, split it (`by: blocks`)"
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
    """Name the negatives that are asked for and cannot be drawn in this run."""
    negatives = config["negatives"]
    for use in ("training", "evaluation"):
        if not any(negatives[use].values()):
            yield f"negatives.{use}: found no negatives, expected some of one kind at least"
        if config["genome"] is None:
            for kind in ("genomic", "neighbour"):
                if negatives[use][kind]:
                    yield (
                        f"negatives.{use}.{kind}: found {negatives[use][kind]:g} in a run on ready "
                        "sequences, which have no place on a genome; set it to 0"
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
            f"negatives.margin = {least}: nearer windows touch the peak's margin"
        )
    if config["genome"] is None and negatives["match_repeats"]:
        yield "negatives.match_repeats: found true, but a run on ready sequences matches nothing"


def _check_names(experts: Mapping[str, list[str]], reserved: Collection[str]) -> None:
    kept = sorted(name for name in experts if name in reserved)
    if kept:
        raise ConfigError(
            f"training.expert_per: an expert would be called {kept[0]}, a name kept for another "
            "use; rename the factor, or set training.expert_per to experiment"
        )


def _setting_faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Name the settings that each are valid and together are not."""
    windows, motifs = config["windows"], config["motifs"]
    if config["background"]["fasta"] is not None and config["genome"] is not None:
        yield (
            "background.fasta: found a genome in a run that has one (`genome`), whose windows "
            "background_vs_shuffle is trained on; leave the section `background` out"
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
            f"motifs.confirmation_negatives: found {motifs['confirmation_negatives']}, of which "
            "negatives.evaluation draws none"
        )
    if config["gkm"]["informative"] > config["gkm"]["length"]:
        yield (
            f"gkm.informative: found {config['gkm']['informative']}, expected at most gkm.length = "
            f"{config['gkm']['length']}"
        )
    if "moe" not in config["evaluation"]["family"]:
        yield "evaluation.family: found no `moe`, with which the others are compared"
