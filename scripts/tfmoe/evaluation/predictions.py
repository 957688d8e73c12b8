"""Reading the predictions of one experiment: sequences and scores per model and seed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, read_parquet

SEQUENCE_COLUMNS = (
    "name",
    "chrom",
    "start",
    "end",
    "strand",
    "label",
    "kind",
    "parent",
    "split",
    "overlaps_training_peak",
)
"""Columns that describe a sequence; every other column holds a model's scores."""


@dataclass(frozen=True, order=True)
class Column:
    """A column of scores: the model and its seed; `None` for a model without training seeds."""

    model: str
    seed: int | None


@dataclass(frozen=True)
class Predictions:
    """Scores of N sequences of one experiment by C models and seeds.

    Attributes
    ----------
    positive
        bool, (N,): whether the label is 1.
    kind, split
        str, (N,): kind of sequence and its split.
    overlaps
        bool, (N,): whether the window overlaps a training peak; `None` if unknown.
    chrom, start
        str and int64, (N,): start of the window (0-based); a shuffle has the start of its parent.
        ``start`` is -1 if unknown.
    columns
        The C columns.
    scores
        float64, (C, N): logits, or other scores that are higher for more likely binding.
    """

    positive: NDArray[np.bool_]
    kind: NDArray[np.object_]
    split: NDArray[np.object_]
    overlaps: NDArray[np.bool_] | None
    chrom: NDArray[np.object_]
    start: NDArray[np.int64]
    columns: list[Column]
    scores: NDArray[np.float64]


def parse_column(name: str) -> Column:
    """Split ``<model>_seed<k>`` into model and seed; any other name is a model without seeds."""
    match = re.fullmatch(r"(.+)_seed(\d+)", name)
    return Column(match[1], int(match[2])) if match else Column(name, None)


def read_predictions(path: Pathlike) -> Predictions:
    """Read the predictions of one experiment.

    Raises
    ------
    InputError
        If the file is missing or damaged, lacks a required column, or contains a label other than
        0 and 1 or a column of scores that is not numeric.
    """
    table = read_parquet(path)
    missing = [name for name in ("label", "kind", "split") if name not in table.columns]
    if missing:
        raise InputError(
            f"{path}: column {', '.join(missing)} is missing; found {', '.join(table.columns)}"
        )
    names = [name for name in table.columns if name not in SEQUENCE_COLUMNS]
    text = [name for name in names if not pd.api.types.is_numeric_dtype(table[name])]
    if text:
        raise InputError(
            f"{path}: column {', '.join(text)} is not numeric; every column except "
            f"{', '.join(SEQUENCE_COLUMNS)} must hold a model's scores"
        )
    labels = sorted(set(table["label"]) - {0, 1})
    if labels:
        raise InputError(f"{path}: column label contains {labels[0]}, expected 0 or 1")
    flag = table.get("overlaps_training_peak")
    known = flag is not None and not flag.isna().any()
    return Predictions(
        positive=table["label"].to_numpy() == 1,
        kind=table["kind"].to_numpy(dtype=object),
        split=table["split"].to_numpy(dtype=object),
        overlaps=flag.to_numpy(dtype=bool) if flag is not None and known else None,
        **_read_coordinates(table),
        columns=[parse_column(name) for name in names],
        scores=table[names].to_numpy(dtype=np.float64).T.copy(),
    )


def _read_coordinates(table: pd.DataFrame) -> dict[str, NDArray[Any]]:
    """Return the starts of windows; sequences without coordinates have ``.`` and -1."""
    if not {"chrom", "start"} <= set(table.columns):
        return {
            "chrom": np.full(len(table), ".", dtype=object),
            "start": np.full(len(table), -1, dtype=np.int64),
        }
    return {
        "chrom": table["chrom"].fillna(".").to_numpy(dtype=object),
        "start": table["start"].fillna(-1).to_numpy(dtype=np.int64),
    }
