"""What one model's scores on one set of sequences are worth, as numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import rankdata
from sklearn.metrics import precision_recall_curve

Floats = NDArray[np.float64]
FEW = 10
"""Below this number of positives or negatives a row says that its interval is not to be trusted."""


@dataclass(frozen=True)
class Ranking:
    """How well scores put positives before negatives, at the set's own prevalence.

    Attributes
    ----------
    auprc
        Average precision.
    recall_at_fdr10, recall_at_fdr50
        Largest recall of any threshold at which at most 10 % (50 %) of what is called is false.
    """

    auprc: float
    recall_at_fdr10: float
    recall_at_fdr50: float


@dataclass(frozen=True)
class Calibration:
    """How well probabilities match the labels, at the set's own prevalence.

    Attributes
    ----------
    brier
        Mean squared difference between probability and label.
    ece
        Expected calibration error over bins of equal mass.
    ece_expected
        The `ece` to expect from these probabilities if they were perfectly calibrated: the noise
        floor at this number of sequences.
    """

    brier: float
    ece: float
    ece_expected: float


def find_fault(scores: Floats, positive: NDArray[np.bool_]) -> str:
    """Say why scores cannot be evaluated; an empty string if they can.

    Parameters
    ----------
    scores
        float64, (N,).
    positive
        bool, (N,).
    """
    if not positive.any():
        return "no positives"
    if positive.all():
        return "no negatives"
    bad = int((~np.isfinite(scores)).sum())
    return f"{bad} of {scores.size} scores are not finite" if bad else ""


def find_caution(scores: Floats, positive: NDArray[np.bool_]) -> str:
    """Say what a reader of the numbers has to know about the scores; empty if nothing."""
    cautions = []
    n_positive = int(positive.sum())
    fewest = min(n_positive, scores.size - n_positive)
    if fewest < FEW:
        cautions.append(f"only {fewest} sequences in the smaller class")
    if np.ptp(scores) == 0:
        cautions.append("all scores are equal")
    elif scores[positive].min() > scores[~positive].max():
        cautions.append("perfect separation: the interval has no width")
    return "; ".join(cautions)


def rank_metrics(scores: Floats, positive: NDArray[np.bool_]) -> Ranking:
    """Average precision and recall at fixed false discovery rates.

    Parameters
    ----------
    scores
        float64, (N,), finite.
    positive
        bool, (N,), with both classes.
    """
    precision, recall, _ = precision_recall_curve(positive, scores)
    auprc = float(-np.sum(np.diff(recall) * precision[:-1]))
    # the curve ends in a point of precision 1 and recall 0, so there is always one to take
    at_10, at_50 = (float(recall[precision >= 1 - fdr].max()) for fdr in (0.1, 0.5))
    return Ranking(auprc, at_10, at_50)


def calibration_metrics(logits: Floats, positive: NDArray[np.bool_], bins: int) -> Calibration:
    """Brier score and calibration error of logits.

    Bins hold equal numbers of sequences, but for ties: equal probabilities share a bin, so that the
    order of the rows never matters. The noise floor takes each bin's error as normal: its mean
    absolute value is ``sqrt(2 / pi)`` times its standard deviation under labels drawn with the
    given probabilities.

    Parameters
    ----------
    logits
        float64, (N,), finite.
    positive
        bool, (N,).
    bins
        Number of bins.
    """
    probability = expit(logits)
    label = positive.astype(np.float64)
    place = np.floor((rankdata(probability) - 0.5) / probability.size * bins).astype(np.int64)
    excess = np.bincount(place, label - probability, minlength=bins)
    variance = np.bincount(place, probability * (1 - probability), minlength=bins)
    return Calibration(
        brier=float(np.mean((probability - label) ** 2)),
        ece=float(np.abs(excess).sum() / probability.size),
        ece_expected=float(np.sqrt(2 / np.pi * variance).sum() / probability.size),
    )
