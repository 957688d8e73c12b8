"""What a run consists of, read off its config and experiment table: experts, seeds, models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tfmoe.core.errors import ConfigError
from tfmoe.core.experiments import RESERVED, Experiment


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
        If the splits name a chromosome twice, if an expert has a name that is kept for a model, or
        if settings do not fit one another: better now than after hours of training.
    """
    _check_splits(config["splits"])
    _check_settings(config)
    training = [name for name, row in experiments.items() if row.role == "train"]
    ood = [name for name, row in experiments.items() if row.role == "ood"]
    experts: dict[str, list[str]] = {}
    for name in training:
        by_factor = config["training"]["expert_per"] == "factor"
        expert = experiments[name].factor if by_factor else name
        known = next((other for other in experts if other.upper() == expert.upper()), expert)
        experts.setdefault(known if by_factor else name, []).append(name)
    _check_names(experts)
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


def _check_names(experts: Mapping[str, list[str]]) -> None:
    kept = sorted(name for name in experts if name in RESERVED)
    if kept:
        raise ConfigError(
            f"training.expert_per: an expert would be called {kept[0]}, a name kept for another "
            "use; rename the factor, or set training.expert_per to experiment"
        )


def _check_settings(config: Mapping[str, Any]) -> None:
    """Name the settings that each are valid and together are not."""
    windows, motifs = config["windows"], config["motifs"]
    evaluated = config["negatives"]["evaluation"]
    faults = []
    if config["training"]["max_shift"] > windows["flank"]:
        faults.append(
            f"training.max_shift: found {config['training']['max_shift']}, expected at most "
            f"windows.flank = {windows['flank']}, the bases that are kept beside a window"
        )
    if (motifs["window"] or 0) > windows["length"]:
        faults.append(
            f"motifs.window: found {motifs['window']}, expected at most windows.length = "
            f"{windows['length']}"
        )
    if motifs["method"] not in config["attribution"]["methods"]:
        faults.append(
            f"motifs.method: found {motifs['method']}, expected one of attribution.methods: "
            f"{', '.join(config['attribution']['methods'])}"
        )
    if not evaluated[motifs["confirmation_negatives"]]:
        faults.append(
            f"motifs.confirmation_negatives: found {motifs['confirmation_negatives']}, of which "
            "negatives.evaluation draws none"
        )
    if not any(evaluated.values()):
        faults.append(
            "negatives.evaluation: found no negatives, expected some of one kind at least"
        )
    if "moe" not in config["evaluation"]["family"]:
        faults.append("evaluation.family: found no `moe`, with which the others are compared")
    if faults:
        raise ConfigError("\n".join(faults))
