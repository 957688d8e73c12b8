"""Sphericity: whether all differences between models vary equally from set to set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import helmert
from scipy.stats import chi2

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Mauchly:
    """Mauchly's W, from 0 to 1 (sphericity), and its p; NaN where they do not exist."""

    mauchly_w: Floats
    mauchly_p: Floats


def greenhouse_geisser(values: Floats) -> Floats:
    """Greenhouse and Geisser's (1959) estimate of epsilon, from 1 / (k - 1) to 1 (sphericity).

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
    """Mauchly's (1940) test of sphericity, its p with Box's second-order term.

    Anderson (2003), An Introduction to Multivariate Statistical Analysis, section 10.7. R's
    ``mauchly.test`` has k for k - 1 in one place of that term, so that its p differs by some 1e-4.

    Parameters
    ----------
    values
        float64, (..., k, N). With two models there is one difference and nothing to test, and
        where there are not fewer models than sets the covariance is singular or nearly so: NaN.
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
    # a covariance that is singular by rounding has a determinant just below 0
    statistic = -n * rho * np.log(np.clip(w, np.finfo(float).tiny, 1.0))
    df = p * (p + 1) / 2 - 1
    first = chi2.sf(statistic, df)
    adjusted = first + second * (chi2.sf(statistic, df + 4) - first)
    return Mauchly(np.clip(w, 0.0, 1.0), np.clip(adjusted, 0.0, 1.0))


def _contrasts(values: Floats) -> Floats:
    """Covariance over sets of k - 1 orthonormal contrasts of the models, (..., k - 1, k - 1)."""
    contrasts = helmert(values.shape[-2]) @ values
    centred = contrasts - contrasts.mean(axis=-1, keepdims=True)
    covariance: Floats = centred @ np.swapaxes(centred, -1, -2) / (values.shape[-1] - 1)
    return covariance
