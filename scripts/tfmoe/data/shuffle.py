"""Exact dinucleotide shuffles: uniform over all sequences with the same dinucleotide counts.

A sequence is an Euler path in the multigraph whose vertices are bases and whose edges are its
dinucleotides. Altschul and Erickson (1985, Molecular Biology and Evolution 2:526-538) draw such a
path uniformly: draw the last edge out of each base so that these edges form an arborescence towards
the last base, put the other edges out of each base in random order, and walk. The arborescence is
drawn here with Wilson's algorithm (1996, STOC 28:296-303), which makes every arborescence of edges
equally likely.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tfmoe.core.dna import UNKNOWN, Codes
from tfmoe.data.compiled import STEP, compiled, inlined, mix

_STREAM = np.uint64(0xD1342543DE82EF95)
_LOW = np.uint64(0xFFFFFFFF)
_U32 = np.uint64(32)
_UNKNOWN = UNKNOWN


def dinucleotide_shuffle(codes: Codes, rng: np.random.Generator) -> Codes:
    """Shuffle each sequence, keeping the exact count of each of its dinucleotides.

    An unknown base (code 4) stays where it is: each stretch of known bases between unknown ones is
    shuffled by itself, so that no dinucleotide comes to be, or is lost, beside an unknown base. The
    first and the last base of each stretch stay the same, which equal dinucleotide counts imply for
    the last base given the first.

    Parameters
    ----------
    codes
        uint8 (N, L). Not changed.
    rng
        One number is drawn from it; each row then has its own stream, so that the result does not
        depend on how rows are divided between calls to the kernel.

    Returns
    -------
    uint8 (N, L)
        The shuffled sequences, in the order of `codes`.

    Raises
    ------
    ValueError
        If `codes` is no two-dimensional array of uint8.
    """
    if codes.ndim != 2 or codes.dtype != np.uint8:
        raise ValueError(
            f"codes: found {codes.dtype} of shape {codes.shape}, expected uint8 of shape (N, L)"
        )
    shuffled = np.array(codes, order="C")
    seed = rng.integers(0, 2**64, dtype=np.uint64)
    _shuffle_rows(shuffled, seed)
    return shuffled


def dinucleotide_counts(codes: Codes) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Count dinucleotides of codes (N, L): int64 (N, 5, 5), the first base in the second axis."""
    pairs = codes[:, :-1].astype(np.int64) * 5 + codes[:, 1:]
    rows = np.arange(len(codes), dtype=np.int64)[:, None] * 25
    counts = np.bincount((pairs + rows).ravel(), minlength=25 * len(codes))
    return counts.reshape(len(codes), 5, 5).astype(np.int64)


@inlined
def _random(state: Any) -> Any:
    """Advance the state of one stream and return 64 random bits."""
    state[0] += STEP
    return mix(state[0])


@inlined
def _below(state: Any, bound: Any) -> Any:
    """Draw from 0 to bound - 1, each equally likely (Lemire 2019, ACM TOMACS 29:3)."""
    wide = np.uint64(bound)
    product = (_random(state) >> _U32) * wide
    if (product & _LOW) < wide:
        threshold = ((_LOW - wide) + np.uint64(1)) % wide
        while (product & _LOW) < threshold:
            product = (_random(state) >> _U32) * wide
    return np.int64(product >> _U32)


@inlined
def _choose(state: Any, counts: Any, base: Any, total: Any) -> Any:
    """Draw one of the `total` edges out of `base`; return the base it leads to."""
    draw = _below(state, total)
    first = counts[base, 0]
    second = first + counts[base, 1]
    third = second + counts[base, 2]
    return np.int64(draw >= first) + np.int64(draw >= second) + np.int64(draw >= third)


@compiled
def _draw_last_edges(counts: Any, totals: Any, last: Any, root: int, state: Any) -> None:
    """Draw the arborescence towards `root` with Wilson's algorithm into `last`."""
    inside = np.zeros(4, dtype=np.bool_)
    inside[root] = True
    for start in range(4):
        if totals[start] == 0 or inside[start]:
            continue
        base = start
        while not inside[base]:
            last[base] = _choose(state, counts, base, totals[base])
            base = last[base]
        base = start
        while not inside[base]:
            inside[base] = True
            base = last[base]


@compiled
def _shuffle_stretch(row: Any, begin: int, end: int, counts: Any, work: Any, state: Any) -> None:
    """Shuffle row[begin:end], which holds known bases only, in place."""
    totals, last = work[0], work[1]
    counts[:, :] = 0
    totals[:] = 0
    for position in range(begin, end - 1):
        counts[row[position], row[position + 1]] += 1
        totals[row[position]] += 1
    root: Any = np.int64(row[end - 1])
    _draw_last_edges(counts, totals, last, root, state)
    for start in range(4):
        if start != root and totals[start] > 0:
            counts[start, last[start]] -= 1
            totals[start] -= 1
    base: Any = np.int64(row[begin])
    # drawing each next edge among those left is the same as shuffling the list of edges beforehand
    for position in range(begin + 1, end):
        total = totals[base]
        if total > 0:
            following = _choose(state, counts, base, total)
            counts[base, following] -= 1
            totals[base] = total - 1
        else:
            following = last[base]
        row[position] = following
        base = following


@compiled
def _shuffle_rows(codes: Any, seed: Any) -> None:
    """Shuffle each row of codes (N, L) in place."""
    counts = np.zeros((4, 4), dtype=np.int64)
    work = np.zeros((2, 4), dtype=np.int64)
    state = np.zeros(1, dtype=np.uint64)
    length = codes.shape[1]
    for index in range(codes.shape[0]):
        state[0] = seed + np.uint64(index) * _STREAM
        state[0] = _random(state)
        row = codes[index]
        begin = 0
        while begin < length:
            end = begin
            while end < length and row[end] < _UNKNOWN:
                end += 1
            if end - begin > 3:
                _shuffle_stretch(row, begin, end, counts, work, state)
            begin = end + 1
