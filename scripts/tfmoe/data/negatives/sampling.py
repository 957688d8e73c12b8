"""Sampling of genomic windows whose GC content, and share of repeats, matches that of others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.dna import UNKNOWN, Codes
from tfmoe.data.compiled import compiled
from tfmoe.data.intervals import Positions
from tfmoe.data.negatives.genome_scan import Candidates, find_candidates, find_places
from tfmoe.data.reading.genome import Genome

# candidates start every quarter of a window; those for windows that are then still missing, every
# twentieth
_PER_WINDOW = 4
_PER_WINDOW_RARE = 20
# candidates kept for each window that is needed: enough to find ones that do not overlap
_SPARE = 6
_SPARE_LEAST = 200


@dataclass(frozen=True)
class Sample:
    """Windows drawn.

    Attributes
    ----------
    chrom
        Chromosome of each, str (N,).
    start
        int64 (N,).
    other_gc
        How many stand for a window of another GC content.
    overlapping
        How many overlap another window drawn, by half at most.
    other_repeats
        How many stand for a window of another class of repeats.
    """

    chrom: NDArray[np.str_]
    start: Positions
    other_gc: int
    overlapping: int
    other_repeats: int


def gc_content(codes: Codes) -> Positions:
    """Count G and C of windows, uint8 (N, L), scaled to all bases known and rounded: int64 (N,)."""
    length = codes.shape[1]
    strong = ((codes == 1) | (codes == 2)).sum(axis=1)
    known = (codes < UNKNOWN).sum(axis=1)
    scaled: Positions = np.rint(strong * (length / np.maximum(known, 1))).astype(np.int64)
    return scaled


def ks_distance(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Return the Kolmogorov-Smirnov distance of two samples of numbers.

    NaN in a sample is left out; the distance is NaN if nothing is left of one of them.
    """
    first, second = (np.sort(sample[~np.isnan(sample)]) for sample in (first, second))
    if len(first) == 0 or len(second) == 0:
        return float("nan")
    values = np.concatenate([first, second])
    shares = [
        np.searchsorted(sample, values, side="right") / len(sample) for sample in (first, second)
    ]
    return float(np.abs(shares[0] - shares[1]).max())


def sample_windows(
    genome: Genome,
    regions: pd.DataFrame,
    forbidden: pd.DataFrame,
    needed: Positions,
    tolerance: int,
    max_n_share: float,
    rng: np.random.Generator,
) -> Sample:
    """Draw windows of given GC contents, and shares of repeats if asked, at random places.

    Windows do not overlap one another. Where a GC content is too rare for that, windows are taken
    that differ by one base, then windows that overlap others by half at most, then windows of any
    GC content within the tolerance, again without and with overlap; and where windows are still
    missing, the same steps are gone through with any share of repeats, the nearest first.

    Parameters
    ----------
    genome
        The genome; it is read one chromosome at a time.
    regions
        Where to draw from: each window lies wholly within a row (chrom, start, end).
    forbidden
        Regions (chrom, start, end) that a window must not touch.
    needed
        int64 (C, L + 1): how many windows to draw of each class of repeats (`repeat_class`), and
        of each number of G and C among L bases. C is 1 if the share of repeats is not matched.
    tolerance
        By how many bases the GC content may differ.
    max_n_share
        The largest share of unknown bases.
    rng
        Decides places and preference.

    Returns
    -------
    Sample
        In no particular order; fewer than needed where the genome has no more.
    """
    classes, length = needed.shape[0], needed.shape[1] - 1
    places = find_places(genome.lengths, regions, forbidden, length)
    missing = needed.reshape(-1).copy()
    limits = np.where(missing > 0, _SPARE * missing + _SPARE_LEAST, 0)
    step = max(1, length // _PER_WINDOW)
    drawing = _Drawing(
        find_candidates(genome, places, limits, classes, step, max_n_share, rng), missing, length
    )
    drawing.fill(0, 0, length)
    if missing.any():
        limits = _limits(missing.reshape(needed.shape), tolerance)
        step = max(1, length // _PER_WINDOW_RARE)
        drawing.add(find_candidates(genome, places, limits, classes, step, max_n_share, rng))
        drawing.relax(tolerance, classes)
    keys = drawing.candidates.keys[drawing.chosen]
    close = np.diff(keys) < length
    near = np.append(close, False) | np.append(False, close)
    return Sample(
        *places.locate(keys), drawing.other_gc, int(near[: len(keys)].sum()), drawing.other_repeats
    )


class _Drawing:
    """Windows chosen so far among candidates, and what is missing, int64 (C * (L + 1),)."""

    def __init__(self, candidates: Candidates, missing: Positions, length: int) -> None:
        self.candidates = candidates
        self.missing = missing
        self.length = length
        self.chosen = np.zeros(len(candidates.keys), dtype=np.bool_)
        self._sort()
        self.other_gc = 0
        self.other_repeats = 0

    def add(self, more: Candidates) -> None:
        """Take other candidates instead of those not chosen."""
        chosen = _take(self.candidates, np.flatnonzero(self.chosen))
        both = Candidates(
            np.concatenate([chosen.keys, more.keys]),
            np.concatenate([chosen.groups, more.groups]),
            np.concatenate([chosen.priorities, more.priorities]),
        )
        rows = np.argsort(both.keys, kind="stable")
        self.candidates = _take(both, rows)
        self.chosen = rows < len(chosen.keys)
        self._sort()

    def _sort(self) -> None:
        """Note the order of preference, and the groups in it; no candidate is refused yet."""
        self.order = np.argsort(self.candidates.priorities, kind="stable")
        self.groups = self.candidates.groups[self.order]
        # the least distance from windows chosen at which each was refused: as more are chosen, it
        # never comes to fit again
        self.refused = np.full(len(self.order), 2 * self.length, dtype=np.int64)

    def relax(self, tolerance: int, classes: int) -> None:
        """Choose windows for what is missing, the steps as `sample_windows` says."""
        half = (self.length + 1) // 2
        nearest = min(1, tolerance)
        steps = (
            (self.length, nearest),
            (half, nearest),
            (self.length, tolerance),
            (half, tolerance),
        )
        for others in ([0], _shifts(classes - 1)[1:]):
            for distance, reach in steps:
                for other in others:
                    for shift in _shifts(reach):
                        self.fill(other, shift, distance)

    def fill(self, other: int, shift: int, distance: int) -> None:
        """Choose windows whose class of repeats and GC content are larger by `other` and `shift`.

        Starts of windows chosen lie `distance` bases apart at least.
        """
        targets = _targets(len(self.missing), self.length + 1, other, shift)
        number = 0
        if (self.missing[targets[targets >= 0]] > 0).any():
            number = _fill(
                self.candidates.keys, self.order, self.groups, self.chosen, self.refused,
                self.missing, targets, distance,
            )  # fmt: skip
        self.other_gc += number * (shift != 0)
        self.other_repeats += number * (other != 0)


def _limits(missing: Positions, tolerance: int) -> Positions:
    """Return how many candidates to keep of each group for what is missing, (C, L + 1)."""
    near = _spread(missing, min(1, tolerance))
    # any GC content within the tolerance, and any class of repeats, may have to do
    wide = _spread(missing, tolerance).sum(axis=0) // (2 * tolerance + 1)
    limits = _SPARE * (near + wide)
    return np.where(limits > 0, limits + _SPARE_LEAST, 0).reshape(-1)


def _spread(counts: Positions, reach: int) -> Positions:
    """Return for each GC content how many windows are missing within `reach` of it, (C, L + 1)."""
    ones = np.ones(2 * reach + 1, dtype=np.int64)
    return np.array([np.convolve(row, ones)[reach : reach + len(row)] for row in counts])


def _targets(groups: int, width: int, other: int, shift: int) -> Positions:
    """Return the group that a window of each group may stand for, int64 (C * (L + 1),); -1 if none.

    The window's class of repeats and GC content are larger by `other` and `shift`.
    """
    numbers = np.arange(groups, dtype=np.int64)
    gc, targets = numbers % width - shift, numbers - other * width - shift
    fits = (gc >= 0) & (gc < width) & (targets >= 0) & (targets < groups)
    return np.where(fits, targets, -1)


def _take(candidates: Candidates, rows: Positions) -> Candidates:
    return Candidates(candidates.keys[rows], candidates.groups[rows], candidates.priorities[rows])


def _shifts(largest: int) -> list[int]:
    """Return 0, 1, -1, -2, 2, 3, -3, ... up to the largest: neither side is preferred."""
    shifts = [0]
    for size in range(1, largest + 1):
        shifts += [size, -size] if size % 2 else [-size, size]
    return shifts


@compiled
def _fill(
    keys: Any,
    order: Any,
    groups: Any,
    chosen: Any,
    refused: Any,
    missing: Any,
    targets: Any,
    distance: int,
) -> int:
    """Choose candidates, in order, for what is missing, in place; return how many."""
    filled = 0
    for number in range(len(order)):
        target = targets[groups[number]]
        if target < 0 or missing[target] == 0:
            continue
        row = order[number]
        if chosen[row] or distance >= refused[row]:
            continue
        if _near(keys, chosen, row, distance):
            refused[row] = distance
        else:
            chosen[row] = True
            missing[target] -= 1
            filled += 1
    return filled


@compiled
def _near(keys: Any, chosen: Any, row: int, distance: int) -> bool:
    """Say whether a candidate chosen lies less than `distance` from that of `row`."""
    before = row - 1
    while before >= 0 and keys[row] - keys[before] < distance:
        if chosen[before]:
            return True
        before -= 1
    after = row + 1
    while after < len(keys) and keys[after] - keys[row] < distance:
        if chosen[after]:
            return True
        after += 1
    return False
