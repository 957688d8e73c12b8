"""Trials of the published analysis of variance: pseudo-replicates by dropout or bootstrap."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.core.seeds import generator
from tfmoe.core.vocabulary import MIXTURE, is_expert
from tfmoe.evaluation.bootstrap import bootstrap_auroc
from tfmoe.evaluation.metrics import find_fault
from tfmoe.evaluation.predictions import Column

Floats = NDArray[np.float64]
DROPOUT, BOOTSTRAP = "dropout", "bootstrap"
COLUMNS = (
    "experiment",
    "role",
    "stratum",
    "negatives",
    "model",
    "seed",
    "trials_from",
    "trial",
    "auroc",
)
DROPOUT_COLUMNS = ("negatives", "model", "seed", "dropout", "trial", "auroc")


def read_dropout_trials(path: Pathlike | None) -> pd.DataFrame | None:
    """Read an experiment's trials with dropout on.

    Parameters
    ----------
    path
        ``predictions/<x>.dropout.tsv``, or `None` if the settings do not ask for such trials.

    Returns
    -------
    DataFrame
        The trials, or `None` if any network has no dropout, because all its trials would have the
        same scores.

    Raises
    ------
    InputError
        If the file is missing, damaged or lacks a column.
    """
    if path is None:
        return None
    table = read_tsv(path, DROPOUT_COLUMNS)
    return table if (table["dropout"] > 0).all() else None


def dropout_trials(table: pd.DataFrame, keys: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the rows (`COLUMNS`) of the dropout trials against one kind of negatives.

    Parameters
    ----------
    table
        Result of `read_dropout_trials`.
    keys
        The set's experiment, role, stratum and negatives.
    """
    of_kind = table[table["negatives"] == keys["negatives"]]
    head = {key: keys[key] for key in COLUMNS[:4]}
    rows = of_kind[["model", "seed", "trial", "auroc"]].to_dict("records")
    return [head | {"trials_from": DROPOUT} | {str(k): v for k, v in row.items()} for row in rows]


def bootstrap_trials(
    keys: Mapping[str, str],
    columns: list[Column],
    scores: Floats,
    positive: NDArray[np.bool_],
    number: int,
    seed: int,
) -> list[dict[str, Any]]:
    """Draw the bootstrap trials of each model independently of the other models.

    The published analysis has one trained network per model, so only the first seed is used.

    Parameters
    ----------
    keys
        Columns that identify the set, at least experiment, role, stratum and negatives.
    columns, scores
        Model and seed of the C columns of predictions, and their scores, float64 (C, N).
    positive
        bool, (N,).
    number
        Trials per model.
    seed
        The run's seed.

    Returns
    -------
    list
        Rows (`COLUMNS`) of the mixture and its experts, except models whose scores are unusable.
    """
    first = min((column.seed for column in columns if column.seed is not None), default=None)
    head = {key: keys[key] for key in COLUMNS[:4]}
    rows = []
    for column, own in zip(columns, scores, strict=True):
        published = column.model == MIXTURE or is_expert(column.model)
        if not published or column.seed != first or find_fault(own, positive):
            continue
        rng = generator(seed, "trials", *keys.values(), column.model)
        drawn = bootstrap_auroc(own[None, positive], own[None, ~positive], number, rng)[0]
        names = {"model": column.model, "seed": column.seed, "trials_from": BOOTSTRAP}
        for trial, value in enumerate(drawn.tolist()):
            rows.append(head | names | {"trial": trial, "auroc": value})
    return rows
