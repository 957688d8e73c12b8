"""Negatives that the user brings: regions in a file of their own."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd

from tfmoe.core.files import Pathlike
from tfmoe.data.intervals import overlaps_table
from tfmoe.data.negatives.candidate_pool import Offer
from tfmoe.data.reading.genome import Chromosomes
from tfmoe.data.reading.peaks import PlacedPeaks, place_all
from tfmoe.data.reading.sources import check_checksum
from tfmoe.data.windows.select import inside_chromosomes, window_starts
from tfmoe.data.windows.splits import split_of_windows

logger = logging.getLogger(__name__)

TOUCHES = "touch a peak of the factor or the blacklist"


def place_supplied(
    paths: Sequence[Pathlike],
    checksums: Sequence[str | None],
    chromosomes: Chromosomes,
    aliases: dict[str, str],
    assembly: str,
) -> PlacedPeaks | None:
    """Read the user's own negatives onto the genome.

    Parameters
    ----------
    paths
        A file of regions in any format that peaks may have, or no file.
    checksums
        The checksum of the file, or `None` if it is not to be checked.
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


def offer_supplied(
    experiment: str,
    supplied: PlacedPeaks,
    lengths: dict[str, int],
    length: int,
    forbidden: pd.DataFrame,
    regions: pd.DataFrame,
) -> Offer:
    """Offer windows around the summits (else the middles) of the user's own regions.

    Parameters
    ----------
    experiment
        The experiment whose negatives they are.
    supplied
        The regions on the genome.
    lengths
        Length of each chromosome in use.
    length
        Of a window.
    forbidden
        Regions (chrom, start, end) that a negative must not touch: peaks, without a margin, and the
        blacklist.
    regions
        Those of the splits.
    """
    inside = inside_chromosomes(supplied.table, lengths, length)
    table = supplied.table[inside]
    starts = window_starts(table["summit"], length)
    table = table.assign(start=starts, end=starts + length)
    split = split_of_windows(table, regions)
    outside = int(pd.isna(split).sum())
    if supplied.read > len(table) - outside:
        logger.warning(
            "%s: of its %d negatives, %d lie on chromosomes that are not in use, %d at the end of "
            "a chromosome, and %d in a gap between splits",
            experiment, supplied.read, supplied.read - len(supplied.table),
            np.count_nonzero(~inside), outside,
        )  # fmt: skip
    offer = Offer(table, split, "regions of the file in this split")
    rows = offer.fine
    offer.reject(rows[overlaps_table(offer.table.iloc[rows], forbidden)], TOUCHES)
    offer.reject_duplicates()
    return offer
