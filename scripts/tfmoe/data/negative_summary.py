"""The summary of an experiment's negatives: how many of each kind, and how like the positives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.data.datasets import SequenceSet
from tfmoe.data.sampling import gc_content, ks_distance


@dataclass(frozen=True)
class KindSummary:
    """The negatives of one kind in one split, beside the positives there.

    Attributes
    ----------
    experiment, kind, split
        What they are negatives of.
    positives, asked, drawn
        How many positives there are, and negatives were asked for and drawn.
    why
        Why fewer were drawn than asked for; ``-`` if they were not.
    gc_positives, gc_negatives, ks_gc
        Mean share of G and C, and the Kolmogorov-Smirnov distance of the two sets' shares; NaN
        where there is none.
    repeat_positives, repeat_negatives, ks_repeat
        The same of the share of soft-masked bases.
    other_gc
        How many genomic negatives stand for a window of another GC content.
    overlapping
        How many overlap another one of the same kind and split.
    chromosomes_unused
        Chromosomes of the split on which the factor has no peak, so that no genomic negative was
        drawn there; ``-`` for none.
    """

    experiment: str
    kind: str
    split: str
    positives: int
    asked: int
    drawn: int
    why: str
    gc_positives: float
    gc_negatives: float
    ks_gc: float
    repeat_positives: float
    repeat_negatives: float
    ks_repeat: float
    other_gc: int
    overlapping: int
    chromosomes_unused: str


SUMMARY_COLUMNS = tuple(field.name for field in fields(KindSummary))


def summarise(
    experiment: str,
    kind: str,
    split: str,
    positives: SequenceSet,
    drawn: SequenceSet,
    asked: int,
    why: str,
    other_gc: int = 0,
    overlapping: int = 0,
    chromosomes_unused: str = "-",
) -> KindSummary:
    """Compare negatives with the positives; the arguments are named as in `KindSummary`."""
    both = (positives, drawn)
    gc = [gc_content(part.windows) / max(part.windows.shape[1], 1) for part in both]
    repeats = [part.table["repeat_share"].to_numpy(dtype=np.float64) for part in both]
    return KindSummary(
        experiment,
        kind,
        split,
        len(positives),
        asked,
        len(drawn),
        why if len(drawn) < asked else "-",
        _mean(gc[0]),
        _mean(gc[1]),
        ks_distance(*gc),
        _mean(repeats[0]),
        _mean(repeats[1]),
        ks_distance(*repeats),
        other_gc,
        overlapping,
        chromosomes_unused,
    )


def summary_table(rows: Sequence[KindSummary]) -> pd.DataFrame:
    """Return a table with `SUMMARY_COLUMNS`, one row a kind and split."""
    return pd.DataFrame([astuple(row) for row in rows], columns=list(SUMMARY_COLUMNS))


def _mean(values: NDArray[Any]) -> float:
    """Return the mean of the values that are known, NaN if none is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
