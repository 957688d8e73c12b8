"""Neighbour negatives: windows at a set distance from the positives, on either side."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from tfmoe.core.vocabulary import Kind
from tfmoe.data.negatives.candidate_pool import CandidatePool
from tfmoe.data.negatives.context import DrawingContext, KindNegatives
from tfmoe.data.windows.splits import split_of_windows

ELSEWHERE = "beyond the chromosome's end or outside the split of the positive"


def draw_neighbours(context: DrawingContext) -> Iterator[KindNegatives]:
    """Draw windows at a set distance from the positives."""
    if not context.numbers(Kind.NEIGHBOUR):
        return
    positives = {split: context.positives[split].table for split in context.numbers(Kind.NEIGHBOUR)}
    pool = neighbour_candidates(
        positives,
        context.settings.ratios[Kind.NEIGHBOUR],
        context.settings.neighbour_distance,
        context.forbidden(context.settings.margin),
        context.sources.regions,
    )
    maximum = context.windows.max_n_share * context.windows.length
    pool.reject_unknown_bases(context.sources.genome, maximum)
    yield from context.draw_from_pool(Kind.NEIGHBOUR, pool)


def neighbour_candidates(
    positives: Mapping[str, pd.DataFrame],
    ratio: float,
    distance: int,
    forbidden: pd.DataFrame,
    regions: pd.DataFrame,
) -> CandidatePool:
    """Return the windows on either side of positives as candidates.

    Parameters
    ----------
    positives
        chrom, start and end of the positives of each split; all windows are equally long.
    ratio
        Neighbours per positive: up to two lie at `distance`, two more at twice that, and so on.
        Nearer neighbours are in a lower tier.
    distance
        Bases from the middle of a positive to the middle of its nearest neighbours.
    forbidden
        Regions (chrom, start, end) that a neighbour must not touch.
    regions
        Regions of the splits: a neighbour lies in the split of its positive.
    """
    columns = ["chrom", "start", "end"]
    parts = [
        table[columns].assign(
            start=table["start"] + shift, end=table["end"] + shift, split=str(split), tier=step
        )
        for split, table in positives.items()
        for step in range(1, math.ceil(ratio / 2) + 1)
        for shift in (-step * distance, step * distance)
    ]
    table = pd.concat(parts)
    split = table["split"].to_numpy(dtype=object)
    tier = table["tier"].to_numpy(dtype=np.int64)
    pool = CandidatePool(table, split, "windows next to positives", tier)
    pool.reject(np.flatnonzero(split_of_windows(table, regions) != split), ELSEWHERE)
    pool.reject_touching(forbidden)
    pool.reject_duplicates()
    return pool
