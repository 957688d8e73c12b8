"""Figures of the evaluation, drawn from the run's files."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.evaluation.sets import EvaluationSet, primary_kind, unadapted
from tfmoe.figures.auroc import COLUMNS, auroc_table, draw_auroc
from tfmoe.figures.gate import draw_gate, gate_table
from tfmoe.figures.precision_recall import (
    AUPRCS,
    NAME,
    draw_precision_recall,
    precision_recall_table,
)
from tfmoe.figures.roc import draw_roc, roc_table
from tfmoe.figures.save import save_drawing
from tfmoe.figures.style import figure_style
from tfmoe.figures.training import History, draw_training, training_table

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class EvaluationFiles:
    """Input files of the figures of the evaluation.

    Attributes
    ----------
    metrics
        ``evaluation/metrics.tsv``.
    predictions, gates
        ``predictions/<x>.parquet`` and ``predictions/<x>.gates.parquet`` by experiment.
    histories
        History of each training.
    """

    metrics: Pathlike
    predictions: Mapping[str, Pathlike]
    gates: Mapping[str, Pathlike]
    histories: Sequence[History]


def draw_evaluation(
    files: EvaluationFiles,
    sets: Sequence[EvaluationSet],
    experts: Sequence[str],
    folder: Pathlike,
) -> None:
    """Write the figures of ROC, precision and recall, AUROC, gate and training into `folder`.

    Parameters
    ----------
    files
        Input files.
    sets
        See `tfmoe.evaluation.sets.evaluation_sets`.
    experts
        Names of the networks in the mixture, in the order of the gate.
    folder
        Output folder.

    Raises
    ------
    InputError
        If a file is missing, damaged or lacks a column.
    """
    metrics = unadapted(read_tsv(files.metrics, [*COLUMNS, *AUPRCS, "subset"]))
    kind = primary_kind(metrics)
    aurocs = auroc_table(metrics, sets, kind)
    with figure_style():
        precisions = precision_recall_table(files.predictions, sets, kind, metrics)
        drawings = {
            NAME: draw_precision_recall(precisions, sets, kind),
            "roc": draw_roc(roc_table(files.predictions, sets, kind, aurocs), sets, kind),
            "auroc": draw_auroc(aurocs, sets),
            "gate": draw_gate(gate_table(files.gates, files.predictions, sets, experts), sets),
            "training": draw_training(training_table(files.histories)),
        }
        for name, drawing in drawings.items():
            save_drawing(drawing, folder, name)
            logger.info("%s: drawn from %d rows", name, len(drawing.table))
