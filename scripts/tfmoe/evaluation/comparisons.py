"""Paired comparisons of all models, two at a time, on one set of sequences."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.vocabulary import MIXTURE, is_expert, is_other_expert, model_order
from tfmoe.evaluation.delong import DeLong, delong, equivalence_p, paired_test
from tfmoe.evaluation.metrics import FEW, find_fault
from tfmoe.evaluation.multiplicity import adjust_benjamini_hochberg, adjust_holm
from tfmoe.evaluation.predictions import Column

LOGGER = logging.getLogger(__name__)
Floats = NDArray[np.float64]
Indices = NDArray[np.int_]
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
    "p_holm_pairs",
    "q",
    "margin",
    "p_equivalence",
    "note",
)
MOST_EXPERTS = 20
"""With more single experts than this, two of them are not compared: 200 make 19,900 pairs a set."""


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
    scores: Mapping[str, tuple[int, Floats]],
    positive: NDArray[np.bool_],
    alpha: float,
    margin: float,
) -> pd.DataFrame:
    """Compare every two models by DeLong's paired test.

    Parameters
    ----------
    scores
        Number of seeds and mean score, (N,), of each model.
    positive
        bool, (N,).
    alpha
        Intervals cover ``1 - alpha``.
    margin
        Difference of AUROCs that does not matter.

    Returns
    -------
    DataFrame
        One row a pair, in a fixed order, with `COLUMNS` less ``q``. Pairs of the mixture come first
        and have it as ``model``, even if it has no scores. ``p`` is of the test that the AUROCs are
        equal, and ``p_equivalence`` of the one that they differ by at least ``margin``.
        ``p_holm`` is adjusted over the mixture's pairs, and NaN in others; ``p_holm_pairs`` over
        all pairs; ``p_equivalence`` is not adjusted. ``seeds`` are those of ``other``. What cannot
        be tested is NaN and says why in ``note``.
    """
    models = sorted({MIXTURE, *scores}, key=model_order)
    result, remarks = _score_models(models, scores, positive)
    first, second = _pair(models)
    test = paired_test(result, first, second, alpha)
    p_holm = np.full(first.size, np.nan)
    # the mixture is the first in the order of models
    p_holm[first == 0] = adjust_holm(test.p[first == 0])
    shared = _size_remark(positive)
    table = {
        "model": [models[row] for row in first],
        "other": [models[row] for row in second],
        "seeds": [scores[models[row]][0] for row in second],
        "auroc_model": result.auroc[first],
        "auroc_other": result.auroc[second],
        **{key: getattr(test, key) for key in ("difference", "low", "high", "z", "p")},
        "p_holm": p_holm,
        "p_holm_pairs": np.array(adjust_holm(test.p), dtype=np.float64),
        "margin": np.full(first.size, margin),
        "p_equivalence": equivalence_p(test, margin),
        "note": [
            _join(remarks[row], remarks[column], shared, _untested(error))
            for row, column, error in zip(first, second, test.error, strict=True)
        ],
    }
    return pd.DataFrame(table)


def adjust_over_sets(table: pd.DataFrame) -> pd.Series[float]:
    """Adjust the p of each pair of models over sets, after Benjamini and Hochberg.

    Parameters
    ----------
    table
        Comparisons on all sets of a run, with their role, kind of negatives and subset: tests of
        one pair that have these in common are adjusted together.

    Returns
    -------
    Series
        ``q`` of each row; NaN where there is no p.
    """
    family = table.groupby(["model", "other", "role", "negatives", "subset"], sort=False)["p"]
    return family.transform(lambda values: adjust_benjamini_hochberg(values.to_numpy()))


def _score_models(
    models: Sequence[str],
    scores: Mapping[str, tuple[int, Floats]],
    positive: NDArray[np.bool_],
) -> tuple[DeLong, list[str]]:
    """Return AUROCs and covariance, NaN for a model without, and what is to be said of each."""
    remarks = ["no scores"] * len(models)
    usable = []
    for row, model in enumerate(models):
        if model in scores:
            remarks[row] = find_fault(scores[model][1], positive)
            usable += [] if remarks[row] else [row]
    auroc = np.full(len(models), np.nan)
    covariance = np.full((len(models), len(models)), np.nan)
    if usable:
        stack = np.array([scores[models[row]][1] for row in usable])
        found = delong(stack[:, positive], stack[:, ~positive])
        auroc[usable] = found.auroc
        covariance[np.ix_(usable, usable)] = found.covariance
    for row in usable:
        if covariance[row, row] == 0:
            remarks[row] = _certain(auroc[row])
    named = [
        f"{model}: {text}" if text else "" for model, text in zip(models, remarks, strict=True)
    ]
    return DeLong(auroc, covariance), named


def _certain(auroc: float) -> str:
    """Say why an AUROC has no variance: no score, or each, stands in the place of another."""
    if auroc == 0.5:
        return "all scores are equal"
    return "perfect separation" if auroc == 1 else "perfect separation, negatives above positives"


def _pair(models: Sequence[str]) -> tuple[Indices, Indices]:
    """Return the rows of both models of each pair, each of the first before its own others."""
    first, second = np.triu_indices(len(models), 1)
    single = np.array([is_expert(model) or is_other_expert(model) for model in models])
    if single.sum() > MOST_EXPERTS:
        LOGGER.info("%d experts: no two of them are compared with each other", single.sum())
        kept = ~(single[first] & single[second])
        first, second = first[kept], second[kept]
    return first, second


def _size_remark(positive: NDArray[np.bool_]) -> str:
    fewest = min(int(positive.sum()), int((~positive).sum()))
    if fewest == 1:
        return "not tested: only one sequence in the smaller class"
    return f"only {fewest} sequences in the smaller class" if 1 < fewest < FEW else ""


def _untested(error: float) -> str:
    return "not tested: the difference has no variance" if error == 0 else ""


def _join(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
