"""Metrics of a run's main models on the test split, as cards and comparisons of runs have them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.core.relations import experts_of
from tfmoe.core.vocabulary import CONDITIONED, GKM, MIXTURE, OWN_EXPERT, PWM, Role, Subset
from tfmoe.evaluation.sets import (
    evaluation_sets,
    mean_over_seeds,
    name_own_expert,
    primary_kind,
    unadapted,
)

MODELS = (CONDITIONED, MIXTURE, OWN_EXPERT, GKM, PWM)
"""Models whose metrics the card has."""
METRICS = (
    "model",
    "experiment",
    "role",
    "negatives",
    "subset",
    "seed",
    "n_pos",
    "n_neg",
    "prevalence",
    "auroc",
    "auroc_low",
    "auroc_high",
    "auprc",
)
_MEASURES = ("auroc", "auroc_low", "auroc_high", "auprc", "prevalence")
_COUNTS = ("n_seeds", "n_pos", "n_neg")


def read_metrics(
    path: Pathlike, config: Mapping[str, Any], experiments: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """Return the metrics against the primary negatives, means over seeds.

    Parameters
    ----------
    path
        ``evaluation/metrics.tsv``.
    config
        The validated config.
    experiments
        The experiment table, by name.

    Returns
    -------
    dict
        ``negatives``, the kind; ``level`` of the intervals; ``sets``, one entry per experiment,
        subset and model, without sets that have no AUROC. Numbers that are missing are `None`.

    Raises
    ------
    InputError
        If the file is missing or damaged, lacks a column or has no rows.
    """
    metrics = unadapted(read_tsv(path, METRICS))
    kind = primary_kind(metrics)
    experts = experts_of(training_factors(experiments), config["training"]["expert_per"])
    sets = evaluation_sets(experiments, experts)
    rows = []
    for subset in Subset:
        means = name_own_expert(mean_over_seeds(metrics, kind, subset), sets)
        by_set = {(row["experiment"], row["model"]): row for row in records(means)}
        for found in sets:
            head = {
                "experiment": found.experiment,
                "factor": found.factor,
                "biosample": experiments[found.experiment]["biosample"],
                "role": found.role,
                "stratum": found.stratum,
                "subset": subset.value,
            }
            for model in MODELS:
                row = by_set.get((found.experiment, model))
                if row is not None and row["auroc"] is not None:
                    numbers = {name: row[name] for name in _MEASURES}
                    counts = {name: int(row[name]) for name in _COUNTS}
                    rows.append(head | {"model": model} | numbers | counts)
    return {"negatives": kind, "level": 1 - config["evaluation"]["alpha"], "sets": rows}


def training_factors(experiments: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return the factor of each training experiment, in the order of the table."""
    return {name: row["factor"] for name, row in experiments.items() if row["role"] == Role.TRAIN}


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as JSON has them: missing values are `None`."""
    rows = table.to_dict("records")
    return [{str(key): _plain(value) for key, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value
