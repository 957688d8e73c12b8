"""The summary of an experiment's negatives: how many of each kind, and how like the positives."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np
import pandas as pd

from tfmoe.data.datasets import SequenceSet
from tfmoe.data.negatives.composition import gc_shares, mean_of_known
from tfmoe.data.negatives.sampling import ks_distance

logger = logging.getLogger(__name__)

# what helps when too few negatives of a kind can be drawn from a genome
_REMEDIES = {
    "genomic": (
        "lower {key} or negatives.margin, raise negatives.gc_tolerance, or make split {split} "
        "larger"
    ),
    "dinucleotide": "lower {key}, or put regions of low complexity on the blacklist",
    "neighbour": "lower {key} or negatives.margin, or change negatives.neighbour_distance",
    "other_factor": (
        "lower {key} or negatives.margin, or add training experiments of other factors"
    ),
    "file": "lower {key}, or give more regions (column `negatives` of the experiment table)",
}


@dataclass(frozen=True)
class Compromises:
    """What had to be put up with to find negatives; attributes as in `KindSummary`."""

    other_gc: int = 0
    other_repeats: int = 0
    overlapping: int = 0
    chromosomes_unused: str = "-"


NO_COMPROMISES = Compromises()


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
    other_gc, other_repeats
        How many genomic negatives stand for a window of another GC content, and of another class of
        repeats (0 where repeats are not matched).
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
    other_repeats: int
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
    compromises: Compromises = NO_COMPROMISES,
) -> KindSummary:
    """Compare negatives with the positives; the arguments are named as in `KindSummary`."""
    both = (positives, drawn)
    gc = [gc_shares(part.windows) for part in both]
    repeats = [part.table["repeat_share"].to_numpy(dtype=np.float64) for part in both]
    return KindSummary(
        experiment,
        kind,
        split,
        len(positives),
        asked,
        len(drawn),
        why if len(drawn) < asked else "-",
        mean_of_known(gc[0]),
        mean_of_known(gc[1]),
        ks_distance(*gc),
        mean_of_known(repeats[0]),
        mean_of_known(repeats[1]),
        ks_distance(*repeats),
        *astuple(compromises),
    )


def summary_table(rows: Sequence[KindSummary]) -> pd.DataFrame:
    """Return a table with `SUMMARY_COLUMNS`, one row a kind and split."""
    return pd.DataFrame([astuple(row) for row in rows], columns=list(SUMMARY_COLUMNS))


def section_of(split: str) -> str:
    """Name the section of the config that says how many negatives a split gets."""
    return "negatives.evaluation" if split == "test" else "negatives.training"


def shortages(
    rows: Sequence[KindSummary], min_share: float, remedies: Mapping[str, str] = _REMEDIES
) -> Iterator[str]:
    """Warn of each kind and split with fewer negatives than asked for; name those with too few.

    Parameters
    ----------
    rows
        The summary.
    min_share
        The share of those asked for that there have to be.
    remedies
        For each kind what to do, with `{key}` for the key of the config that asks for so many, and
        `{split}`.

    Yields
    ------
    str
        For each kind and split with less than that: how many, why, and what to do.
    """
    for row in rows:
        found = (
            f"{row.drawn} of {row.asked} {row.kind} negatives could be drawn in split {row.split}"
        )
        if row.drawn < row.asked:
            logger.warning("%s: %s: %s", row.experiment, found, row.why)
        if row.drawn < min_share * row.asked:
            remedy = remedies[row.kind].format(
                key=f"{section_of(row.split)}.{row.kind}", split=row.split
            )
            yield (
                f"experiment {row.experiment}: only {found}, less than negatives.min_share = "
                f"{min_share:g} ({row.why}); {remedy}"
            )
