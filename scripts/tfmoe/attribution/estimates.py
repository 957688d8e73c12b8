"""Bootstrap estimates with percentile intervals over sequences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
_BLOCK = 1 << 21  # values drawn at once, which limits memory to tens of megabytes

Values = NDArray[np.float64]
Statistic = Callable[..., Any]


@dataclass(frozen=True)
class Estimate:
    """A statistic of a sample and its 95 % interval; NaN if the sample is empty."""

    value: float
    low: float
    high: float

    def columns(self, name: str) -> dict[str, float]:
        """Return the estimate as the columns ``name``, ``name_low`` and ``name_high``."""
        return {name: self.value, f"{name}_low": self.low, f"{name}_high": self.high}


def bootstrap(
    values: Values, statistic: Statistic, resamples: int, rng: np.random.Generator
) -> Estimate:
    """Estimate a statistic and its percentile interval.

    Parameters
    ----------
    values
        float64 (N,): one value per sequence. Sequences are resampled with replacement.
    statistic
        Function of an array and an axis, such as ``numpy.mean`` or ``numpy.median``.
    resamples
        Number of resamples.
    rng
        Draws the resamples. Equal states and N draw the same sequences, so that the intervals of
        two methods use the same resamples.
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
