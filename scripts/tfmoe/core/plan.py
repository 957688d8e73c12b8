"""What a run consists of, read off its config and experiment table: experts, seeds, models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tfmoe.core.errors import ConfigError
from tfmoe.core.experiments import Experiment


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
    attributed
        The (experiment, model) pairs that are attributed and searched for motifs: each expert on
        its own experiments, the mixture on each training experiment and, on request, the others.
    """

    training: list[str]
    ood: list[str]
    experts: dict[str, list[str]]
    seeds: list[int]
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
        If the splits name a chromosome twice.
    """
    _check_splits(config["splits"])
    training = [name for name, row in experiments.items() if row.role == "train"]
    ood = [name for name, row in experiments.items() if row.role == "ood"]
    experts: dict[str, list[str]] = {}
    for name in training:
        by_factor = config["training"]["expert_per"] == "factor"
        experts.setdefault(experiments[name].factor if by_factor else name, []).append(name)
    attributed = [(name, f"expert_{expert}") for expert, own in experts.items() for name in own]
    searched = training + (ood if config["attribution"]["ood"] else [])
    attributed += [(name, "moe") for name in searched]
    return Plan(training, ood, experts, list(range(config["training"]["seeds"])), attributed)


def _check_splits(splits: Mapping[str, list[str]]) -> None:
    seen: dict[str, str] = {}
    for split, chromosomes in splits.items():
        for chromosome in chromosomes:
            if chromosome in seen:
                raise ConfigError(
                    f"splits: chromosome {chromosome} is in {seen[chromosome]} and in {split}; a "
                    "chromosome belongs to one split"
                )
            seen[chromosome] = split
