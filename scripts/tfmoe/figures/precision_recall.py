"""Figure of precision against recall: one panel per set, with the prevalence of positives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.core.text import decimals
from tfmoe.core.vocabulary import ENSEMBLE_SUM, Split, Subset
from tfmoe.evaluation.predictions import Predictions, read_predictions
from tfmoe.evaluation.sets import EvaluationSet, headline_models, name_own_expert
from tfmoe.figures.curve_panels import (
    GREY_TEXT,
    PANELS_A_ROW,
    Frame,
    Line,
    draw_panels,
    line_style,
    model_lines,
    panels_by_role,
    score_lines,
)
from tfmoe.figures.save import Drawing
from tfmoe.figures.style import (
    GREY,
    NOTHING,
    Look,
    drawing_order,
    empty_figure,
    kind_label,
    looks,
)

NAME = "precision_recall"
MOST_PANELS = 40
NOTE = (
    "Above each panel: average precision (95 % bootstrap interval over sequences), mean over "
    "training seeds;\nprevalence, which is the precision of chance (dashed); n: positives / "
    "negatives."
)
AUPRCS = ["auprc", "auprc_low", "auprc_high"]
"""Columns of the metrics with the average precision and its interval."""
GRID = np.linspace(0.01, 1, 100)
"""Recalls at which the seeds' precisions are averaged."""
CHANCE: dict[str, Any] = {"color": GREY, "linewidth": 0.8, "linestyle": "--"}
COLUMNS = (
    "experiment",
    "stratum",
    "model",
    "n_pos",
    "n_neg",
    "n_seeds",
    "prevalence",
    "recall",
    "precision",
    *AUPRCS,
)

Floats = NDArray[np.float64]


def precision_recall_table(
    predictions: Mapping[str, Pathlike],
    sets: Sequence[EvaluationSet],
    kind: str,
    metrics: pd.DataFrame,
) -> pd.DataFrame:
    """Average each model's precision over seeds, at the same recalls.

    Parameters
    ----------
    predictions
        Path of ``predictions/<x>.parquet`` by experiment.
    sets
        Evaluation sets, in order.
    kind
        Kind of negatives; positives and negatives come from the test split.
    metrics
        ``evaluation/metrics.tsv``.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, one row per recall of `GRID`, for all models but single experts of other factors;
        a set's own expert is ``own_expert``. ``prevalence`` is the share of positives, which is the
        precision of chance. The average precision is the mean over seeds, and missing where
        `metrics` has none. Sets without positives or negatives, and columns with a score that is
        not finite, are left out.

    Raises
    ------
    InputError
        If predictions of a set are missing or damaged.
    """
    parts: list[pd.DataFrame] = []
    for found in sets:
        if found.experiment not in predictions:
            raise InputError(f"no predictions of {found.experiment} to draw")
        parts += _curves(read_predictions(predictions[found.experiment]), found, kind)
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    rows = metrics[(metrics["negatives"] == kind) & (metrics["subset"] == Subset.ALL)]
    means = rows.groupby(["experiment", "model"])[AUPRCS].mean().reset_index()
    curves = pd.concat(parts, ignore_index=True)
    curves = curves.merge(means, on=["experiment", "model"], how="left", validate="many_to_one")
    named = name_own_expert(curves, sets)
    kept = headline_models(list(named["model"].unique()))
    order = {found.experiment: place for place, found in enumerate(sets)}
    named = named[named["model"].isin(kept)]
    return named.sort_values("experiment", key=lambda names: names.map(order), kind="stable")[
        list(COLUMNS)
    ].reset_index(drop=True)


def curve_on_grid(positive: NDArray[np.bool_], scores: Floats) -> Floats:
    """Return the precision (len(GRID),) at the highest threshold that reaches each recall.

    Average precision is the area under this step function; a straight line between two points of
    the curve would be too high (Davis and Goadrich 2006, doi 10.1145/1143844.1143874).
    """
    precision, recall, _ = precision_recall_curve(positive, scores)
    # recall falls with the threshold; its last value, 0, belongs to no threshold
    rising, of_rising = recall[-2::-1], precision[-2::-1]
    places = np.searchsorted(rising, GRID - 1e-12, side="left")
    values: Floats = of_rising[places]
    return values


def draw_precision_recall(table: pd.DataFrame, sets: Sequence[EvaluationSet], kind: str) -> Drawing:
    """Draw the curves of `precision_recall_table`, at most `MOST_PANELS` sets.

    The grey dashed line is the prevalence, which is the precision of chance. The sum with the
    pooled ensemble is left out, because its curve hardly differs from that of the sum with the
    mixture.
    """
    present = set(table["experiment"])
    drawn = [found for found in sets if found.experiment in present]
    if not drawn:
        return Drawing(empty_figure(NOTHING), table)
    shown = table[table["model"] != ENSEMBLE_SUM]
    panels, left_out = drawn[:MOST_PANELS], len(drawn) - MOST_PANELS
    styles = looks(shown["model"].unique())

    def lines(rows: pd.DataFrame) -> list[Line]:
        first = rows.iloc[0]
        sizes = f"n = {first['n_pos']:,} / {first['n_neg']:,}"
        prevalence = f"prevalence {decimals(first['prevalence'], 2)}, {sizes}"
        return [*score_lines(rows, AUPRCS, styles), (prevalence, GREY_TEXT)]

    legend = model_lines(sorted(styles, key=drawing_order), styles)
    note = f"; {left_out} more sets are in the table only" if left_out > 0 else ""
    frame = Frame(
        x="recall",
        y="precision",
        legend=legend | {"prevalence": Line2D([], [], **CHANCE)},
        title=f"test split, {kind_label(kind)}{note}",
        note=NOTE,
    )
    groups = panels_by_role(shown, panels, lines)
    figure = draw_panels(groups, frame, PANELS_A_ROW, partial(_draw_curves, styles=styles))
    return Drawing(figure, table)


def _curves(predictions: Predictions, found: EvaluationSet, kind: str) -> list[pd.DataFrame]:
    used = predictions.split == Split.TEST
    used &= predictions.positive | (predictions.kind == kind)
    positive = predictions.positive[used]
    if not len(positive) or positive.all() or not positive.any():
        return []
    by_model: dict[str, list[Floats]] = {}
    for column, scores in zip(predictions.columns, predictions.scores, strict=True):
        if np.isfinite(scores[used]).all():
            by_model.setdefault(column.model, []).append(scores[used])
    return [
        pd.DataFrame(
            {
                "experiment": found.experiment,
                "stratum": found.stratum,
                "model": model,
                "n_pos": int(positive.sum()),
                "n_neg": int((~positive).sum()),
                "n_seeds": len(scores),
                "prevalence": float(positive.mean()),
                "recall": GRID,
                "precision": np.mean([curve_on_grid(positive, own) for own in scores], axis=0),
            }
        )
        for model, scores in by_model.items()
    ]


def _draw_curves(axes: Axes, rows: pd.DataFrame, styles: Mapping[str, Look]) -> None:
    axes.axhline(rows["prevalence"].iloc[0], zorder=0, **CHANCE)
    for model in sorted(rows["model"].unique(), key=drawing_order, reverse=True):
        curve, style = rows[rows["model"] == model], styles[model]
        axes.plot(
            curve["recall"],
            curve["precision"],
            color=style.colour,
            linewidth=style.width,
            linestyle=line_style(model),
        )
