"""Calibration of a mixture's logits, after all fitting.

Platt scaling (Platt 1999, Advances in Large Margin Classifiers): a logit z becomes scale * z +
offset, fitted by maximum likelihood. The scale is positive, so the order of sequences, and with it
the AUROC, stays what it is.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from tfmoe.core.errors import TrainingError
from tfmoe.data.datasets import SequenceSet
from tfmoe.models.moe import MixtureHead

# the log of the scale and the offset have normal priors of mean 0 and standard deviation 10: next
# to nothing beside a hundred examples, but both stay finite where the classes are separable
PRIOR = 0.01

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Calibration:
    """A calibrated logit is scale * logit + offset; the scale is positive."""

    scale: float
    offset: float


def calibrate_head(
    head: MixtureHead, logits: NDArray[np.float32], labels: NDArray[np.float32], place: str
) -> None:
    """Calibrate a head.

    Parameters
    ----------
    head
        Not yet calibrated.
    logits, labels
        Shape (N,): what the mixture says of the sequences that it is calibrated on, and whether
        they are bound.
    place
        The mixture, for messages.
    """
    found = fit_calibration(logits, labels)
    head.calibration_scale.fill_(found.scale)
    head.calibration_offset.fill_(found.offset)
    logger.info("%s: calibrated by %.4g x logit + %.4g", place, found.scale, found.offset)


def fit_calibration(logits: NDArray[np.float32], labels: NDArray[np.float32]) -> Calibration:
    """Find scale and offset of the largest posterior density, given logits and labels (N,)."""
    scores, bound = logits.astype(np.float64), labels.astype(np.float64)
    # in units of their spread, as the search is quickest where both numbers are near 1
    unit = float(scores.std()) or 1.0
    scores = scores / unit
    start = np.array([np.log(unit), 0.0])

    def objective(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Negative log posterior and its gradient, by the log of unit * scale and the offset."""
        scale, prior = np.exp(point[0]), point - start
        values = scale * scores + point[1]
        loss = float(np.sum(np.logaddexp(0, values) - bound * values)) + PRIOR / 2 * prior @ prior
        residual = expit(values) - bound
        gradient = np.array([scale * (residual @ scores), residual.sum()])
        return loss / len(scores), (gradient + PRIOR * prior) / len(scores)

    found = minimize(
        objective, start, jac=True, method="L-BFGS-B", options={"gtol": 1e-9, "ftol": 1e-15}
    )
    return Calibration(float(np.exp(found.x[0])) / unit, float(found.x[1]))


def strongest_rows(
    sequences: SequenceSet, strongest: int, rng: np.random.Generator, place: str
) -> NDArray[np.int64]:
    """Choose positives of high rank, with the negatives that belong to them.

    Where test sets hold the strongest peaks, as the paper's do, their positives are easier to tell
    than those of a validation split with peaks of all ranks, on which logits come out too close to
    0 for them. So a mixture can be calibrated on the part of the validation split that is like the
    test set.

    Parameters
    ----------
    sequences
        With the columns ``rank`` (from 1, for positives) and ``experiment``.
    strongest
        The last rank to take.
    rng
        Draws negatives.
    place
        The mixture, for messages.

    Returns
    -------
    ndarray
        Row numbers, sorted: positives up to that rank, the shuffles of these, and of the other
        negatives of each experiment the same share as of its positives.

    Raises
    ------
    TrainingError
        If no positive has such a rank, or none of the negatives is left.
    """
    table = sequences.table
    positive = (table["label"] == 1).to_numpy()
    chosen = positive & table["rank"].between(1, strongest).to_numpy(dtype=np.bool_)
    shuffles = ~positive & table["parent"].notna().to_numpy()
    taken = chosen | (shuffles & table["parent"].isin(table["name"][chosen]).to_numpy())
    others = ~positive & ~shuffles
    for experiment in table["experiment"].unique():
        here = (table["experiment"] == experiment).to_numpy()
        share = (chosen & here).sum() / max(int((positive & here).sum()), 1)
        rows = np.flatnonzero(others & here)
        taken[rng.permutation(rows)[: round(share * len(rows))]] = True
    negatives = int((taken & ~positive).sum())
    if min(int(chosen.sum()), negatives) == 0:
        raise TrainingError(
            f"{place}: {int(chosen.sum())} positives of mixture.judge_splits have a rank up to "
            f"mixture.calibration_strongest = {strongest}, with {negatives} negatives, and both "
            "are needed; raise it, or set it to null (only ready sequences have ranks)"
        )
    return np.flatnonzero(taken)
