"""The figures and tables of the paper, from the files of a run."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.core.vocabulary import EXPERT, MIXTURE
from tfmoe.evaluation.sets import EvaluationSet, primary_kind
from tfmoe.figures.auroc import COLUMNS, Marks, auroc_table, draw_auroc
from tfmoe.figures.gate import draw_gate, gate_table
from tfmoe.figures.roc import draw_roc, roc_table
from tfmoe.figures.save import Drawing, save_drawing
from tfmoe.figures.style import figure_style
from tfmoe.studies.paper.anova import ANOVA_COLUMNS, NULL_COLUMNS, anova_table, draw_anova
from tfmoe.studies.paper.attribution import draw_attribution, read_panels
from tfmoe.studies.paper.benchmark import (
    AS_PUBLISHED,
    BACKGROUND,
    MEAN,
    benchmark_table,
    read_published,
)
from tfmoe.studies.paper.published import draw_published, draw_published_table

logger = logging.getLogger(__name__)

SHOWN = (
    MIXTURE,
    AS_PUBLISHED,
    "mean_of_experts",
    "mean_of_pool",
    "pooled",
    "pooled_ensemble",
    BACKGROUND,
    "gkm",
    "pwm",
)
"""What is drawn beside the single experts, as far as a run has it."""
SUPPLIED = "file"
PANELS_A_ROW = 3


@dataclass(frozen=True)
class PaperFiles:
    """What the figures of the paper are drawn from.

    Attributes
    ----------
    metrics, anova, null
        ``evaluation/metrics.tsv``, ``statistics/anova_as_published.tsv`` and
        ``statistics/null_simulation.tsv``.
    predictions, gates
        ``predictions/<x>.parquet`` and ``predictions/<x>.gates.parquet`` by experiment.
    maps
        For each training experiment the maps of the mixture by method.
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

    The last comes as a typeset table too, ``published_table``. A run on other sets than the paper's
    has the same figures, without what is published.

    Parameters
    ----------
    files
        The inputs.
    sets
        See `tfmoe.evaluation.sets.evaluation_sets`.
    members
        The networks that are mixed, in the order of the gate.
    checksums
        The checksums of each experiment's files, as in the experiment table.
    folder
        Where they go.

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
                    panel
                    for found in sets
                    if found.experiment in files.maps
                    for panel in read_panels(
                        files.maps[found.experiment], files.predictions[found.experiment], found
                    )
                ]
            ),
        }
        for name, drawing in drawings.items():
            save_drawing(drawing, folder, name)
            logger.info("%s: drawn from %d rows", name, len(drawing.table))


def choose_negatives(metrics: pd.DataFrame, published: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """Choose the kind of negatives, and drop what is published if it is of another kind.

    What is published was measured on the negatives that the sets' own files bring.
    """
    if len(published) and (metrics["negatives"] == SUPPLIED).any():
        return SUPPLIED, published
    return primary_kind(metrics), published.iloc[:0]


def shown_models(table: pd.DataFrame, sets: Sequence[EvaluationSet]) -> pd.DataFrame:
    """Keep the rows of `SHOWN` and of the experts of the run's own recipe and main backbone."""
    experts = {f"{EXPERT}{found.expert}" for found in sets if found.expert}
    return table[table["model"].isin({*SHOWN, *experts})].reset_index(drop=True)


def _evaluation(
    files: PaperFiles,
    metrics: pd.DataFrame,
    published: pd.DataFrame,
    sets: Sequence[EvaluationSet],
    kind: str,
) -> dict[str, Drawing]:
    curves = shown_models(roc_table(files.predictions, sets, kind), sets)
    aurocs = shown_models(auroc_table(metrics, sets, kind), sets)
    original = published[(published["work"] == "published") & (published["experiment"] != MEAN)]
    marks = Marks(
        "published mixture", dict(zip(original["experiment"], original["auroc"], strict=True))
    )
    anova = anova_table(read_tsv(files.anova, ANOVA_COLUMNS), sets, kind)
    null = read_tsv(files.null, NULL_COLUMNS)
    benchmark = benchmark_table(metrics, published, sets, kind)
    return {
        "roc": draw_roc(curves, sets, kind, PANELS_A_ROW),
        "auroc": draw_auroc(aurocs, sets, marks),
        "anova": draw_anova(anova, sets, null),
        "published": draw_published(benchmark, sets),
        "published_table": draw_published_table(benchmark, sets),
    }
