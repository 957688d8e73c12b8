"""Wilcoxon's signed-rank test over data sets, and whether it can reject at all."""

from __future__ import annotations

from itertools import count

import numpy as np
from numpy.typing import NDArray
from scipy.stats import wilcoxon

Floats = NDArray[np.float64]
# differences that are equal on paper differ in the last bits
DECIMALS = 12


def signed_rank_p(differences: Floats) -> Floats:
    """P of the exact two-sided test; sets without a difference are left out.

    Parameters
    ----------
    differences
        float64, (..., N), not all 0 along the last axis.

    Returns
    -------
    ndarray
        float64, (...).
    """
    result: Floats = wilcoxon(np.round(differences, DECIMALS), axis=-1).pvalue
    return result


def smallest_adjusted_p(sets: int, pairs: int) -> float:
    """Smallest p after Holm's adjustment that any outcome of N sets can give one of the pairs.

    All N differences having one sign is the most extreme of ``2^N`` outcomes, on two sides.
    """
    return float(min(1.0, pairs * 2.0 ** (1 - sets)))


def fewest_sets(pairs: int, alpha: float) -> int:
    """Return how many sets the test needs to be able to reject for one of the pairs."""
    return next(sets for sets in count(1) if smallest_adjusted_p(sets, pairs) < alpha)
