"""Negatives of kind `file`: regions that the user supplies."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from tfmoe.core.files import Pathlike
from tfmoe.core.vocabulary import Kind
from tfmoe.data.negatives.candidate_pool import CandidatePool
from tfmoe.data.negatives.context import DrawingContext, KindNegatives
from tfmoe.data.reading.chromosomes import Aliases
from tfmoe.data.reading.genome import Chromosomes
from tfmoe.data.reading.peaks import PlacedPeaks, place_all
from tfmoe.data.reading.sources import check_checksum
from tfmoe.data.windows.select import inside_chromosomes, window_starts
from tfmoe.data.windows.splits import split_of_windows

logger = logging.getLogger(__name__)

TOUCHING = "touching a peak of the factor or the blacklist"


def place_supplied(
    paths: Sequence[Pathlike],
    checksums: Sequence[str | None],
    chromosomes: Chromosomes,
    aliases: Aliases,
    assembly: str,
) -> PlacedPeaks | None:
    """Read the user's own negatives and place them on the genome.

    Parameters
    ----------
    paths
        A file of regions in any format that peaks may have, or no file.
    checksums
        The checksum of the file, or `None` to skip the check.
    chromosomes, aliases, assembly
        As for `tfmoe.data.reading.peaks.place_all`.

    Returns
    -------
    PlacedPeaks or None
        `None` if there is no file.
    """
    for path, checksum in zip(paths, checksums, strict=True):
        check_checksum(path, checksum)
    return place_all(paths, chromosomes, aliases, assembly) if paths else None


def draw_supplied(context: DrawingContext) -> Iterator[KindNegatives]:
    """Draw the user's own negatives, if the experiment has a file of them."""
    sources, windows = context.sources, context.windows
    if not context.numbers(Kind.FILE) or sources.supplied is None:
        return
    pool = supplied_candidates(
        context.experiment,
        sources.supplied,
        sources.genome.lengths,
        windows.length,
        context.forbidden(0),
        sources.regions,
    )
    pool.reject_unknown_bases(sources.genome, windows.max_n_share * windows.length)
    yield from context.draw_from_pool(Kind.FILE, pool)


def supplied_candidates(
    experiment: str,
    supplied: PlacedPeaks,
    lengths: dict[str, int],
    length: int,
    forbidden: pd.DataFrame,
    regions: pd.DataFrame,
) -> CandidatePool:
    """Return windows around the summits (or else the middles) of the user's regions as candidates.

    Parameters
    ----------
    experiment
        Name of the experiment, for the log.
    supplied
        The regions on the genome.
    lengths
        Length of each chromosome in use.
    length
        Length of a window in bases.
    forbidden
        Regions (chrom, start, end) that a negative must not touch: peaks, without a margin, and the
        blacklist.
    regions
        Regions of the splits.
    """
    inside = inside_chromosomes(supplied.table, lengths, length)
    table = supplied.table[inside]
    starts = window_starts(table["summit"], length)
    table = table.assign(start=starts, end=starts + length)
    split = split_of_windows(table, regions)
    in_gaps = int(pd.isna(split).sum())
    if supplied.read > len(table) - in_gaps:
        logger.warning(
            "%s: %d of the %d negatives in its file lie on chromosomes that are not in use, %d at "
            "the end of a chromosome, and %d in a gap between splits",
            experiment, supplied.read - len(supplied.table), supplied.read,
            np.count_nonzero(~inside), in_gaps,
        )  # fmt: skip
    pool = CandidatePool(table, split, "regions of the file")
    pool.reject_touching(forbidden, TOUCHING)
    pool.reject_duplicates()
    return pool
