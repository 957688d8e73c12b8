"""Estimates with percentile intervals, by resampling sequences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
_BLOCK = 1 << 21  # values drawn at once: bounds memory to some tens of megabytes

Values = NDArray[np.float64]
Statistic = Callable[..., Any]


@dataclass(frozen=True)
class Estimate:
    """A statistic of a sample and its 95 % interval; NaN where the sample is empty."""

    value: float
    low: float
    high: float

    def columns(self, name: str) -> dict[str, float]:
        """Return the estimate as the columns ``name``, ``name_low`` and ``name_high``."""
        return {name: self.value, f"{name}_low": self.low, f"{name}_high": self.high}


def bootstrap(
    values: Values, statistic: Statistic, resamples: int, rng: np.random.Generator
) -> Estimate:
    """Estimate a statistic and its interval.

    Parameters
    ----------
    values
        float64 (N,): one value a sequence. Sequences are resampled, with replacement.
    statistic
        ``numpy.mean`` or ``numpy.median``: a function that takes an array and an axis.
    resamples
        Number of resamples.
    rng
        Its state decides the resamples: equal states and N give equal rows, so intervals of two
        methods on the same sequences rest on the same resamples.
    """
    if len(values) == 0:
        return Estimate(np.nan, np.nan, np.nan)
    step = max(1, _BLOCK // len(values))
    draws = []
    for start in range(0, resamples, step):
        rows = rng.integers(len(values), size=(min(step, resamples - start), len(values)))
        draws.append(statistic(values[rows], axis=1))
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(np.concatenate(draws), [tail, 1 - tail])
    return Estimate(float(statistic(values, axis=0)), float(low), float(high))
