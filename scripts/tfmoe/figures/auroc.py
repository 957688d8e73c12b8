"""Figure of the AUROCs by model and set, with one panel per stratum, in one or two columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator
from numpy.typing import NDArray

from tfmoe.core.vocabulary import OTHER_EXPERTS, is_expert
from tfmoe.evaluation.sets import (
    EvaluationSet,
    by_stratum,
    headline_models,
    mean_over_seeds,
    name_own_expert,
)
from tfmoe.figures.save import Drawing
from tfmoe.figures.style import (
    INK,
    LIGHT,
    NOTHING,
    Look,
    drawing_order,
    empty_figure,
    figure_with_strip,
    kind_label,
    label,
    looks,
    note_height,
    stratum_label,
    write_legend,
    write_note,
)

MOST_ROWS = 60
MOST_IN_ONE_COLUMN = 4
LEGEND_COLUMNS = 3
MARKER = 0.8
"""Size of a marker relative to that of its look: many are in one row."""
HEAD = 0.35
"""Height in inches of the title and the axis of a panel."""
SPLIT = 3
"""Rows by which the longer of two columns may grow so that no stratum is in both."""
MARK: dict[str, Any] = {"color": INK, "linewidth": 1.1, "linestyle": (0, (2.2, 1.2))}
COLUMNS = [
    "experiment",
    "factor",
    "role",
    "stratum",
    "negatives",
    "model",
    "seed",
    "n_pos",
    "n_neg",
    "auroc",
    "auroc_low",
    "auroc_high",
]


def auroc_table(metrics: pd.DataFrame, sets: Sequence[EvaluationSet], kind: str) -> pd.DataFrame:
    """Return the AUROC of every model, set and seed on one kind of negatives, in set order.

    Parameters
    ----------
    metrics
        ``evaluation/metrics.tsv``.
    sets
        Evaluation sets, in order.
    kind
        Kind of negatives.
    """
    rows = metrics[(metrics["negatives"] == kind) & (metrics["subset"] == "all")]
    rows = rows[rows["auroc"].notna()]
    position = {found.experiment: index for index, found in enumerate(sets)}
    rows = rows[rows["experiment"].isin(position)]
    order = rows["experiment"].map(position).sort_values(kind="stable").index
    return rows.loc[order, COLUMNS].reset_index(drop=True)


@dataclass(frozen=True)
class Marks:
    """AUROCs from elsewhere, by experiment, and their label."""

    label: str
    by_set: Mapping[str, float]


def draw_auroc(
    table: pd.DataFrame, sets: Sequence[EvaluationSet], marks: Marks | None = None
) -> Drawing:
    """Draw the table of `auroc_table`, and optional marks as dashed lines.

    One row per set: markers are means over seeds, dots are seeds, bars are 95 % intervals (the
    mean of the seeds' bounds) and grey ticks are other experts. With more than
    `MOST_IN_ONE_COLUMN` sets, panels are in two columns. With more than `MOST_ROWS` sets, one row
    per model and stratum, with one dot per set.
    """
    present = set(table["experiment"])
    drawn = [found for found in sets if found.experiment in present]
    if not drawn:
        return Drawing(empty_figure(NOTHING), table)
    seeds = name_own_expert(table, drawn)
    means = mean_over_seeds(seeds.assign(subset="all"), str(table["negatives"].iloc[0]))
    models = sorted(headline_models(list(means["model"].unique())), key=drawing_order)
    if len(drawn) <= MOST_ROWS:
        figure = _draw_sets(means, seeds, drawn, models, marks or Marks("", {}))
    else:
        figure = _draw_strata(means, drawn, models)
    return Drawing(figure, table)


def split_columns(sets: Sequence[EvaluationSet]) -> list[dict[str, list[EvaluationSet]]]:
    """Distribute sets over one or two columns of similar length, as members of each panel by title.

    A stratum is divided only where the columns would differ much otherwise.
    """
    ordered = [found for members in by_stratum(sets).values() for found in members]
    number = len(ordered)

    def cost(place: int) -> int:
        divided = ordered[place - 1].stratum == ordered[place].stratum
        return max(place, number - place) + SPLIT * divided

    place = min(range(number - 1, 0, -1), key=cost) if number > MOST_IN_ONE_COLUMN else number
    columns: list[dict[str, list[EvaluationSet]]] = []
    for half in (ordered[:place], ordered[place:]):
        panels = {stratum_label(name): found for name, found in by_stratum(half).items()}
        if columns and half and half[0].stratum == ordered[place - 1].stratum:
            first = next(iter(panels))
            panels = {f"{first}\n(continued)": panels.pop(first)} | panels
        if panels:
            columns.append(panels)
    return columns


def _panels(
    columns: Sequence[Sequence[float]], width: float, margin: float
) -> tuple[Figure, list[Axes]]:
    """Stack panels of given heights in inches in columns, with `margin` inches below for a legend.

    A shorter column is filled up with empty space, so that rows of all columns are equally high.
    """
    full = [sum(heights) + HEAD * len(heights) for heights in columns]
    figure = figure_with_strip(width, max(full) + HEAD + margin, margin)
    outer = figure.add_gridspec(1, len(columns))
    panels: list[Axes] = []
    for column, heights in enumerate(columns):
        empty = max(full) - full[column]
        ratios = [*heights, empty] if empty > HEAD else list(heights)
        inner = outer[column].subgridspec(len(ratios), 1, height_ratios=ratios)
        own = [
            figure.add_subplot(inner[row], sharex=panels[0] if panels else None)
            for row in range(len(heights))
        ]
        for axes in own[:-1]:
            axes.tick_params(labelbottom=False)
        own[-1].set_xlabel("AUROC (chance: 0.5)")
        panels += own
    return figure, panels


def _draw_sets(
    means: pd.DataFrame,
    seeds: pd.DataFrame,
    sets: list[EvaluationSet],
    models: list[str],
    marks: Marks,
) -> Figure:
    columns = split_columns(sets)
    row = max(0.3, 0.05 * len(models) + 0.06)
    legend = _legend(models, bool(means["model"].map(is_expert).any()), marks)
    note = _note(seeds)
    margin = 0.14 + 0.145 * -(-len(legend) // LEGEND_COLUMNS) + note_height(note)
    heights = [[row * len(found) for found in panels.values()] for panels in columns]
    figure, panels = _panels(heights, 6.4 if len(columns) == 1 else 7.2, margin)
    dodge = _dodge(len(models))
    groups = [group for column in columns for group in column.items()]
    for axes, (title, members) in zip(panels, groups, strict=True):
        position = {found.experiment: index for index, found in enumerate(members)}
        axes.set_title(title)
        axes.axvline(0.5, color=LIGHT, linewidth=0.8, zorder=0)
        for index in range(1, len(members)):
            axes.axhline(index - 0.5, color="#efefef", linewidth=0.6, zorder=0)
        others = means[means["experiment"].isin(position) & means["model"].map(is_expert)]
        height = others["experiment"].map(position)
        axes.vlines(others["auroc"], height - 0.4, height + 0.4, color="#c4c4c4", linewidth=0.8)
        _draw_marks(axes, marks, position)
        for (model, style), shift in zip(looks(models).items(), dodge, strict=True):
            _draw_model(axes, means, seeds, position, model, shift, style)
        axes.set_yticks(range(len(members)), [found.name for found in members], va="bottom")
        axes.set_ylim(len(members) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        _write_sizes(axes, means, position)
    _limit(panels, means)
    write_legend(figure, list(legend.values()), list(legend), LEGEND_COLUMNS, note)
    write_note(figure, note)
    return figure


def _note(seeds: pd.DataFrame) -> str:
    number = seeds["seed"].nunique()
    means = f"mean of {number} training seeds (small dots: each seed)" if number > 1 else "one seed"
    return (
        f"Test split, {kind_label(seeds['negatives'].iloc[0])}. Below each name: number of "
        f"positives / negatives. Marker: {means};\nbar: 95 % bootstrap interval over sequences. "
        "Intervals of one set overlap more than paired differences do:\n"
        "evaluation/comparisons.tsv tests those."
    )


def _draw_marks(axes: Axes, marks: Marks, position: dict[str, int]) -> None:
    for name, value in marks.by_set.items():
        if name in position:
            axes.vlines(value, position[name] - 0.45, position[name] + 0.45, **MARK)


def _draw_model(
    axes: Axes,
    means: pd.DataFrame,
    seeds: pd.DataFrame,
    position: dict[str, int],
    model: str,
    shift: float,
    style: Look,
) -> None:
    own = means[(means["model"] == model) & means["experiment"].isin(position)]
    if own.empty:  # a line without points and clipping breaks the layout
        return
    height = own["experiment"].map(position) + shift
    axes.hlines(
        height, own["auroc_low"], own["auroc_high"], color=style.colour, linewidth=0.9, alpha=0.75
    )
    runs = seeds[(seeds["model"] == model) & seeds["experiment"].isin(position)]
    axes.plot(
        runs["auroc"],
        runs["experiment"].map(position) + shift,
        linestyle="none",
        marker=".",
        markersize=2.2,
        color=style.colour,
        clip_on=False,
    )
    axes.plot(
        own["auroc"],
        height,
        linestyle="none",
        marker=style.marker,
        markersize=MARKER * style.size,
        markeredgecolor="white",
        markeredgewidth=0.4,
        color=style.colour,
        clip_on=False,
    )


def _write_sizes(axes: Axes, means: pd.DataFrame, position: dict[str, int]) -> None:
    """Write the number of positives and negatives below the name of each row."""
    sizes = means.drop_duplicates("experiment").set_index("experiment")
    for name, height in position.items():
        axes.annotate(
            f"{sizes['n_pos'][name]:,.0f} / {sizes['n_neg'][name]:,.0f}",
            (0, height),
            xycoords=axes.get_yaxis_transform(),
            xytext=(-3.5, -0.5),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=6.5,
            color="#555555",
        )


def _draw_strata(means: pd.DataFrame, sets: list[EvaluationSet], models: list[str]) -> Figure:
    groups = by_stratum(sets)
    tables = [
        means[means["experiment"].isin([found.experiment for found in members])]
        for members in groups.values()
    ]
    shown = [[model for model in models if (table["model"] == model).any()] for table in tables]
    note = "Marker: mean over sets; dots: sets, each the mean over training seeds."
    figure, panels = _panels([[0.24 * len(names) for names in shown]], 6.4, note_height(note) + 0.1)
    for axes, (stratum, members), table, names in zip(
        panels, groups.items(), tables, shown, strict=True
    ):
        axes.set_title(f"{stratum_label(stratum)} (n = {len(members)} sets)")
        axes.axvline(0.5, color=LIGHT, linewidth=0.8, zorder=0)
        for index, model in enumerate(names):
            values = table.loc[table["model"] == model, "auroc"].to_numpy()
            _draw_swarm(axes, values, index, looks(models)[model])
        axes.set_yticks(range(len(names)), [label(model) for model in names])
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
    _limit(panels, means)
    write_note(figure, note)
    return figure


def _draw_swarm(axes: Axes, values: NDArray[np.float64], row: int, style: Look) -> None:
    """Draw one dot per set, and a marker at their mean."""
    # a fixed spread instead of random jitter keeps the figure reproducible
    spread = (np.arange(len(values)) % 5 - 2) * 0.12
    axes.plot(values, row + spread, ".", markersize=2.5, color=style.colour, alpha=0.5)
    axes.plot(
        [values.mean()],
        [row],
        marker=style.marker,
        markersize=6,
        markeredgecolor="white",
        color=style.colour,
    )


def _dodge(number: int) -> NDArray[np.float64]:
    """Return vertical offsets that separate `number` markers in one row."""
    step = min(0.16, 0.8 / max(number, 1))
    return (np.arange(number, dtype=np.float64) - (number - 1) / 2) * step


def _limit(panels: Sequence[Axes], means: pd.DataFrame) -> None:
    lowest = float(np.nanmin(means[["auroc", "auroc_low"]].to_numpy(dtype=float)))
    for axes in panels:
        axes.set_xlim(max(0.0, min(0.45, lowest - 0.02)), 1.0)
        axes.xaxis.set_major_locator(FixedLocator(list(np.arange(1, 11) / 10)))


def _legend(models: list[str], others: bool, marks: Marks) -> dict[str, Line2D]:
    """Return the handles of the legend by label."""
    handles = {
        label(model): Line2D(
            [],
            [],
            linestyle="none",
            marker=style.marker,
            color=style.colour,
            markersize=style.size,
            markeredgecolor="white",
            markeredgewidth=0.4,
        )
        for model, style in looks(models).items()
    }
    if others:
        tick = Line2D([], [], linestyle="none", marker="|", color="#b0b0b0", markersize=6)
        handles[OTHER_EXPERTS] = tick
    if marks.by_set:
        handles[marks.label] = Line2D([], [], **MARK)
    return handles
