"""The summary of an experiment's negatives: how many of each kind, and how like the positives."""

from __future__ import annotations

import numpy as np

from tfmoe.data.datasets import SequenceSet
from tfmoe.data.sampling import gc_content, ks_distance

SUMMARY_COLUMNS = (
    "experiment", "kind", "split", "positives", "asked", "drawn", "why",
    "gc_positives", "gc_negatives", "ks_gc", "repeat_positives", "repeat_negatives", "ks_repeat",
    "other_gc", "overlapping", "chromosomes_unused",
)  # fmt: skip


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
    chromosomes_unused: int = 0,
) -> dict[str, object]:
    """Describe the negatives of one kind in one split, beside the positives there.

    Parameters
    ----------
    experiment, kind, split
        What they are negatives of.
    positives, drawn
        Both as they are in the split.
    asked
        How many were asked for.
    why
        Why there are fewer, if there are.
    other_gc, overlapping
        How many stand for a window of another GC content, and overlap another of the same kind.
    chromosomes_unused
        Chromosomes of the split on which the factor has no peak, and no negative was drawn.

    Returns
    -------
    dict
        With `SUMMARY_COLUMNS`; means, and the Kolmogorov-Smirnov distances of the two sets, of the
        share of G and C and of the share of soft-masked bases; NaN where there is none.
    """
    gc = [gc_content(part.windows) / max(part.windows.shape[1], 1) for part in (positives, drawn)]
    repeats = [part.table["repeat_share"].to_numpy() for part in (positives, drawn)]
    return {
        "experiment": experiment,
        "kind": kind,
        "split": split,
        "positives": len(positives),
        "asked": asked,
        "drawn": len(drawn),
        "why": why if len(drawn) < asked else "-",
        "gc_positives": _mean(gc[0]),
        "gc_negatives": _mean(gc[1]),
        "ks_gc": ks_distance(*gc),
        "repeat_positives": _mean(repeats[0]),
        "repeat_negatives": _mean(repeats[1]),
        "ks_repeat": ks_distance(*repeats),
        "other_gc": other_gc,
        "overlapping": overlapping,
        "chromosomes_unused": chromosomes_unused,
    }


def _mean(values: np.ndarray[tuple[int], np.dtype[np.floating]]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean(dtype=np.float64)) if len(known) else float("nan")
