"""Sampling of genomic windows whose GC content matches that of given sequences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.dna import UNKNOWN, Codes
from tfmoe.data.genome import Genome
from tfmoe.data.intervals import Positions, by_chromosome, overlaps_disjoint

# candidates start every quarter of a window; in a large genome every window, which are enough
_DENSE = 4
_LARGE = 100_000_000
# candidates kept for each that is needed: enough to find ones that do not overlap
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
    wide = np.convolve(needed, np.ones(2 * tolerance + 1, dtype=np.int64))
    wide = wide[tolerance : tolerance + length + 1]
    total = sum(genome.lengths[chrom] for chrom in chromosomes)
    stride = max(1, length // _DENSE) if total < _LARGE else length
    regions = by_chromosome(forbidden)
    nothing = np.zeros(0, dtype=np.int64)
    parts = []
    for index, chrom in enumerate(chromosomes):
        codes = genome.codes(chrom)
        starts, gc = _candidate_windows(codes, length, stride, max_n_share, rng)
        keep = ~overlaps_disjoint(starts, starts + length, *regions.get(chrom, (nothing, nothing)))
        keep &= wide[gc] > 0
        starts, gc = starts[keep], gc[keep]
        found = _Candidates(np.full(len(starts), index, dtype=np.int64), starts, gc)
        parts.append(_thin(found, wide, rng))
    candidates = _Candidates(
        np.concatenate([part.chrom for part in parts]),
        np.concatenate([part.start for part in parts]),
        np.concatenate([part.gc for part in parts]),
    )
    candidates = candidates.take(rng.permutation(len(candidates.start)))
    return _choose(candidates, needed, length, tolerance, chromosomes)


def _scaled(strong: Positions, known: Positions, length: int) -> Positions:
    scaled = np.rint(strong * (length / np.maximum(known, 1)))
    return scaled.astype(np.int64)


def _candidate_windows(
    codes: Codes, length: int, stride: int, max_n_share: float, rng: np.random.Generator
) -> tuple[Positions, Positions]:
    """Return start and GC content of the windows of one chromosome with few unknown bases."""
    starts = np.arange(int(rng.integers(stride)), len(codes) - length + 1, stride, dtype=np.int64)
    known = _sums(codes < UNKNOWN, starts, length)
    strong = _sums((codes == 1) | (codes == 2), starts, length)
    keep = length - known <= max_n_share * length
    return starts[keep], _scaled(strong[keep], known[keep], length)


def _sums(mask: NDArray[np.bool_], starts: Positions, length: int) -> Positions:
    """Count the true values in windows of one chromosome."""
    running = np.zeros(len(mask) + 1, dtype=np.int32)
    np.cumsum(mask, out=running[1:], dtype=np.int32)
    sums: Positions = (running[starts + length] - running[starts]).astype(np.int64)
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
