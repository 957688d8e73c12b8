"""The development proxy: each training factor is left out in turn, and treated as unseen.

It is what choices are made by, so that no test split and no OOD set has to be looked at. Of a
factor that is left out nothing is used: its experts are not in the pool, pooled networks and the
mixture are fitted without its sequences, and no negative of another factor is dropped for its
peaks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tfmoe.core.errors import ConfigError

if TYPE_CHECKING:  # the tables of the proxy are made where configs are not read
    from tfmoe.core.experiments import Experiment
    from tfmoe.core.recipes import Network, Recipe

ALL = "-"
"""Stands for the pool from which no factor is left out."""


@dataclass(frozen=True)
class LeftOut:
    """A training factor that is left out.

    Attributes
    ----------
    factor
        Its name.
    experts
        The experts that were trained on it.
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
        """Return a recipe's pool without its experts, and with pooled networks trained without it.

        The members keep their names.
        """
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
        The factor that is left out, or `ALL`.
    pool
        Its networks by member.
    pooled
        The pooled network that they are compared with.
    experiments
        Those of the factor that is left out; all training experiments if none is.
    own
        The member that is each experiment's own expert, if the pool has one.
    """

    left_out: str
    pool: dict[str, Network]
    pooled: Network
    experiments: list[str]
    own: dict[str, str]


def find_left_out(
    experts: Mapping[str, list[str]], experiments: Mapping[str, Experiment]
) -> dict[str, LeftOut]:
    """List the training factors, of which each is left out once.

    Parameters
    ----------
    experts
        The experiments of each expert.
    experiments
        The experiment table.

    Returns
    -------
    dict
        By factor, in the order of the experts; names that differ in case only are one factor.
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
    """List what a recipe is scored by: its whole pool, then its pool without each factor.

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
        If there is only one training factor, if nothing or too little would be left of the pool, if
        the networks have seen a factor that is left out as negatives, or if the recipe trains on
        what it would be scored on.
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
    place = f"development, recipe {recipe.name}"
    if len(left_out) < 2:
        raise ConfigError(
            f"{place}: found one training factor, {', '.join(left_out)}; a factor can be left out "
            "only if there is another (column `role` of the experiment table)"
        )
    if recipe.negatives["other_factor"] > 0:
        raise ConfigError(
            f"{place}: found negatives.training.other_factor = "
            f"{recipe.negatives['other_factor']:g}; with it each expert has the positives of all "
            "other factors among its negatives, so that none of these is unseen; set it to 0"
        )
    for section, settings in (("training", recipe.training), ("mixture", recipe.mixture)):
        if "validation" in settings["fit_splits"]:
            raise ConfigError(
                f"{place}: found validation in {section}.fit_splits, but the split validation is "
                "what the recipe would be scored on; leave it out"
            )
    top_k = recipe.mixture["top_k"] or 1
    for factor, entry in left_out.items():
        remaining = len(entry.remaining(recipe))
        if remaining < top_k:
            key = "top_k" if remaining else "experts"
            raise ConfigError(
                f"{place}: without {factor} {remaining} networks are left in its pool, expected "
                f"at least {top_k}; change mixture.{key}"
            )
