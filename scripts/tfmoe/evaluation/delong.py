"""AUROCs of models on the same sequences and their covariance, by DeLong's method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

Floats = NDArray[np.float64]
Rows = int | NDArray[np.int_]
ROUNDING = 1e-14
"""A variance of a paired difference below this share of the unpaired variance counts as 0."""


@dataclass(frozen=True)
class DeLong:
    """AUROC of k models on one set of sequences.

    Attributes
    ----------
    auroc
        float64, (k,).
    covariance
        float64, (k, k), of the AUROCs; NaN with fewer than two positives or two negatives.
    """

    auroc: Floats
    covariance: Floats


@dataclass(frozen=True)
class PairedTest:
    """Differences of two AUROCs, their intervals, and the two-sided tests that they are zero.

    Each field is float64, a scalar for one pair or (P,) for P pairs. Where a difference has no
    variance, `error` is 0, the interval has no width, and `z` and `p` are NaN. Where the
    covariance is NaN, every field except the difference is NaN.

    Attributes
    ----------
    difference, error
        The difference and its standard error.
    low, high
        Its interval.
    z, p
        Statistic and p-value of the test.
    """

    difference: Floats
    error: Floats
    low: Floats
    high: Floats
    z: Floats
    p: Floats


def placements(positives: Floats, negatives: Floats) -> tuple[Floats, Floats]:
    """Return the share of the other class that each score beats, with ties as one half.

    The mid-ranks of Sun and Xu (2014, IEEE Signal Processing Letters 21:1389) reduce to these
    shares. They cost O((m + n) log(m + n)) per model instead of O(mn).

    Parameters
    ----------
    positives
        Scores of the positives, (k, m), finite.
    negatives
        Scores of the negatives, (k, n), finite.

    Returns
    -------
    tuple
        float64 (k, m): share of negatives below each positive; float64 (k, n): share of positives
        above each negative.
    """
    above = np.empty(positives.shape, np.float64)
    below = np.empty(negatives.shape, np.float64)
    for model, (positive, negative) in enumerate(zip(positives, negatives, strict=True)):
        above[model] = _mid_counts(negative, positive) / negative.size
        below[model] = 1.0 - _mid_counts(positive, negative) / positive.size
    return above, below


def auroc(positives: Floats, negatives: Floats) -> Floats:
    """Return the AUROC of each model, float64 (k,); see `placements` for the arguments."""
    above, _ = placements(positives, negatives)
    result: Floats = above.mean(axis=1)
    return result


def delong(positives: Floats, negatives: Floats) -> DeLong:
    """Compute the AUROC of each model and the covariance of the AUROCs.

    Equations 3 to 5 of DeLong, DeLong and Clarke-Pearson (1988, Biometrics 44:837).

    Parameters
    ----------
    positives
        Scores of the positives, (k, m), finite, m at least 1.
    negatives
        Scores of the negatives, (k, n), finite, n at least 1. A column holds the same sequence for
        all models.

    Returns
    -------
    DeLong
        AUROCs and covariance.
    """
    above, below = placements(positives, negatives)
    models, m = above.shape
    n = below.shape[1]
    if m < 2 or n < 2:
        return DeLong(above.mean(axis=1), np.full((models, models), np.nan))
    covariance = np.cov(above).reshape(models, models) / m
    covariance += np.cov(below).reshape(models, models) / n
    return DeLong(above.mean(axis=1), covariance)


def paired_test(result: DeLong, model: Rows, other: Rows, alpha: float) -> PairedTest:
    """Test whether two of the models have the same AUROC.

    Parameters
    ----------
    result
        Result of `delong`.
    model, other
        Rows of the two models, or of P pairs, integer (P,). The difference is `model` minus
        `other`.
    alpha
        The interval covers ``1 - alpha``.
    """
    difference = result.auroc[model] - result.auroc[other]
    covariance = result.covariance
    apart = covariance[model, model] + covariance[other, other]
    variance = apart - 2 * covariance[model, other]
    # if two models rank all sequences alike, rounding leaves about 1e-16 of their variances
    variance = np.where(variance <= ROUNDING * apart, 0.0, variance)
    error = np.sqrt(variance)
    width = norm.isf(alpha / 2) * error
    z = difference / np.where(error == 0, np.nan, error)
    p = 2 * norm.sf(np.abs(z))
    return PairedTest(difference, error, difference - width, difference + width, z, p)


def equivalence_p(test: PairedTest, margin: float) -> Floats:
    """Return the p-value of two one-sided tests for a difference smaller than the margin.

    It is the larger p of the tests against ``-margin`` and ``margin`` (Schuirmann 1987, Journal of
    Pharmacokinetics and Biopharmaceutics 15:657). If it is below ``alpha``, the ``1 - 2 alpha``
    interval of the difference lies within the margin.

    Parameters
    ----------
    test
        Differences and their standard errors.
    margin
        Largest difference that counts as irrelevant, above 0.

    Returns
    -------
    ndarray
        float64, with the shape of `test.p`; NaN where a difference has no variance.
    """
    error = np.where(test.error == 0, np.nan, test.error)
    nearest = margin - np.abs(test.difference)
    result: Floats = norm.sf(nearest / error)
    return result


def _mid_counts(reference: Floats, scores: Floats) -> Floats:
    """Count the reference scores below each score, with ties as one half."""
    ordered = np.sort(reference)
    # sorted queries access memory in order, which is several times faster for long arrays
    order = np.argsort(scores)
    sorted_scores = scores[order]
    counts = np.searchsorted(ordered, sorted_scores, side="left").astype(np.float64)
    counts += np.searchsorted(ordered, sorted_scores, side="right")
    result = np.empty(scores.shape, np.float64)
    result[order] = counts / 2
    return result
