"""Calibration over the pooled test sequences of many sets.

At 1,000 sequences, the calibration error of a perfectly calibrated model is about .03, so single
sets are too small to judge calibration.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.vocabulary import GKM, PWM, SUMS, EvaluationRole, kind_order, model_order
from tfmoe.evaluation.metrics import Calibration, calibration_metrics
from tfmoe.evaluation.predictions import Column
from tfmoe.evaluation.rows import field_names

COLUMNS = (
    "role",
    "negatives",
    "model",
    "seed",
    "sets",
    "n_pos",
    "n_neg",
    *field_names(Calibration),
)


def are_logits(model: str, role: str) -> bool:
    """Return whether a model's scores are logits of sets with this role, and can be calibrated.

    A matrix scores in bits, and the sums with equal weights in standard deviations. On a factor
    without a model of its own, ``gkm`` is the mean of standardised logits. The conditioned and the
    adapted mixture, fine-tuned networks and k-mers trained on peaks of a new factor give logits.
    """
    return model not in (PWM, *SUMS) and (model != GKM or role == EvaluationRole.IN_DISTRIBUTION)


class PooledScores:
    """Collects scores and labels over sets, by role, kind of negatives, model and seed."""

    def __init__(self) -> None:
        self._parts: dict[tuple[str, str, Column], list[tuple[NDArray[np.float64], ...]]] = (
            defaultdict(list)
        )

    def add(
        self,
        role: str,
        negatives: str,
        columns: Iterable[Column],
        scores: NDArray[np.float64],
        positive: NDArray[np.bool_],
    ) -> None:
        """Add the scores on one set.

        Parameters
        ----------
        role, negatives
            Role and kind of negatives of the set.
        columns
            The C models and seeds.
        scores
            float64, (C, N).
        positive
            bool, (N,).
        """
        label = positive.astype(np.float64)
        for column, row in zip(columns, scores, strict=True):
            if are_logits(column.model, role) and np.isfinite(row).all():
                self._parts[role, negatives, column].append((row, label))

    def table(self, bins: int) -> pd.DataFrame:
        """Return `COLUMNS`: one row per role, kind of negatives, model and seed.

        Every sequence has the same weight, irrespective of its set. A model with scores on only
        some sets is judged on these; ``sets`` is their number.
        """
        rows = []
        for (role, negatives, column), parts in self._parts.items():
            scores, labels = (np.concatenate(values) for values in zip(*parts, strict=True))
            positives = int(labels.sum())
            rows.append(
                {
                    "role": role,
                    "negatives": negatives,
                    "model": column.model,
                    "seed": column.seed,
                    "sets": len(parts),
                    "n_pos": positives,
                    "n_neg": len(labels) - positives,
                    **asdict(calibration_metrics(scores, labels > 0, bins)),
                }
            )
        table = pd.DataFrame(rows, columns=COLUMNS).astype({"seed": "Int64"})
        order = pd.DataFrame(
            {
                "role": table["role"],
                "negatives": table["negatives"].map(kind_order),
                "model": table["model"].map(model_order),
                "seed": table["seed"].fillna(-1),
            }
        )
        positions = order.sort_values(list(order.columns), kind="stable").index
        return table.loc[positions].reset_index(drop=True)
