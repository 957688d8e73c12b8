"""Motif searches of a run: models searched on experiments, and networks whose filters are read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from tfmoe.workflow.networks import Networks, weights_of

Pair = tuple[str, str]
"""An experiment and a model."""


@dataclass(frozen=True)
class MotifSearches:
    """Motif searches of a run.

    Attributes
    ----------
    networks
        The networks and mixtures of the run.
    method
        The attribution method whose maps are searched.
    """

    networks: Networks
    method: str

    @property
    def pairs(self) -> list[Pair]:
        """Experiment and model of each search."""
        return self.networks.plan.attributed

    @cached_property
    def filter_pairs(self) -> list[Pair]:
        """Experiment and model of each network whose filters are read, each network once."""
        plan = self.networks.plan
        by_network = {
            (experiment, weights_of(recipe, network, plan.seeds[0])): (
                experiment,
                recipe.expert_model(member),
            )
            for recipe in reversed(plan.scored)
            for member, network in recipe.experts.items()
            for experiment in plan.experts[network.name]
        }
        return list(by_network.values())

    @cached_property
    def experts(self) -> list[list[str]]:
        """For each expert searched: its name in the pool, its first experiment, its model."""
        plan = self.networks.plan
        found = [
            [member, plan.experts[network.name][0], plan.own.expert_model(member)]
            for member, network in plan.own.experts.items()
        ]
        return [row for row in found if (row[1], row[2]) in self.pairs]

    @property
    def maps(self) -> list[str]:
        """The attribution maps of each search."""
        return [
            f"<results>/attribution/{experiment}/{model}/{self.method}.npz"
            for experiment, model in self.pairs
        ]

    def files(self, name: str) -> list[str]:
        """Return one file of each search."""
        return _files(self.pairs, name)

    def filter_files(self, name: str) -> list[str]:
        """Return one file of each network whose filters are read."""
        return _files(self.filter_pairs, name)

    def expert_files(self, name: str) -> list[str]:
        """Return one file of the search of each expert."""
        return _files(((row[1], row[2]) for row in self.experts), name)

    def figure(self, experiment: str) -> str:
        """Return the figure that shows an experiment's motifs."""
        return "motifs" if experiment in self.networks.plan.training else "motifs_ood"

    def subjects(self, pairs: Iterable[Pair]) -> list[list[str]]:
        """Return experiment, factor, role, family and model, for `motifs.filter_table.Subject`."""
        rows = [(self.networks.experiments[experiment], model) for experiment, model in pairs]
        return [[row.experiment, row.factor, row.role, row.family, model] for row, model in rows]


def _files(pairs: Iterable[Pair], name: str) -> list[str]:
    return [f"<results>/motifs/{experiment}/{model}/{name}" for experiment, model in pairs]
