"""Windows of the genome that match positives in GC content and, on request, in repeats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tfmoe.data.datasets import SequenceSet
from tfmoe.data.negatives.genome_scan import REPEAT_CLASSES, repeat_class
from tfmoe.data.negatives.sampling import Sample, gc_content, sample_windows
from tfmoe.data.negatives.shuffled_positives import draw_turns
from tfmoe.data.reading.genome import Genome


@dataclass(frozen=True)
class MatchingRules:
    """Requirements on windows that are matched to positives.

    Attributes
    ----------
    gc_tolerance
        Largest difference in GC share between a window and the positive it is matched to.
    match_repeats
        Whether the share of soft-masked bases is matched too.
    max_n_share
        Largest share of unknown bases.
    """

    gc_tolerance: float
    match_repeats: bool
    max_n_share: float


def sample_matched(
    positives: SequenceSet,
    number: int,
    regions: pd.DataFrame,
    forbidden: pd.DataFrame,
    genome: Genome,
    rules: MatchingRules,
    rng: np.random.Generator,
) -> Sample:
    """Sample windows that match the positives of one split.

    Parameters
    ----------
    positives
        The positives. Each is matched by equally many windows, or by one more.
    number
        How many windows to sample.
    regions, forbidden
        Regions (chrom, start, end) that windows lie in, and regions that they must not touch.
    genome
        The genome.
    rules
        Requirements on the windows.
    rng
        Random numbers for the choice.
    """
    length = positives.windows.shape[1]
    rows = draw_turns(len(positives), number, rng)
    gc = gc_content(positives.windows)[rows]
    if rules.match_repeats:
        classes = repeat_class(positives.table["repeat_share"].to_numpy())[rows]
    else:
        classes = np.zeros(len(rows), dtype=np.int64)
    needed = np.zeros((REPEAT_CLASSES if rules.match_repeats else 1, length + 1), dtype=np.int64)
    np.add.at(needed, (classes, gc), 1)
    tolerance = round(rules.gc_tolerance * length)
    return sample_windows(genome, regions, forbidden, needed, tolerance, rules.max_n_share, rng)


def sample_table(sample: Sample, length: int) -> pd.DataFrame:
    """Return chrom, start and end of sampled windows, which are `length` bases long."""
    chrom = pd.Series(sample.chrom, dtype="str")
    return pd.DataFrame({"chrom": chrom, "start": sample.start, "end": sample.start + length})


def describe_shortage(positives: SequenceSet, drawn: SequenceSet, number: int) -> str:
    """Explain a shortage of matched windows by the GC content of those that are missing."""
    length = positives.windows.shape[1]
    wanted, found = (
        np.bincount(gc_content(part.windows), minlength=length + 1) for part in (positives, drawn)
    )
    missing = np.maximum(wanted * (number / len(positives)) - found, 0)
    median = np.searchsorted(missing.cumsum(), missing.sum() / 2) / length
    return (
        "the split has no more windows like the positives outside the peaks of the factor, their "
        f"margin, the blacklist and unknown bases; those missing have {median:.0%} GC in the median"
    )
