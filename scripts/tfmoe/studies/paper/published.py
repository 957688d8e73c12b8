"""Published against reproduced: the figure and the typeset table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer

from tfmoe.core.vocabulary import MIXTURE, EvaluationRole
from tfmoe.evaluation.sets import EvaluationSet
from tfmoe.figures.save import Drawing
from tfmoe.figures.style import (
    INK,
    LIGHT,
    NOTHING,
    empty_figure,
    figure_with_strip,
    look,
    note_height,
    write_legend,
    write_note,
)
from tfmoe.studies.paper.benchmark import (
    AS_PUBLISHED,
    BACKGROUND,
    DIFFERENCES,
    MEAN,
    SUBSETS,
)
from tfmoe.studies.paper.table import MINUS, MISSING, Block, Column, draw_table, number

ROW = 0.34
_ROLES = {EvaluationRole.IN_DISTRIBUTION: "in-distribution", EvaluationRole.OOD: "OOD"}
_SUBSETS = {
    "all": "all test sequences",
    "no_overlap": "without overlap\nwith training",
}


@dataclass(frozen=True)
class Series:
    """A column of the table as it is drawn; what is published is drawn hollow."""

    column: str
    label: str
    colour: str
    marker: str
    hollow: bool = False


SERIES = (
    Series("published", "published mixture", INK, "D", hollow=True),
    Series("rerun", "its authors' re-run", "#6f6f6f", "v", hollow=True),
    Series("follow_up", "their follow-up, pretrained", "#9E5A00", "s", hollow=True),
    Series(AS_PUBLISHED, "this run, as published", look(AS_PUBLISHED).colour, "*"),
    Series(MIXTURE, "this run, mixture", look(MIXTURE).colour, "o"),
    Series(BACKGROUND, "this run, background vs. shuffle", look(BACKGROUND).colour, ">"),
)


def draw_published(table: pd.DataFrame, sets: Sequence[EvaluationSet]) -> Drawing:
    """Draw the table of `tfmoe.studies.paper.benchmark.benchmark_table`, one row a set.

    Hollow marks are published values, filled ones the run's means over seeds with one standard
    deviation to each side. At the right are the sequences that overlap no training positive.
    """
    present = table[[series.column for series in SERIES]].notna().any()
    shown = [series for series in SERIES if present[series.column]]
    if not shown:
        return Drawing(empty_figure(NOTHING), table)
    subsets = [subset for subset in SUBSETS if (table["subset"] == subset).any()]
    place = _places(table)
    strip = 0.1 + 0.145 * -(-len(shown) // 3) + note_height(_note(table))
    height = ROW * (max(place.values()) + 1) + 0.85 + strip
    figure = figure_with_strip(6.4, height, strip)
    ratios = [1.0 if subset == "all" else 0.72 for subset in subsets]
    panels = figure.subplots(1, len(subsets), sharey=True, squeeze=False, width_ratios=ratios)[0]
    legend: dict[str, ErrorbarContainer] = {}
    for axes, subset in zip(panels, subsets, strict=True):
        own = table[table["subset"] == subset]
        for index, series in enumerate(shown):
            shift = (index - (len(shown) - 1) / 2) * 0.13
            legend[series.label] = _draw_series(axes, own, series, place, shift)
        _finish(axes, _SUBSETS[subset], place)
    names = {found.experiment: found.name for found in sets}
    labels = [_row_label(role, name, names) for role, name in place]
    panels[0].set_yticks(list(place.values()), labels)
    for text, (_, name) in zip(panels[0].get_yticklabels(), place, strict=True):
        text.set_fontweight("bold" if name == MEAN else "normal")
    write_legend(figure, list(legend.values()), list(legend), 3, _note(table))
    write_note(figure, _note(table))
    return Drawing(figure, table)


def _places(table: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Place each set and mean on the vertical axis; half a row parts the roles."""
    places: dict[tuple[str, str], float] = {}
    for role in _ROLES:
        names = table.loc[table["role"] == role, "experiment"].drop_duplicates()
        for name in sorted(names, key=lambda name: name == MEAN):
            places[role, name] = len(places) + 0.5 * (role == EvaluationRole.OOD)
    return places


def _row_label(role: str, experiment: str, names: dict[str, str]) -> str:
    return f"{_ROLES[role]}, mean" if experiment == MEAN else names[experiment]


def _draw_series(
    axes: Axes,
    table: pd.DataFrame,
    series: Series,
    place: dict[tuple[str, str], float],
    shift: float,
) -> ErrorbarContainer:
    rows = zip(table["role"], table["experiment"], strict=True)
    spread = table.get(f"{series.column}_sd")
    return axes.errorbar(
        table[series.column],
        np.array([place[row] for row in rows]) + shift,
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


def _finish(axes: Axes, title: str, place: dict[tuple[str, str], float]) -> None:
    axes.set_title(title)
    axes.axvline(0.5, color=LIGHT, linewidth=0.8, zorder=0)
    heights = list(place.values())
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
        "bars: one standard deviation over seeds; nothing is published of these sets and negatives"
    )


def draw_published_table(table: pd.DataFrame, sets: Sequence[EvaluationSet]) -> Drawing:
    """Typeset the table of `tfmoe.studies.paper.benchmark.benchmark_table`.

    A column without any value is left out.
    """
    names = {found.experiment: found.name for found in sets}
    if not len(table):
        return Drawing(empty_figure(NOTHING), table)
    cells = pd.DataFrame([_cells(row, names) for row in table.to_dict("records")])
    filled = [index for index in range(cells.shape[1]) if (cells[index] != MISSING).any()]
    blocks = []
    for (subset, role), rows in table.groupby(["subset", "role"], sort=False):
        heading = _ROLES[str(role)]
        heading += "" if subset == "all" else ", without overlap with training"
        blocks.append(Block(heading, cells.loc[rows.index, filled].to_numpy().tolist(), means=1))
    columns = [
        Column("set", 1.25),
        Column("published\nmixture", 0.62),
        Column("authors'\nre-run", 0.55),
        Column("their\nfollow-up", 0.95),
        Column("this run,\nas published", 0.92),
        Column("this run,\nmixture", 0.92),
        Column("background\nvs. shuffle", 0.92),
        Column(f"as published\n{MINUS} published", 0.8),
        Column(f"mixture {MINUS}\npublished", 0.72),
        Column(f"mixture {MINUS}\nbackground", 0.75),
    ]
    columns = [columns[index] for index in filled]
    note = f"AUROC; the run's: mean ± standard deviation over seeds; {MISSING}: there is none."
    return Drawing(draw_table(columns, blocks, note), table)


def _cells(row: Mapping[Any, Any], names: Mapping[str, str]) -> list[str]:
    experiment = str(row["experiment"])
    return [
        "mean" if experiment == MEAN else names[experiment],
        number(row["published"]),
        number(row["rerun"]),
        _with_spread(row["follow_up"], row["follow_up_sd"]),
        *(
            _with_spread(row[model], row[f"{model}_sd"])
            for model in (AS_PUBLISHED, MIXTURE, BACKGROUND)
        ),
        *(number(row[f"{model}_minus_{other}"], sign=True) for model, other in DIFFERENCES),
    ]


def _with_spread(mean: float, spread: float) -> str:
    return number(mean) if np.isnan(spread) else f"{number(mean)} ± {number(spread)}"
