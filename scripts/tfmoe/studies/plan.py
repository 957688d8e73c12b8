"""Inputs of the studies' jobs: development cases, recipes that are compared, studied experts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tfmoe.core.recipes import Network
from tfmoe.workflow.left_out import ALL, Case, development_cases
from tfmoe.workflow.networks import EXPERT_FOLDER, MIXTURE_FOLDER, WEIGHTS, Networks, weights_of
from tfmoe.workflow.snakefile import plain_errors

WITHOUT_FOLDER = "<results>/development/{developed}/without_{left_out}/seed{seed}"
DEVELOPMENT_SCORES = "<results>/development/{developed}/scores.tsv"


@dataclass(frozen=True)
class Studies:
    """Inputs of the studies' jobs.

    Attributes
    ----------
    networks
        The networks and mixtures of the run.
    """

    networks: Networks

    def cases(self, name: str) -> list[Case]:
        """Return the cases that a recipe is scored on: its whole pool, then without each factor."""
        plan = self.networks.plan
        with plain_errors():
            return development_cases(self.networks.recipes[name], plan.left_out, plan.experts)

    def case_without(self, wildcards: Any) -> Case:
        """Return the case of a recipe that leaves one factor out."""
        cases = self.cases(wildcards.developed)
        return next(case for case in cases if case.left_out == wildcards.left_out)

    def case_weights(
        self, name: str, networks_of: Callable[[Case], Iterable[Network]]
    ) -> list[str]:
        """Return the weights of some networks of each case, by case, seed and network."""
        return [
            weights_of(self.networks.recipes[name], network, seed)
            for case in self.cases(name)
            for seed in self.networks.plan.development_seeds
            for network in networks_of(case)
        ]

    def case_mixtures(self, name: str) -> list[str]:
        """Return the weights of the mixture of each case, by case and seed."""
        mixture = self.networks.recipes[name].mixture["name"]
        return [
            f"{MIXTURE_FOLDER if case.left_out == ALL else WITHOUT_FOLDER}/{WEIGHTS}".format(
                mixture=mixture, developed=name, left_out=case.left_out, seed=seed
            )
            for case in self.cases(name)
            for seed in self.networks.plan.development_seeds
        ]

    def scored_cases(self, name: str) -> list[dict[str, Any]]:
        """Return the cases of a recipe as `tfmoe.studies.development.scores` takes them."""
        experts = self.networks.recipes[name].experts
        return [
            {
                "left_out": case.left_out,
                "members": list(case.pool),
                "experts": [member for member in case.pool if member in experts],
                "experiments": case.experiments,
                "own": case.own,
            }
            for case in self.cases(name)
        ]

    def attributed_pairs(self, name: str) -> list[tuple[str, str, str]]:
        """Return each experiment with its own expert in the run's recipe and in another."""
        plan = self.networks.plan
        own, recipe = plan.own, plan.recipes[name]
        pairs = []
        for expert, experiments in plan.experts.items():
            if expert in recipe.experts and expert in own.experts:
                weights = [weights_of(one, one.pool[expert], 0) for one in (own, recipe)]
                # an expert that both recipes share is attributed once
                other = own if weights[0] == weights[1] else recipe
                models = own.expert_model(expert), other.expert_model(expert)
                pairs += [(experiment, *models) for experiment in experiments]
        return pairs

    def compared_names(self, name: str) -> dict[str, Any]:
        """Return the names of a recipe's models for `tfmoe.studies.recipes.comparison`."""
        models = self.networks.plan.recipes[name].models()
        return {key: models[key] for key in ("mixture", "mean_of_experts", "experts")}

    def faithfulness(self, name: str, position: int) -> list[str]:
        """Return the faithfulness of all own experts: of the run's recipe (1) or another (2)."""
        return [
            f"<results>/attribution/{pair[0]}/{pair[position]}/faithfulness.tsv"
            for pair in self.attributed_pairs(name)
        ]

    def studied_weights(self, wildcards: Any, seeds: int) -> list[str]:
        """Return the weights of an experiment's expert, of a recipe and backbone, by seed."""
        return [
            f"{EXPERT_FOLDER}/{WEIGHTS}".format(
                expert=expert, recipe=wildcards.recipe, backbone=wildcards.backbone, seed=seed
            )
            for expert, experiments in self.networks.plan.experts.items()
            if wildcards.experiment in experiments
            for seed in self.networks.plan.seeds[:seeds]
        ]
