"""Draw and typeset the published AUROCs together with those of the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer

from tfmoe.core.text import MINUS, MISSING, decimals, signed
from tfmoe.core.vocabulary import BACKGROUND, MIXTURE, Subset
from tfmoe.evaluation.sets import EvaluationSet
from tfmoe.figures.save import Drawing
from tfmoe.figures.style import (
    INK,
    LIGHT,
    NOTHING,
    ROLES,
    empty_figure,
    figure_with_strip,
    look,
    note_height,
    write_legend,
    write_note,
)
from tfmoe.studies.paper.benchmark import (
    AS_PUBLISHED,
    DIFFERENCES,
    MEAN,
    SUBSETS,
)
from tfmoe.studies.paper.table import Block, Column, draw_table

ROW = 0.34
_SUBSETS = {
    Subset.ALL: "all test sequences",
    Subset.NO_OVERLAP: "without overlap\nwith training",
}


@dataclass(frozen=True)
class Series:
    """Column of the table with its label and marker; markers of published values are hollow."""

    column: str
    label: str
    colour: str
    marker: str
    hollow: bool = False


SERIES = (
    Series("published", "published mixture", INK, "D", hollow=True),
    Series("rerun", "authors' re-run", "#6f6f6f", "v", hollow=True),
    Series("follow_up", "authors' follow-up, pretrained", "#9E5A00", "s", hollow=True),
    Series(AS_PUBLISHED, "this run, as published", look(AS_PUBLISHED).colour, "*"),
    Series(MIXTURE, "this run, mixture", look(MIXTURE).colour, "o"),
    Series(BACKGROUND, "this run, background vs. shuffle", look(BACKGROUND).colour, ">"),
)


def draw_published(table: pd.DataFrame, sets: Sequence[EvaluationSet]) -> Drawing:
    """Draw the table of `tfmoe.studies.paper.benchmark.benchmark_table`, one row per set.

    Hollow markers are published values. Filled markers are the run's means over seeds, with bars of
    one standard deviation to each side. The right panel shows the test sequences that overlap no
    training positive.
    """
    present = table[[series.column for series in SERIES]].notna().any()
    shown = [series for series in SERIES if present[series.column]]
    if not shown:
        return Drawing(empty_figure(NOTHING), table)
    subsets = [subset for subset in SUBSETS if (table["subset"] == subset).any()]
    heights = _row_heights(table)
    strip = 0.1 + 0.145 * -(-len(shown) // 3) + note_height(_note(table))
    height = ROW * (max(heights.values()) + 1) + 0.85 + strip
    figure = figure_with_strip(6.4, height, strip)
    ratios = [1.0 if subset == Subset.ALL else 0.72 for subset in subsets]
    panels = figure.subplots(1, len(subsets), sharey=True, squeeze=False, width_ratios=ratios)[0]
    legend: dict[str, ErrorbarContainer] = {}
    for axes, subset in zip(panels, subsets, strict=True):
        own = table[table["subset"] == subset]
        for index, series in enumerate(shown):
            shift = (index - (len(shown) - 1) / 2) * 0.13
            legend[series.label] = _draw_series(axes, own, series, heights, shift)
        _finish(axes, _SUBSETS[Subset(subset)], list(heights.values()))
    names = {found.experiment: found.name for found in sets}
    labels = [_row_label(role, name, names) for role, name in heights]
    panels[0].set_yticks(list(heights.values()), labels)
    for text, (_, name) in zip(panels[0].get_yticklabels(), heights, strict=True):
        text.set_fontweight("bold" if name == MEAN else "normal")
    write_legend(figure, list(legend.values()), list(legend), 3, _note(table))
    write_note(figure, _note(table))
    return Drawing(figure, table)


def _row_heights(table: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Return the height of each set and mean; half a row separates the roles."""
    heights: dict[tuple[str, str], float] = {}
    roles = [role for role in ROLES if (table["role"] == role).any()]
    for gaps, role in enumerate(roles):
        names = table.loc[table["role"] == role, "experiment"].drop_duplicates()
        for name in sorted(names, key=lambda name: name == MEAN):
            heights[role, name] = len(heights) + 0.5 * gaps
    return heights


def _row_label(role: str, experiment: str, names: dict[str, str]) -> str:
    return f"{ROLES[role]}, mean" if experiment == MEAN else names[experiment]


def _draw_series(
    axes: Axes,
    table: pd.DataFrame,
    series: Series,
    heights: dict[tuple[str, str], float],
    shift: float,
) -> ErrorbarContainer:
    rows = zip(table["role"], table["experiment"], strict=True)
    spread = table.get(f"{series.column}_sd")
    return axes.errorbar(
        table[series.column],
        np.array([heights[row] for row in rows]) + shift,
        xerr=spread,
        linestyle="none",
        marker=series.marker,
        markersize=7 if series.marker == "*" else 4.4,
        color=series.colour,
        markerfacecolor="white" if series.hollow else series.colour,
        markeredgecolor=series.colour if series.hollow else "white",
        markeredgewidth=1.0 if series.hollow else 0.4,
        elinewidth=0.9,
    )


def _finish(axes: Axes, title: str, heights: list[float]) -> None:
    axes.set_title(title)
    axes.axvline(0.5, color=LIGHT, linewidth=0.8, zorder=0)
    for above, below in pairwise(heights):
        axes.axhline((above + below) / 2, color="#efefef", linewidth=0.6, zorder=0)
    axes.set_ylim(heights[-1] + 0.5, -0.5)
    axes.set_xlabel("AUROC (chance: 0.5)")
    axes.set_xlim(min(0.49, axes.get_xlim()[0]), 1.0)
    axes.set_xticks([0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _note(table: pd.DataFrame) -> str:
    if table["published"].notna().any():
        return "bars: one standard deviation over seeds"
    return (
        "bars: one standard deviation over seeds; no published values for these sets and negatives"
    )


def draw_published_table(table: pd.DataFrame, sets: Sequence[EvaluationSet]) -> Drawing:
    """Typeset the table of `tfmoe.studies.paper.benchmark.benchmark_table`.

    Columns without values are omitted.
    """
    names = {found.experiment: found.name for found in sets}
    if not len(table):
        return Drawing(empty_figure(NOTHING), table)
    cells = pd.DataFrame([_cells(row, names) for row in table.to_dict("records")])
    filled = [index for index in range(cells.shape[1]) if (cells[index] != MISSING).any()]
    blocks = []
    for (subset, role), rows in table.groupby(["subset", "role"], sort=False):
        heading = ROLES[str(role)]
        heading += "" if subset == Subset.ALL else ", without overlap with training"
        blocks.append(Block(heading, cells.loc[rows.index, filled].to_numpy().tolist(), means=1))
    columns = [
        Column("set", 1.25),
        Column("published\nmixture", 0.62),
        Column("authors'\nre-run", 0.6),
        Column("authors'\nfollow-up", 0.95),
        Column("this run,\nas published", 0.92),
        Column("this run,\nmixture", 0.92),
        Column("background\nvs. shuffle", 0.92),
        Column(f"as published\n{MINUS} published", 0.8),
        Column(f"mixture {MINUS}\npublished", 0.72),
        Column(f"mixture {MINUS}\nbackground", 0.75),
    ]
    columns = [columns[index] for index in filled]
    note = f"AUROC; for this run, mean ± standard deviation over seeds; {MISSING}: no value."
    return Drawing(draw_table(columns, blocks, note), table)


def _cells(row: Mapping[Any, Any], names: Mapping[str, str]) -> list[str]:
    experiment = str(row["experiment"])
    return [
        "mean" if experiment == MEAN else names[experiment],
        decimals(row["published"]),
        decimals(row["rerun"]),
        _with_spread(row["follow_up"], row["follow_up_sd"]),
        *(
            _with_spread(row[model], row[f"{model}_sd"])
            for model in (AS_PUBLISHED, MIXTURE, BACKGROUND)
        ),
        *(signed(row[f"{model}_minus_{other}"]) for model, other in DIFFERENCES),
    ]


def _with_spread(mean: float, spread: float) -> str:
    return decimals(mean) if np.isnan(spread) else f"{decimals(mean)} ± {decimals(spread)}"
