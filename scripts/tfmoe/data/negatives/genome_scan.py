"""Candidates for genomic windows: scanned a chromosome at a time, and thinned as they come.

Windows are told apart by their group, which is ``repeat class * (L + 1) + GC content``. Of each
group a limited number of candidates is kept, so that memory grows with the number of windows that
are needed, not with the genome. Each candidate has a random number, its priority, made of its
place and a seed; it is kept if its priority is below the threshold of its group. Where more are
kept than the limit, the threshold is lowered: this thins the candidates that were found before
and those yet to be found alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.dna import UNKNOWN, encode_text
from tfmoe.data.compiled import STEP, compiled, mix
from tfmoe.data.intervals import Positions, by_chromosome
from tfmoe.data.reading.genome import Genome

REPEAT_CLASSES = 5
_ALL = 2**32  # one more than the largest priority
_PIECE = 1 << 20  # starts looked at between two checks of the room that is left
_U32 = np.uint64(32)


@dataclass(frozen=True)
class Places:
    """Where windows may start.

    Attributes
    ----------
    ranges
        For each chromosome the first start and the end (exclusive) of each range, int64 (N,) each;
        sorted, disjoint, and none longer than `_PIECE`.
    origins
        For each chromosome the number of its first base, such that a window's number, its start
        plus this, tells chromosome and start at once; windows of different chromosomes lie more
        than a window apart.
    length
        Of a window.
    """

    ranges: dict[str, tuple[Positions, Positions]]
    origins: dict[str, int]
    length: int

    def locate(self, keys: Positions) -> tuple[NDArray[np.str_], Positions]:
        """Return chromosome, str (N,), and start, int64 (N,), of windows by their numbers."""
        origins = np.fromiter(self.origins.values(), dtype=np.int64)
        index = np.searchsorted(origins, keys, side="right") - 1
        return np.asarray(list(self.origins), dtype=np.str_)[index], keys - origins[index]


@dataclass(frozen=True)
class Candidates:
    """Windows that may be drawn, in the order of their numbers.

    Attributes
    ----------
    keys
        int64 (N,), the number of each, as `Places` counts.
    groups
        int32 (N,).
    priorities
        uint32 (N,): the smaller, the sooner it is drawn.
    """

    keys: Positions
    groups: NDArray[np.int32]
    priorities: NDArray[np.uint32]


def repeat_class(share: NDArray[Any]) -> Positions:
    """Return the class, int64 (N,), of shares of repeats: 0, to .25, to .5, to .75, or more."""
    classes: Positions = np.ceil(np.asarray(share) * (REPEAT_CLASSES - 1)).astype(np.int64)
    return classes


def find_places(
    lengths: Mapping[str, int], regions: pd.DataFrame, forbidden: pd.DataFrame, length: int
) -> Places:
    """Say where windows may start that lie wholly in one of `regions` and touch none `forbidden`.

    Parameters
    ----------
    lengths
        Length in bases of each chromosome.
    regions, forbidden
        With columns chrom, start and end; they may reach beyond the chromosome.
    length
        Of a window.
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
        ranges[chrom] = _cut(*free)
        origins[chrom] = origin
        origin += lengths[chrom] + 2 * length
    return Places(ranges, origins, length)


def find_candidates(
    genome: Genome,
    places: Places,
    limits: Positions,
    classes: int,
    step: int,
    max_n_share: float,
    rng: np.random.Generator,
) -> Candidates:
    """Find windows on a grid over the places, up to a limit of each group.

    Parameters
    ----------
    genome
        The genome.
    places
        Where windows may start.
    limits
        int64 (classes * (L + 1),): about how many to keep of each group; none where it is 0.
    classes
        1, or `REPEAT_CLASSES` if windows are told apart by their share of repeats.
    step
        Bases from one window of the grid to the next; each chromosome's grid starts at random.
    max_n_share
        The largest share of unknown bases.
    rng
        Decides grid and priorities.
    """
    found = _Found(limits)
    share = np.arange(places.length + 1) / places.length
    class_of = repeat_class(share) if classes > 1 else np.zeros(len(share), dtype=np.int64)
    most_unknown = int(max_n_share * places.length + 1e-9)
    seed = rng.integers(0, 2**64, dtype=np.uint64)
    offsets = rng.integers(step, size=len(places.ranges)).tolist()
    for (chrom, (firsts, stops)), offset in zip(places.ranges.items(), offsets, strict=True):
        if len(firsts) == 0:
            continue
        letters, origin, row = genome.letters(chrom), places.origins[chrom], 0
        while row < len(firsts):
            row, found.number = _scan(
                letters, firsts, stops, row, offset, step, places.length, most_unknown, _COUNTS,
                class_of, found.thresholds, seed, origin, found.keys, found.groups,
                found.priorities, found.number,
            )  # fmt: skip
            if row < len(firsts):
                found.thin()
    found.thin()
    return found.candidates()


class _Found:
    """Candidates kept so far, in arrays with room for more."""

    def __init__(self, limits: Positions) -> None:
        self.limits = limits
        self.thresholds = np.where(limits > 0, _ALL, 0).astype(np.int64)
        room = int(1.5 * limits.sum()) + 2 * _PIECE
        # memory that is never written to is never taken
        self.keys = np.empty(room, dtype=np.int64)
        self.groups = np.empty(room, dtype=np.int32)
        self.priorities = np.empty(room, dtype=np.uint32)
        self.number = 0

    def thin(self) -> None:
        """Lower the threshold of each group that is above its limit, and drop what is above."""
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


def _cut(starts: Positions, ends: Positions) -> tuple[Positions, Positions]:
    """Cut intervals into parts of at most `_PIECE` bases."""
    parts = -(-(ends - starts) // _PIECE)
    before = np.repeat(np.cumsum(parts) - parts, parts)
    number = np.arange(len(before), dtype=np.int64) - before
    first = np.repeat(starts, parts) + number * _PIECE
    return first, np.minimum(first + _PIECE, np.repeat(ends, parts))


def _count_table() -> NDArray[np.int64]:
    """Return what each letter counts: 1 if G or C, 2^16 if unknown, 2^32 if in a repeat."""
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
    """Add the candidates of ranges of starts from `row` on, until the room for more is too small.

    Returns
    -------
    tuple
        The range to go on with, and the number of candidates.
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
