"""Figure of the ROC curves: one panel per set, or per stratum with too many sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.core.vocabulary import (
    ENSEMBLE_SUM,
    EQUAL_SUM,
    KMERS_MATRIX,
    MEAN_OF_EXPERTS,
    OTHER_EXPERTS,
    OWN_EXPERT,
    PWM,
    is_expert,
)
from tfmoe.evaluation.predictions import Predictions, read_predictions
from tfmoe.evaluation.sets import EvaluationSet, headline_models, name_own_expert
from tfmoe.figures.save import Drawing
from tfmoe.figures.style import (
    LIGHT,
    NOTHING,
    Look,
    drawing_order,
    empty_figure,
    figure_with_strip,
    is_mixture,
    kind_label,
    label,
    looks,
    stratum_label,
)

MOST_PANELS = 40
PANELS_A_ROW = 5
LEGEND_COLUMNS = 3
GRID = np.unique(np.concatenate([[0.001, 0.002, 0.005], np.linspace(0, 1, 101)]))
"""False positive rates at which the seeds' curves are averaged."""

Floats = NDArray[np.float64]


def roc_table(
    predictions: Mapping[str, Pathlike], sets: Sequence[EvaluationSet], kind: str
) -> pd.DataFrame:
    """Average each model's ROC curves over seeds, at the same false positive rates.

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
        experiment, stratum, model, n_pos, n_neg, n_seeds, false_positive_rate (of `GRID`),
        true_positive_rate, and the lowest and highest of the seeds. Sets without positives or
        negatives, and columns with a score that is not finite, are left out.

    Raises
    ------
    InputError
        If predictions of a set are missing or damaged.
    """
    parts = []
    for found in sets:
        if found.experiment not in predictions:
            raise InputError(f"no predictions of {found.experiment} to draw")
        parts.append(_curves(read_predictions(predictions[found.experiment]), found, kind))
    columns = ["experiment", "stratum", "model", "n_pos", "n_neg", "n_seeds"]
    rates = ["false_positive_rate", "true_positive_rate", "lowest", "highest"]
    empty = pd.DataFrame(columns=[*columns, *rates])
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else empty


def mean_curve(curves: Sequence[Floats]) -> Floats:
    """Average true positive rates on the same grid."""
    mean: Floats = np.mean(np.stack(curves), axis=0)
    return mean


def curve_on_grid(positive: NDArray[np.bool_], scores: Floats) -> Floats:
    """Return the true positive rate (len(GRID),) of scores (N,) at each rate of `GRID`.

    Between two thresholds, for example at ties, the curve is a straight line.
    """
    false_rate, true_rate, _ = roc_curve(positive, scores, drop_intermediate=False)
    # for repeated rates, interp uses the last one: the top of a vertical step
    values: Floats = np.interp(GRID, false_rate, true_rate)
    return values


def draw_roc(
    table: pd.DataFrame,
    sets: Sequence[EvaluationSet],
    kind: str,
    panels_a_row: int = PANELS_A_ROW,
) -> Drawing:
    """Draw the curves of `roc_table`; the own expert is black, other experts are thin and grey.

    The sum with the pooled ensemble is left out, because its curve hardly differs from that of the
    sum with the mixture.

    A band around the curve of a mixture covers all seeds. With more than `MOST_PANELS` sets, the
    curves of each stratum are averaged into one panel.
    """
    drawn = [found for found in sets if found.experiment in set(table["experiment"])]
    if not drawn:
        return Drawing(empty_figure(NOTHING), table)
    named = name_own_expert(table[table["model"] != ENSEMBLE_SUM], drawn)
    by_set = len(drawn) <= MOST_PANELS
    panels = _set_panels(named, drawn) if by_set else _stratum_panels(named, drawn)
    columns = min(panels_a_row, len(panels))
    rows = -(-len(panels) // columns)
    strip = 0.29 + 0.145 * -(-len(_legend_models(named)) // LEGEND_COLUMNS)
    size = (max(1.75 * columns + 0.4, 5.2), 1.8 * rows + 0.38 + strip)
    figure = figure_with_strip(*size, strip=strip)
    grid: Any = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    styles = looks(named["model"].unique())
    for axes, (title, part) in zip(grid.flat, panels, strict=False):
        _draw_panel(axes, title, part, styles)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    for column in range(columns):  # only the lowest panel of a column has tick labels
        last = (len(panels) - 1 - column) // columns
        grid[last, column].tick_params(labelbottom=True)
        grid[last, column].set_xlabel("false positive rate")
    for row in range(rows):
        grid[row, 0].set_ylabel("true positive rate")
    _draw_legend(figure, named, kind, styles)
    return Drawing(figure, table)


def _curves(predictions: Predictions, found: EvaluationSet, kind: str) -> pd.DataFrame:
    used = (predictions.split == "test") & (predictions.positive | (predictions.kind == kind))
    positive = predictions.positive[used]
    if not len(positive) or positive.all() or not positive.any():
        return pd.DataFrame()
    usable = [
        (column, scores[used])
        for column, scores in zip(predictions.columns, predictions.scores, strict=True)
        if np.isfinite(scores[used]).all()
    ]
    usable.sort(
        key=lambda item: item[0].model
    )  # columns are stored by seed, and groupby needs them by model
    parts = []
    for model, columns in groupby(usable, key=lambda item: item[0].model):
        curves = [curve_on_grid(positive, scores) for _, scores in columns]
        values = {
            "experiment": found.experiment,
            "stratum": found.stratum,
            "model": model,
            "n_pos": int(positive.sum()),
            "n_neg": int((~positive).sum()),
            "n_seeds": len(curves),
            "false_positive_rate": GRID,
            "true_positive_rate": mean_curve(curves),
            "lowest": np.min(curves, axis=0),
            "highest": np.max(curves, axis=0),
        }
        parts.append(pd.DataFrame(values))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _set_panels(
    table: pd.DataFrame, sets: Sequence[EvaluationSet]
) -> list[tuple[str, pd.DataFrame]]:
    groups = dict(iter(table.groupby("experiment", sort=False)))
    return [(found.name, groups[found.experiment]) for found in sets]


def _stratum_panels(
    table: pd.DataFrame, sets: Sequence[EvaluationSet]
) -> list[tuple[str, pd.DataFrame]]:
    keys = ["stratum", "model", "false_positive_rate"]
    means = table.groupby(keys, sort=False)["true_positive_rate"].mean().reset_index()
    counts = table.groupby("stratum", sort=False)["experiment"].nunique()
    strata = dict.fromkeys(found.stratum for found in sets)
    return [
        (
            stratum_label(name).replace(", ", ",\n") + f"\n(mean of {counts[name]} sets)",
            means[means["stratum"] == name],
        )
        for name in strata
    ]


def _draw_panel(axes: Axes, title: str, part: pd.DataFrame, styles: Mapping[str, Look]) -> None:
    axes.plot([0, 1], [0, 1], color=LIGHT, linewidth=0.8, zorder=0)
    for model in sorted(part["model"].unique(), key=drawing_order, reverse=True):
        curve = part[part["model"] == model]
        style = styles[model]
        axes.plot(
            np.concatenate([[0.0], curve["false_positive_rate"]]),
            np.concatenate([[0.0], curve["true_positive_rate"]]),
            color=style.colour,
            linewidth=style.width,
            linestyle=_line_style(model),
            alpha=0.55 if is_expert(model) else 1.0,
            zorder=1 if is_expert(model) else 2,
        )
        if is_mixture(model) and "lowest" in curve:
            rates, low, high = (
                curve[name] for name in ("false_positive_rate", "lowest", "highest")
            )
            axes.fill_between(rates, low, high, color=style.colour, alpha=0.25, linewidth=0)
    axes.set_title(title)
    axes.set(xlim=(0, 1), ylim=(0, 1.01), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1], aspect="equal")
    axes.set_xticklabels(["0", "0.5", "1"])
    axes.set_yticklabels(["0", "0.5", "1"])
    if "n_pos" in part:
        axes.text(
            0.97,
            0.04,
            f"{part['n_pos'].iloc[0]:,} positives\n{part['n_neg'].iloc[0]:,} negatives",
            ha="right",
            va="bottom",
            fontsize=6,
            color="#555555",
            transform=axes.transAxes,
        )


def _line_style(model: str) -> str:
    styles = {PWM: ":", KMERS_MATRIX: ":", MEAN_OF_EXPERTS: "--", EQUAL_SUM: "--", OWN_EXPERT: "-."}
    return styles.get(model, "-")


def _legend_models(table: pd.DataFrame) -> list[str]:
    """List the models of the legend; one single expert at the end represents all of them."""
    models = list(table["model"].unique())
    experts = [model for model in models if is_expert(model)]
    return [*sorted(headline_models(models), key=drawing_order), *experts[:1]]


def _draw_legend(
    figure: Figure, table: pd.DataFrame, kind: str, styles: Mapping[str, Look]
) -> None:
    models = _legend_models(table)
    handles = [
        Line2D(
            [],
            [],
            color=styles[name].colour,
            linewidth=styles[name].width,
            linestyle=_line_style(name),
        )
        for name in models
    ]
    labels = [OTHER_EXPERTS if is_expert(name) else label(name) for name in models]
    title = f"test split, {kind_label(kind)}"
    legend = figure.legend(
        handles,
        labels,
        loc="lower left",
        ncols=LEGEND_COLUMNS,
        handlelength=2.6,
        title=title,
        title_fontsize=7.5,
    )
    legend.set_alignment("left")
