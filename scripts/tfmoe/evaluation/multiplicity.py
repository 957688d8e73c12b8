"""p-values adjusted for how many tests were made; those that are missing do not count."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

Floats = NDArray[np.float64]


def adjust_holm(p_values: Sequence[float] | Floats) -> list[float]:
    """Holm's adjustment over the p-values that are there; NaN stays NaN and does not count.

    The same as ``statsmodels.stats.multitest.multipletests``, which collects Python's garbage at
    each call: over the sets of a run that took a third of the whole evaluation.
    """
    values = np.array(p_values, dtype=np.float64)
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind="stable")]
    scaled = values[order] * np.arange(order.size, 0, -1)
    values[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return [float(value) for value in values]


def adjust_benjamini_hochberg(p_values: Sequence[float] | Floats) -> Floats:
    """Benjamini and Hochberg's q over the p-values that are there; NaN stays NaN, not counted.

    Calling everything of ``q < alpha`` a difference, a share of ``alpha`` of what is called is
    expected to be none, for tests that are independent or depend positively on each other
    (Benjamini and Yekutieli 2001, Annals of Statistics 29:1165).

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
