"""Development proxy: each training factor is left out in turn and treated as unseen.

Choices rest on this proxy, so that nobody looks at test splits or OOD sets. Nothing of a left-out
factor is used: its experts are not in the pool, pooled networks and the mixture are fitted without
its sequences, and its peaks drop no negative of another factor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tfmoe.core.errors import ConfigError

if TYPE_CHECKING:  # jobs import this module without reading configs
    from tfmoe.core.experiments import Experiment
    from tfmoe.core.recipes import Network, Recipe

ALL = "-"
"""Marks the pool from which no factor is left out."""


@dataclass(frozen=True)
class LeftOut:
    """A training factor that is left out.

    Attributes
    ----------
    factor
        Its name.
    experts
        Experts trained on it.
    experiments
        Its training experiments.
    """

    factor: str
    experts: list[str]
    experiments: list[str]

    @property
    def pooled(self) -> str:
        """Name of the pooled network that is trained without it."""
        return f"pooled_without_{self.factor}"

    def remaining(self, recipe: Recipe) -> dict[str, Network]:
        """Return a recipe's pool without this factor; the remaining members keep their names."""
        pooled = recipe.generalists
        return {
            member: replace(network, name=self.pooled) if network in pooled else network
            for member, network in recipe.pool.items()
            if network.name not in self.experts
        }


@dataclass(frozen=True)
class Case:
    """A pool, and the experiments on whose validation split its models are scored.

    Attributes
    ----------
    left_out
        The left-out factor, or `ALL`.
    pool
        Networks by member.
    pooled
        The pooled network to compare with.
    experiments
        Experiments of the left-out factor; all training experiments if none is left out.
    own
        For each experiment its own expert in the pool, if there is one.
    """

    left_out: str
    pool: dict[str, Network]
    pooled: Network
    experiments: list[str]
    own: dict[str, str]


def find_left_out(
    experts: Mapping[str, list[str]], experiments: Mapping[str, Experiment]
) -> dict[str, LeftOut]:
    """List the training factors, each of which is left out once.

    Parameters
    ----------
    experts
        The experiments of each expert.
    experiments
        The experiment table.

    Returns
    -------
    dict
        By factor, in the order of the experts; names that differ only in case are one factor.
    """
    found: dict[str, LeftOut] = {}
    for expert, own in experts.items():
        factor = experiments[own[0]].factor
        entry = found.setdefault(factor.upper(), LeftOut(factor, [], []))
        entry.experts.append(expert)
        entry.experiments.extend(own)
    return {entry.factor: entry for entry in found.values()}


def development_cases(
    recipe: Recipe, left_out: Mapping[str, LeftOut], experts: Mapping[str, list[str]]
) -> list[Case]:
    """List the cases of a recipe: its whole pool, then its pool without each factor.

    Parameters
    ----------
    recipe
        The recipe.
    left_out
        The training factors.
    experts
        The experiments of each expert.

    Raises
    ------
    ConfigError
        If there is only one training factor, if the remaining pool would be too small, if the
        networks have seen a left-out factor as negatives, or if the recipe trains on the split
        that scores it.
    """
    _check(recipe, left_out)
    first = recipe.pooled(1)[0]
    trained = [experiment for own in experts.values() for experiment in own]
    own = {
        experiment: network.name
        for member, network in recipe.experts.items()
        if member == network.name
        for experiment in experts[network.name]
    }
    without = [
        Case(
            left_out=factor,
            pool=entry.remaining(recipe),
            pooled=replace(first, name=entry.pooled),
            experiments=entry.experiments,
            own={},
        )
        for factor, entry in left_out.items()
    ]
    return [Case(ALL, recipe.pool, first, trained, own), *without]


def _check(recipe: Recipe, left_out: Mapping[str, LeftOut]) -> None:
    label = f"development, recipe {recipe.name}"
    if len(left_out) < 2:
        raise ConfigError(
            f"{label}: found one training factor, {', '.join(left_out)}; a factor can be left out "
            "only if there is another (column `role` of the experiment table)"
        )
    if recipe.negatives["other_factor"] > 0:
        raise ConfigError(
            f"{label}: found negatives.training.other_factor = "
            f"{recipe.negatives['other_factor']:g}; each expert then trains on the positives "
            "of all other factors as negatives, so that no factor is unseen; set it to 0"
        )
    for section, settings in (("training", recipe.training), ("mixture", recipe.mixture)):
        if "validation" in settings["fit_splits"]:
            raise ConfigError(
                f"{label}: found validation in {section}.fit_splits, but the split validation "
                "scores the recipe; remove it there"
            )
    top_k = recipe.mixture["top_k"] or 1
    for factor, entry in left_out.items():
        remaining = len(entry.remaining(recipe))
        if remaining < top_k:
            key = "top_k" if remaining else "experts"
            raise ConfigError(
                f"{label}: without {factor} {remaining} networks are left in its pool, expected "
                f"at least {top_k}; change mixture.{key}"
            )
