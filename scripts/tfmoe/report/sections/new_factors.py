"""Blocks of the report on new factors: without peaks, with few of them, and controls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from tfmoe.application.card.expectation import expectation_sentences
from tfmoe.core.text import percent
from tfmoe.core.vocabulary import Subset
from tfmoe.evaluation.control_summary import LEVEL, Control
from tfmoe.evaluation.few_peaks import few_peaks_table, find_crossovers
from tfmoe.figures.few_peaks import NAME
from tfmoe.figures.style import kind_label
from tfmoe.report.blocks import (
    Block,
    Paragraph,
    Table,
    count_cell,
    interval_cell,
    number_cell,
    text_cell,
)
from tfmoe.report.narrative.controls import control_sentences
from tfmoe.report.narrative.few_peaks import crossover_sentences
from tfmoe.report.pictures import picture

CONTROL_LABELS = {
    Control.WITHOUT_NETWORKS: "without networks",
    Control.WITHOUT_KMERS: "without k-mers",
    Control.WITHOUT_MATRIX: "without matrix",
    Control.SWAPPED: "asked about a factor of another family",
    Control.SPECIFICITY: "against peaks of other unseen factors; reference: chance",
    Control.SPECIFICITY_OF_MOE: "the same by the mixture that does not know the factor",
    Control.INDEPENDENT: "factors with a matrix from other data; reference: k-mers + matrix",
    Control.WITHOUT_BOUND: "without negatives that are peaks of other factors",
    Control.BACKGROUND: "network that never saw a peak",
}
_SUBSETS = {Subset.ALL: "all", Subset.NO_OVERLAP: "without overlap"}


def few_peaks_blocks(metrics: pd.DataFrame, figures: Path) -> list[Block]:
    """Return the figure with its caption; no block if no model learned from few peaks.

    Parameters
    ----------
    metrics
        Metrics of the role ``adapted``.
    figures
        Folder of the figures.

    Raises
    ------
    InputError
        If the figure is missing.
    """
    table = few_peaks_table(metrics)
    if table.empty:
        return []
    caption = (
        "Mean AUROC on unseen factors against the number of their peaks that a model learned "
        f'from, on the test split against {kind_label(table["negatives"].iloc[0])}. "All" means '
        "all peaks outside the test split. Draws are averaged "
        "first. Bars: 95 % t intervals over the n factors; they mostly reflect how factors "
        "differ. Dashed: models that need no peaks, on the same factors. "
        f"{crossover_sentences(find_crossovers(table))}"
    )
    return [picture(figures, NAME, caption.rstrip())]


def expectation_blocks(expected: pd.DataFrame | None) -> list[Block]:
    """Return a paragraph on the AUROC to expect; no block in a run without this table."""
    return [] if expected is None else [Paragraph(expectation_sentences(expected))]


def control_blocks(summary: pd.DataFrame | None) -> list[Block]:
    """Return a table of the controls with sentences; no block in a run without controls.

    Parameters
    ----------
    summary
        ``evaluation/controls_summary.tsv``.
    """
    if summary is None or summary.empty:
        return []
    found: list[Any] = list(summary.itertuples())
    rows = [
        [
            text_cell(CONTROL_LABELS[Control(row.control)]),
            text_cell(_SUBSETS[Subset(row.subset)]),
            count_cell(row.factors),
            number_cell(row.auroc),
            number_cell(row.reference),
            interval_cell(row.difference, row.low, row.high),
        ]
        for row in found
    ]
    caption = (
        "Controls of the conditioned mixture on unseen factors: mean AUROC over factors on the "
        "test split against the primary negatives. The reference is the conditioned mixture on "
        "the same sequences, unless stated. In brackets: "
        f"{percent(LEVEL, 0)} t interval over factors."
    )
    header = ["control", "sequences", "factors", "AUROC", "reference", "difference"]
    text = control_sentences(summary)
    return [Table(caption, header, rows), *([Paragraph(text)] if text else [])]
