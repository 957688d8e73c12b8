"""Negatives from anywhere in the genome that match the positives in GC content and repeats."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tfmoe.data.datasets import SequenceSet
from tfmoe.data.negatives.genome_scan import REPEAT_CLASSES, repeat_class
from tfmoe.data.negatives.sampling import Sample, gc_content, sample_windows
from tfmoe.data.negatives.shuffled_positives import draw_turns
from tfmoe.data.reading.genome import Genome
from tfmoe.data.windows.splits import some_names

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class GenomicRules:
    """What genomic negatives have to be like.

    Attributes
    ----------
    gc_tolerance
        By how much the share of G and C may differ from that of the positive a window stands for.
    match_repeats
        Whether the share of soft-masked bases is matched too.
    max_n_share
        The largest share of unknown bases.
    """

    gc_tolerance: float
    match_repeats: bool
    max_n_share: float


def regions_with_peaks(experiment: str, regions: pd.DataFrame, peaks: pd.DataFrame) -> pd.DataFrame:
    """Return the regions on chromosomes on which the factor has a peak at all.

    Where it has none, the peaks may have been called without that chromosome: a window there need
    not be a negative. A warning names such chromosomes.

    Parameters
    ----------
    experiment
        The experiment whose negatives are drawn.
    regions
        Those of the splits.
    peaks
        The peaks of all experiments of the factor, on the genome.
    """
    bound = set(peaks["chrom"])
    unused = [str(chrom) for chrom in regions["chrom"].unique() if chrom not in bound]
    if unused:
        logger.warning(
            "%s: the factor has no peak on %s; no genomic negatives are drawn there",
            experiment, some_names(unused),
        )  # fmt: skip
    return regions[regions["chrom"].isin(bound)]


def draw_genomic(
    positives: SequenceSet,
    asked: int,
    regions: pd.DataFrame,
    forbidden: pd.DataFrame,
    genome: Genome,
    rules: GenomicRules,
    rng: np.random.Generator,
) -> Sample:
    """Draw windows for the positives of one split.

    Parameters
    ----------
    positives
        Those of the split.
    asked
        How many windows to draw: each positive is stood for equally often, or once more.
    regions, forbidden
        Where windows lie, and what they must not touch (chrom, start, end).
    genome
        The genome.
    rules
        What they have to be like.
    rng
        Decides which.
    """
    length = positives.windows.shape[1]
    rows = draw_turns(len(positives), asked, rng)
    gc = gc_content(positives.windows)[rows]
    if rules.match_repeats:
        classes = repeat_class(positives.table["repeat_share"].to_numpy())[rows]
    else:
        classes = np.zeros(len(rows), dtype=np.int64)
    needed = np.zeros((REPEAT_CLASSES if rules.match_repeats else 1, length + 1), dtype=np.int64)
    np.add.at(needed, (classes, gc), 1)
    return sample_windows(
        genome,
        regions,
        forbidden,
        needed,
        round(rules.gc_tolerance * length),
        rules.max_n_share,
        rng,
    )


def sample_places(sample: Sample, length: int) -> pd.DataFrame:
    """Return chrom, start and end of windows drawn, which are `length` bases long."""
    chrom = pd.Series(sample.chrom, dtype="str")
    return pd.DataFrame({"chrom": chrom, "start": sample.start, "end": sample.start + length})


def why_too_few(positives: SequenceSet, drawn: SequenceSet, asked: int) -> str:
    """Say of which GC content the split has too few windows."""
    length = positives.windows.shape[1]
    wanted, found = (
        np.bincount(gc_content(part.windows), minlength=length + 1) for part in (positives, drawn)
    )
    missing = np.maximum(wanted * (asked / len(positives)) - found, 0)
    middle = np.searchsorted(missing.cumsum(), missing.sum() / 2) / length
    return (
        "the split has no more windows like the positives outside the peaks of the factor, their "
        f"margin, the blacklist and unknown bases; those missing have {middle:.0%} GC in the median"
    )
