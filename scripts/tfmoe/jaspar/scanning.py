"""Scanning of sequences with position weight matrices on both strands.

Scores are log-odds in bits, summed over the positions of the matrix. An unknown base (code 4)
scores like the worst base of its position, so that it creates no hits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfmoe.core.dna import Codes
from tfmoe.core.sliding import SlidingWindows

UNIFORM = (0.25, 0.25, 0.25, 0.25)
_STEP = 1e-3  # bits; resolution of the score distribution in `threshold_at`
_BLOCK = 1 << 20  # placements scored at once; bounds the memory to tens of megabytes

Weights = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BestHits:
    """The best placement of a matrix in each of N sequences.

    Attributes
    ----------
    score
        Float32 of shape (N,), bits.
    start
        Int64 of shape (N,): 0-based first base of the placement on the forward strand.
    strand
        Int8 of shape (N,): 1, or -1 where the reverse complement of the sequence matches.
    """

    score: NDArray[np.float32]
    start: NDArray[np.int64]
    strand: NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Hits:
    """All placements that reach a threshold, sorted by row, start and strand (forward first).

    Attributes
    ----------
    row
        Int64 of shape (M,): index of the sequence.
    start, strand, score
        As in `BestHits`, of shape (M,).
    """

    row: NDArray[np.int64]
    start: NDArray[np.int64]
    strand: NDArray[np.int8]
    score: NDArray[np.float32]


def log_odds(
    probabilities: NDArray[np.float64],
    background: ArrayLike = UNIFORM,
    pseudocount: float = 0.01,
) -> Weights:
    """Convert probabilities to log-odds against a background.

    Parameters
    ----------
    probabilities
        Shape (4, W), rows A, C, G, T; each column sums to one.
    background
        Shape (4,): probabilities of A, C, G, T outside the motif; all above zero.
    pseudocount
        Weight of the background that is mixed into each column, relative to the column; above zero.

    Returns
    -------
    ndarray
        Float64 of shape (4, W), bits.

    Raises
    ------
    ValueError
        If a shape or a value is not as described.
    """
    base = _background(background)
    if probabilities.ndim != 2 or probabilities.shape[0] != 4 or probabilities.shape[1] == 0:
        raise ValueError(
            f"probabilities: found shape {probabilities.shape}, expected (4, W), W > 0"
        )
    if probabilities.min() < 0 or not np.allclose(probabilities.sum(axis=0), 1, atol=1e-3):
        raise ValueError("probabilities: each column must be non-negative and sum to 1")
    if not pseudocount > 0:
        raise ValueError(f"pseudocount: found {pseudocount}, expected a number above 0")
    mixed = (probabilities + pseudocount * base[:, None]) / (1 + pseudocount)
    weights: Weights = np.log2(mixed / base[:, None])
    return weights


def base_composition(codes: Codes) -> NDArray[np.float64]:
    """Return the strand-symmetric shares of A, C, G and T in codes of any shape, as shape (4,).

    One of each base is added, so that no share is zero.
    """
    counts = np.bincount(codes.ravel(), minlength=5)[:4] + 1.0
    both = counts + counts[::-1]
    share: NDArray[np.float64] = both / both.sum()
    return share


def scan(codes: Codes, pwm: Weights) -> BestHits:
    """Find the best placement of a matrix in each sequence, on either strand.

    Of equal scores, the first start wins, and at one start the forward strand.

    Parameters
    ----------
    codes
        Uint8 of shape (N, L).
    pwm
        Log-odds of shape (4, W), W <= L.

    Raises
    ------
    ValueError
        If the sequences are shorter than the matrix, or a shape is not as described.
    """
    check_scan(codes, pwm)
    score = np.zeros(len(codes), dtype=np.float32)
    start = np.zeros(len(codes), dtype=np.int64)
    strand = np.ones(len(codes), dtype=np.int8)
    for rows, forward, reverse in _score_blocks(codes, pwm):
        best = np.maximum(forward, reverse)
        start[rows] = best.argmax(axis=1)
        at = (np.arange(len(best)), start[rows])
        score[rows] = best[at]
        strand[rows] = np.where(forward[at] >= reverse[at], 1, -1)
    return BestHits(score, start, strand)


def hits_at(codes: Codes, pwm: Weights, threshold: float) -> Hits:
    """Find all placements, on either strand, that score at least `threshold`.

    Parameters
    ----------
    codes
        Uint8 of shape (N, L).
    pwm
        Log-odds of shape (4, W), W <= L.
    threshold
        Bits; see `threshold_at`.

    Raises
    ------
    ValueError
        As for `scan`.
    """
    check_scan(codes, pwm)
    parts: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int8], NDArray[np.float32]]]
    parts = []
    for rows, forward, reverse in _score_blocks(codes, pwm):
        both = np.stack([forward, reverse], axis=2)
        row, start, side = np.nonzero(both >= threshold)
        strand = np.where(side == 0, 1, -1).astype(np.int8)
        parts.append((row + rows.start, start, strand, both[row, start, side]))
    if not parts:
        nothing = np.zeros(0, dtype=np.int64)
        return Hits(nothing, nothing, nothing.astype(np.int8), nothing.astype(np.float32))
    row, start, strand, score = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Hits(row, start, strand, score)


def scan_sliding(windows: SlidingWindows, pwm: Weights) -> NDArray[np.float32]:
    """Score the best placement in each window of a long sequence, on either strand.

    Parameters
    ----------
    windows
        The windows; each placement in the sequence is scored once.
    pwm
        Log-odds of shape (4, W), W <= `windows.window`.

    Returns
    -------
    ndarray
        Float32 of shape (N,), bits; equal to ``scan(windows.rows(), pwm).score``.

    Raises
    ------
    ValueError
        As for `scan`.
    """
    check_scan(windows.rows(), pwm)
    if len(windows) == 0:
        return np.zeros(0, dtype=np.float32)
    sequence = windows.sequence[np.newaxis]
    best = np.maximum(*(_placement_scores(sequence, side)[0] for side in both_strands(pwm)))
    # maxima of 1, 2, 4, ... placements, then of all of a window, which two of these cover
    placements = windows.window - pwm.shape[1] + 1
    span = 1
    while 2 * span <= placements:
        best = np.maximum(best[:-span], best[span:])
        span *= 2
    rest = placements - span
    best = np.maximum(best[: len(best) - rest], best[rest:])
    chosen: NDArray[np.float32] = best[:: windows.stride]
    return chosen


def threshold_at(pwm: Weights, p_value: float, background: ArrayLike = UNIFORM) -> float:
    """Find the score that a random placement on one strand reaches with probability `p_value`.

    The distribution of the score over independent background bases is computed position by position
    on a grid of 0.001 bits (Staden 1989, CABIOS 5:89-96). The threshold is midway between the
    lowest score that counts and the highest that does not.

    Parameters
    ----------
    pwm
        Log-odds of shape (4, W).
    p_value
        Above 0, below 1.
    background
        Shape (4,): probabilities of A, C, G, T.

    Returns
    -------
    float
        Bits; the lowest threshold with P(score >= threshold) <= `p_value`. A short matrix may have
        no such threshold, because even its best word is more frequent (at least 0.25 ** W with a
        uniform background). Then only its best words reach the returned threshold.

    Raises
    ------
    ValueError
        If `p_value` or a shape is not as described.
    """
    if not 0 < p_value < 1:
        raise ValueError(f"p_value: found {p_value}, expected a number between 0 and 1")
    lowest, reached, tail = _distribution(pwm, background)
    # the sums have rounding errors of about 1e-15; a tail equal to p_value has to count
    first = min(int((tail > p_value * (1 + 1e-9)).sum()), len(reached) - 1)
    below = reached[first - 1] if first > 0 else reached[first] - 1
    return float(lowest + _STEP * (reached[first] + below) / 2)


def p_values(pwm: Weights, scores: ArrayLike, background: ArrayLike = UNIFORM) -> Weights:
    """Return the probability that a random placement on one strand scores at least as high.

    It comes from the distribution of `threshold_at`, so that scores and threshold agree.

    Parameters
    ----------
    pwm
        Log-odds of shape (4, W).
    scores
        Bits, shape (M,), as returned by `scan` or `hits_at`.
    background
        Shape (4,): probabilities of A, C, G, T.

    Returns
    -------
    ndarray
        Float64 of shape (M,); 0 for a score above the highest possible one.

    Raises
    ------
    ValueError
        If a shape is not as described.
    """
    lowest, reached, tail = _distribution(pwm, background)
    # half a step per column is the rounding error of the grid
    error = _STEP * pwm.shape[1] / 2
    steps = (np.asarray(scores, dtype=np.float64) - error - lowest) / _STEP
    values: Weights = np.append(tail, 0.0)[np.searchsorted(reached, steps)]
    return values


def _distribution(
    pwm: Weights, background: ArrayLike
) -> tuple[float, NDArray[np.int64], NDArray[np.float64]]:
    """Return the lowest score, the reached scores in steps above it, and P(score >= each)."""
    if pwm.ndim != 2 or pwm.shape[0] != 4 or pwm.shape[1] == 0:
        raise ValueError(f"pwm: found shape {pwm.shape}, expected (4, W), W > 0")
    base = _background(background)
    lowest = pwm.min(axis=0)
    steps = np.rint((pwm - lowest) / _STEP).astype(np.int64)
    distribution = np.ones(1)
    for column in steps.T:
        wider = np.zeros(len(distribution) + int(column.max()))
        for code in range(4):
            wider[column[code] : column[code] + len(distribution)] += base[code] * distribution
        distribution = wider
    reached = np.flatnonzero(distribution)
    tail = np.cumsum(distribution[reached][::-1])[::-1]
    return float(lowest.sum()), reached, tail


def _background(background: ArrayLike) -> NDArray[np.float64]:
    base = np.asarray(background, dtype=np.float64)
    if base.shape != (4,) or not (base > 0).all() or not np.isclose(base.sum(), 1, atol=1e-3):
        raise ValueError(
            f"background: found {base.tolist()}, expected four numbers above 0 that sum to 1"
        )
    return base


def check_scan(codes: Codes, pwm: Weights) -> None:
    """Raise a `ValueError` unless codes and matrix are as `scan` takes them."""
    if pwm.ndim != 2 or pwm.shape[0] != 4 or pwm.shape[1] == 0:
        raise ValueError(f"pwm: found shape {pwm.shape}, expected (4, W), W > 0")
    if codes.ndim != 2 or codes.dtype != np.uint8:
        raise ValueError(
            f"codes: found {codes.dtype} of shape {codes.shape}, expected uint8 of shape (N, L)"
        )
    if len(codes) and codes.shape[1] < pwm.shape[1]:
        raise ValueError(
            f"codes: sequences of {codes.shape[1]} bases are shorter than the matrix of "
            f"{pwm.shape[1]} positions"
        )


def _score_blocks(
    codes: Codes, pwm: Weights
) -> Iterator[tuple[slice, NDArray[np.float32], NDArray[np.float32]]]:
    """Score all placements, one block of rows at a time, as (rows, forward, reverse)."""
    forward, reverse = both_strands(pwm)
    placements = max(codes.shape[1] - pwm.shape[1] + 1, 1)
    step = max(_BLOCK // placements, 1)
    for first in range(0, len(codes), step):
        block = codes[first : first + step]
        rows = slice(first, first + len(block))
        yield rows, _placement_scores(block, forward), _placement_scores(block, reverse)


def _placement_scores(codes: Codes, weights: Weights) -> NDArray[np.float32]:
    width = weights.shape[1]
    placements = codes.shape[1] - width + 1
    scores = np.zeros((len(codes), placements))
    for position in range(width):
        scores += weights[:, position][codes[:, position : position + placements]]
    return scores.astype(np.float32)


def both_strands(pwm: Weights) -> tuple[Weights, Weights]:
    """Return the weights of both strands, (5, W) each, with a row for unknown bases."""
    # on the reverse strand, position j of the matrix meets the complement of base W - 1 - j
    reverse = np.vstack([pwm[::-1, ::-1], pwm[:, ::-1].min(axis=0)])
    return np.vstack([pwm, pwm.min(axis=0)]), reverse
