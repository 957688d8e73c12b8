"""Similarity of two matrices, for deciding which training factors a new factor resembles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tfmoe.jaspar.matrices import Matrix

Columns = NDArray[np.float64]


def matrix_similarity(first: Matrix, second: Matrix) -> float:
    """Return the cosine similarity of two matrices at their best alignment, on either strand.

    Probabilities minus 1/4 are compared, so that columns without information count nothing. Columns
    beyond the end of the other matrix count as columns without information: a matrix that contains
    another one and more is similar to it only as far as the shared part holds its information.

    Returns
    -------
    float
        1 for equal matrices, about 0 for unrelated ones; 0 if one has no information at all.
    """
    one, other = _centred(first), _centred(second)
    norm = float(np.linalg.norm(one) * np.linalg.norm(other))
    if norm == 0:
        return 0.0
    return max(_best_overlap(one, other), _best_overlap(one, other[::-1, ::-1])) / norm


def _centred(matrix: Matrix) -> Columns:
    return np.asarray(matrix.probabilities, dtype=np.float64) - 0.25


def _best_overlap(one: Columns, other: Columns) -> float:
    """Return the largest sum of products over all alignments of two matrices (4, W)."""
    # products[i, j]: column i against column j; an alignment is one of its diagonals
    products = one.T @ other
    offsets = range(1 - products.shape[0], products.shape[1])
    return max(float(np.trace(products, offset=offset)) for offset in offsets)
