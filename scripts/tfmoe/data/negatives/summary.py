"""Summary of an experiment's negatives: numbers per kind and split, and their composition."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np
import pandas as pd

from tfmoe.core.vocabulary import Kind
from tfmoe.data.datasets import SequenceSet
from tfmoe.data.negatives.composition import gc_shares, mean_of_known
from tfmoe.data.negatives.parts import config_path
from tfmoe.data.negatives.sampling import ks_distance

logger = logging.getLogger(__name__)

# remedies for a shortage of negatives from a genome, by kind
_REMEDIES = {
    Kind.GENOMIC: (
        "lower {key} or negatives.margin, raise negatives.gc_tolerance, or make split {split} "
        "larger"
    ),
    Kind.DINUCLEOTIDE: "lower {key}, or put regions of low complexity on the blacklist",
    Kind.NEIGHBOUR: "lower {key} or negatives.margin, or change negatives.neighbour_distance",
    Kind.OTHER_FACTOR: (
        "lower {key} or negatives.margin, or add training experiments of other factors"
    ),
    Kind.FILE: ("lower {key}, or supply more regions (column `negatives` of the experiment table)"),
}


@dataclass(frozen=True)
class Compromises:
    """Matching constraints that were relaxed; the attributes are explained in `KindSummary`."""

    other_gc: int = 0
    other_repeats: int = 0
    overlapping: int = 0
    chromosomes_unused: str = "-"


NO_COMPROMISES = Compromises()


@dataclass(frozen=True)
class KindSummary:
    """Negatives of one kind in one split, compared with the positives of the split.

    Attributes
    ----------
    experiment, kind, split
        Name of the experiment, kind of negatives, and split.
    positives, asked, drawn
        Numbers of positives, of negatives asked for, and of negatives drawn.
    why
        Reason for a shortage; ``-`` if there is none.
    gc_positives, gc_negatives, ks_gc
        Mean GC share, and the Kolmogorov-Smirnov distance between the GC shares of the two sets;
        NaN for an empty set.
    repeat_positives, repeat_negatives, ks_repeat
        The same for the share of soft-masked bases.
    other_gc, other_repeats
        Numbers of genomic negatives whose GC content, or class of repeats, differs from the window
        that they match (0 where repeats are not matched).
    overlapping
        Number of negatives that overlap another one of the same kind and split.
    chromosomes_unused
        Chromosomes of the split without a peak of the factor, on which no genomic negatives are
        drawn; ``-`` if there are none.
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
    """Compare negatives with positives; the arguments are explained in `KindSummary`."""
    both = (positives, drawn)
    gc = [gc_shares(part.windows) for part in both]
    repeats = [part.table["repeat_share"].to_numpy(dtype=np.float64) for part in both]
    return KindSummary(
        experiment,
        str(kind),
        str(split),
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
    """Return a table with `SUMMARY_COLUMNS`, one row per kind and split."""
    return pd.DataFrame([astuple(row) for row in rows], columns=list(SUMMARY_COLUMNS))


def shortages(
    rows: Sequence[KindSummary], min_share: float, remedies: Mapping[Kind, str] = _REMEDIES
) -> Iterator[str]:
    """Log a warning for each shortage of negatives, and report those that are too severe.

    Parameters
    ----------
    rows
        The summary.
    min_share
        Smallest acceptable share of the negatives asked for.
    remedies
        A remedy per kind, with the fields `{key}`, the config key of the number of negatives, and
        `{split}`.

    Yields
    ------
    str
        One message per kind and split below `min_share`: the numbers, the reason and the remedy.
    """
    for row in rows:
        found = (
            f"{row.drawn} of {row.asked} {row.kind} negatives could be drawn in split {row.split}"
        )
        if row.drawn < row.asked:
            logger.warning("%s: %s: %s", row.experiment, found, row.why)
        if row.drawn < min_share * row.asked:
            key = f"{config_path(row.split)}.{row.kind}"
            remedy = remedies[Kind(row.kind)].format(key=key, split=row.split)
            yield (
                f"experiment {row.experiment}: only {found}, less than negatives.min_share = "
                f"{min_share:g} ({row.why}); {remedy}"
            )
