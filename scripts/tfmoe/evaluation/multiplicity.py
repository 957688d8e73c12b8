"""Adjustment of p-values for multiple testing; missing p-values do not count as tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

Floats = NDArray[np.float64]


def adjust_holm(p_values: Sequence[float] | Floats) -> list[float]:
    """Adjust p-values by Holm's method; NaN stays NaN and does not count.

    The result equals that of ``statsmodels.stats.multitest.multipletests``, which runs Python's
    garbage collector at each call and took a third of the time of an evaluation.
    """
    values = np.array(p_values, dtype=np.float64)
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind="stable")]
    scaled = values[order] * np.arange(order.size, 0, -1)
    values[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return [float(value) for value in values]


def adjust_benjamini_hochberg(p_values: Sequence[float] | Floats) -> Floats:
    """Return Benjamini and Hochberg's q; NaN stays NaN and does not count.

    Among differences with ``q < alpha``, an expected share of at most ``alpha`` is false, for
    independent or positively dependent tests (Benjamini and Yekutieli 2001, Annals of Statistics
    29:1165).

    Parameters
    ----------
    p_values
        (P,), from 0 to 1 or NaN.

    Returns
    -------
    ndarray
        float64, (P,).
    """
    values = np.array(p_values, dtype=np.float64)
    known = ~np.isnan(values)
    if known.any():
        values[known] = false_discovery_control(values[known], method="bh")
    return values
