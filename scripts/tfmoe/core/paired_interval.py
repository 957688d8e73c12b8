"""Interval of the mean of paired differences over repeats, which are seeds or experiments."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import stdtrit

MIN_REPEATS = 3
"""With fewer repeats, the interval would reflect the t distribution more than the data."""

Values = np.ndarray[Any, np.dtype[np.float64]]


def paired_interval(differences: Values, alpha: float) -> tuple[float, float]:
    """Return the interval of the mean of paired differences (N,), from the t distribution.

    Both bounds are NaN if N is less than `MIN_REPEATS`.
    """
    number = len(differences)
    if number < MIN_REPEATS:
        return float("nan"), float("nan")
    deviation = standard_deviation(differences)
    # the quantile of scipy.stats.t, without an import that takes as long as that of pandas
    half = float(stdtrit(number - 1, 1 - alpha / 2)) * deviation / np.sqrt(number)
    return float(differences.mean() - half), float(differences.mean() + half)


def standard_deviation(values: Values) -> float:
    """Return the standard deviation of a sample (N,); NaN for a single value."""
    return float(values.std(ddof=1)) if len(values) > 1 else float("nan")
