"""The predictions of one experiment: its sequences, and a column of scores a model and seed."""

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
"""What describes a sequence; every other column is a model's score."""


@dataclass(frozen=True, order=True)
class Column:
    """A column of scores: a model and, unless it is not trained here, its seed."""

    model: str
    seed: int | None


@dataclass(frozen=True)
class Predictions:
    """Scores of N sequences of one experiment by C models and seeds.

    Attributes
    ----------
    positive
        bool, (N,): the label.
    kind, split
        str, (N,): kind of sequence, and the split that it is in.
    overlaps
        bool, (N,): whether the window overlaps a training peak; `None` where this is not known.
    chrom, start
        str and int64, (N,): where the window begins (0-based); a shuffle stands where its parent
        does. ``start`` is -1 where this is not known.
    columns
        The C columns.
    scores
        float64, (C, N): logits, or another score of which more means more likely bound.
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
    """Split ``<model>_seed<k>`` into model and seed; any other name is a model without a seed."""
    match = re.fullmatch(r"(.+)_seed(\d+)", name)
    return Column(match[1], int(match[2])) if match else Column(name, None)


def read_predictions(path: Pathlike) -> Predictions:
    """Read the predictions of one experiment.

    Raises
    ------
    InputError
        If the file is missing or damaged, lacks a column that describes the sequences, or holds a
        label other than 0 and 1 or a score that is no number.
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
            f"{path}: column {', '.join(text)} holds no numbers; every column but "
            f"{', '.join(SEQUENCE_COLUMNS)} has to be a model's score"
        )
    labels = sorted(set(table["label"]) - {0, 1})
    if labels:
        raise InputError(f"{path}: column label holds {labels[0]}, expected 0 or 1")
    flag = table.get("overlaps_training_peak")
    known = flag is not None and not flag.isna().any()
    return Predictions(
        positive=table["label"].to_numpy() == 1,
        kind=table["kind"].to_numpy(dtype=object),
        split=table["split"].to_numpy(dtype=object),
        overlaps=flag.to_numpy(dtype=bool) if flag is not None and known else None,
        **_read_places(table),
        columns=[parse_column(name) for name in names],
        scores=table[names].to_numpy(dtype=np.float64).T.copy(),
    )


def _read_places(table: pd.DataFrame) -> dict[str, NDArray[Any]]:
    """Return where windows begin; sequences without coordinates have ``.`` and -1."""
    if not {"chrom", "start"} <= set(table.columns):
        return {
            "chrom": np.full(len(table), ".", dtype=object),
            "start": np.full(len(table), -1, dtype=np.int64),
        }
    return {
        "chrom": table["chrom"].fillna(".").to_numpy(dtype=object),
        "start": table["start"].fillna(-1).to_numpy(dtype=np.int64),
    }
