"""Negatives that are neighbours of the positives: windows at a set distance on either side."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from tfmoe.data.intervals import overlaps_table
from tfmoe.data.negatives.candidate_pool import TOUCHES, Offer
from tfmoe.data.windows.splits import split_of_windows

ELSEWHERE = "lie beyond the chromosome or in no one split with the positive"


def offer_neighbours(
    positives: pd.DataFrame,
    ratios: dict[str, float],
    distance: int,
    forbidden: pd.DataFrame,
    regions: pd.DataFrame,
) -> Offer:
    """Offer the windows beside positives.

    Parameters
    ----------
    positives
        chrom, start, end and split of each; all windows are equally long.
    ratios
        For each split the neighbours that are asked for a positive: up to two lie at `distance`,
        two more at twice that, and so on. The nearer ones come first.
    distance
        Bases from the middle of a positive to that of its nearest neighbours.
    forbidden
        Regions (chrom, start, end) that a neighbour must not touch.
    regions
        Those of the splits: a neighbour lies in the split of its positive.
    """
    parts = []
    for split, ratio in ratios.items():
        own = positives.loc[positives["split"] == split, ["chrom", "start", "end", "split"]]
        for step in range(1, math.ceil(ratio / 2) + 1):
            for shift in (-step * distance, step * distance):
                moved = own.assign(start=own["start"] + shift, end=own["end"] + shift)
                parts.append(moved.assign(tier=step))
    table = pd.concat([positives.iloc[:0].assign(tier=np.int64(0)), *parts], ignore_index=True)
    wanted = table["split"].to_numpy(dtype=object)
    tiers = table["tier"].to_numpy(dtype=np.int64)
    offer = Offer(table, wanted, "places beside positives", tiers)
    offer.reject(np.flatnonzero(split_of_windows(table, regions) != wanted), ELSEWHERE)
    rows = offer.fine
    offer.reject(rows[overlaps_table(offer.table.iloc[rows], forbidden)], TOUCHES)
    offer.reject_duplicates()
    return offer
