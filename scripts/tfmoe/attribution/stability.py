"""Stability of maps under small shifts of the window and over training seeds.

The stability of a sequence is Pearson's correlation between two maps at the observed bases, the
values that a logo shows. Positions with large contributions therefore weigh most.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tfmoe.attribution.estimates import Values
from tfmoe.attribution.maps import Maps
from tfmoe.core.dna import UNKNOWN, Codes

MAX_SHIFT = 3  # largest shift of a window, in bases

Shifts = NDArray[np.int64]


def draw_shifts(rows: int, rng: np.random.Generator) -> Shifts:
    """Draw one shift per window: int64 (N,), 1 to `MAX_SHIFT` bases to either side."""
    shifts: Shifts = rng.integers(1, MAX_SHIFT + 1, rows) * rng.choice([-1, 1], rows)
    return shifts


def shift_codes(codes: Codes, shifts: Shifts) -> Codes:
    """Shift windows along the genome: row i begins `shifts[i]` bases further to the right.

    Codes and result are uint8 (N, flank + L + flank). The windows take in real bases of their
    flanks; the outer ends of the flanks are filled with unknown bases.
    """
    width = codes.shape[1]
    positions = np.arange(width) + shifts[:, None]
    known = (positions >= 0) & (positions < width)
    moved = np.take_along_axis(codes, np.where(known, positions, 0), axis=1)
    shifted: Codes = np.where(known, moved, np.uint8(UNKNOWN)).astype(np.uint8)
    return shifted


def shift_stability(scores: Maps, moved: Maps, shifts: Shifts) -> Values:
    """Correlate maps of windows with maps of shifted windows over their shared positions: (N,).

    Parameters
    ----------
    scores, moved
        float32 (N, L): maps at the observed bases, of the windows and of windows that begin
        `shifts` bases further to the right.
    shifts
        int64 (N,); each absolute value is smaller than L.
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
    """Correlate the maps (N, L) of several networks; return the mean over pairs: (N,)."""
    pairs = [pearson(first, second) for first, second in combinations(scores, 2)]
    stability: Values = np.mean(pairs, axis=0)
    return stability


def pearson(first: Maps, second: Maps) -> Values:
    """Correlate the rows of two arrays (N, M): float64 (N,); 0 if either row is constant."""
    centred = [
        values - values.mean(axis=1, keepdims=True)
        for values in (first.astype(np.float64), second.astype(np.float64))
    ]
    spread = [np.sqrt((values**2).sum(axis=1)) for values in centred]
    scale, product = spread[0] * spread[1], (centred[0] * centred[1]).sum(axis=1)
    # through rounding, the mean of a constant row may differ from its values
    flat = [np.ptp(values, axis=1) == 0 for values in (first, second)]
    correlations: Values = np.zeros(len(first))
    np.divide(product, scale, out=correlations, where=(scale > 0) & ~(flat[0] | flat[1]))
    return correlations
