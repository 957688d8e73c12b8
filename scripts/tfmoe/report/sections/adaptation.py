"""Table of the models that learned from peaks of a new factor."""

from __future__ import annotations

import pandas as pd

from tfmoe.core.text import MISSING, decimals, plural
from tfmoe.figures.style import kind_label, label, peaks_label
from tfmoe.report.blocks import Cell, Table, largest, text_cell
from tfmoe.report.headline import Scores
from tfmoe.report.ranking import by_peaks
from tfmoe.report.run_tables import RunTables


def adapted_table(tables: RunTables, scores: Scores) -> Table | None:
    """Return mean AUROCs by model and number of peaks; `None` if nothing was adapted."""
    found = by_peaks(tables, scores.kind)
    models = list(dict.fromkeys(model for table in found.values() for model in table.columns))
    if not models:
        return None
    best = {
        # a mean over fewer sets is not comparable
        peaks: largest(table.dropna(axis="columns").mean())
        for peaks, table in found.items()
    }
    rows = [
        [
            text_cell(label(model)),
            *(_mean(table, model, best[peaks]) for peaks, table in found.items()),
        ]
        for model in models
    ]
    draws = int(tables.adapted["seed"].nunique())
    return Table(
        f"Mean AUROC over sets of unseen factors against {kind_label(scores.kind)}, by the number "
        f"of the factor's peaks that a model learned from; mean of {plural(draws, 'draw')} of "
        "them. The conditioned mixture, k-mers and matrix learned from none. Their values change "
        "where factors with fewer peaks are missing. The number of sets is in brackets; "
        "in a cell, it shows that the model has no score on the other sets.",
        ["model", *(f"{peaks_label(peaks)} ({len(table)})" for peaks, table in found.items())],
        rows,
    )


def _mean(table: pd.DataFrame, model: str, best: str | None) -> Cell:
    values = table[model].dropna() if model in table else table.iloc[:0, 0]
    if values.empty:
        return Cell(MISSING, number=True)
    shown = decimals(values.mean())
    if len(values) < len(table):
        return Cell(f"{shown} ({len(values)})", number=True)
    return Cell(shown, best=shown == best, number=True)
