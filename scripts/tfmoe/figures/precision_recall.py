"""Figure of precision against recall: one panel per set, with the prevalence of positives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, precision_recall_curve

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.core.text import decimals
from tfmoe.core.vocabulary import ENSEMBLE_SUM, Split
from tfmoe.evaluation.predictions import Predictions, read_predictions
from tfmoe.evaluation.sets import EvaluationSet, headline_models, name_own_expert
from tfmoe.figures.save import Drawing
from tfmoe.figures.style import (
    GREY,
    NOTHING,
    Look,
    drawing_order,
    empty_figure,
    figure_with_strip,
    kind_label,
    label,
    looks,
)

NAME = "precision_recall"
MOST_PANELS = 40
PANELS_A_ROW = 5
LEGEND_COLUMNS = 3
GRID = np.linspace(0.01, 1, 100)
"""Recalls at which the seeds' precisions are averaged."""
COLUMNS = (
    "experiment",
    "stratum",
    "model",
    "n_pos",
    "n_neg",
    "n_seeds",
    "prevalence",
    "average_precision",
    "recall",
    "precision",
)

Floats = NDArray[np.float64]


def precision_recall_table(
    predictions: Mapping[str, Pathlike], sets: Sequence[EvaluationSet], kind: str
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

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, one row per recall of `GRID`, for all models but single experts of other factors;
        a set's own expert is ``own_expert``. ``prevalence`` is the share of positives, which is the
        precision of chance. Sets without positives or negatives, and columns with a score that is
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
    named = name_own_expert(pd.concat(parts, ignore_index=True), sets)
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

    The dashed line is the prevalence, which is the precision of chance. The sum with the pooled
    ensemble is left out, because its curve hardly differs from that of the sum with the mixture.
    """
    present = set(table["experiment"])
    drawn = [found for found in sets if found.experiment in present]
    if not drawn:
        return Drawing(empty_figure(NOTHING), table)
    shown = table[table["model"] != ENSEMBLE_SUM]
    panels, left_out = drawn[:MOST_PANELS], len(drawn) - MOST_PANELS
    columns = min(PANELS_A_ROW, len(panels))
    rows = -(-len(panels) // columns)
    styles = looks(shown["model"].unique())
    models = sorted(styles, key=drawing_order)
    strip = 0.35 + 0.145 * -(-(len(models) + 1) // LEGEND_COLUMNS)
    size = (max(1.75 * columns + 0.4, 5.2), 2.15 * rows + 0.1 + strip)
    figure = figure_with_strip(*size, strip=strip)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes, found in zip(grid.flat, panels, strict=False):
        _draw_panel(axes, found.name, shown[shown["experiment"] == found.experiment], styles)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    for axes in grid[:, 0]:
        axes.set_ylabel("precision")
    note = f"; {left_out} more sets are in the table only" if left_out > 0 else ""
    _draw_legend(figure, models, styles, f"test split, {kind_label(kind)}{note}")
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
                "average_precision": float(
                    np.mean([average_precision_score(positive, own) for own in scores])
                ),
                "recall": GRID,
                "precision": np.mean([curve_on_grid(positive, own) for own in scores], axis=0),
            }
        )
        for model, scores in by_model.items()
    ]


def _draw_panel(axes: Axes, title: str, part: pd.DataFrame, styles: Mapping[str, Look]) -> None:
    first = part.iloc[0]
    axes.axhline(first["prevalence"], color=GREY, linewidth=0.8, linestyle="--", zorder=0)
    for model in sorted(part["model"].unique(), key=drawing_order, reverse=True):
        curve, style = part[part["model"] == model], styles[model]
        axes.plot(curve["recall"], curve["precision"], color=style.colour, linewidth=style.width)
    axes.set_title(title)
    axes.set(xlim=(0, 1), ylim=(0, 1.01), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1], aspect="equal")
    axes.set_xticklabels(["0", "0.5", "1"])
    axes.set_yticklabels(["0", "0.5", "1"])
    sizes = f"{first['n_pos']:,} / {first['n_neg']:,}"
    prevalence = decimals(first["prevalence"], 2)
    axes.set_xlabel(f"recall\nprevalence {prevalence} ({sizes})", fontsize=6.5)


def _draw_legend(
    figure: Figure, models: Sequence[str], styles: Mapping[str, Look], title: str
) -> None:
    handles = [
        Line2D([], [], color=styles[name].colour, linewidth=styles[name].width) for name in models
    ]
    handles.append(Line2D([], [], color=GREY, linewidth=0.8, linestyle="--"))
    labels = [*map(label, models), "prevalence (positives / negatives), which is chance"]
    legend = figure.legend(
        handles, labels, loc="lower left", ncols=LEGEND_COLUMNS, title=title, title_fontsize=7.5
    )
    legend.set_alignment("left")
