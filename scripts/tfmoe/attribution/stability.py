"""Stability: whether a map stays when the input moves a little, or the network is trained anew.

The measure of a sequence is Pearson's correlation of two maps at the bases that are there, as a
reader of a logo sees them: a position weighs as much as it stands out.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tfmoe.attribution.estimates import Values
from tfmoe.attribution.maps import Maps
from tfmoe.core.dna import UNKNOWN, Codes

LARGEST = 3  # bases that an input is moved by, at most

Shifts = NDArray[np.int64]


def draw_shifts(rows: int, rng: np.random.Generator) -> Shifts:
    """Draw how far each of N inputs is moved: int64 (N,), 1 to `LARGEST` bases to either side."""
    shifts: Shifts = rng.integers(1, LARGEST + 1, rows) * rng.choice([-1, 1], rows)
    return shifts


def shift_codes(codes: Codes, shifts: Shifts) -> Codes:
    """Move what is read along the genome: row i begins `shifts[i]` bases further to the right.

    Codes are uint8 (N, flank + L + flank), and so is the result. Into the windows come the real
    bases of the flanks; at the far end of these there are none, and unknown ones come in.
    """
    width = codes.shape[1]
    places = np.arange(width) + shifts[:, None]
    known = (places >= 0) & (places < width)
    moved = np.take_along_axis(codes, np.where(known, places, 0), axis=1)
    shifted: Codes = np.where(known, moved, np.uint8(UNKNOWN)).astype(np.uint8)
    return shifted


def shift_stability(scores: Maps, moved: Maps, shifts: Shifts) -> Values:
    """Correlate scores (N, L) with those of shifted inputs on the positions that both have: (N,).

    Parameters
    ----------
    scores, moved
        float32 (N, L): the map at the bases that are there, of the windows and of those that begin
        `shifts` bases further to the right.
    shifts
        int64 (N,), each smaller than L.
    """
    length = scores.shape[1]
    found = np.zeros(len(scores))
    for shift in np.unique(shifts).tolist():
        rows = shifts == shift
        own = scores[rows, max(0, shift) : min(length, length + shift)]
        other = moved[rows, max(0, -shift) : min(length, length - shift)]
        found[rows] = pearson(own, other)
    return found


def seed_stability(scores: Sequence[Maps]) -> Values:
    """Correlate scores (N, L) of several networks; the mean over pairs of these: (N,)."""
    pairs = [pearson(first, second) for first, second in combinations(scores, 2)]
    stability: Values = np.mean(pairs, axis=0)
    return stability


def pearson(first: Maps, second: Maps) -> Values:
    """Correlate each row of two arrays (N, M): float64 (N,); 0 where either row is constant."""
    centred = [
        values - values.mean(axis=1, keepdims=True)
        for values in (first.astype(np.float64), second.astype(np.float64))
    ]
    spread = [np.sqrt((values**2).sum(axis=1)) for values in centred]
    scale, product = spread[0] * spread[1], (centred[0] * centred[1]).sum(axis=1)
    # a row of equal values may miss its mean by rounding
    flat = [np.ptp(values, axis=1) == 0 for values in (first, second)]
    correlations: Values = np.zeros(len(first))
    np.divide(product, scale, out=correlations, where=(scale > 0) & ~(flat[0] | flat[1]))
    return correlations
