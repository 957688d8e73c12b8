"""Tables of the training factors that were left out one by one: AUROCs, and scores of windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tfmoe.core.vocabulary import CONDITIONED, EQUAL_SUM
from tfmoe.models.calibration import Calibration
from tfmoe.models.conditioned.evidence import Evidence
from tfmoe.models.conditioned.gate import EQUAL, LeftOutScores, combine
from tfmoe.models.conditioned.model import calibration_name
from tfmoe.models.conditioned.scores import Member
from tfmoe.models.training_loop import auroc

AUROCS, SCORES = "left_out.tsv", "left_out_scores.parquet"
"""Names of the files."""
SCORE_COLUMNS = ("factor", "matrix", "label", "kind", "logit")
"""Columns of `SCORES`, see `score_table`."""
_COLUMNS = [
    "factor",
    "matrix_id",
    "independent",
    "related",
    "positives",
    "negatives",
    *(kind.value for kind in Member),
    EQUAL_SUM,
    CONDITIONED,
]


@dataclass(frozen=True)
class LeftOutFactor:
    """A training factor whose windows are scored by members that have not seen it.

    Attributes
    ----------
    scores
        The standardised scores of its n windows of the splits gate and validation.
    evidence
        What is known of it without its own models.
    kinds
        Kind of each window (n,), one of `tfmoe.core.vocabulary.Kind`.
    """

    scores: LeftOutScores
    evidence: Evidence
    kinds: Sequence[str]


def auroc_table(
    factors: Sequence[LeftOutFactor], nested: Sequence[Mapping[Member, float]]
) -> pd.DataFrame:
    """Return one row per factor with the AUROCs of its members and of the mixture.

    Parameters
    ----------
    factors
        The left-out factors.
    nested
        For each factor the weights that were chosen without it.

    Returns
    -------
    DataFrame
        factor, matrix_id, independent, related, positives, negatives, and the AUROC of each kind of
        member, of their sum with equal weights, and of the mixture with the nested weights.
    """
    rows = [_row(one, weights) for one, weights in zip(factors, nested, strict=True)]
    return pd.DataFrame(rows, columns=_COLUMNS)


def score_table(
    factors: Sequence[LeftOutFactor],
    nested: Sequence[Mapping[Member, float]],
    calibrations: Mapping[str, Calibration],
) -> pd.DataFrame:
    """Return the logits of windows, calibrated as for unseen factors.

    Parameters
    ----------
    factors, nested
        As for `auroc_table`.
    calibrations
        Calibrations by `tfmoe.models.conditioned.model.calibration_name`.

    Returns
    -------
    DataFrame
        `SCORE_COLUMNS`: factor; whether the matrix takes part in the logit; label, int8; kind of
        the window; logit, float32. Factors with a matrix have each window twice, with the matrix
        and without, because factors without a matrix have a calibration of their own.
    """
    parts = [
        _scored(one, weights, matrix, calibrations[calibration_name(False, matrix)])
        for one, weights in zip(factors, nested, strict=True)
        for matrix in (True, False)
        if not matrix or Member.MATRIX in one.scores.kinds
    ]
    empty = pd.DataFrame({name: [] for name in SCORE_COLUMNS})
    return pd.concat(parts, ignore_index=True) if parts else empty


def _scored(
    one: LeftOutFactor, weights: Mapping[Member, float], matrix: bool, calibration: Calibration
) -> pd.DataFrame:
    kinds = {kind: v for kind, v in one.scores.kinds.items() if matrix or kind != Member.MATRIX}
    logits = calibration.scale * combine(kinds, weights) + calibration.offset
    return pd.DataFrame(
        {
            "factor": one.scores.factor,
            "matrix": matrix,
            "label": one.scores.labels.astype(np.int8),
            "kind": list(one.kinds),
            "logit": logits.astype(np.float32),
        }
    )


def _row(one: LeftOutFactor, weights: Mapping[Member, float]) -> dict[str, object]:
    scores, evidence = one.scores, one.evidence
    return {
        "factor": scores.factor,
        "matrix_id": evidence.matrix_ids,
        "independent": scores.independent,
        "related": ",".join(evidence.specialists) or "-",
        "positives": int(scores.labels.sum()),
        "negatives": int((1 - scores.labels).sum()),
        **{kind.value: auroc(values, scores.labels) for kind, values in scores.kinds.items()},
        EQUAL_SUM: auroc(combine(scores.kinds, EQUAL), scores.labels),
        CONDITIONED: auroc(combine(scores.kinds, weights), scores.labels),
    }
