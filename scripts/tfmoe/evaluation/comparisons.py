"""Paired comparisons of all models on one set of sequences."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.vocabulary import is_expert, is_other_expert, model_order
from tfmoe.evaluation.delong import DeLong, delong, equivalence_p, paired_test
from tfmoe.evaluation.metrics import FEW, find_fault
from tfmoe.evaluation.multiplicity import adjust_benjamini_hochberg, adjust_holm
from tfmoe.evaluation.predictions import Column
from tfmoe.evaluation.references import comparable
from tfmoe.evaluation.rows import join_notes

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
"""With more single experts, experts are not compared with each other.

200 experts would add 19,900 pairs per set.
"""


def average_seeds(columns: list[Column], scores: Floats) -> dict[str, tuple[int, Floats]]:
    """Average each model's logits over its seeds.

    Logits are averaged before the AUROC is computed, because DeLong's method needs one score per
    sequence and model and cannot treat seeds as replicates.

    Parameters
    ----------
    columns
        The C columns.
    scores
        float64, (C, N).

    Returns
    -------
    dict
        The number of seeds and the mean score, float64 (N,), of each model; NaN where the score
        of any seed is NaN.
    """
    rows: dict[str, list[int]] = {}
    for row, column in enumerate(columns):
        rows.setdefault(column.model, []).append(row)
    # infinite scores of a broken network average to NaN, which becomes a note in the table
    with np.errstate(invalid="ignore"):
        return {model: (len(own), scores[own].mean(axis=0)) for model, own in rows.items()}


def compare_models(
    scores: Mapping[str, tuple[int, Floats]],
    positive: NDArray[np.bool_],
    alpha: float,
    margin: float,
    references: Sequence[str],
) -> pd.DataFrame:
    """Compare all pairs of models by DeLong's paired test.

    Parameters
    ----------
    scores
        Number of seeds and mean score, (N,), of each model.
    positive
        bool, (N,).
    alpha
        Intervals cover ``1 - alpha``.
    margin
        Largest difference of AUROCs that counts as irrelevant.
    references
        The models of `tfmoe.evaluation.references.reference_models`.

    Returns
    -------
    DataFrame
        One row per pair, in a fixed order, with `COLUMNS` except ``q``. The references' pairs come
        first, with the reference as ``model``, even if it has no scores; a pair of two references
        has a row for each. ``p`` tests the hypothesis that the AUROCs are equal, ``p_equivalence``
        the hypothesis that they differ by at least ``margin``. ``p_holm`` is adjusted over the
        pairs of each reference and NaN for other pairs; ``p_holm_pairs`` is adjusted over all
        pairs; ``p_equivalence`` is not adjusted. ``seeds`` is the number of seeds of ``other``.
        Models that learned from different numbers of peaks are not compared. Where a test is
        impossible, its values are NaN and ``note`` holds the reason.
    """
    models = sorted({*references, *scores}, key=model_order)
    result, remarks = _score_models(models, scores, positive)
    leading = [models.index(name) for name in references]
    first, second = _list_pairs(models, leading)
    test = paired_test(result, first, second, alpha)
    p_holm = np.full(first.size, np.nan)
    for row in leading:
        p_holm[first == row] = adjust_holm(test.p[first == row])
    shared = _size_remark(positive)
    table = {
        "model": [models[row] for row in first],
        "other": [models[row] for row in second],
        "seeds": [scores[models[row]][0] for row in second],
        "auroc_model": result.auroc[first],
        "auroc_other": result.auroc[second],
        **{key: getattr(test, key) for key in ("difference", "low", "high", "z", "p")},
        "p_holm": p_holm,
        "p_holm_pairs": _adjust_pairs(test.p, first, second),
        "margin": np.full(first.size, margin),
        "p_equivalence": equivalence_p(test, margin),
        "note": [
            join_notes(remarks[row], remarks[column], shared, _untested(error))
            for row, column, error in zip(first, second, test.error, strict=True)
        ],
    }
    return pd.DataFrame(table)


def adjust_over_sets(table: pd.DataFrame) -> pd.Series[float]:
    """Adjust the p-values of each pair of models over sets, by Benjamini and Hochberg's method.

    Parameters
    ----------
    table
        Comparisons on all sets of a run. Tests of one pair that share role, kind of negatives and
        subset are adjusted together.

    Returns
    -------
    Series
        ``q`` of each row; NaN where p is missing.
    """
    family = table.groupby(["model", "other", "role", "negatives", "subset"], sort=False)["p"]
    return family.transform(lambda values: adjust_benjamini_hochberg(values.to_numpy()))


def _score_models(
    models: Sequence[str],
    scores: Mapping[str, tuple[int, Floats]],
    positive: NDArray[np.bool_],
) -> tuple[DeLong, list[str]]:
    """Return AUROCs and their covariance, NaN for unusable models, and a remark on each model."""
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
            remarks[row] = _explain_no_variance(auroc[row])
    named = [
        f"{model}: {text}" if text else "" for model, text in zip(models, remarks, strict=True)
    ]
    return DeLong(auroc, covariance), named


def _explain_no_variance(auroc: float) -> str:
    """Explain why an AUROC has no variance: scores are equal, or classes do not overlap."""
    if auroc == 0.5:
        return "all scores are equal"
    return "perfect separation" if auroc == 1 else "perfect separation, negatives above positives"


def _adjust_pairs(p: Floats, first: Indices, second: Indices) -> Floats:
    """Adjust p over all pairs; the two rows of a pair of references count once."""
    low, high = np.minimum(first, second), np.maximum(first, second)
    unique, position = np.unique(low * (high.max(initial=0) + 1) + high, return_inverse=True)
    by_pair = np.full(unique.size, np.nan)
    by_pair[position] = p
    return np.array(adjust_holm(by_pair), dtype=np.float64)[position]


def _list_pairs(models: Sequence[str], leading: Sequence[int]) -> tuple[Indices, Indices]:
    """Return the rows of the first and second model of each pair.

    The pairs of the `leading` rows come first, each with all other models.
    """
    rest = [row for row in range(len(models)) if row not in leading]
    pairs = [(row, other) for row in leading for other in range(len(models)) if other != row]
    pairs += [(row, other) for row in rest for other in rest if other > row]
    pairs = [pair for pair in pairs if comparable(models[pair[0]], models[pair[1]])]
    first, second = np.array(pairs, dtype=np.int_).reshape(-1, 2).T
    single = np.array([is_expert(model) or is_other_expert(model) for model in models])
    if single.sum() > MOST_EXPERTS:
        LOGGER.info("%d experts: comparisons between two experts are skipped", single.sum())
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
