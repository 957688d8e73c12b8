"""Negatives that are positives of other factors: bound, and not by this one."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from tfmoe.data.intervals import overlaps_table
from tfmoe.data.negatives.candidate_pool import TOUCHES, Offer
from tfmoe.data.windows.splits import split_of_windows

UNBOUND = "lie on a chromosome without any peak of the factor"


def offer_other_factors(
    others: Sequence[pd.DataFrame],
    forbidden: pd.DataFrame,
    regions: pd.DataFrame,
    chromosomes: Collection[str],
) -> Offer:
    """Offer the windows of training experiments of other factors that are no peaks here.

    Parameters
    ----------
    others
        The positive windows of each such experiment (chrom, start, end), filtered already for
        unknown bases and the blacklist.
    forbidden
        Regions (chrom, start, end) that a negative must not touch.
    regions
        Those of the splits.
    chromosomes
        Those on which the factor has a peak: its peaks may have been called without the others, as
        `tfmoe.data.negatives.genomic.regions_with_peaks` says.
    """
    nothing = pd.DataFrame({"chrom": [], "start": [], "end": []}).astype(
        {"chrom": "str", "start": "int64", "end": "int64"}
    )
    table = pd.concat([nothing, *others], ignore_index=True)
    offer = Offer(table, split_of_windows(table, regions), "windows of other training factors")
    rows = offer.fine
    looked_at = offer.table["chrom"].iloc[rows].isin(chromosomes).to_numpy(dtype=np.bool_)
    offer.reject(rows[~looked_at], UNBOUND)
    rows = offer.fine
    offer.reject(rows[overlaps_table(offer.table.iloc[rows], forbidden)], TOUCHES)
    offer.reject_duplicates()
    return offer
