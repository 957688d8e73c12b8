"""Sampling of genomic windows whose GC content matches that of given sequences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.dna import UNKNOWN, Codes
from tfmoe.data.genome import Genome
from tfmoe.data.intervals import Positions, by_chromosome

# candidates start every quarter of a window, in a large genome every window; where a GC content is
# scarce, five times as many are looked at
_PER_WINDOW = 4
_LARGE = 100_000_000
_FINER = 5
# a GC content is scarce if there are fewer candidates than this for each window that is needed
_SCARCE = 6
# candidates kept for each window that may be needed: enough to find ones that do not overlap
_SPARE = 30
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
    widened
        How many stand for a sequence of another GC content.
    overlapping
        How many overlap another window drawn, by half at most.
    """

    chrom: NDArray[np.str_]
    start: Positions
    widened: int
    overlapping: int


@dataclass(frozen=True)
class _Candidates:
    """Windows that may be drawn, the order of preference being random.

    Attributes
    ----------
    chrom
        int64 (N,), index of the chromosome.
    start
        int64 (N,).
    gc
        int64 (N,), GC content in bases a window.
    """

    chrom: Positions
    start: Positions
    gc: Positions

    def take(self, rows: NDArray[np.int64]) -> _Candidates:
        return _Candidates(self.chrom[rows], self.start[rows], self.gc[rows])


def gc_content(codes: Codes) -> Positions:
    """Count G and C of windows, uint8 (N, L), scaled to all bases known and rounded: int64 (N,)."""
    strong = ((codes == 1) | (codes == 2)).sum(axis=1)
    return _scaled(strong, (codes < UNKNOWN).sum(axis=1), codes.shape[1])


def ks_distance(first: Positions, second: Positions) -> float:
    """Return the Kolmogorov-Smirnov distance of two samples of whole numbers; NaN if empty."""
    if len(first) == 0 or len(second) == 0:
        return float("nan")
    size = int(max(first.max(), second.max())) + 1
    shares = [
        np.bincount(sample, minlength=size).cumsum() / len(sample) for sample in (first, second)
    ]
    return float(np.abs(shares[0] - shares[1]).max())


def sample_windows(
    genome: Genome,
    chromosomes: Sequence[str],
    forbidden: pd.DataFrame,
    needed: Positions,
    tolerance: int,
    max_n_share: float,
    rng: np.random.Generator,
) -> Sample:
    """Draw windows of given GC contents at random places.

    Windows do not overlap one another. Where a GC content is too rare for that, windows are taken
    that differ by one base, then windows that overlap others by half at most, then windows of any
    GC content within the tolerance.

    Parameters
    ----------
    genome
        The genome.
    chromosomes
        Where to draw from.
    forbidden
        Regions (chrom, start, end) that a window must not touch.
    needed
        int64 (L + 1,): how many windows to draw of each number of G and C among L bases.
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
    length = len(needed) - 1
    total = sum(genome.lengths[chrom] for chrom in chromosomes)
    step = max(1, (length // _PER_WINDOW if total < _LARGE else length) // _FINER)
    regions = by_chromosome(forbidden)
    nothing = np.zeros(0, dtype=np.int64)
    grids = []
    for chrom in chromosomes:
        offset = int(rng.integers(step))
        grid = _gc_grid(genome.codes(chrom), offset, step, length, max_n_share)
        _block(grid, offset, step, length, *regions.get(chrom, (nothing, nothing)))
        grids.append((offset, grid))
    candidates = _candidates(grids, step, needed, tolerance, rng)
    candidates = candidates.take(rng.permutation(len(candidates.start)))
    return _choose(candidates, needed, length, tolerance, chromosomes)


def _scaled(strong: NDArray[Any], known: NDArray[Any], length: int) -> Positions:
    scaled: Positions = np.rint(strong * (length / np.maximum(known, 1))).astype(np.int64)
    return scaled


def _gc_grid(
    codes: Codes, offset: int, step: int, length: int, max_n_share: float
) -> NDArray[np.int16]:
    """Return the GC content of the windows that start at offset, offset + step, ... (N,).

    It is -1 where too many bases are unknown.
    """
    known = _sums(codes < UNKNOWN, offset, step, length)
    gc = _sums((codes == 1) | (codes == 2), offset, step, length)
    partly = np.flatnonzero(known < length)
    gc[partly] = _scaled(gc[partly], known[partly], length)
    gc[length - known > max_n_share * length] = -1
    return gc.astype(np.int16)


def _block(
    grid: NDArray[np.int16],
    offset: int,
    step: int,
    length: int,
    starts: Positions,
    ends: Positions,
) -> None:
    """Set to -1, in place, the windows of a grid that touch one of these regions."""
    first = np.maximum(-(-(starts - length + 1 - offset) // step), 0)
    last = np.maximum(-(-(ends - offset) // step), 0)
    for begin, end in zip(first.tolist(), last.tolist(), strict=True):
        grid[begin:end] = -1


def _candidates(
    grids: Sequence[tuple[int, NDArray[np.int16]]],
    step: int,
    needed: Positions,
    tolerance: int,
    rng: np.random.Generator,
) -> _Candidates:
    """Take every fifth window of the grids, and all of a GC content that is scarce."""
    phases = [int(rng.integers(_FINER)) for _ in grids]
    coarse = [grid[phase::_FINER] for phase, (_, grid) in zip(phases, grids, strict=True)]
    supply = sum(np.bincount(part[part >= 0], minlength=len(needed)) for part in coarse)
    # the last entry of these two is that of -1
    scarce = np.append((needed > 0) & (supply < _SCARCE * needed), False)
    wide = np.append(_reach(needed, tolerance), 0)
    parts = []
    for index, (phase, (offset, grid)) in enumerate(zip(phases, grids, strict=True)):
        keep = scarce[grid]
        keep[phase::_FINER] |= wide[grid[phase::_FINER]] > 0
        rows = np.flatnonzero(keep)
        found = _Candidates(
            np.full(len(rows), index, dtype=np.int64),
            offset + rows * step,
            grid[rows].astype(np.int64),
        )
        parts.append(_thin(found, wide, rng))
    return _Candidates(
        np.concatenate([part.chrom for part in parts]),
        np.concatenate([part.start for part in parts]),
        np.concatenate([part.gc for part in parts]),
    )


def _reach(needed: Positions, tolerance: int) -> Positions:
    """Return for each GC content how many windows are needed within the tolerance of it."""
    sums = np.convolve(needed, np.ones(2 * tolerance + 1, dtype=np.int64))
    return sums[tolerance : tolerance + len(needed)]


def _sums(mask: NDArray[np.bool_], offset: int, step: int, length: int) -> NDArray[np.int32]:
    """Count the true values in each window of a grid over one chromosome."""
    running = np.zeros(len(mask) + 1, dtype=np.int32)
    np.cumsum(mask, out=running[1:], dtype=np.int32)
    last = max(len(mask) - length + 1, 0)
    sums: NDArray[np.int32] = running[offset + length :: step] - running[offset:last:step]
    return sums


def _rank_within(groups: Positions) -> Positions:
    """Give the members of each group numbers from 0, in the order in which they come."""
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    first = np.searchsorted(ordered, ordered, side="left")
    ranks = np.empty(len(groups), dtype=np.int64)
    ranks[order] = np.arange(len(groups)) - first
    return ranks


def _thin(candidates: _Candidates, wide: Positions, rng: np.random.Generator) -> _Candidates:
    """Keep, of each GC content, a random few for each window that may be needed."""
    shuffled = candidates.take(rng.permutation(len(candidates.start)))
    limit = _SPARE * wide + _SPARE_LEAST
    return shuffled.take(np.flatnonzero(_rank_within(shuffled.gc) < limit[shuffled.gc]))


def _choose(
    candidates: _Candidates,
    needed: Positions,
    length: int,
    tolerance: int,
    chromosomes: Sequence[str],
) -> Sample:
    # one number a place, so that windows of different chromosomes are never near one another
    span = int(candidates.start.max(initial=0)) + 2 * length
    keys = candidates.chrom * span + candidates.start
    chosen = np.zeros(len(keys), dtype=np.bool_)
    missing = needed.copy()
    widened = 0
    half = (length + 1) // 2
    for distance, reach in ((length, 1), (half, 1), (length, tolerance), (half, tolerance)):
        for shift in _shifts(min(reach, tolerance)):
            before = int(missing.sum())
            _fill(candidates.gc, keys, chosen, missing, shift, distance)
            widened += (before - int(missing.sum())) * (shift != 0)
    rows = np.flatnonzero(chosen)
    places = np.sort(keys[rows])
    close = np.diff(places) < length
    near = np.append(close, False) | np.append(False, close)
    names = np.asarray(chromosomes, dtype=np.str_)[candidates.chrom[rows]]
    return Sample(names, candidates.start[rows], widened, int(near[: len(rows)].sum()))


def _shifts(tolerance: int) -> list[int]:
    """Return 0, 1, -1, -2, 2, 3, -3, ... up to the tolerance: neither side is preferred."""
    shifts = [0]
    for size in range(1, tolerance + 1):
        shifts += [size, -size] if size % 2 else [-size, size]
    return shifts


def _fill(
    gc: Positions,
    keys: Positions,
    chosen: NDArray[np.bool_],
    missing: Positions,
    shift: int,
    distance: int,
) -> None:
    """Choose windows for what is missing, in place, whose GC content is larger by `shift`.

    Starts of windows chosen lie `distance` bases apart at least.
    """
    while True:
        asked = _shifted(missing, shift)
        open_rows = np.flatnonzero(~chosen & (asked[gc] > 0))
        taken = np.sort(keys[chosen])
        open_rows = open_rows[~_near(keys[open_rows], taken, distance)]
        open_rows = open_rows[_rank_within(gc[open_rows]) < asked[gc[open_rows]]]
        if len(open_rows) == 0:
            return
        open_rows = open_rows[np.argsort(keys[open_rows], kind="stable")]
        apart = np.append(True, np.diff(keys[open_rows]) >= distance)
        rows = open_rows[apart]
        chosen[rows] = True
        np.subtract.at(missing, gc[rows] - shift, 1)


def _shifted(counts: Positions, shift: int) -> Positions:
    """Move counts up by `shift` places; what leaves the array is lost."""
    moved = np.zeros_like(counts)
    if shift >= 0:
        moved[shift:] = counts[: len(counts) - shift]
    else:
        moved[:shift] = counts[-shift:]
    return moved


def _near(keys: Positions, taken: Positions, distance: int) -> NDArray[np.bool_]:
    """Say which keys lie less than `distance` from one of the sorted keys `taken`."""
    if len(taken) == 0:
        return np.zeros(len(keys), dtype=np.bool_)
    after = np.searchsorted(taken, keys)
    gap_after = taken[np.minimum(after, len(taken) - 1)] - keys
    gap_before = keys - taken[np.maximum(after - 1, 0)]
    near: NDArray[np.bool_] = (np.abs(gap_after) < distance) | (np.abs(gap_before) < distance)
    return near
