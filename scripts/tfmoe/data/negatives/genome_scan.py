"""Scan of the genome, or of a random part of it, for candidate windows.

A window belongs to the group ``repeat class * (L + 1) + GC content``. A limited number of
candidates per group is kept, so that memory grows with the number of windows needed and not with
the genome. Each candidate has a priority, a random number derived from its position and a seed, and
is kept if its priority is below the threshold of its group. If a group exceeds its limit, its
threshold is lowered, which thins earlier and later candidates alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.compiled import STEP, compiled, mix
from tfmoe.core.dna import UNKNOWN, encode_text
from tfmoe.data.intervals import Positions, by_chromosome
from tfmoe.data.reading.genome import Genome

REPEAT_CLASSES = 5
_ALL = 2**32  # one more than the largest priority
_PIECE = 1 << 20  # starts scanned between two checks of the remaining room
_SAMPLED = 1 << 16  # starts per piece of a random part of the genome
# a chromosome of which less than one in this many starts is scanned is not read whole
_SPARSE = 8
_U32 = np.uint64(32)


@dataclass(frozen=True)
class StartRanges:
    """Ranges in which windows may start.

    Attributes
    ----------
    ranges
        First start and end (exclusive) of each range, int64 (N,) each, by chromosome; sorted,
        disjoint, and at most `_PIECE` long.
    origins
        Offset of each chromosome. The key of a window, its start plus the offset, identifies both
        chromosome and start; windows of different chromosomes are more than a window apart.
    length
        Length of a window in bases.
    """

    ranges: dict[str, tuple[Positions, Positions]]
    origins: dict[str, int]
    length: int

    @property
    def number(self) -> int:
        """Number of starts."""
        return sum(int((stops - firsts).sum()) for firsts, stops in self.ranges.values())

    def locate(self, keys: Positions) -> tuple[NDArray[np.str_], Positions]:
        """Return chromosome, str (N,), and start, int64 (N,), of windows by their keys."""
        origins = np.fromiter(self.origins.values(), dtype=np.int64)
        index = np.searchsorted(origins, keys, side="right") - 1
        return np.asarray(list(self.origins), dtype=np.str_)[index], keys - origins[index]


@dataclass(frozen=True)
class Candidates:
    """Windows that may be drawn, in the order of their keys.

    Attributes
    ----------
    keys
        int64 (N,); see `StartRanges`.
    groups
        int32 (N,).
    priorities
        uint32 (N,); windows with smaller priorities are drawn first.
    """

    keys: Positions
    groups: NDArray[np.int32]
    priorities: NDArray[np.uint32]


def repeat_class(share: NDArray[Any]) -> Positions:
    """Return the class, int64 (N,), of repeat shares: 0, up to .25, up to .5, up to .75, more."""
    classes: Positions = np.ceil(np.asarray(share) * (REPEAT_CLASSES - 1)).astype(np.int64)
    return classes


def find_start_ranges(
    lengths: Mapping[str, int], regions: pd.DataFrame, forbidden: pd.DataFrame, length: int
) -> StartRanges:
    """Find starts of windows that lie wholly in one of `regions` and touch no `forbidden` region.

    Parameters
    ----------
    lengths
        Length in bases of each chromosome.
    regions, forbidden
        With columns chrom, start and end; they may extend beyond the chromosome.
    length
        Length of a window in bases.
    """
    inside = by_chromosome(regions)
    # a window touches a region if it starts less than its length before it
    blocked = by_chromosome(forbidden.assign(start=forbidden["start"] - length + 1))
    nothing = np.zeros(0, dtype=np.int64)
    ranges, origins, origin = {}, {}, 0
    for chrom in (chrom for chrom in lengths if chrom in inside):
        starts, ends = inside[chrom]
        lasts = np.minimum(ends, lengths[chrom]) - length + 1
        free = _outside(np.maximum(starts, 0), lasts, *blocked.get(chrom, (nothing, nothing)))
        ranges[chrom] = _cut(*free, _PIECE)
        origins[chrom] = origin
        origin += lengths[chrom] + 2 * length
    return StartRanges(ranges, origins, length)


def sample_ranges(allowed: StartRanges, number: int, rng: np.random.Generator) -> StartRanges:
    """Return about `number` of the allowed starts, in pieces at random places of the genome.

    Each start is in one of the pieces with the same probability.
    """
    cut = {chrom: _cut(*found, _SAMPLED) for chrom, found in allowed.ranges.items()}
    sizes = np.concatenate([stops - firsts for firsts, stops in cut.values()])
    order = rng.permutation(len(sizes))
    chosen = np.zeros(len(sizes), dtype=np.bool_)
    chosen[order[: int(np.searchsorted(sizes[order].cumsum(), number)) + 1]] = True
    ranges, before = {}, 0
    for chrom, (firsts, stops) in cut.items():
        kept = chosen[before : before + len(firsts)]
        ranges[chrom] = firsts[kept], stops[kept]
        before += len(firsts)
    return StartRanges(ranges, allowed.origins, allowed.length)


def find_candidates(
    genome: Genome,
    allowed: StartRanges,
    limits: Positions,
    classes: int,
    step: int,
    max_n_share: float,
    rng: np.random.Generator,
) -> Candidates:
    """Find windows on a grid over the allowed starts, up to a limit per group.

    Parameters
    ----------
    genome
        The genome.
    allowed
        Ranges in which windows may start.
    limits
        int64 (classes * (L + 1),): approximate number to keep of each group; 0 keeps none.
    classes
        1, or `REPEAT_CLASSES` if groups differ in the share of repeats.
    step
        Bases from one window of the grid to the next; each chromosome's grid has a random offset.
    max_n_share
        Largest share of unknown bases.
    rng
        Random numbers for grid and priorities.
    """
    found = _Found(limits)
    share = np.arange(allowed.length + 1) / allowed.length
    class_of = repeat_class(share) if classes > 1 else np.zeros(len(share), dtype=np.int64)
    most_unknown = int(max_n_share * allowed.length + 1e-9)
    seed = rng.integers(0, 2**64, dtype=np.uint64)
    offsets = rng.integers(step, size=len(allowed.ranges)).tolist()
    for (chrom, (firsts, stops)), offset in zip(allowed.ranges.items(), offsets, strict=True):
        for begin, letters, (starts, ends) in _read(genome, chrom, firsts, stops, allowed.length):
            row = 0
            while row < len(starts):
                row, found.number = _scan(
                    letters, starts, ends, row, offset - begin, step, allowed.length, most_unknown,
                    _COUNTS, class_of, found.thresholds, seed, allowed.origins[chrom] + begin,
                    found.keys, found.groups, found.priorities, found.number,
                )  # fmt: skip
                if row < len(starts):
                    found.thin()
    found.thin()
    return found.candidates()


class _Found:
    """Candidates kept so far, in arrays with room for more."""

    def __init__(self, limits: Positions) -> None:
        self.limits = limits
        self.thresholds = np.where(limits > 0, _ALL, 0).astype(np.int64)
        room = int(1.5 * limits.sum()) + 2 * _PIECE
        # the system allocates memory only when it is written to
        self.keys = np.empty(room, dtype=np.int64)
        self.groups = np.empty(room, dtype=np.int32)
        self.priorities = np.empty(room, dtype=np.uint32)
        self.number = 0

    def thin(self) -> None:
        """Lower the threshold of each group above its limit; drop candidates above thresholds."""
        groups = self.groups[: self.number]
        counts = np.bincount(groups, minlength=len(self.limits))
        share = np.minimum(self.limits / np.maximum(counts, 1), 1.0)
        self.thresholds = np.ceil(self.thresholds * share).astype(np.int64)
        rows = np.flatnonzero(self.priorities[: self.number] < self.thresholds[groups])
        for array in (self.keys, self.groups, self.priorities):
            array[: len(rows)] = array[rows]
        self.number = len(rows)

    def candidates(self) -> Candidates:
        kept = slice(self.number)
        return Candidates(
            self.keys[kept].copy(), self.groups[kept].copy(), self.priorities[kept].copy()
        )


def _read(
    genome: Genome, chrom: str, firsts: Positions, stops: Positions, length: int
) -> Iterator[tuple[int, NDArray[np.uint8], tuple[Positions, Positions]]]:
    """Read the bases of windows that start in ranges of a chromosome.

    Yields
    ------
    begin, letters, ranges
        Position of the first letter, the letters, and ranges of starts among them: once for a whole
        chromosome, or once for each range if there are few.
    """
    if int((stops - firsts).sum()) * _SPARSE >= genome.lengths[chrom]:
        yield 0, genome.letters(chrom), (firsts, stops)
        return
    for first, stop in zip(firsts.tolist(), stops.tolist(), strict=True):
        (letters,) = genome.windows(chrom, np.array([first]), stop - first + length - 1)
        yield first, letters, (np.zeros(1, dtype=np.int64), np.array([stop - first]))


def _outside(
    starts: Positions, ends: Positions, of_starts: Positions, of_ends: Positions
) -> tuple[Positions, Positions]:
    """Return the parts of intervals outside a sorted disjoint set, (M,)."""
    firsts, lasts = [], []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        within = slice(
            int(np.searchsorted(of_ends, start, side="right")),
            int(np.searchsorted(of_starts, end, side="left")),
        )
        firsts.append(np.append(start, of_ends[within]))
        lasts.append(np.append(of_starts[within], end))
    first = np.concatenate(firsts)
    last = np.concatenate(lasts)
    return first[first < last], last[first < last]


def _cut(starts: Positions, ends: Positions, piece: int) -> tuple[Positions, Positions]:
    """Cut intervals into parts of at most `piece` bases."""
    parts = -(-(ends - starts) // piece)
    before = np.repeat(np.cumsum(parts) - parts, parts)
    number = np.arange(len(before), dtype=np.int64) - before
    first = np.repeat(starts, parts) + number * piece
    return first, np.minimum(first + piece, np.repeat(ends, parts))


def _count_table() -> NDArray[np.int64]:
    """Return the value of each letter: 1 for G or C, 2^16 if unknown, 2^32 if in a repeat."""
    letters = np.arange(256, dtype=np.int64)
    codes = encode_text(letters.astype(np.uint8).tobytes())
    table: NDArray[np.int64] = ((codes == 1) | (codes == 2)).astype(np.int64)
    table += (codes == UNKNOWN) * 2**16 + (letters >= ord("a")) * 2**32
    return table


_COUNTS = _count_table()


@compiled
def _scan(
    letters: Any,
    firsts: Any,
    stops: Any,
    row: int,
    offset: int,
    step: int,
    length: int,
    most_unknown: int,
    counts: Any,
    class_of: Any,
    thresholds: Any,
    seed: Any,
    origin: int,
    keys: Any,
    groups: Any,
    priorities: Any,
    number: int,
) -> tuple[int, int]:
    """Add candidates of the ranges from `row` on, until the remaining room may be too small.

    Returns
    -------
    tuple
        The range to continue with, and the number of candidates.
    """
    while row < len(firsts):
        start = firsts[row] + (offset - firsts[row]) % step
        stop = stops[row]
        if number + (stop - firsts[row]) // step + 1 > len(keys):
            break
        row += 1
        if start >= stop:
            continue
        total = np.int64(0)
        for position in range(start, start + length):
            total += counts[letters[position]]
        while True:
            unknown = (total >> 16) & 0xFFFF
            if unknown <= most_unknown:
                strong = total & 0xFFFF
                if 0 < unknown < length:
                    strong = np.int64(np.rint(strong * (length / (length - unknown))))
                group = class_of[total >> 32] * (length + 1) + strong
                key = origin + start
                priority = np.int64(mix(seed + np.uint64(key) * STEP) >> _U32)
                if priority < thresholds[group]:
                    keys[number] = key
                    groups[number] = group
                    priorities[number] = priority
                    number += 1
            if start + step >= stop:
                break
            for position in range(start, start + step):
                total += counts[letters[position + length]] - counts[letters[position]]
            start += step
    return row, number
