"""Other-factor negatives: positives of other factors that are not peaks of this factor."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np
import pandas as pd

from tfmoe.core.vocabulary import Kind
from tfmoe.data.negatives.candidate_pool import CandidatePool
from tfmoe.data.negatives.context import DrawingContext, KindNegatives
from tfmoe.data.windows.splits import split_of_windows

UNBOUND = "on a chromosome without a peak of the factor"


def draw_other_factor(context: DrawingContext) -> Iterator[KindNegatives]:
    """Draw positives of other factors that are not peaks of this factor and do not overlap."""
    if not context.numbers(Kind.OTHER_FACTOR):
        return
    sources = context.sources
    pool = other_factor_candidates(
        sources.others,
        context.forbidden(context.settings.margin),
        sources.regions,
        set(sources.peaks["chrom"]),
    )
    yield from context.draw_from_pool(Kind.OTHER_FACTOR, pool, apart=True)


def other_factor_candidates(
    others: Sequence[pd.DataFrame],
    forbidden: pd.DataFrame,
    regions: pd.DataFrame,
    bound: Collection[str],
) -> CandidatePool:
    """Return the windows of training experiments of other factors as candidates.

    Parameters
    ----------
    others
        Positive windows of each such experiment (chrom, start, end), which were already filtered
        for unknown bases and the blacklist.
    forbidden
        Regions (chrom, start, end) that a negative must not touch.
    regions
        Regions of the splits.
    bound
        Chromosomes on which the factor has a peak. Peaks may have been called without the other
        chromosomes, so that a window there need not be a negative.
    """
    nothing = pd.DataFrame({"chrom": [], "start": [], "end": []}).astype(
        {"chrom": "str", "start": "int64", "end": "int64"}
    )
    table = pd.concat([nothing, *others])
    split = split_of_windows(table, regions)
    pool = CandidatePool(table, split, "windows of other training factors")
    on_bound = pool.valid_table["chrom"].isin(bound).to_numpy(dtype=np.bool_)
    pool.reject(pool.valid_rows[~on_bound], UNBOUND)
    pool.reject_touching(forbidden)
    pool.reject_duplicates()
    return pool
