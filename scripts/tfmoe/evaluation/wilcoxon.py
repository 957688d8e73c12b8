"""Wilcoxon's signed-rank test over data sets, and the number of sets that it needs."""

from __future__ import annotations

from itertools import count

import numpy as np
from numpy.typing import NDArray
from scipy.stats import wilcoxon

Floats = NDArray[np.float64]
# differences are rounded, since mathematically equal ones may differ in the last bits
DECIMALS = 12


def signed_rank_p(differences: Floats) -> Floats:
    """Return p of the exact two-sided test, without sets whose difference is 0.

    Parameters
    ----------
    differences
        float64, (..., N); along the last axis, at least one is not 0.

    Returns
    -------
    ndarray
        float64, (...).
    """
    result: Floats = wilcoxon(np.round(differences, DECIMALS), axis=-1).pvalue
    return result


def smallest_adjusted_p(sets: int, pairs: int) -> float:
    """Return the smallest possible p, after Holm's adjustment, of a pair of models on N sets.

    Of ``2^N`` equally likely outcomes, the two most extreme have N differences of the same sign.
    """
    return float(min(1.0, pairs * 2.0 ** (1 - sets)))


def fewest_sets(pairs: int, alpha: float) -> int:
    """Return the smallest number of sets with which the test can reject for any pair."""
    return next(sets for sets in count(1) if smallest_adjusted_p(sets, pairs) < alpha)
