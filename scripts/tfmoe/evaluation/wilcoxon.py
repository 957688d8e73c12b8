"""Wilcoxon's signed-rank test over data sets, exact also with ties and zeros."""

from __future__ import annotations

from itertools import count

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Floats = NDArray[np.float64]
# differences are rounded, since mathematically equal ones may differ in the last bits
DECIMALS = 12


def signed_rank_p(differences: Floats) -> Floats:
    """Return p of the exact two-sided test, without sets whose difference is 0.

    Under the hypothesis, every pattern of signs is equally likely, given the absolute differences.
    Equal absolute differences share the mean of their ranks, and all ``2^N`` patterns of these
    ranks are counted, so that p is exact for any N. Sets whose difference is 0 are dropped before
    ranking (Wilcoxon 1949), because they have no direction.

    Parameters
    ----------
    differences
        float64, (..., N).

    Returns
    -------
    ndarray
        float64, (...): twice the probability of the more extreme tail, at most 1; 1 if all
        differences are 0.
    """
    rows = np.round(differences, DECIMALS).reshape(-1, differences.shape[-1])
    # a zero has rank 0: its sign does not change the sum
    ranks = rankdata(np.where(rows == 0, np.nan, np.abs(rows)), axis=1, nan_policy="omit")
    doubled = np.nan_to_num(2 * ranks).astype(np.int64)
    patterns, pattern_of = np.unique(np.sort(doubled, axis=1), axis=0, return_inverse=True)
    tails = np.stack([_lower_tails(pattern) for pattern in patterns])
    positive = np.where(rows > 0, doubled, 0).sum(axis=1)
    lesser = np.minimum(positive, doubled.sum(axis=1) - positive)
    p: Floats = np.minimum(1.0, 2 * tails[pattern_of.reshape(-1), lesser])
    return p.reshape(differences.shape[:-1])


def _lower_tails(doubled_ranks: NDArray[np.int64]) -> Floats:
    """Return the probability that the sum of positive ranks is at most 0, 1, ..., N (N + 1) halves.

    The distribution is that of a sum of independent terms, each 0 or its rank with probability 1/2.
    Ranks are doubled, so that shared ranks are integers.
    """
    size = doubled_ranks.size
    probability = np.zeros(size * (size + 1) + 1)
    probability[0] = 1.0
    for rank in doubled_ranks.tolist():
        shifted = np.zeros_like(probability)
        shifted[rank:] = probability[: probability.size - rank]
        probability = (probability + shifted) / 2
    tails: Floats = np.cumsum(probability)
    return tails


def smallest_adjusted_p(sets: int, pairs: int) -> float:
    """Return the smallest possible p, after Holm's adjustment, of a pair of models on N sets.

    Of ``2^N`` equally likely outcomes, the two most extreme have N differences of the same sign.
    """
    return float(min(1.0, pairs * 2.0 ** (1 - sets)))


def fewest_sets(pairs: int, alpha: float) -> int:
    """Return the smallest number of sets with which the test can reject for any pair."""
    return next(sets for sets in count(1) if smallest_adjusted_p(sets, pairs) < alpha)
