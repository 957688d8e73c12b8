"""Figure of the ROC curves: one panel per set, or per stratum with too many sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.core.vocabulary import (
    CONDITIONED,
    ENSEMBLE_SUM,
    EQUAL_SUM,
    KMERS_MATRIX,
    MEAN_OF_EXPERTS,
    MIXTURE,
    OTHER_EXPERTS,
    OWN_EXPERT,
    PWM,
    EvaluationRole,
    is_expert,
)
from tfmoe.evaluation.predictions import Predictions, read_predictions
from tfmoe.evaluation.sets import EvaluationSet, headline_models, name_own_expert
from tfmoe.figures.save import Drawing
from tfmoe.figures.style import (
    LIGHT,
    NOTHING,
    SMALLEST,
    Look,
    drawing_order,
    empty_figure,
    figure_with_strip,
    is_mixture,
    kind_label,
    label,
    looks,
    note_height,
    stratum_label,
    write_legend,
    write_note,
)

MOST_PANELS = 40
PANEL = 1.85
HEADING = 0.22
"""Heights of rows of panels and of headings, in inches."""
HEADINGS: Mapping[str, str] = {
    EvaluationRole.IN_DISTRIBUTION: "Factors with an expert of their own (in-distribution)",
    EvaluationRole.SAME_FACTOR: "Training factors in other cells",
    EvaluationRole.OOD: "Unseen factors (OOD)",
}
NOTE = (
    "In each panel: AUROC (95 % bootstrap interval over sequences), mean over training seeds; "
    "n: positives / negatives. Band: range of the seeds."
)
MEANS = "In each panel: AUROC, mean over training seeds and sets."
PANELS_A_ROW = 4
LEGEND_COLUMNS = 3
GRID = np.unique(np.concatenate([[0.001, 0.002, 0.005], np.linspace(0, 1, 101)]))
"""False positive rates at which the seeds' curves are averaged."""

AUROCS = ["auroc", "auroc_low", "auroc_high"]
WRITTEN = {CONDITIONED: "conditioned", MIXTURE: "mixture", OWN_EXPERT: "own expert"}
"""Models whose AUROC is written into the panels, from the top, with their labels there."""

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
    by_set = len(drawn) <= MOST_PANELS
    groups = _set_panels(named, drawn) if by_set else {"": _stratum_panels(named, drawn)}
    most = max(map(len, groups.values()))
    columns = min(panels_a_row, most)
    note = NOTE if by_set else MEANS
    strip = 0.29 + 0.145 * -(-len(_legend_models(named)) // LEGEND_COLUMNS) + note_height(note)
    heights = _row_heights(groups, columns)
    size = (max(1.75 * columns + 0.4, 5.2), sum(heights) + 0.2 + strip)
    figure = figure_with_strip(*size, strip=strip)
    grid = figure.add_gridspec(len(heights), columns, height_ratios=heights)
    styles = looks(named["model"].unique())
    row = 0
    for heading, panels in groups.items():
        if heading:
            _write_heading(figure.add_subplot(grid[row, :]), heading)
            row += 1
        for index, (title, part) in enumerate(panels):
            down, column = divmod(index, columns)
            axes = figure.add_subplot(grid[row + down, column])
            _draw_panel(axes, title, part, styles)
            if column:
                axes.tick_params(left=False, labelleft=False)
            else:
                axes.set_ylabel("true positive rate")
            if index + columns >= len(panels):  # nothing is below it
                axes.set_xlabel("false positive rate")
        row += -(-len(panels) // columns)
    _draw_legend(figure, named, kind, styles, note)
    write_note(figure, note)
    return Drawing(figure, table)


def _row_heights(groups: Mapping[str, Sequence[object]], columns: int) -> list[float]:
    """Return the heights in inches of all rows, of headings and of panels."""
    heights: list[float] = []
    for heading, panels in groups.items():
        heights += [HEADING] * bool(heading) + [PANEL] * -(-len(panels) // columns)
    return heights


def _write_heading(axes: Axes, heading: str) -> None:
    axes.axis("off")
    axes.text(0, 0, heading, fontsize=9.5, weight="bold", transform=axes.transAxes)


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
) -> dict[str, list[tuple[str, pd.DataFrame]]]:
    """Return the title and the curves of each set's panel, by the heading of its role."""
    parts = dict(iter(table.groupby("experiment", sort=False)))
    groups: dict[str, list[tuple[str, pd.DataFrame]]] = {}
    for found in sets:
        panel = (found.name, parts[found.experiment])
        groups.setdefault(HEADINGS[found.role], []).append(panel)
    return groups


def _stratum_panels(
    table: pd.DataFrame, sets: Sequence[EvaluationSet]
) -> list[tuple[str, pd.DataFrame]]:
    keys = ["stratum", "model", "false_positive_rate"]
    means = table.groupby(keys, sort=False)[["true_positive_rate", "auroc"]].mean().reset_index()
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
    for index, (text, colour) in enumerate(_panel_lines(part, styles)):
        written = axes.text(0.98, 0.03 + 0.085 * index, text, transform=axes.transAxes)
        written.set(ha="right", va="bottom", fontsize=SMALLEST, color=colour, zorder=4)
        written.set_path_effects([withStroke(linewidth=1.8, foreground="white")])


def _panel_lines(part: pd.DataFrame, styles: Mapping[str, Look]) -> list[tuple[str, str]]:
    """Return the lines of text in a panel and their colours, from the bottom."""
    lines = []
    if "n_pos" in part:
        sizes = f"n = {part['n_pos'].iloc[0]:,} / {part['n_neg'].iloc[0]:,}"
        lines.append((sizes, "#555555"))
    for model, name in reversed(WRITTEN.items()):
        rows = part[part["model"] == model]
        if rows.empty or pd.isna(rows["auroc"].iloc[0]):
            continue
        value, *bounds = (f"{rows[column].iloc[0]:.2f}" for column in AUROCS if column in rows)
        known = bounds and "nan" not in bounds
        interval = " ({}\u2013{})".format(*bounds) if known else ""
        lines.append((f"{name} {value}{interval}", styles[model].colour))
    return lines


def _line_style(model: str) -> str:
    styles = {PWM: ":", KMERS_MATRIX: ":", MEAN_OF_EXPERTS: "--", EQUAL_SUM: "--", OWN_EXPERT: "-."}
    return styles.get(model, "-")


def _legend_models(table: pd.DataFrame) -> list[str]:
    """List the models of the legend; one single expert at the end represents all of them."""
    models = list(table["model"].unique())
    experts = [model for model in models if is_expert(model)]
    return [*sorted(headline_models(models), key=drawing_order), *experts[:1]]


def _draw_legend(
    figure: Figure, table: pd.DataFrame, kind: str, styles: Mapping[str, Look], note: str
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
    legend = write_legend(figure, handles, labels, LEGEND_COLUMNS, note)
    legend.set_title(f"test split, {kind_label(kind)}", FontProperties(size=7.5))
    legend.set_alignment("left")
