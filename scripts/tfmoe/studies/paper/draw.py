"""Draw all figures and tables of the paper's benchmark from the files of a run."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.core.vocabulary import (
    BACKGROUND,
    EXPERT,
    GKM,
    MEAN_OF_EXPERTS,
    MEAN_OF_POOL,
    MIXTURE,
    POOLED,
    POOLED_ENSEMBLE,
    PWM,
    Kind,
)
from tfmoe.evaluation.sets import EvaluationSet, primary_kind
from tfmoe.figures.auroc import COLUMNS, Marks, auroc_table, draw_auroc
from tfmoe.figures.gate import draw_gate, gate_table
from tfmoe.figures.roc import draw_roc, roc_table
from tfmoe.figures.save import Drawing, save_drawing
from tfmoe.figures.style import figure_style
from tfmoe.studies.paper.anova import ANOVA_COLUMNS, NULL_COLUMNS, anova_table, draw_anova
from tfmoe.studies.paper.attribution import draw_attribution, read_top_positives
from tfmoe.studies.paper.benchmark import (
    AS_PUBLISHED,
    MEAN,
    benchmark_table,
    read_published,
)
from tfmoe.studies.paper.published import draw_published, draw_published_table

logger = logging.getLogger(__name__)

SHOWN = (
    MIXTURE,
    AS_PUBLISHED,
    MEAN_OF_EXPERTS,
    MEAN_OF_POOL,
    POOLED,
    POOLED_ENSEMBLE,
    BACKGROUND,
    GKM,
    PWM,
)
"""Models that are drawn, if the run has them, in addition to single experts."""
PANELS_PER_ROW = 3


@dataclass(frozen=True)
class PaperFiles:
    """Paths of the files from which the figures are drawn.

    Attributes
    ----------
    metrics, anova, null
        ``evaluation/metrics.tsv``, ``statistics/anova_as_published.tsv`` and
        ``statistics/null_simulation.tsv``.
    predictions, gates
        ``predictions/<x>.parquet`` and ``predictions/<x>.gates.parquet`` by experiment.
    maps
        Maps of the mixture by training experiment and method.
    published
        ``resources/published.tsv``.
    """

    metrics: Pathlike
    anova: Pathlike
    null: Pathlike
    predictions: Mapping[str, Pathlike]
    gates: Mapping[str, Pathlike]
    maps: Mapping[str, Mapping[str, Pathlike]]
    published: Pathlike


def draw_paper(
    files: PaperFiles,
    sets: Sequence[EvaluationSet],
    members: Sequence[str],
    checksums: Mapping[str, str],
    folder: Pathlike,
) -> None:
    """Write the figures ``roc``, ``auroc``, ``anova``, ``gate``, ``attribution``, ``published``.

    The last is also written as a typeset table, ``published_table``. For a run on sets other than
    those of the paper, the figures lack the published values.

    Parameters
    ----------
    files
        Input files.
    sets
        Result of `tfmoe.evaluation.sets.evaluation_sets`.
    members
        Networks in the pool of the mixture, in the order of the gate.
    checksums
        Checksums of the files of each experiment, as in the experiment table.
    folder
        Output folder.

    Raises
    ------
    InputError
        If a file is missing, damaged or lacks a column.
    """
    metrics = read_tsv(files.metrics, [*COLUMNS, "subset"])
    kind, published = choose_negatives(metrics, read_published(files.published, checksums, sets))
    with figure_style():
        drawings = {
            **_evaluation(files, metrics, published, sets, kind),
            "gate": draw_gate(gate_table(files.gates, files.predictions, sets, members), sets),
            "attribution": draw_attribution(
                [
                    sequence
                    for found in sets
                    if found.experiment in files.maps
                    for sequence in read_top_positives(
                        files.maps[found.experiment], files.predictions[found.experiment], found
                    )
                ]
            ),
        }
        for name, drawing in drawings.items():
            save_drawing(drawing, folder, name)
            logger.info("figure %s drawn from %d rows", name, len(drawing.table))


def choose_negatives(metrics: pd.DataFrame, published: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """Choose the kind of negatives; drop the published values if they refer to another kind.

    The published values were measured on the negatives in the files of the sets.
    """
    if len(published) and (metrics["negatives"] == Kind.FILE).any():
        return Kind.FILE.value, published
    return primary_kind(metrics), published.iloc[:0]


def shown_models(table: pd.DataFrame, sets: Sequence[EvaluationSet]) -> pd.DataFrame:
    """Select the rows of `SHOWN` and of the experts with the run's own recipe and main backbone."""
    experts = {f"{EXPERT}{found.expert}" for found in sets if found.expert}
    return table[table["model"].isin({*SHOWN, *experts})].reset_index(drop=True)


def _evaluation(
    files: PaperFiles,
    metrics: pd.DataFrame,
    published: pd.DataFrame,
    sets: Sequence[EvaluationSet],
    kind: str,
) -> dict[str, Drawing]:
    """Draw the figures of the evaluation, by file name."""
    aurocs = shown_models(auroc_table(metrics, sets, kind), sets)
    curves = shown_models(roc_table(files.predictions, sets, kind, aurocs), sets)
    original = published[(published["work"] == "published") & (published["experiment"] != MEAN)]
    marks = Marks(
        "published mixture", dict(zip(original["experiment"], original["auroc"], strict=True))
    )
    anova = anova_table(read_tsv(files.anova, ANOVA_COLUMNS), sets, kind)
    null = read_tsv(files.null, NULL_COLUMNS)
    benchmark = benchmark_table(metrics, published, sets, kind)
    return {
        "roc": draw_roc(curves, sets, kind, PANELS_PER_ROW),
        "auroc": draw_auroc(aurocs, sets, marks),
        "anova": draw_anova(anova, sets, null),
        "published": draw_published(benchmark, sets),
        "published_table": draw_published_table(benchmark, sets),
    }
