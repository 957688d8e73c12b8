"""AUROC to expect on a factor without peaks, from training factors that were left out.

The prediction interval is that of one more draw from a normal distribution of logits of AUROCs
(Geisser 1993, Predictive Inference, section 2.2). It has no covariate: with a handful of factors, a
slope would add more error than it explains.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import binomtest
from scipy.stats import t as student

from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.core.vocabulary import CONDITIONED, EvaluationRole, Subset
from tfmoe.evaluation.metrics import FEW
from tfmoe.evaluation.rows import join_notes
from tfmoe.evaluation.sets import mean_over_seeds, primary_kind

LEVEL = 0.9
"""Probability that the AUROC of a new factor lies in the interval."""
CONFIDENCE = 0.95
"""Level of the interval of the coverage."""
FEWEST = 5
"""With fewer left-out factors there is no prediction."""
OPTIMISTIC = "training factors were chosen, so their AUROCs are optimistic"
LEFT_OUT_COLUMNS = ("factor", "independent", "positives", "negatives", CONDITIONED)
METRICS = ("model", "experiment", "role", "negatives", "subset", "seed", "n_pos", "n_neg", "auroc")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Prediction:
    """Prediction interval of the AUROC of a new factor; NaN with fewer than `FEWEST` factors.

    Attributes
    ----------
    low, estimate, high
        Bounds, and the AUROC at the mean logit.
    """

    low: float
    estimate: float
    high: float


@dataclass(frozen=True)
class Coverage:
    """Share of unseen sets whose AUROC lies in the prediction interval.

    Attributes
    ----------
    covered, sets
        Number of sets in the interval, and of all sets.
    coverage
        The share; NaN without sets or without a prediction.
    coverage_low, coverage_high
        Its exact 95 % interval (Clopper and Pearson 1934, Biometrika 26:404-413).
    """

    covered: int
    sets: int
    coverage: float
    coverage_low: float
    coverage_high: float


COLUMNS = (
    "model",
    "negatives",
    "factors",
    "level",
    *Prediction.__annotations__,
    *Coverage.__annotations__,
    "note",
)


def predict_auroc(aurocs: Floats, pairs: Floats, level: float = LEVEL) -> Prediction:
    """Return the t prediction interval of one more AUROC, computed on the logit scale.

    Parameters
    ----------
    aurocs
        float64, (N,): AUROC of each left-out factor.
    pairs
        float64, (N,): pairs of a positive and a negative behind each AUROC. AUROCs of 0 and 1,
        whose logits are infinite, are moved inwards by half a pair.
    level
        Probability that the interval contains the AUROC.
    """
    number = len(aurocs)
    if number < FEWEST:
        return Prediction(np.nan, np.nan, np.nan)
    logits = logit(np.clip(aurocs, 0.5 / pairs, 1 - 0.5 / pairs))
    half = student.ppf((1 + level) / 2, number - 1) * logits.std(ddof=1) * np.sqrt(1 + 1 / number)
    low, estimate, high = expit(logits.mean() + half * np.array([-1.0, 0.0, 1.0]))
    return Prediction(float(low), float(estimate), float(high))


def find_coverage(aurocs: Floats, prediction: Prediction) -> Coverage:
    """Count the AUROCs (N,) of unseen sets that lie in the interval, with its bounds."""
    sets = len(aurocs)
    if sets == 0 or np.isnan(prediction.low):
        return Coverage(0, sets, np.nan, np.nan, np.nan)
    covered = int(((aurocs >= prediction.low) & (aurocs <= prediction.high)).sum())
    interval = binomtest(covered, sets).proportion_ci(CONFIDENCE, method="exact")
    return Coverage(covered, sets, covered / sets, float(interval.low), float(interval.high))


def expected_table(left_out: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the AUROC to expect on a new factor, and how often it was right on unseen factors.

    Parameters
    ----------
    left_out
        ``moe/conditioned/left_out.tsv``: one row per training factor, scored by models that have
        not seen it.
    metrics
        ``evaluation/metrics.tsv``. Unseen sets are those of the role ``ood`` with at least
        `tfmoe.evaluation.metrics.FEW` positives and negatives of the primary kind; their AUROCs are
        averaged over seeds.

    Returns
    -------
    DataFrame
        One row: `COLUMNS`. ``note`` has the reservations.
    """
    known = left_out[left_out[CONDITIONED].notna()]
    pairs = (known["positives"] * known["negatives"]).to_numpy(dtype=np.float64)
    prediction = predict_auroc(known[CONDITIONED].to_numpy(dtype=np.float64), pairs)
    kind = primary_kind(metrics)
    rows = metrics[(metrics["role"] == EvaluationRole.OOD) & (metrics["model"] == CONDITIONED)]
    rows = rows[(rows[["n_pos", "n_neg"]] >= FEW).all(axis=1)]
    unseen = mean_over_seeds(rows[rows["auroc"].notna()], kind, Subset.ALL)["auroc"]
    coverage = find_coverage(unseen.to_numpy(dtype=np.float64), prediction)
    head = {"model": CONDITIONED, "negatives": kind, "factors": len(known), "level": LEVEL}
    row = head | asdict(prediction) | asdict(coverage) | {"note": _note(known)}
    return pd.DataFrame([row], columns=list(COLUMNS))


def expect_auroc(left_out: Pathlike, metrics: Pathlike) -> pd.DataFrame:
    """Read both tables and return `expected_table`.

    Raises
    ------
    InputError
        If a file is missing, damaged or lacks a column.
    """
    return expected_table(read_tsv(left_out, LEFT_OUT_COLUMNS), read_tsv(metrics, METRICS))


def _note(left_out: pd.DataFrame) -> str:
    number = len(left_out)
    if number < FEWEST:
        return f"only {number} training factors could be left out; at least {FEWEST} are needed"
    independent = int((left_out["independent"].astype(str).str.lower() == "true").sum())
    matrices = ""
    if independent < number:
        matrices = f"only {independent} of {number} have a matrix from other data than the run's"
    return join_notes(OPTIMISTIC, matrices)
