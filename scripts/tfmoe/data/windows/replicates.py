"""Near-identical windows of replicates: several files of one experiment contain each site.

Windows of different files whose starts differ by few bases are one site. Within one file,
neighbouring windows are neighbouring sites and stay.
"""

from __future__ import annotations

import logging
from bisect import bisect_left, insort

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Sources = list[int]
"""For each window, the files that have it, as the bits of an integer."""
logger = logging.getLogger(__name__)


def sources_of(table: pd.DataFrame) -> Sources:
    """Return the files that have each window of a table, which may be in several.

    Parameters
    ----------
    table
        With the columns chrom, start and file (a number).

    Returns
    -------
    list of int
        For each row, the bits of all files that have a window with the same chrom and start.
    """
    bits = [1 << int(file) for file in table["file"]]
    group = table.groupby(["chrom", "start"], sort=False).ngroup().to_numpy()
    found = [0] * len(table)
    for at, bit in zip(group.tolist(), bits, strict=True):
        found[at] |= bit
    return [found[at] for at in group.tolist()]


def distinct_windows(table: pd.DataFrame, sources: Sources, distance: int) -> Flags:
    """Find the windows that stay when near-identical windows of different files are merged.

    A window is merged into the nearest stronger one that starts at most `distance` bases away and
    represents no window of its own files yet. So each window represents at most one per file.

    Parameters
    ----------
    table
        Distinct windows, the strongest first, with the columns chrom and start.
    sources
        The files that have each window, from `sources_of`.
    distance
        Maximum difference of two starts.

    Returns
    -------
    bool (N,)
        Which windows stay.
    """
    keep = np.ones(len(table), dtype=np.bool_)
    chrom = pd.factorize(table["chrom"])[0]
    start = table["start"].to_numpy(dtype=np.int64)
    order = np.lexsort((start, chrom))
    far = (np.diff(start[order]) > distance) | (np.diff(chrom[order]) != 0)
    # runs of windows, each at most `distance` from the one before
    bounds = np.concatenate([[0], np.flatnonzero(far) + 1, [len(order)]])
    long = np.flatnonzero(np.diff(bounds) > 1)
    starts, rows = start.tolist(), order.tolist()
    for first, last in zip(bounds[long].tolist(), bounds[long + 1].tolist(), strict=True):
        keep[_merged(sorted(rows[first:last]), starts, sources, distance)] = False
    return keep


def warn_about_neighbours(table: pd.DataFrame, experiment: str, distance: int) -> None:
    """Warn about windows of one file that start at most `distance` bases apart.

    Parameters
    ----------
    table
        With the columns chrom, start and file.
    experiment
        The experiment, for the message.
    distance
        The config's `windows.merge_distance`.
    """
    chrom = pd.factorize(table["chrom"])[0]
    start, file = (table[name].to_numpy(dtype=np.int64) for name in ("start", "file"))
    order = np.lexsort((start, chrom, file))
    steps = np.diff(start[order])
    same = (np.diff(chrom[order]) == 0) & (np.diff(file[order]) == 0)
    near = int((same & (steps > 0) & (steps <= distance)).sum())
    if near:
        logger.warning(
            "experiment %s: %d windows start at most %d bases (windows.merge_distance) after "
            "another window of the same file; they were kept, because neighbouring sites are real: "
            "if the file joins replicates, name the replicates' files, separated by `;`, instead",
            experiment, near, distance,
        )  # fmt: skip


def _merged(run: list[int], starts: list[int], sources: Sources, distance: int) -> list[int]:
    """Return the rows of a run, the strongest first, that are merged into stronger ones."""
    places: list[int] = []  # starts of the windows that stay, in order
    files: dict[int, int] = {}  # and the files that each represents
    merged = []
    for row in run:
        at = starts[row]
        first = bisect_left(places, at - distance)
        last = bisect_left(places, at + distance + 1)
        free = [place for place in places[first:last] if not files[place] & sources[row]]
        if free:
            files[min(free, key=lambda place: abs(place - at))] |= sources[row]
            merged.append(row)
        else:
            insort(places, at)
            files[at] = sources[row]
    return merged
