"""Recipes: how a run trains and mixes networks, and how alternative recipes differ from this."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tfmoe.core.config import SCHEMAS, load_schema, validation_messages
from tfmoe.core.errors import ConfigError
from tfmoe.core.vocabulary import (
    EXPERT,
    MEAN_OF_EXPERTS,
    MEAN_OF_POOL,
    MIXTURE,
    OWN_MIXTURE,
    OWN_RECIPE,
    POOLED,
)

# distance between the seeds of networks with the same name and backbone; larger than any number of
# seeds
SEED_STRIDE = 100
# keys that determine which networks a run has, not how one is trained
RUN_KEYS = ("seeds", "expert_per", "pooled_ensemble", "background_vs_shuffle")


@dataclass(frozen=True)
class Network:
    """One network of a pool.

    Attributes
    ----------
    name
        The expert's name, or ``pooled``.
    backbone
        Its backbone.
    offset
        Added to the training seed, so that networks of one name and backbone differ.
    """

    name: str
    backbone: str
    offset: int


@dataclass(frozen=True)
class Recipe:
    """Settings for training networks and mixing them.

    Attributes
    ----------
    name
        `OWN_RECIPE` for the run's own recipe, otherwise its key in the config.
    own
        Whether this is the run's own recipe, whose models have no recipe in their names.
    networks
        The recipe whose networks are mixed: this one, or the run's own if this one changes neither
        training nor negatives.
    training, mixture
        The config's sections, with the recipe's changes.
    negatives
        Negatives of each kind per positive in training.
    pool
        The networks to mix, by the names of the gate's columns and in their order.
    """

    name: str
    own: bool
    networks: str
    training: dict[str, Any]
    mixture: dict[str, Any]
    negatives: dict[str, float]
    pool: dict[str, Network]

    @property
    def backbones(self) -> list[str]:
        """The backbones of the pool, the main one first."""
        return list(self.mixture["backbones"] or [self.training["backbone"]])

    @property
    def mixture_model(self) -> str:
        """Model name of its mixture."""
        return MIXTURE if self.own else f"{MIXTURE}_{self.name}"

    def expert_model(self, member: str) -> str:
        """Return the model name of a network of the pool."""
        return f"{EXPERT}{member}" if self.own else f"{self.name}_{EXPERT}{member}"

    @property
    def experts(self) -> dict[str, Network]:
        """The pool without its pooled networks."""
        return {name: network for name, network in self.pool.items() if network.name != POOLED}

    @property
    def generalists(self) -> list[Network]:
        """The pooled networks of the pool."""
        return [network for network in self.pool.values() if network.name == POOLED]

    def models(self) -> dict[str, Any]:
        """Return the names of its models, for `tfmoe.models.experiment_scores.RecipeModels`."""
        prefix = "" if self.own else f"{self.name}_"
        return {
            "mixture": self.mixture_model,
            "members": list(self.pool),
            "experts": {member: self.expert_model(member) for member in self.experts},
            "mean_of_experts": f"{prefix}{MEAN_OF_EXPERTS}",
            "mean_of_pool": f"{prefix}{MEAN_OF_POOL}" if self.generalists else None,
        }

    def pooled(self, number: int) -> list[Network]:
        """Return `number` pooled networks, starting with those of the pool."""
        return list(_pooled_networks(number, self.backbones))


def read_recipes(
    config: Mapping[str, Any], section: str, experts: Sequence[str]
) -> dict[str, Recipe]:
    """Read the recipes of one section of the config.

    Parameters
    ----------
    config
        The validated config.
    section
        ``recipes`` or ``ablations``. Each entry lists changes to the sections `training`, `mixture`
        and `negatives.training`.
    experts
        The run's experts.

    Returns
    -------
    dict
        Recipes by name, without the run's own.

    Raises
    ------
    ConfigError
        Naming each key that is unknown, out of bounds, or not allowed in a recipe.
    """
    faults: list[str] = []
    recipes = {}
    own = own_recipe(config, experts)
    for name, changes in config[section].items():
        where = f"{section}.{name}"
        changed = {
            "training": _merge_changes(own.training, changes["training"]),
            "mixture": _merge_changes(own.mixture, changes["mixture"]) | {"name": name},
            "negatives": _merge_changes(own.negatives, changes["negatives"]),
        }
        found = list(_recipe_faults(changes, changed, own))
        found = found or [
            *_backbone_faults(changes["training"], changed["mixture"]),
            *_setting_faults(changed["training"], changed["mixture"], experts),
            *_data_faults(config, changed["training"], changed["mixture"]),
        ]
        faults += [f"{where}.{fault}" for fault in found]
        if not found:
            networks = name if changes["training"] or changes["negatives"] else own.networks
            recipes[name] = _build_recipe(name, False, networks, changed, experts)
    if faults:
        raise ConfigError("\n".join(faults))
    return recipes


def check_targets(names: Sequence[str], rules: Collection[str]) -> None:
    """Check that the name of each recipe can be a target of the workflow.

    Parameters
    ----------
    names
        The recipes of the section `recipes`.
    rules
        The names of the workflow's rules.

    Raises
    ------
    ConfigError
        If a recipe has the name of a rule.
    """
    taken = [name for name in names if name in rules]
    if taken:
        raise ConfigError(
            f"recipes.{taken[0]}: found the name of a rule of the workflow, but each "
            "recipe is a target of its own; rename it"
        )


def own_recipe(config: Mapping[str, Any], experts: Sequence[str]) -> Recipe:
    """Return the run's own recipe; parameters and errors as for `read_recipes`."""
    sections = config["training"], config["mixture"]
    faults = [*_setting_faults(*sections, experts), *_data_faults(config, *sections)]
    if faults:
        raise ConfigError("\n".join(faults))
    training = {key: value for key, value in config["training"].items() if key not in RUN_KEYS}
    own = {
        "training": training,
        "mixture": config["mixture"] | {"name": OWN_MIXTURE},
        "negatives": dict(config["negatives"]["training"]),
    }
    return _build_recipe(OWN_RECIPE, True, OWN_RECIPE, own, experts)


def _build_recipe(
    name: str,
    own: bool,
    networks: str,
    sections: Mapping[str, dict[str, Any]],
    experts: Sequence[str],
) -> Recipe:
    training = sections["training"] | {"recipe": networks}
    mixture = sections["mixture"]
    backbones = mixture["backbones"] or [training["backbone"]]
    members = [
        (f"{expert}_{backbone}" if number else expert, Network(expert, backbone, 0))
        for number, backbone in enumerate(backbones)
        for expert in mixture["experts"] or experts
    ]
    members += [
        (f"{POOLED}_{number + 1}" if number else POOLED, network)
        for number, network in enumerate(_pooled_networks(mixture["generalists"], backbones))
    ]
    pool = dict(members)
    if len(pool) < len(members):
        names = [member for member, _ in members]
        repeated = next(member for member in names if names.count(member) > 1)
        raise ConfigError(
            f"mixture: two networks would be called {repeated}; rename an experiment or factor"
        )
    return Recipe(name, own, networks, training, mixture, sections["negatives"], pool)


def _pooled_networks(number: int, backbones: Sequence[str]) -> Iterator[Network]:
    """Yield distinct pooled networks, cycling through the backbones."""
    for index in range(number):
        cycle, position = divmod(index, len(backbones))
        yield Network(POOLED, backbones[position], SEED_STRIDE * cycle)


def _merge_changes(section: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a section with changes, which are merged into nested mappings."""
    result = deepcopy(dict(section))
    for key, value in changes.items():
        inner = result.get(key)
        both = isinstance(inner, dict) and isinstance(value, Mapping)
        result[key] = _merge_changes(inner, value) if both and inner is not None else value
    return result


def _recipe_faults(
    changes: Mapping[str, Any], changed: Mapping[str, dict[str, Any]], own: Recipe
) -> Iterator[str]:
    properties = load_schema(SCHEMAS / "config.schema.yaml")["properties"]
    training = properties["negatives"]["properties"]["training"]
    schemas = {name: properties[name] for name in ("training", "mixture")}
    for section, schema in (*schemas.items(), ("negatives", training)):
        content = _without_names(changed[section], changes[section])
        for message in validation_messages(content, schema):
            yield f"{section}.{message}"
    for key in RUN_KEYS:
        if key in changes["training"]:
            yield f"training.{key}: this key belongs to the run, and recipes cannot change it"
    asked = {kind for kind, share in changed["negatives"].items() if share}
    drawn = {kind for kind, share in own.negatives.items() if share}
    if not asked:
        yield "negatives: found no negatives, expected at least one kind"
    for kind in sorted(asked - drawn):
        yield (
            f"negatives.{kind}: found {changed['negatives'][kind]:g}, but the run draws no "
            f"training negatives of this kind; set negatives.training.{kind}"
        )


def _without_names(section: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the names that the plan adds and that the schema does not contain."""
    added = {"recipe", "name"} - changes.keys()
    return {key: value for key, value in section.items() if key not in added}


def _backbone_faults(changes: Mapping[str, Any], mixture: Mapping[str, Any]) -> Iterator[str]:
    """Report a changed backbone that no network of the pool would have."""
    pool = mixture["backbones"]
    if "backbone" in changes and pool and changes["backbone"] not in pool:
        yield (
            f"training.backbone: found {changes['backbone']}, but the networks have those of "
            f"mixture.backbones, {', '.join(pool)}; set the recipe's mixture.backbones too (null "
            "to use training.backbone only)"
        )


def _setting_faults(
    training: Mapping[str, Any], mixture: Mapping[str, Any], experts: Sequence[str]
) -> Iterator[str]:
    """Report settings that are valid alone but not in combination, given the run's experts."""
    for name, section in (("training", training), ("mixture", mixture)):
        both = [split for split in section["judge_splits"] if split in section["fit_splits"]]
        if both:
            yield (
                f"{name}.judge_splits: found {both[0]}, which is also in {name}.fit_splits; they "
                "must be disjoint, because early stopping needs sequences that are not fitted on"
            )
    robust = training["robust"]
    if robust["substitutions"] and robust["replays"] > training["epochs"]:
        yield (
            f"training.robust.replays: found {robust['replays']}, expected at most "
            f"training.epochs = {training['epochs']}, which are divided by it"
        )
    specialists = len(mixture["backbones"] or [""]) * len(mixture["experts"] or experts)
    networks = specialists + mixture["generalists"]
    if (mixture["top_k"] or 0) > networks:
        yield (
            f"mixture.top_k: found {mixture['top_k']}, expected at most {networks}, the number of "
            "networks in the pool"
        )
    unknown = [name for name in mixture["experts"] or [] if name not in experts]
    if unknown:
        yield (
            f"mixture.experts: found {', '.join(unknown)}, expected experts of this run: "
            f"{', '.join(experts)}"
        )


def _data_faults(
    config: Mapping[str, Any], training: Mapping[str, Any], mixture: Mapping[str, Any]
) -> Iterator[str]:
    """Report settings that do not fit the run's sequences."""
    flank = config["windows"]["flank"]
    if training["max_shift"] > flank:
        yield (
            f"training.max_shift: found {training['max_shift']}, expected at most windows.flank = "
            f"{flank}, the bases stored on each side of a window"
        )
    strongest = mixture["calibration_strongest"]
    if strongest is not None and config["genome"] is not None:
        yield (
            f"mixture.calibration_strongest: found {strongest}, but only ready sequences have "
            "ranks, and this run uses peaks; set it to null"
        )
