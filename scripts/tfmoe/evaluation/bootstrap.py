"""Stratified bootstrap of the AUROC, for many models and resamples at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Floats = NDArray[np.float64]

# weights of one block of resamples: small enough to stay in a core's cache
BLOCK = 250_000


def bootstrap_auroc(
    positives: Floats, negatives: Floats, resamples: int, rng: np.random.Generator
) -> Floats:
    """AUROC of resamples drawn with replacement, positives and negatives apart.

    All models are scored on the same resamples. The scores are never sorted again: each resample is
    a weight for each sequence, and the weighted count of negatives below each positive is a sparse
    product followed by a cumulative sum.

    Parameters
    ----------
    positives
        Scores of the positives, (k, m), finite, m at least 1.
    negatives
        Scores of the negatives, (k, n), finite, n at least 1.
    resamples
        Number of resamples B.
    rng
        Source of the draws.

    Returns
    -------
    ndarray
        float64, (k, B).
    """
    models, m = positives.shape
    n = negatives.shape[1]
    orders = np.argsort(positives, axis=1)
    slots = [
        _slots(positive[order], negative)
        for positive, order, negative in zip(positives, orders, negatives, strict=True)
    ]
    result = np.empty((models, resamples))
    block = max(1, BLOCK // max(m, n))
    for first in range(0, resamples, block):
        width = min(block, resamples - first)
        weights = _draw(m, width, rng).astype(np.float64)
        negative_weights = _draw(n, width, rng)
        for model in range(models):
            below = np.cumsum(slots[model] @ negative_weights, axis=0)[:-1]
            wins = np.einsum("ib,ib->b", weights[orders[model]], below)
            result[model, first : first + width] = wins / (2.0 * m * n)
    return result


def interval(resampled: Floats, alpha: float) -> tuple[Floats, Floats]:
    """Percentile interval of coverage ``1 - alpha`` along the last axis."""
    low, high = np.quantile(resampled, [alpha / 2, 1 - alpha / 2], axis=-1)
    return low, high


def _slots(ordered: Floats, negatives: Floats) -> csr_array:
    """Assign each negative to its place among the ordered positives, in half counts.

    Row r, column j is the half wins that positive r has over negative j and positive r - 1 has not:
    2 in one row, or 1 in two rows when j ties with positives. Row m holds what no positive beats.
    """
    first_equal = np.searchsorted(ordered, negatives, side="left")
    first_above = np.searchsorted(ordered, negatives, side="right")
    columns = np.arange(negatives.size)
    entries = np.ones(2 * negatives.size, np.int64)
    places = (np.r_[first_equal, first_above], np.r_[columns, columns])
    return csr_array((entries, places), shape=(ordered.size + 1, negatives.size))


def _draw(size: int, resamples: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Count how often each of `size` items is in each resample: int64, (size, resamples)."""
    drawn = rng.integers(size, size=(size, resamples))
    cells = drawn * resamples + np.arange(resamples)
    return np.bincount(cells.ravel(), minlength=size * resamples).reshape(size, resamples)
