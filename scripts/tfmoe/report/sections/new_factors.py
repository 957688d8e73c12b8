"""Blocks of the report on new factors: without peaks, and with few of them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tfmoe.evaluation.few_peaks import few_peaks_table, find_crossovers
from tfmoe.figures.few_peaks import NAME
from tfmoe.figures.style import kind_label
from tfmoe.report.blocks import Block, Paragraph
from tfmoe.report.narrative.expectation import expectation_sentences
from tfmoe.report.narrative.few_peaks import crossover_sentences
from tfmoe.report.pictures import picture


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
        "Mean AUROC on unseen factors, on the test split against "
        f"{kind_label(table['negatives'].iloc[0])}, by the number of peaks of the new factor that "
        "a model learned from; all means all peaks outside the test split. Draws are averaged "
        "first. Bars: 95 % t intervals over the n factors; they mostly reflect how factors "
        "differ. Dashed: models that need no peaks, on the same factors. "
        f"{crossover_sentences(find_crossovers(table))}"
    )
    return [picture(figures, NAME, caption.rstrip())]


def expectation_blocks(expected: pd.DataFrame | None) -> list[Block]:
    """Return a paragraph on the AUROC to expect; no block in a run without this table."""
    return [] if expected is None else [Paragraph(expectation_sentences(expected))]
