"""Plan of a run: experts, seeds, recipes and models, derived from config and experiment table."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tfmoe.attribution.method_names import check_methods
from tfmoe.core.errors import ConfigError
from tfmoe.core.experiments import RESERVED, Experiment
from tfmoe.core.faults import Faults
from tfmoe.core.recipes import Network, Recipe, own_recipe, read_recipes
from tfmoe.core.relations import experts_of, own_experts
from tfmoe.core.vocabulary import CONDITIONED, OWN_MIXTURE, OWN_RECIPE, SUMS, Stratum
from tfmoe.models.registry import check_backbone, check_backbones
from tfmoe.workflow.contradictions import contradictions, has_background, negative_faults
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
        With one line per fault: if the splits are incomplete or name a chromosome twice, if this
        run cannot draw the requested negatives, if an expert has a reserved name, or if settings
        contradict one another; and, without such faults, if a model to be compared is unknown or
        not trained.
    """
    faults = Faults()
    faults.add(*contradictions(config), *negative_faults(config, experiments))
    training = [name for name, row in experiments.items() if row.role == "train"]
    ood = [name for name, row in experiments.items() if row.role == "ood"]
    unseen = [name for name in ood if experiments[name].stratum != Stratum.SAME_FACTOR]
    experts = experts_of(
        {name: experiments[name].factor for name in training}, config["training"]["expert_per"]
    )
    factors = find_left_out(experts, experiments)
    faults.add(*_name_faults(experts, [*RESERVED, *(row.pooled for row in factors.values())]))
    attributed = [(name, f"expert_{expert}") for expert, own in experts.items() for name in own]
    searched = training + (ood if config["attribution"]["ood"] else [])
    attributed += [(name, "moe") for name in searched]
    faults.add(*_recipe_name_faults(config))
    own = faults.result(own_recipe, config, list(experts))
    further = faults.result(read_recipes, config, "recipes", list(experts))
    ablations = faults.result(read_recipes, config, "ablations", list(experts))
    faults.raise_any()
    # without a fault, all three were read
    assert own is not None and further is not None and ablations is not None
    recipes = {own.name: own, **further}
    ensemble = config["training"]["pooled_ensemble"] and len(own.pool) > 1
    background = has_background(config)
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


def check_models(
    config: Mapping[str, Any], plan: Plan | None, studied: Sequence[tuple[str, str]]
) -> None:
    """Check that all backbones and attribution methods exist.

    Parameters
    ----------
    config
        The validated config.
    plan
        The plan of the run; `None` if it is faulty, so that only the run's own keys are checked.
    studied
        Recipe and backbone of the networks of the attribution study.

    Raises
    ------
    ConfigError
        Naming each key with an unknown backbone or method.
    """
    faults = Faults()
    if plan is None:
        faults.result(check_backbone, config["training"]["backbone"])
    for name, recipe in plan.recipes.items() if plan else ():
        faults.result(check_backbones, recipe, "" if recipe.own else f"recipes.{name}")
    for name, recipe in plan.ablations.items() if plan else ():
        faults.result(check_backbones, recipe, f"ablations.{name}")
    backbones = plan.own.backbones if plan else ()
    for method in [*config["attribution"]["methods"], config["motifs"]["method"]]:
        faults.result(check_methods, [method], config["windows"]["flank"], backbones)
    for _, backbone in studied:
        faults.result(check_backbone, backbone, "attribution.study.backbones")
    faults.raise_any()


def _recipe_name_faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield recipes and ablations of one name, and scored recipes that do not exist."""
    names = [*config["recipes"], *config["ablations"]]
    twice = [name for name in names if names.count(name) > 1 or name in (OWN_RECIPE, OWN_MIXTURE)]
    if twice:
        yield (
            f"recipes, ablations: found two of the name {twice[0]}; they have to differ from one "
            f"another, from {OWN_RECIPE} and from {OWN_MIXTURE}"
        )
    # `_expert_` in the name of a model marks a single expert
    misread = [name for name in names if "_expert_" in f"_{name}_"]
    if misread:
        yield (
            f"recipes, ablations: found the name {misread[0]}, but `expert` marks single "
            "experts in the names of models; choose another name"
        )
    unknown = sorted(set(config["evaluation"]["recipes"]) - set(config["recipes"]))
    if unknown:
        known = ", ".join(config["recipes"]) or "none"
        yield (
            f"evaluation.recipes: found {', '.join(unknown)}, expected names of the section "
            f"`recipes`: {known}"
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


def _name_faults(experts: Collection[str], reserved: Collection[str]) -> Iterator[str]:
    kept = sorted(name for name in experts if name in reserved)
    if kept:
        yield (
            f"training.expert_per: an expert would have the reserved name {kept[0]}; rename the "
            "factor, or set training.expert_per to experiment"
        )
