"""Figures of the audit, drawn from its tables."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.evaluation.sets import EvaluationSet
from tfmoe.figures.audit import composition, detectability, homology, overlaps
from tfmoe.figures.audit.composition import draw_composition
from tfmoe.figures.audit.detectability import draw_detectability
from tfmoe.figures.audit.homology import draw_homology
from tfmoe.figures.audit.overlaps import draw_overlaps
from tfmoe.figures.save import Drawing, save_drawing
from tfmoe.figures.style import figure_style

logger = logging.getLogger(__name__)

Draw = Callable[[pd.DataFrame, Sequence[EvaluationSet]], Drawing]
FIGURES: Mapping[str, tuple[Draw, Sequence[str]]] = {
    "overlaps": (draw_overlaps, overlaps.COLUMNS),
    "homology": (draw_homology, homology.COLUMNS),
    "detectability": (draw_detectability, detectability.COLUMNS),
    "composition": (draw_composition, composition.COLUMNS),
}
"""Drawing function and required columns of each table of the audit."""


def draw_audit(
    tables: Mapping[str, Pathlike], sets: Sequence[EvaluationSet], folder: Pathlike
) -> None:
    """Write the figures ``audit_<table>`` into `folder`.

    Parameters
    ----------
    tables
        One path per key of `FIGURES`.
    sets
        See `tfmoe.evaluation.sets.evaluation_sets`.
    folder
        Output folder.

    Raises
    ------
    InputError
        If a table is missing or damaged or lacks a column.
    """
    with figure_style():
        for name, (draw, columns) in FIGURES.items():
            drawing = draw(read_tsv(tables[name], columns), sets)
            save_drawing(drawing, folder, f"audit_{name}")
            logger.info("audit_%s: drawn from %d rows", name, len(drawing.table))
