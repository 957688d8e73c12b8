"""Calibration over the pooled test sequences of many sets.

At 1,000 sequences the calibration error of a perfectly calibrated model is about .03, so single
sets say little about calibration; their sequences together say more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.vocabulary import kind_order, model_order
from tfmoe.evaluation.metrics import Calibration, calibration_metrics
from tfmoe.evaluation.predictions import Column

COLUMNS = (
    "role",
    "negatives",
    "model",
    "seed",
    "sets",
    "n_pos",
    "n_neg",
    *(field.name for field in fields(Calibration)),
)
NOT_LOGITS = ("pwm",)
"""Models whose scores are no logits, and have no calibration."""


class PooledScores:
    """Scores and labels of a model, by role and kind of negatives, over all sets."""

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
        """Add a set.

        Parameters
        ----------
        role, negatives
            Of the set.
        columns
            C models and seeds.
        scores
            (C, N).
        positive
            (N,).
        """
        label = positive.astype(np.float64)
        for column, row in zip(columns, scores, strict=True):
            if column.model not in NOT_LOGITS and np.isfinite(row).all():
                self._parts[role, negatives, column].append((row, label))

    def table(self, bins: int) -> pd.DataFrame:
        """Return `COLUMNS`: one row a role, kind of negatives, model and seed.

        Every sequence counts alike, whichever set it is of. A model that has scores on some sets
        only, such as ``gkm``, is judged on those; ``sets`` says on how many.
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
        places = order.sort_values(list(order.columns), kind="stable").index
        return table.loc[places].reset_index(drop=True)
