"""Calibration of a mixture's logits by Platt scaling, after all fitting.

A logit z becomes scale * z + offset, fitted by maximum likelihood (Platt 1999, Advances in Large
Margin Classifiers). The scale is positive, so the order of the sequences and the AUROC do not
change.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from tfmoe.core.errors import TrainingError
from tfmoe.data.datasets import SequenceSet
from tfmoe.models.moe import MixtureHead

# The log of the scale and the offset have normal priors of mean 0 and standard deviation 10. With a
# hundred examples the priors hardly matter, but they keep both finite where the classes are
# separable.
PRIOR = 0.01

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Calibration:
    """Scale and offset of a calibrated logit, scale * logit + offset; the scale is positive."""

    scale: float
    offset: float


def calibrate_head(
    head: MixtureHead, logits: NDArray[np.float32], labels: NDArray[np.float32], label: str
) -> None:
    """Calibrate a head.

    Parameters
    ----------
    head
        An uncalibrated head.
    logits, labels
        Shape (N,): the mixture's logits of the sequences to calibrate on, and their labels.
    label
        Name of the mixture, for messages.
    """
    found = fit_calibration(logits, labels)
    head.calibration_scale.fill_(found.scale)
    head.calibration_offset.fill_(found.offset)
    logger.info("%s: calibrated by %.4g x logit + %.4g", label, found.scale, found.offset)


def fit_calibration(logits: NDArray[np.float32], labels: NDArray[np.float32]) -> Calibration:
    """Return the scale and offset of highest posterior density, given logits and labels (N,)."""
    scores, bound = logits.astype(np.float64), labels.astype(np.float64)
    # in units of the spread, because the search is fastest where both numbers are near 1
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

    # imported here, because a model in use fits nothing
    from scipy.optimize import minimize

    found = minimize(
        objective, start, jac=True, method="L-BFGS-B", options={"gtol": 1e-9, "ftol": 1e-15}
    )
    return Calibration(float(np.exp(found.x[0])) / unit, float(found.x[1]))


def strongest_rows(
    sequences: SequenceSet, strongest: int, rng: np.random.Generator, label: str
) -> NDArray[np.int64]:
    """Select positives of high rank, together with their negatives.

    If a test set contains only the strongest peaks, as the paper's do, its positives are easier to
    classify than those of a validation split with peaks of all ranks. Logits calibrated on the
    whole validation split are then too close to 0. A mixture can therefore be calibrated on the
    part of the validation split that resembles the test set.

    Parameters
    ----------
    sequences
        With the columns ``rank`` (from 1, for positives) and ``experiment``.
    strongest
        The last rank to include.
    rng
        Draws negatives.
    label
        Name of the mixture, for messages.

    Returns
    -------
    ndarray
        Sorted row numbers: the positives up to that rank, their shuffles, and for each experiment
        the same share of its other negatives as of its positives.

    Raises
    ------
    TrainingError
        If no positives or no negatives are left.
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
            f"{label}: {int(chosen.sum())} positives of mixture.judge_splits have a rank up to "
            f"mixture.calibration_strongest = {strongest}, with {negatives} negatives; "
            "expected some of both; raise it, or set it to null (only ready sequences have ranks)"
        )
    return np.flatnonzero(taken)
