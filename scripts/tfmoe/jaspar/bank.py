"""Scanning of sequences with many matrices in one compiled pass.

It is apart from `tfmoe.jaspar.scanning`, because figures and report scan with single matrices in
environments without numba.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.compiled import compiled
from tfmoe.core.sliding import SlidingWindows, Windows
from tfmoe.jaspar.scanning import Weights, both_strands, check_scan, scan_sliding

_BANK_BLOCK = 256  # matrices, counted per strand, scanned at once; their scores fit a CPU's cache


def scan_bank(codes: Windows, matrices: Sequence[Weights]) -> NDArray[np.float32]:
    """Score the best placement of each matrix in each sequence, on either strand, in one pass.

    Parameters
    ----------
    codes
        Uint8 of shape (N, L), or the windows of a long sequence.
    matrices
        M matrices of log-odds, each of shape (4, W) with a W of its own, W <= L.

    Returns
    -------
    ndarray
        Float32 of shape (N, M), bits; column m equals ``scan(codes, matrices[m]).score``.

    Raises
    ------
    ValueError
        As for `tfmoe.jaspar.scanning.scan`.
    """
    if isinstance(codes, SlidingWindows):
        hits = [scan_sliding(codes, pwm) for pwm in matrices]
        return np.stack(hits, axis=1) if hits else np.empty((len(codes), 0), dtype=np.float32)
    for pwm in matrices:
        check_scan(codes, pwm)
    best = np.empty((len(codes), len(matrices)), dtype=np.float32)
    widths = np.array([pwm.shape[1] for pwm in matrices], dtype=np.int64)
    order = np.argsort(widths, kind="stable")
    codes = np.ascontiguousarray(codes)
    for first in range(0, len(order), _BANK_BLOCK // 2):
        chosen = order[first : first + _BANK_BLOCK // 2]
        strands = [both_strands(matrices[index]) for index in chosen]
        found = np.empty((len(codes), 2 * len(chosen)))
        _best_of_bank(codes, *_stack(strands), found)
        best[:, chosen] = found.reshape(len(codes), len(chosen), 2).max(axis=2)
    return best


def _stack(strands: list[tuple[Weights, Weights]]) -> tuple[Weights, NDArray[np.int64]]:
    """Stack matrices, sorted by width, as weights (widest W, 5, 2 M) and widths (2 M,)."""
    both = [weights for pair in strands for weights in pair]
    widths = np.array([weights.shape[1] for weights in both], dtype=np.int64)
    stacked = np.zeros((int(widths[-1]), 5, len(both)))
    for column, weights in enumerate(both):
        stacked[: weights.shape[1], :, column] = weights.T
    return stacked, widths


@compiled
def _best_of_bank(codes: Any, weights: Any, widths: Any, best: Any) -> None:
    """Write the best score of each matrix, sorted by width, to `best`, float64 (N, matrices)."""
    length, number = codes.shape[1], len(widths)
    # the first matrix that has a given position
    begins = np.searchsorted(widths, np.arange(widths[-1]), side="right")
    scores = np.empty(number)
    for row in range(len(codes)):
        found = best[row]
        found[:] = -np.inf
        fitting = number
        for start in range(length - widths[0] + 1):
            while widths[fitting - 1] > length - start:
                fitting -= 1
            scores[:] = 0
            for position in range(widths[fitting - 1]):
                begin = begins[position]
                total = scores[begin:fitting]
                added = weights[position, codes[row, start + position]][begin:fitting]
                # a loop from 0 over adjacent numbers compiles to vector instructions
                for matrix in range(len(total)):
                    total[matrix] += added[matrix]
            for matrix in range(fitting):
                found[matrix] = max(found[matrix], scores[matrix])
