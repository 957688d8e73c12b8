"""Exact dinucleotide shuffles: uniform over all sequences with the same dinucleotide counts.

A sequence is an Euler path in the multigraph whose vertices are bases and whose edges are its
dinucleotides. Altschul and Erickson (1985, Molecular Biology and Evolution 2:526-538) draw such a
path uniformly: draw the last edge out of each base so that these edges form an arborescence towards
the last base, put the other edges out of each base in random order, and walk. The arborescence is
drawn here with Wilson's algorithm (1996, STOC 28:296-303), which makes every arborescence of edges
equally likely.

Each step of a walk depends on the previous one. Four walks, of different sequences, are therefore
interleaved to keep the processor busy.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np

from tfmoe.core.compiled import STEP, compiled, inlined, mix
from tfmoe.core.dna import UNKNOWN, Codes

_UNKNOWN = UNKNOWN
_WALKS = 4
_LONGEST = 32_767  # so that a count has 15 bits
_STREAM = np.uint64(0xD1342543DE82EF95)
_WALK = np.uint64(0x5851F42D4C957F2D)
_LOW = np.uint64(0xFFFFFFFF)
_ZERO, _U1, _U2, _U4 = np.uint64(0), np.uint64(1), np.uint64(2), np.uint64(4)
_U15, _U16, _U32, _U48 = np.uint64(15), np.uint64(16), np.uint64(32), np.uint64(48)
# four counts of 16 bits in one number: a one, and the highest bit, of each
_ONES = np.uint64(0x0001000100010001)
_HIGHEST = np.uint64(0x8000800080008000)


def dinucleotide_shuffle(codes: Codes, rng: np.random.Generator, threads: int = 1) -> Codes:
    """Shuffle each sequence, keeping the exact count of each of its dinucleotides.

    An unknown base (code 4) keeps its position: each stretch of known bases is shuffled separately,
    so that no dinucleotide next to an unknown base appears or disappears. The first and the last
    base of each stretch stay the same; given the first base, equal dinucleotide counts imply the
    last one.

    Parameters
    ----------
    codes
        uint8 (N, L), L at most 32,767. Not changed.
    rng
        One number is drawn from it. Each stretch then has its own stream, so that the result does
        not depend on how rows are divided between threads.
    threads
        Number of threads.

    Returns
    -------
    uint8 (N, L)
        The shuffled sequences, in the order of `codes`.

    Raises
    ------
    ValueError
        If `codes` is not a two-dimensional array of uint8, or has longer rows.
    """
    if codes.ndim != 2 or codes.dtype != np.uint8 or codes.shape[1] > _LONGEST:
        raise ValueError(
            f"codes: found {codes.dtype} of shape {codes.shape}, expected uint8 of shape (N, L), "
            f"L at most {_LONGEST}"
        )
    shuffled = np.array(codes, order="C")
    seed = rng.integers(0, 2**64, dtype=np.uint64)
    if threads == 1:
        _shuffle_rows(shuffled, 0, len(shuffled), seed)
        return shuffled
    bounds = [len(shuffled) * part // threads for part in range(threads + 1)]
    with ThreadPoolExecutor(threads) as pool:
        jobs = [
            pool.submit(_shuffle_rows, shuffled, first, end, seed)
            for first, end in pairwise(bounds)
        ]
    for job in jobs:
        job.result()
    return shuffled


def two_mer_shuffle(codes: Codes, rng: np.random.Generator) -> Codes:
    """Permute the non-overlapping 2-mers of each sequence, as Tripathi et al. 2025 did.

    It serves to reproduce their results (arXiv 2507.09754; the code is DeepBind's). It does not
    preserve dinucleotide counts: the dinucleotides between the 2-mers are new, so that CpG-poor
    sequence has far more CpG afterwards.

    Parameters
    ----------
    codes
        uint8 (N, L). Not changed. An unknown base moves with its neighbour.
    rng
        Random numbers for the permutations.

    Returns
    -------
    uint8 (N, L)
        The shuffled sequences, in the order of `codes`; the last base stays if L is odd.
    """
    number, length = codes.shape
    pairs = codes[:, : length // 2 * 2].reshape(number, length // 2, 2)
    order = rng.random(pairs.shape[:2]).argsort(axis=1)
    shuffled = codes.copy()
    shuffled[:, : length // 2 * 2] = np.take_along_axis(pairs, order[:, :, None], axis=1).reshape(
        number, length // 2 * 2
    )
    return shuffled


def dinucleotide_counts(codes: Codes) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Count dinucleotides of codes (N, L): int64 (N, 5, 5), the first base in the second axis."""
    pairs = codes[:, :-1].astype(np.int64) * 5 + codes[:, 1:]
    rows = np.arange(len(codes), dtype=np.int64)[:, None] * 25
    counts = np.bincount((pairs + rows).ravel(), minlength=25 * len(codes))
    return counts.reshape(len(codes), 5, 5).astype(np.int64)


@inlined
def _random(state: Any, walk: int) -> Any:
    """Advance the state of one stream and return 64 random bits."""
    state[walk] += STEP
    return mix(state[walk])


@inlined
def _below(state: Any, walk: int, bits: Any, bound: Any) -> Any:
    """Turn 32 random bits into 0 to bound - 1, all equally likely (Lemire 2019, ACM TOMACS 29:3).

    About once in a hundred million, these bits are rejected and others are drawn.
    """
    product = bits * bound
    if (product & _LOW) < bound:
        threshold = ((_LOW - bound) + _U1) % bound
        while (product & _LOW) < threshold:
            product = (_random(state, walk) >> _U32) * bound
    return product >> _U32


@inlined
def _choose(state: Any, walk: int, bits: Any, edges: Any) -> Any:
    """Draw one of the edges out of a base, four counts in one number; return where it leads."""
    sums = edges * _ONES  # sums of the first, the first two, three and all four counts
    draw = _below(state, walk, bits, sums >> _U48)
    # the highest bit of each of the four parts is set if its sum is above the draw
    above = ((sums | _HIGHEST) - (draw + _U1) * _ONES) & _HIGHEST
    return _U4 - (((above >> _U15) * _ONES) >> _U48)


@compiled
def _draw_last_edges(edges: Any, last: Any, walk: int, root: Any, state: Any) -> None:
    """Draw the arborescence towards `root` with Wilson's algorithm into `last`."""
    inside = _U1 << root
    for start in range(4):
        base = np.uint64(start)
        while edges[walk, base] != _ZERO and (inside >> base) & _U1 == _ZERO:
            bits = _random(state, walk) >> _U32
            last[walk, base] = _choose(state, walk, bits, edges[walk, base])
            base = last[walk, base]
        base = np.uint64(start)
        while edges[walk, base] != _ZERO and (inside >> base) & _U1 == _ZERO:
            inside |= _U1 << base
            base = last[walk, base]


@compiled
def _prepare(
    row: Any, begin: int, end: int, pairs: Any, edges: Any, last: Any, walk: int, state: Any
) -> None:
    """Count the edges of row[begin:end], known bases only, and set the last ones aside."""
    pairs[:] = _ZERO
    base = np.uint64(row[begin])
    for position in range(begin + 1, end):
        following = np.uint64(row[position])
        pairs[base << _U2 | following] += _U1
        base = following
    for start in range(4):
        counts = pairs[4 * start] | pairs[4 * start + 1] << _U16
        counts |= pairs[4 * start + 2] << _U32 | pairs[4 * start + 3] << _U48
        edges[walk, start] = counts
    _draw_last_edges(edges, last, walk, base, state)
    for start in range(4):
        if np.uint64(start) != base and edges[walk, start] != _ZERO:
            edges[walk, start] -= _U1 << (last[walk, start] << _U4)


@inlined
def _follow(edges: Any, last: Any, walk: int, base: Any, bits: Any, state: Any) -> Any:
    """Take one of the remaining edges out of a base; return where it leads.

    Drawing each next edge among the remaining ones is equivalent to shuffling all edges beforehand.
    """
    left = edges[walk, base]
    if left == _ZERO:
        following = last[walk, base]
    else:
        following = _choose(state, walk, bits, left)
        edges[walk, base] = left - (_U1 << (following << _U4))
    return following


@compiled
def _walk_on(
    row: Any, position: int, end: int, edges: Any, last: Any, walk: int, words: Any, state: Any
) -> None:
    """Walk from row[position - 1] to the end."""
    base = np.uint64(row[position - 1])
    while position < end:
        words[walk] += STEP
        word = mix(words[walk])
        base = _follow(edges, last, walk, base, word >> _U32, state)
        row[position] = base
        if position + 1 < end:
            base = _follow(edges, last, walk, base, word & _LOW, state)
            row[position + 1] = base
        position += 2


@compiled
def _walk_together(
    first: Any, second: Any, third: Any, fourth: Any,
    steps: int, edges: Any, last: Any, words: Any, state: Any,
) -> None:  # fmt: skip
    """Walk a number of steps, an even one, from the beginning of four stretches."""
    a, b = np.uint64(first[0]), np.uint64(second[0])
    c, d = np.uint64(third[0]), np.uint64(fourth[0])
    passed = _ZERO
    for position in range(1, steps, 2):
        passed += STEP
        word_a, word_b = mix(words[0] + passed), mix(words[1] + passed)
        word_c, word_d = mix(words[2] + passed), mix(words[3] + passed)
        a = _follow(edges, last, 0, a, word_a >> _U32, state)
        b = _follow(edges, last, 1, b, word_b >> _U32, state)
        c = _follow(edges, last, 2, c, word_c >> _U32, state)
        d = _follow(edges, last, 3, d, word_d >> _U32, state)
        first[position], second[position], third[position], fourth[position] = a, b, c, d
        a = _follow(edges, last, 0, a, word_a & _LOW, state)
        b = _follow(edges, last, 1, b, word_b & _LOW, state)
        c = _follow(edges, last, 2, c, word_c & _LOW, state)
        d = _follow(edges, last, 3, d, word_d & _LOW, state)
        first[position + 1], second[position + 1] = a, b
        third[position + 1], fourth[position + 1] = c, d
    for walk in range(_WALKS):
        words[walk] += passed


@compiled
def _shuffle_stretches(codes: Any, places: Any, number: int, seed: Any, work: Any) -> None:
    """Shuffle up to four stretches, each a row of `places` (row, begin, end), in place."""
    pairs, edges, last, words, state = work
    length = np.uint64(codes.shape[1])
    shortest = places[0, 2] - places[0, 1]
    for walk in range(number):
        index, begin, end = places[walk]
        place = np.uint64(index) * length + np.uint64(begin)
        state[walk] = mix(seed + place * _STREAM)
        words[walk] = mix(state[walk] ^ _WALK)
        _prepare(codes[index], begin, end, pairs, edges, last, walk, state)
        shortest = min(shortest, end - begin)
    done = 0
    if number == _WALKS:
        done = (shortest - 1) // 2 * 2
        _walk_together(
            codes[places[0, 0], places[0, 1] :], codes[places[1, 0], places[1, 1] :],
            codes[places[2, 0], places[2, 1] :], codes[places[3, 0], places[3, 1] :],
            done, edges, last, words, state,
        )  # fmt: skip
    for walk in range(number):
        index, begin, end = places[walk]
        _walk_on(codes[index], begin + 1 + done, end, edges, last, walk, words, state)


@compiled
def _shuffle_rows(codes: Any, first: int, stop: int, seed: Any) -> None:
    """Shuffle rows `first` to `stop` of codes (N, L) in place."""
    work = (
        np.zeros(16, dtype=np.uint64),  # dinucleotides of one stretch
        np.zeros((_WALKS, 4), dtype=np.uint64),  # remaining edges out of each base
        np.zeros((_WALKS, 4), dtype=np.uint64),  # where the last edge out of each base leads
        np.zeros(_WALKS, dtype=np.uint64),  # the streams of the walks
        np.zeros(_WALKS, dtype=np.uint64),  # the streams of everything else
    )
    places = np.zeros((_WALKS, 3), dtype=np.int64)
    length = codes.shape[1]
    number = 0
    for index in range(first, stop):
        begin = 0
        while begin < length:
            end = begin
            while end < length and codes[index, end] < _UNKNOWN:
                end += 1
            if end - begin > 3:
                places[number] = index, begin, end
                number += 1
                if number == _WALKS:
                    _shuffle_stretches(codes, places, number, seed, work)
                    number = 0
            begin = end + 1
    if number > 0:
        _shuffle_stretches(codes, places, number, seed, work)
