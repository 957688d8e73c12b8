"""Confirm motifs on the test split: compare hit rates in held-out peaks and negatives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.dna import Codes
from tfmoe.jaspar.scanning import base_composition, log_odds, scan, threshold_at
from tfmoe.motifs.patterns import Matrix4


@dataclass(frozen=True)
class Confirmation:
    """Hit rates of one motif in test positives and test negatives.

    Attributes
    ----------
    threshold
        Lowest score, in bits, of a hit.
    positives, positives_hit, negatives, negatives_hit
        Number of sequences, and number of sequences with at least one hit on either strand.
    rate_positives, rate_positives_low, rate_positives_high
        Hit rate with its 95 % Wilson interval; NaN without sequences. Likewise for negatives.
    odds_ratio
        Odds ratio with 0.5 added to each cell (Haldane-Anscombe), so that it is finite.
    fisher_p
        One-sided p-value of Fisher's exact test for more hits in positives.
    """

    threshold: float
    positives: int
    positives_hit: int
    rate_positives: float
    rate_positives_low: float
    rate_positives_high: float
    negatives: int
    negatives_hit: int
    rate_negatives: float
    rate_negatives_low: float
    rate_negatives_high: float
    odds_ratio: float
    fisher_p: float


@dataclass(frozen=True, eq=False)
class SequenceHits:
    """Sequences with a hit: threshold in bits, bool (N,) for positives, bool (M,) for negatives."""

    threshold: float
    positives: NDArray[np.bool_]
    negatives: NDArray[np.bool_]


def find_hits(
    probabilities: Matrix4, positives: Codes, negatives: Codes, p_value: float
) -> SequenceHits:
    """Find the sequences with a hit on either strand; the parameters are those of `confirm`."""
    background = base_composition(np.concatenate([positives.ravel(), negatives.ravel()]))
    pwm = log_odds(probabilities, background)
    threshold = threshold_at(pwm, p_value, background)
    hit = []
    for codes in (positives, negatives):
        usable = len(codes) > 0 and codes.shape[1] >= pwm.shape[1]
        none = np.zeros(len(codes), dtype=np.bool_)
        hit.append(scan(codes, pwm).score >= threshold if usable else none)
    return SequenceHits(threshold, *hit)


def confirm(
    probabilities: Matrix4, positives: Codes, negatives: Codes, p_value: float
) -> Confirmation:
    """Compare a motif's hit rates in test positives and test negatives.

    Parameters
    ----------
    probabilities
        Shape (4, W).
    positives, negatives
        Codes, uint8 of shape (N, L) and (M, L). Their joint base composition is the background.
    p_value
        A position on one strand is a hit if a random word reaches its score with at most this
        probability.
    """
    return compare_hits(find_hits(probabilities, positives, negatives, p_value))


def compare_hits(found: SequenceHits) -> Confirmation:
    """Compare the hit rates in positives and negatives."""
    both_kinds = (found.positives, found.negatives)
    hit, total = [int(kind.sum()) for kind in both_kinds], [len(kind) for kind in both_kinds]
    missed = [total[0] - hit[0], total[1] - hit[1]]
    both = min(total) > 0
    odds = ((hit[0] + 0.5) * (missed[1] + 0.5)) / ((missed[0] + 0.5) * (hit[1] + 0.5))
    return Confirmation(
        found.threshold,
        total[0],
        hit[0],
        *rate_with_interval(hit[0], total[0]),
        total[1],
        hit[1],
        *rate_with_interval(hit[1], total[1]),
        odds if both else np.nan,
        _fisher([hit[0], missed[0]], [hit[1], missed[1]]) if both else np.nan,
    )


def rate_with_interval(hits: int, total: int) -> tuple[float, float, float]:
    """Return a rate and its 95 % Wilson interval; three NaN if `total` is 0."""
    from scipy.stats import binomtest

    if total == 0:
        return np.nan, np.nan, np.nan
    interval = binomtest(hits, total).proportion_ci(0.95, method="wilson")
    return hits / total, float(interval.low), float(interval.high)


def _fisher(positives: list[int], negatives: list[int]) -> float:
    from scipy.stats import fisher_exact

    return float(fisher_exact([positives, negatives], alternative="greater").pvalue)
