"""Tests of sphericity: whether all differences between models vary equally over sets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import helmert
from scipy.stats import chi2

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Mauchly:
    """Mauchly's W, from 0 to 1 (sphericity), and its p-value; NaN where undefined."""

    mauchly_w: Floats
    mauchly_p: Floats


def greenhouse_geisser(values: Floats) -> Floats:
    """Return Greenhouse and Geisser's (1959) epsilon, from 1 / (k - 1) to 1 (sphericity).

    Parameters
    ----------
    values
        float64, (..., k, N): k models on N sets.

    Returns
    -------
    ndarray
        float64, (...).
    """
    covariance = _contrasts(values)
    trace = np.trace(covariance, axis1=-2, axis2=-1)
    epsilon: Floats = trace**2 / (covariance.shape[-1] * np.sum(covariance**2, axis=(-2, -1)))
    return epsilon


def mauchly(values: Floats) -> Mauchly:
    """Run Mauchly's (1940) test of sphericity, with Box's second-order term for p.

    See Anderson (2003), An Introduction to Multivariate Statistical Analysis, section 10.7. R's
    ``mauchly.test`` uses k instead of k - 1 once in that term, so its p differs by about 1e-4.

    Parameters
    ----------
    values
        float64, (..., k, N). The result is NaN with two models, which have only one difference,
        and unless there are fewer models than sets, because the covariance is then nearly singular.
    """
    models, sets = values.shape[-2:]
    p, n = models - 1, sets - 1
    if p < 2 or p >= n:
        nothing = np.full(values.shape[:-2], np.nan)
        return Mauchly(nothing, nothing)
    covariance = _contrasts(values)
    trace = np.trace(covariance, axis1=-2, axis2=-1)
    w = np.linalg.det(covariance) / (trace / p) ** p
    rho = 1 - (2 * p**2 + p + 2) / (6 * p * n)
    second = (p + 2) * (p - 1) * (p - 2) * (2 * p**3 + 6 * p**2 + 3 * p + 2)
    second /= 288 * (n * p * rho) ** 2
    # by rounding, a singular covariance may have a determinant just below 0
    statistic = -n * rho * np.log(np.clip(w, np.finfo(float).tiny, 1.0))
    df = p * (p + 1) / 2 - 1
    first = chi2.sf(statistic, df)
    adjusted = first + second * (chi2.sf(statistic, df + 4) - first)
    return Mauchly(np.clip(w, 0.0, 1.0), np.clip(adjusted, 0.0, 1.0))


def _contrasts(values: Floats) -> Floats:
    """Return the covariance over sets of k - 1 orthonormal contrasts of the models."""
    contrasts = helmert(values.shape[-2]) @ values
    centred = contrasts - contrasts.mean(axis=-1, keepdims=True)
    covariance: Floats = centred @ np.swapaxes(centred, -1, -2) / (values.shape[-1] - 1)
    return covariance
