"""Effect sizes of the tests over data sets, with intervals from noncentral distributions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import gammaln, nctdtrinc
from scipy.stats import ncf

Floats = NDArray[np.float64]
FEWEST_SETS = 3
"""Hedges' correction is undefined for fewer differences."""
# above this value the bounds are proportional to the statistic, and the series for the noncentral
# distributions converge too slowly
LARGE = 1e4


@dataclass(frozen=True)
class Explained:
    """Share of the variation that the models explain, apart from differences between sets.

    Attributes
    ----------
    partial_eta_squared, partial_eta_squared_low, partial_eta_squared_high
        Share in the sample. Its interval is ``l / (l + df1 + df2 + 1)`` at the bounds of the
        noncentrality l (Smithson 2001, Educ. Psychol. Meas. 61:605-632).
    partial_omega_squared, partial_omega_squared_low, partial_omega_squared_high
        Share in the population from which the sets are sampled, ``l / (l + kN)``. The estimate
        may be negative, the bounds of its interval may not (Steiger 2004, Psychol. Methods
        9:164-182).
    """

    partial_eta_squared: float
    partial_eta_squared_low: float
    partial_eta_squared_high: float
    partial_omega_squared: float
    partial_omega_squared_low: float
    partial_omega_squared_high: float


@dataclass(frozen=True)
class HedgesG:
    """Mean difference over sets, in standard deviations of the differences, with its interval."""

    hedges_g: float
    hedges_g_low: float
    hedges_g_high: float


def explained(f: float, df_model: int, df_residual: int, cells: int, alpha: float) -> Explained:
    """Compute the effect sizes of an F test.

    Parameters
    ----------
    f, df_model, df_residual
        The test.
    cells
        Number of analysed values, kN.
    alpha
        Intervals cover ``1 - alpha``. Like F, they assume sphericity.
    """
    low, high = noncentrality_of_f(f, df_model, df_residual, alpha)
    excess, total = df_model * (f - 1), df_model + df_residual + 1
    return Explained(
        partial_eta_squared=df_model * f / (df_model * f + df_residual),
        partial_eta_squared_low=low / (low + total),
        partial_eta_squared_high=high / (high + total),
        partial_omega_squared=excess / (excess + cells),
        partial_omega_squared_low=low / (low + cells),
        partial_omega_squared_high=high / (high + cells),
    )


def hedges_g(differences: Floats, alpha: float) -> HedgesG:
    """Compute the standardised mean of paired differences, with Hedges' (1981) correction.

    Parameters
    ----------
    differences
        float64, (N,); they must vary. With fewer than `FEWEST_SETS`, every result is NaN.
    alpha
        The interval covers ``1 - alpha``.
    """
    number = differences.size
    if number < FEWEST_SETS:
        return HedgesG(np.nan, np.nan, np.nan)
    df = number - 1
    d = float(differences.mean() / differences.std(ddof=1))
    correction = float(np.exp(gammaln(df / 2) - gammaln((df - 1) / 2)) / np.sqrt(df / 2))
    low, high = noncentrality_of_t(float(d * np.sqrt(number)), df, alpha)
    scale = correction / np.sqrt(number)
    return HedgesG(correction * d, scale * low, scale * high)


def noncentrality_of_f(f: float, df1: int, df2: int, alpha: float) -> tuple[float, float]:
    """Find the noncentralities at which an F as large, or small, has probability ``alpha / 2``.

    A bound is 0 if the F is small even under the null hypothesis. `scipy.special.ncfdtrinc` does
    not search above 1e4.
    """
    if f > LARGE:
        low, high = noncentrality_of_f(LARGE, df1, df2, alpha)
        return low * f / LARGE, high * f / LARGE
    bounds = []
    for tail in (1 - alpha / 2, alpha / 2):
        if ncf.cdf(f, df1, df2, 0) <= tail:
            bounds.append(0.0)
            continue
        high = df1 * (f + 1)
        while ncf.cdf(f, df1, df2, high) > tail:
            high *= 2
        bounds.append(float(brentq(lambda x, q: ncf.cdf(f, df1, df2, x) - q, 0, high, (tail,))))
    return bounds[0], bounds[1]


def noncentrality_of_t(t: float, df: int, alpha: float) -> tuple[float, float]:
    """Find the noncentralities at which a t as large, or small, has probability ``alpha / 2``."""
    scale = max(1.0, abs(t) / LARGE)
    low, high = scale * nctdtrinc(df, np.array([1 - alpha / 2, alpha / 2]), t / scale)
    return float(low), float(high)
