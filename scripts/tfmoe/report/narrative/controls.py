"""Sentences on the controls of the conditioned mixture."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tfmoe.core.text import decimals, interval, list_words, plural
from tfmoe.core.vocabulary import Subset
from tfmoe.evaluation.control_summary import Control

_PARTS = {
    Control.WITHOUT_NETWORKS: "networks",
    Control.WITHOUT_KMERS: "k-mers",
    Control.WITHOUT_MATRIX: "the matrix",
}


def control_sentences(summary: pd.DataFrame) -> str:
    """Return what the controls show on all test sequences; empty without a control.

    Parameters
    ----------
    summary
        ``evaluation/controls_summary.tsv``.
    """
    found: list[Any] = list(summary[summary["subset"] == Subset.ALL].itertuples())
    rows = {Control(row.control): row for row in found}
    sentences = (_swapped(rows), _specificity(rows), _parts(rows), _bound(rows))
    return " ".join(sentence for sentence in sentences if sentence)


def _swapped(rows: dict[Control, Any]) -> str:
    row = rows.get(Control.SWAPPED)
    if row is None:
        return ""
    return (
        "Asked about a factor of another family, the conditioned mixture has a mean AUROC of "
        f"{decimals(row.auroc)} instead of {decimals(row.reference)} over "
        f"{plural(row.factors, 'factor')}. The difference is {_change(row)}."
    )


def _specificity(rows: dict[Control, Any]) -> str:
    row, blind = rows.get(Control.SPECIFICITY), rows.get(Control.SPECIFICITY_OF_MOE)
    if row is None or blind is None:
        return ""
    return (
        "For peaks of a factor against peaks of the other unseen factors, its mean AUROC is "
        f"{decimals(row.auroc)}. The mixture that does not know the factor has "
        f"{decimals(blind.auroc)}. Such a model cannot pass 0.5 on average over sets of equal size."
    )


def _parts(rows: dict[Control, Any]) -> str:
    found = [
        f"{_change(rows[control])} without {part}"
        for control, part in _PARTS.items()
        if control in rows
    ]
    if not found:
        return ""
    changes = f"The mean AUROC changes by {list_words(found)}."
    return f"{changes} Where an interval includes 0, no effect is shown."


def _bound(rows: dict[Control, Any]) -> str:
    row = rows.get(Control.WITHOUT_BOUND)
    if row is None:
        return ""
    return f"Without negatives that are peaks of other factors, it changes by {_change(row)}."


def _change(row: Any) -> str:
    return interval(row.difference, row.low, row.high, sign=True)
