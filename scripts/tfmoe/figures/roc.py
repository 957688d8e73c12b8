"""Figure of the ROC curves: one panel per set, or per stratum with too many sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.core.vocabulary import ENSEMBLE_SUM, is_expert
from tfmoe.evaluation.predictions import Predictions, read_predictions
from tfmoe.evaluation.sets import EvaluationSet, headline_models, name_own_expert
from tfmoe.figures.curve_panels import (
    GREY_TEXT,
    PANELS_A_ROW,
    Frame,
    Line,
    Panel,
    draw_panels,
    line_style,
    model_lines,
    panels_by_role,
    score_lines,
)
from tfmoe.figures.save import Drawing
from tfmoe.figures.style import (
    LIGHT,
    NOTHING,
    Look,
    drawing_order,
    empty_figure,
    is_mixture,
    kind_label,
    looks,
    stratum_label,
)

MOST_PANELS = 40
NOTE = (
    "Above each panel: AUROC (95 % bootstrap interval over sequences), mean over training seeds; "
    "n: positives / negatives. Band: range of the seeds."
)
MEANS = "Above each panel: AUROC, mean over training seeds and sets."
GRID = np.unique(np.concatenate([[0.001, 0.002, 0.005], np.linspace(0, 1, 101)]))
"""False positive rates at which the seeds' curves are averaged."""

AUROCS = ["auroc", "auroc_low", "auroc_high"]

Floats = NDArray[np.float64]


def roc_table(
    predictions: Mapping[str, Pathlike],
    sets: Sequence[EvaluationSet],
    kind: str,
    aurocs: pd.DataFrame,
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
    aurocs
        See `tfmoe.figures.auroc.auroc_table`, of the same kind of negatives.

    Returns
    -------
    pandas.DataFrame
        experiment, stratum, model, n_pos, n_neg, n_seeds, false_positive_rate (of `GRID`),
        true_positive_rate, and the lowest and highest of the seeds; auroc, auroc_low and auroc_high
        (means over seeds; missing where `aurocs` has none). Sets without positives or negatives,
        and columns with a score that is not finite, are left out.

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
    rates = ["false_positive_rate", "true_positive_rate", "lowest", "highest", *AUROCS]
    empty = pd.DataFrame(columns=[*columns, *rates])
    filled = [part for part in parts if len(part)]
    if not filled:
        return empty
    means = aurocs.groupby(["experiment", "model"])[AUROCS].mean().reset_index()
    curves = pd.concat(filled, ignore_index=True)
    return curves.merge(means, on=["experiment", "model"], how="left", validate="many_to_one")


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
    styles = looks(named["model"].unique())
    by_set = len(drawn) <= MOST_PANELS

    def lines(rows: pd.DataFrame) -> list[Line]:
        scores = score_lines(rows, AUROCS, styles)
        if not by_set:
            return scores
        sizes = f"n = {rows['n_pos'].iloc[0]:,} / {rows['n_neg'].iloc[0]:,}"
        return [*scores, (sizes, GREY_TEXT)]

    groups = panels_by_role(named, drawn, lines) if by_set else _by_stratum(named, drawn, lines)
    frame = Frame(
        x="false positive rate",
        y="true positive rate",
        legend=model_lines(_legend_models(named), styles),
        title=f"test split, {kind_label(kind)}",
        note=NOTE if by_set else MEANS,
    )
    figure = draw_panels(groups, frame, panels_a_row, partial(_draw_curves, styles=styles))
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


def _by_stratum(
    table: pd.DataFrame,
    sets: Sequence[EvaluationSet],
    lines: Callable[[pd.DataFrame], Sequence[Line]],
) -> dict[str, list[Panel]]:
    """Return one panel per stratum, without a heading."""
    keys = ["stratum", "model", "false_positive_rate"]
    means = table.groupby(keys, sort=False)[["true_positive_rate", "auroc"]].mean().reset_index()
    counts = table.groupby("stratum", sort=False)["experiment"].nunique()
    panels = []
    for name in dict.fromkeys(found.stratum for found in sets):
        title = stratum_label(name).replace(", ", ",\n") + f"\n(mean of {counts[name]} sets)"
        rows = means[means["stratum"] == name]
        panels.append(Panel(title, rows, lines(rows)))
    return {"": panels}


def _draw_curves(axes: Axes, rows: pd.DataFrame, styles: Mapping[str, Look]) -> None:
    axes.plot([0, 1], [0, 1], color=LIGHT, linewidth=0.8, zorder=0)
    for model in sorted(rows["model"].unique(), key=drawing_order, reverse=True):
        curve = rows[rows["model"] == model]
        style = styles[model]
        axes.plot(
            np.concatenate([[0.0], curve["false_positive_rate"]]),
            np.concatenate([[0.0], curve["true_positive_rate"]]),
            color=style.colour,
            linewidth=style.width,
            linestyle=line_style(model),
            alpha=0.55 if is_expert(model) else 1.0,
            zorder=1 if is_expert(model) else 2,
        )
        if is_mixture(model) and "lowest" in curve:
            rates, low, high = (
                curve[name] for name in ("false_positive_rate", "lowest", "highest")
            )
            axes.fill_between(rates, low, high, color=style.colour, alpha=0.25, linewidth=0)


def _legend_models(table: pd.DataFrame) -> list[str]:
    """List the models of the legend; one single expert at the end represents all of them."""
    models = list(table["model"].unique())
    experts = [model for model in models if is_expert(model)]
    return [*sorted(headline_models(models), key=drawing_order), *experts[:1]]
