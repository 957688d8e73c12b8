"""Paired comparisons of the mixture with every other model on one set of sequences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfmoe.evaluation.delong import delong, paired_test
from tfmoe.evaluation.metrics import find_fault
from tfmoe.evaluation.predictions import Column
from tfmoe.evaluation.settings import MIXTURE, model_order

Floats = NDArray[np.float64]
COLUMNS = (
    "model",
    "other",
    "seeds",
    "auroc_model",
    "auroc_other",
    "difference",
    "low",
    "high",
    "z",
    "p",
    "p_holm",
    "note",
)


def average_seeds(columns: list[Column], scores: Floats) -> dict[str, tuple[int, Floats]]:
    """Average each model's logits over its seeds.

    Averaging comes first and the AUROC second, so that what is compared is one scoring of the set
    by each model: DeLong's method needs one score a sequence and cannot take seeds as repeats.

    Parameters
    ----------
    columns
        The C columns.
    scores
        float64, (C, N).

    Returns
    -------
    dict
        For each model the number of seeds and the mean, float64 (N,); NaN where a seed is.
    """
    rows: dict[str, list[int]] = {}
    for row, column in enumerate(columns):
        rows.setdefault(column.model, []).append(row)
    # the infinities of a broken network average to NaN, which is reported as such
    with np.errstate(invalid="ignore"):
        return {model: (len(own), scores[own].mean(axis=0)) for model, own in rows.items()}


def compare_models(
    scores: Mapping[str, tuple[int, Floats]], positive: NDArray[np.bool_], alpha: float
) -> list[dict[str, Any]]:
    """Compare the mixture with each other model by DeLong's paired test.

    Parameters
    ----------
    scores
        Number of seeds and mean score, (N,), of each model.
    positive
        bool, (N,).
    alpha
        Intervals cover ``1 - alpha``.

    Returns
    -------
    list
        One row a rival, in a fixed order, with `COLUMNS`; ``p_holm`` is adjusted over the rows that
        have a p. What cannot be tested is NaN and says why in ``note``.
    """
    faults = {model: find_fault(values, positive) for model, (_, values) in scores.items()}
    faults.setdefault(MIXTURE, "no scores")
    usable = sorted((model for model in scores if not faults[model]), key=model_order)
    rivals = sorted((model for model in scores if model != MIXTURE), key=model_order)
    stack = np.array([scores[model][1] for model in usable]).reshape(len(usable), positive.size)
    result = delong(stack[:, positive], stack[:, ~positive]) if usable else None
    rows = []
    for other in rivals:
        row: dict[str, Any] = dict.fromkeys(COLUMNS, np.nan)
        row |= {"model": MIXTURE, "other": other, "seeds": scores[other][0]}
        reasons = [f"{name}: {faults[name]}" for name in (MIXTURE, other) if faults[name]]
        row["note"] = "; ".join(reasons)
        if result is not None and not reasons:
            here, there = usable.index(MIXTURE), usable.index(other)
            test = paired_test(result, here, there, alpha)
            row |= {"auroc_model": result.auroc[here], "auroc_other": result.auroc[there]}
            row |= {key: getattr(test, key) for key in ("difference", "low", "high", "z", "p")}
            if np.isnan(test.p):
                row["note"] = "not tested: the difference has no variance"
        rows.append(row)
    for row, adjusted in zip(rows, adjust_holm([row["p"] for row in rows]), strict=True):
        row["p_holm"] = adjusted
    return rows


def adjust_holm(p_values: list[float]) -> list[float]:
    """Holm's adjustment over the p-values that are there; NaN stays NaN and does not count.

    The same as ``statsmodels.stats.multitest.multipletests``, which collects Python's garbage at
    each call: over the sets of a run that took a third of the whole evaluation.
    """
    values = np.array(p_values, dtype=np.float64)
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind="stable")]
    scaled = values[order] * np.arange(order.size, 0, -1)
    values[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return [float(value) for value in values]
