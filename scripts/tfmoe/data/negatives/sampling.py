"""Sampling of genomic windows with given GC contents and, on request, shares of repeats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.compiled import compiled
from tfmoe.core.dna import UNKNOWN, Codes
from tfmoe.data.intervals import Positions
from tfmoe.data.negatives.genome_scan import (
    Candidates,
    StartRanges,
    find_candidates,
    find_start_ranges,
    sample_ranges,
)
from tfmoe.data.reading.genome import Genome

# candidates per window length on the grid of the first scan, and on that of the scan for windows
# that are still missing
_PER_WINDOW = 4
_PER_WINDOW_RARE = 20
# candidates kept per window needed: enough to find some that do not overlap
_SPARE = 6
_SPARE_LEAST = 200
# starts in the part of the genome that is scanned first, for each window needed and at least; if
# they are more than a quarter of all, the whole genome is scanned at once
_STARTS = 20_000
_STARTS_LEAST = 64_000_000


@dataclass(frozen=True)
class Sample:
    """Windows drawn.

    Attributes
    ----------
    chrom
        Chromosome of each window, str (N,).
    start
        Start of each window, int64 (N,).
    other_gc
        Number of windows whose GC content differs from the one requested.
    overlapping
        Number of windows that overlap another window drawn, by at most half.
    other_repeats
        Number of windows whose class of repeats differs from the one requested.
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

    NaN in a sample is ignored; the distance is NaN if a sample has no other values.
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
    """Draw windows of given GC contents, and on request repeat shares, at random positions.

    Windows do not overlap one another. If a GC content is too rare for that, the constraints are
    relaxed in steps: windows that differ by one base, windows that overlap others by at most half,
    then windows of any GC content within the tolerance, again without and with overlap. If windows
    are still missing, the same steps are repeated with other shares of repeats, nearest first.

    For few windows of a large genome, a random part of it is scanned, and the rest only if windows
    are missing then.

    Parameters
    ----------
    genome
        The genome; at most one chromosome at a time is held in memory.
    regions
        Each window lies wholly within one of these regions (chrom, start, end).
    forbidden
        Regions (chrom, start, end) that a window must not touch.
    needed
        int64 (C, L + 1): number of windows to draw of each class of repeats (`repeat_class`) and
        each number of G and C among L bases. C is 1 if the share of repeats is not matched.
    tolerance
        Largest difference in GC content, in bases.
    max_n_share
        Largest share of unknown bases.
    rng
        Random numbers for positions and preference.

    Returns
    -------
    Sample
        In no particular order; fewer than needed if the genome has no more.
    """
    classes, length = needed.shape[0], needed.shape[1] - 1
    allowed = find_start_ranges(genome.lengths, regions, forbidden, length)
    missing = needed.reshape(-1).copy()
    first = max(_STARTS * int(missing.sum()), _STARTS_LEAST)
    is_part = 4 * first < allowed.number
    scanned = sample_ranges(allowed, first, rng) if is_part else allowed
    step = max(1, length // _PER_WINDOW)

    def scan(part: StartRanges, limits: Positions, step: int) -> Candidates:
        return find_candidates(genome, part, limits, classes, step, max_n_share, rng)

    drawing = _Drawing(scan(scanned, _enough(missing), step), missing, length)
    drawing.fill(0, 0, length)
    if missing.any() and is_part:
        drawing.add(scan(allowed, _enough(missing), step))
        drawing.fill(0, 0, length)
    if missing.any():
        limits = _limits(missing.reshape(needed.shape), tolerance)
        drawing.add(scan(allowed, limits, max(1, length // _PER_WINDOW_RARE)))
        drawing.relax(tolerance, classes)
    keys = drawing.candidates.keys[drawing.chosen]
    close = np.diff(keys) < length
    near = np.append(close, False) | np.append(False, close)
    return Sample(
        *allowed.locate(keys), drawing.other_gc, int(near[: len(keys)].sum()), drawing.other_repeats
    )


class _Drawing:
    """Windows chosen so far, and the numbers still missing per group, int64 (C * (L + 1),)."""

    def __init__(self, candidates: Candidates, missing: Positions, length: int) -> None:
        self.candidates = candidates
        self.missing = missing
        self.length = length
        self.chosen = np.zeros(len(candidates.keys), dtype=np.bool_)
        self._sort()
        self.other_gc = 0
        self.other_repeats = 0

    def add(self, more: Candidates) -> None:
        """Replace the candidates that were not chosen by others."""
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
        """Sort candidates by preference, and reset the record of refused ones."""
        self.order = np.argsort(self.candidates.priorities, kind="stable")
        self.groups = self.candidates.groups[self.order]
        # smallest distance to chosen windows at which each candidate was refused; a candidate that
        # was refused never fits later, because windows are only added
        self.refused = np.full(len(self.order), 2 * self.length, dtype=np.int64)

    def relax(self, tolerance: int, classes: int) -> None:
        """Choose missing windows in the steps that `sample_windows` describes."""
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

        Starts of chosen windows are at least `distance` bases apart.
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


def _enough(missing: Positions) -> Positions:
    """Return the number of candidates to keep per group for windows of just these groups."""
    return np.where(missing > 0, _SPARE * missing + _SPARE_LEAST, 0)


def _limits(missing: Positions, tolerance: int) -> Positions:
    """Return the number of candidates to keep per group for the missing windows, (C, L + 1)."""
    near = _spread(missing, min(1, tolerance))
    # any GC content within the tolerance and any class of repeats may be needed
    wide = _spread(missing, tolerance).sum(axis=0) // (2 * tolerance + 1)
    limits = _SPARE * (near + wide)
    return np.where(limits > 0, limits + _SPARE_LEAST, 0).reshape(-1)


def _spread(counts: Positions, reach: int) -> Positions:
    """Return the number of windows missing within `reach` of each GC content, (C, L + 1)."""
    ones = np.ones(2 * reach + 1, dtype=np.int64)
    return np.array([np.convolve(row, ones)[reach : reach + len(row)] for row in counts])


def _targets(groups: int, width: int, other: int, shift: int) -> Positions:
    """Return the group that windows of each group may replace, int64 (C * (L + 1),); else -1.

    The class of repeats and the GC content of the windows are larger by `other` and `shift`.
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
    """Choose candidates in order for missing windows, in place; return the number chosen."""
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
    """Return whether a chosen candidate is less than `distance` from the candidate `row`."""
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
