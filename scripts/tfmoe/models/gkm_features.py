"""Counts of gapped k-mers on both strands, the features of the baseline ``gkm``.

A gapped k-mer is a word of l bases, k of which are read while the others may be any base (Ghandi et
al. 2014, PLoS Comput. Biol. 10:e1003711). It and its reverse complement are one feature.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from tfmoe.core.compiled import compiled
from tfmoe.core.dna import UNKNOWN, Codes
from tfmoe.core.sliding import SlidingWindows, Windows, window_rows

# Windows of a long sequence that are scored at once; the counts of the first are computed anew, so
# that rounding errors of the sums do not grow with the sequence.
_MOST_WINDOWS = 8192
MOST_BASES = 10
"""Largest number of bases per word."""


def feature_number(length: int, informative: int) -> int:
    """Return the number of features; a gapped k-mer and its reverse complement count once.

    Raises
    ------
    ValueError
        If a word has no such number of bases, or more than `MOST_BASES`.
    """
    if type(length) is not int or type(informative) is not int:
        raise ValueError(f"found words of {length!r} bases, {informative!r} of them informative")
    if not 1 <= informative <= length <= MOST_BASES:
        raise ValueError(
            f"found words of {length} bases, {informative} of them informative, expected at most "
            f"{MOST_BASES}"
        )
    return _gapped_kmers(length, informative).features


def count_gapped_kmers(codes: Codes, length: int, informative: int) -> csr_matrix:
    """Count the gapped k-mers of sequences on both strands, scaled to unit norm.

    Parameters
    ----------
    codes
        uint8 (N, L). Gapped k-mers that read an unknown base are not counted.
    length, informative
        Number l of bases of a word, and number k of them that are read.

    Returns
    -------
    csr_matrix
        float32 (N, `feature_number`). Each row has Euclidean norm 1, or 0 if it has no counts. A
        sequence and its reverse complement have the same row.
    """
    gapped = _gapped_kmers(length, informative)
    found = gapped.room_for(codes)
    # pages of memory that are never written to take no space
    most = len(codes) * min(found.size, gapped.features)
    index, values = np.empty(most, dtype=np.int32), np.empty(most, dtype=np.float32)
    bounds = np.zeros(len(codes) + 1, dtype=np.int64)
    _count_rows(
        np.ascontiguousarray(codes), gapped.offsets, gapped.columns, gapped.features, found, index,
        values, bounds,
    )  # fmt: skip
    used = int(bounds[-1])
    shape = (len(codes), gapped.features)
    return csr_matrix((values[:used], index[:used], bounds), shape=shape)


def score_gapped_kmers(
    codes: Windows, length: int, informative: int, weights: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Multiply the counts of `count_gapped_kmers` by weights, without a matrix of the counts.

    Parameters
    ----------
    codes
        uint8 (N, L), or the windows of a long sequence, whose counts are those of the window before
        with the words that enter added and those that leave removed.
    length, informative
        As for `count_gapped_kmers`.
    weights
        float32 (n, `feature_number`): the weights of n models.

    Returns
    -------
    ndarray
        float32 (N, n). The sums are computed in float64. A column does not depend on the other
        models, nor a row on the other sequences, except for rounding errors of a long sequence.
    """
    gapped = _gapped_kmers(length, informative)
    scores = np.empty((len(codes), len(weights)), dtype=np.float32)
    # the weights of one feature have to be adjacent in memory
    by_feature = np.ascontiguousarray(weights.T)
    if isinstance(codes, SlidingWindows) and codes.window >= length:
        for first in range(0, len(codes), _MOST_WINDOWS):
            part = codes.part(first, first + _MOST_WINDOWS)
            _slide_rows(
                np.ascontiguousarray(part.sequence), gapped.offsets, gapped.columns, by_feature,
                gapped.room_for(part.sequence[np.newaxis]), part.window - length + 1, part.stride,
                scores[first : first + _MOST_WINDOWS],
            )  # fmt: skip
        return scores
    rows = np.ascontiguousarray(window_rows(codes))
    _score_rows(
        rows, gapped.offsets, gapped.columns, by_feature, gapped.room_for(rows), scores,
    )  # fmt: skip
    return scores


@dataclass(frozen=True, eq=False)
class _GappedKmers:
    """All gapped k-mers of a length.

    Attributes
    ----------
    offsets
        int64 (patterns, k): the positions that a pattern reads, in the order of
        `itertools.combinations`.
    columns
        int32 (patterns, 4**k): the feature column of a pattern and its bases. The first base is the
        highest digit of a number in base 4.
    features
        Number of columns.
    """

    offsets: NDArray[np.int64]
    columns: NDArray[np.int32]
    features: int

    def room_for(self, codes: Codes) -> NDArray[np.int32]:
        """Return an array for the columns of one sequence's gapped k-mers: (patterns, words)."""
        length = int(self.offsets.max()) + 1
        words = max(codes.shape[1] - length + 1, 0)
        return np.empty((len(self.offsets), words), dtype=np.int32)


@cache
def _gapped_kmers(length: int, informative: int) -> _GappedKmers:
    """Assign a column to each feature: a gapped k-mer and its reverse complement share one."""
    patterns = list(combinations(range(length), informative))
    number_of = {pattern: number for number, pattern in enumerate(patterns)}
    words = 4**informative
    bases = np.arange(words, dtype=np.int64)
    partner = np.zeros_like(bases)
    for position in range(informative):
        partner = partner * 4 + (3 - bases // 4**position % 4)
    smaller = [
        np.minimum(
            number * words + bases,
            number_of[tuple(length - 1 - offset for offset in reversed(pattern))] * words + partner,
        )
        for number, pattern in enumerate(patterns)
    ]
    kept, columns = np.unique(np.concatenate(smaller), return_inverse=True)
    return _GappedKmers(
        offsets=np.array(patterns, dtype=np.int64),
        columns=columns.reshape(len(patterns), words).astype(np.int32),
        features=len(kept),
    )


@compiled
def _find_columns(codes: Any, offsets: Any, columns: Any, features: int, found: Any) -> None:
    """Write the columns of one sequence's gapped k-mers to `found`, int32 (patterns, words).

    A gapped k-mer with an unknown base gets the number of features.
    """
    words = found.shape[1]
    for pattern in range(offsets.shape[0]):
        row = found[pattern]
        row[:] = 0
        # inner loops over adjacent words compile to vector instructions
        for offset in offsets[pattern]:
            bases = codes[offset : offset + words]
            for word in range(words):
                row[word] = row[word] * 4 + (bases[word] & 3)
        for word in range(words):
            row[word] = columns[pattern, row[word]]
    if not (codes == UNKNOWN).any():
        return
    for pattern in range(offsets.shape[0]):
        for offset in offsets[pattern]:
            for word in range(words):
                if codes[offset + word] == UNKNOWN:
                    found[pattern, word] = features


@compiled
def _sort(numbers: Any, spare: Any, highest: int) -> None:
    """Sort whole numbers from 0 to `highest` in place, by two passes of a radix sort."""
    half = 1
    while highest >> (2 * half):
        half += 1
    low = (1 << half) - 1
    first, second = np.zeros(low + 2, dtype=np.int64), np.zeros(low + 2, dtype=np.int64)
    for number in numbers:
        first[(number & low) + 1] += 1
        second[(number >> half) + 1] += 1
    for digit in range(low):
        first[digit + 1] += first[digit]
        second[digit + 1] += second[digit]
    for number in numbers:
        spare[first[number & low]] = number
        first[number & low] += 1
    for number in spare:
        numbers[second[number >> half]] = number
        second[number >> half] += 1


@compiled
def _count_rows(
    codes: Any,
    offsets: Any,
    columns: Any,
    features: int,
    found: Any,
    index: Any,
    values: Any,
    bounds: Any,
) -> None:
    """Write the rows of a CSR matrix to `index`, `values` and `bounds`."""
    flat = found.reshape(-1)
    spare = np.empty_like(flat)
    end = 0
    for row in range(len(codes)):
        _find_columns(codes[row], offsets, columns, features, found)
        _sort(flat, spare, features)
        begin, squares, position = end, 0, 0
        while position < len(flat) and flat[position] < features:
            first = position
            while position < len(flat) and flat[position] == flat[first]:
                position += 1
            index[end], values[end] = flat[first], position - first
            squares += (position - first) ** 2
            end += 1
        norm = np.sqrt(squares)
        for place in range(begin, end):
            values[place] = values[place] / norm
        bounds[row + 1] = end


@compiled
def _score_rows(
    codes: Any, offsets: Any, columns: Any, weights: Any, found: Any, scores: Any
) -> None:
    """Write the scores of n models, whose weights are (features, n), to `scores`, (N, n)."""
    features, models = weights.shape
    flat = found.reshape(-1)
    counts = np.zeros(features, dtype=np.int64)
    sums = np.zeros(models)
    for row in range(len(codes)):
        _find_columns(codes[row], offsets, columns, features, found)
        sums[:] = 0
        squares = 0
        for column in flat:
            if column < features:
                # one more of a count c adds (c + 1)^2 - c^2 to the sum of squares
                squares += 2 * counts[column] + 1
                counts[column] += 1
                for model in range(models):
                    sums[model] += weights[column, model]
        for column in flat:
            if column < features:
                counts[column] = 0
        norm = np.sqrt(max(squares, 1))
        for model in range(models):
            scores[row, model] = sums[model] / norm


@compiled
def _slide_rows(
    codes: Any,
    offsets: Any,
    columns: Any,
    weights: Any,
    found: Any,
    words: int,
    stride: int,
    scores: Any,
) -> None:
    """Write the scores of windows of `words` words, `stride` apart, to `scores`, (N, n).

    The counts and their squares are whole numbers. The sum over a window's words is a difference of
    sums from the first word on.
    """
    features, models = weights.shape
    _find_columns(codes, offsets, columns, features, found)
    sums = np.zeros((found.shape[1] + 1, models))
    counts = np.zeros(features, dtype=np.int64)
    squares = 0
    for word in range(found.shape[1]):
        sums[word + 1] = sums[word]
        for pattern in range(len(found)):
            column = found[pattern, word]
            if column < features:
                squares += 2 * counts[column] + 1
                counts[column] += 1
                for model in range(models):
                    sums[word + 1, model] += weights[column, model]
            if word >= words:
                column = found[pattern, word - words]
                if column < features:
                    squares -= 2 * counts[column] - 1
                    counts[column] -= 1
        first = word + 1 - words
        if first >= 0 and first % stride == 0:
            norm = np.sqrt(max(squares, 1))
            for model in range(models):
                scores[first // stride, model] = (sums[word + 1, model] - sums[first, model]) / norm
