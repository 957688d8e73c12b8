"""One-way analysis of variance and Tukey's test, as in the published analysis."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import f_oneway, studentized_range

from tfmoe.evaluation.mean_squares import ROUNDING

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class OneWay:
    """One-way analysis of variance of k models with t trials each.

    `omega_squared` is not truncated at 0, so it may be slightly negative.
    """

    f: float
    df_between: int
    df_within: int
    p: float
    eta_squared: float
    omega_squared: float


@dataclass(frozen=True)
class TukeyPair:
    """Difference of two models' means, its simultaneous interval, and Tukey's adjusted p."""

    difference: float
    low: float
    high: float
    p_adjusted: float


def one_way(values: Floats) -> OneWay:
    """Run a one-way analysis of variance.

    Parameters
    ----------
    values
        float64, (k, t): k models with t trials each. There must be at least two of each, and the
        trials of a model must differ (`spread_within`).
    """
    models, trials = values.shape
    test = f_oneway(*values)
    df_between, df_within = models - 1, models * (trials - 1)
    f = float(test.statistic)
    eta = df_between * f / (df_between * f + df_within)
    omega = df_between * (f - 1) / (df_between * (f - 1) + models * trials)
    return OneWay(f, df_between, df_within, float(test.pvalue), eta, omega)


def spread_within(values: Floats) -> bool:
    """Return whether the trials of any model differ; ``values`` is (k, t)."""
    return bool(np.ptp(values, axis=1).max() > ROUNDING)


def tukey_pairs(values: Floats, model: int, alpha: float) -> dict[int, TukeyPair]:
    """Compare one model with each of the others by Tukey's honestly significant difference.

    P-values are adjusted over all pairs of the k models, but only the pairs with `model` are
    computed, since each p costs a double integral.

    Parameters
    ----------
    values
        float64, (k, t); the trials of a model must differ.
    model
        Row of the model from which the others are subtracted.
    alpha
        The simultaneous intervals cover ``1 - alpha``.
    """
    models, trials = values.shape
    df_within = models * (trials - 1)
    means = values.mean(axis=1)
    error = float(np.sqrt(values.var(axis=1, ddof=1).mean() / trials))
    width = critical_range(models, df_within, alpha) * error
    others = [other for other in range(models) if other != model]
    differences = means[model] - means[others]
    p_values = studentized_range.sf(np.abs(differences) / error, models, df_within)
    return {
        other: TukeyPair(difference, difference - width, difference + width, min(1.0, max(0.0, p)))
        for other, difference, p in zip(
            others, differences.tolist(), np.atleast_1d(p_values).tolist(), strict=True
        )
    }


@cache
def critical_range(models: int, df: float, alpha: float) -> float:
    """Return the upper `alpha` point of the studentized range of `models` means with `df` df."""
    return float(studentized_range.isf(alpha, models, df))
