"""Rank tests of models over data sets (Demsar 2006, JMLR 7:1-30)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scikit_posthocs import posthoc_nemenyi_friedman
from scipy.stats import f as f_distribution
from scipy.stats import friedmanchisquare, rankdata, studentized_range

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Friedman:
    """Result of Friedman's test and of its F form.

    Attributes
    ----------
    chi2, p_chi2
        Friedman's statistic, corrected for ties, and its p-value (chi-square, df ``k - 1``).
    f, df_model, df_residual, p
        Iman and Davenport's F with ``k - 1`` and ``(k - 1)(N - 1)`` df, and its p-value. If all
        sets rank the models in the same order, `f` is infinite and `p` is the exact probability of
        this agreement.
    """

    chi2: float
    p_chi2: float
    f: float
    df_model: int
    df_residual: int
    p: float


def rank_models(values: Floats) -> Floats:
    """Rank the models on each set; 1 is the highest AUROC and ties share their mean rank.

    Parameters
    ----------
    values
        float64, (k, N).

    Returns
    -------
    ndarray
        float64, (k, N).
    """
    # mathematically equal means over seeds may differ in the last bit
    ranks: Floats = rankdata(-np.round(values, 12), axis=0)
    return ranks


def friedman(values: Floats) -> Friedman:
    """Run Friedman's test with the correction of Iman and Davenport (1980).

    Parameters
    ----------
    values
        float64, (k, N): at least 3 models on at least 2 sets, not all tied on every set.
    """
    models, sets = values.shape
    chi2, p_chi2 = friedmanchisquare(*rank_models(values))
    df_model, df_residual = models - 1, (models - 1) * (sets - 1)
    room = sets * df_model - chi2
    if room <= 1e-9:
        p = math.exp((1 - sets) * math.lgamma(models + 1))
        return Friedman(float(chi2), float(p_chi2), math.inf, df_model, df_residual, p)
    f = float((sets - 1) * chi2 / room)
    p = float(f_distribution.sf(f, df_model, df_residual))
    return Friedman(float(chi2), float(p_chi2), f, df_model, df_residual, p)


def critical_difference(models: int, sets: int, alpha: float) -> float:
    """Return the smallest difference of average ranks that Nemenyi's test finds significant.

    It is ``q sqrt(k (k + 1) / 6N)``, where q is the upper `alpha` point of the studentized range
    divided by sqrt(2).
    """
    q = float(studentized_range.isf(alpha, models, np.inf)) / math.sqrt(2)
    return q * math.sqrt(models * (models + 1) / (6 * sets))


def nemenyi_p_values(values: Floats) -> Floats:
    """Return p-values of Nemenyi's test for all pairs of models, adjusted over the pairs.

    Parameters
    ----------
    values
        float64, (k, N): at least 2 models on at least 2 sets.

    Returns
    -------
    ndarray
        float64, (k, k); 1 on the diagonal.
    """
    return np.asarray(posthoc_nemenyi_friedman(rank_models(values).T), dtype=np.float64)
