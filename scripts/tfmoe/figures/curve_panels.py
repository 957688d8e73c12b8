"""Panels of curves under the headings of their roles: ROC, and precision against recall."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D

from tfmoe.core.text import decimals
from tfmoe.core.vocabulary import (
    CONDITIONED,
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
from tfmoe.evaluation.sets import EvaluationSet
from tfmoe.figures.style import (
    SMALLEST,
    Look,
    figure_with_strip,
    label,
    note_height,
    write_legend,
    write_note,
)

PANELS_A_ROW = 4
LEGEND_COLUMNS = 3
PANEL = 2.0
HEADING = 0.22
LINE = 0.115
"""Heights of rows of panels, of headings and of lines of text above a panel, in inches."""
HEADINGS: Mapping[str, str] = {
    EvaluationRole.IN_DISTRIBUTION: "Factors with an expert of their own (in-distribution)",
    EvaluationRole.SAME_FACTOR: "Training factors in other cells",
    EvaluationRole.OOD: "Unseen factors (OOD)",
}
WRITTEN = {CONDITIONED: "conditioned", MIXTURE: "mixture", OWN_EXPERT: "own expert"}
"""Models whose score is written above the panels, from the top, with their labels there."""
GREY_TEXT = "#555555"
_POINTS_PER_INCH = 72
_TITLE_PAD = 5.0
_STYLES = {PWM: ":", KMERS_MATRIX: ":", MEAN_OF_EXPERTS: "--", EQUAL_SUM: "--", OWN_EXPERT: "-."}

Line = tuple[str, str]
"""A text and its colour."""


@dataclass(frozen=True)
class Panel:
    """Title of a panel, its rows of the figure's table, and the lines above it, from the top."""

    title: str
    rows: pd.DataFrame
    lines: Sequence[Line] = ()


@dataclass(frozen=True)
class Frame:
    """Labels of the axes, legend by label, title of the legend, and the note below it."""

    x: str
    y: str
    legend: Mapping[str, Line2D]
    title: str
    note: str


def panels_by_role(
    table: pd.DataFrame,
    sets: Sequence[EvaluationSet],
    lines: Callable[[pd.DataFrame], Sequence[Line]],
) -> dict[str, list[Panel]]:
    """Return one panel per set, by the heading of its role."""
    parts = dict(iter(table.groupby("experiment", sort=False)))
    groups: dict[str, list[Panel]] = {}
    for found in sets:
        rows = parts[found.experiment]
        groups.setdefault(HEADINGS[found.role], []).append(Panel(found.name, rows, lines(rows)))
    return groups


def score_lines(
    rows: pd.DataFrame, columns: Sequence[str], styles: Mapping[str, Look]
) -> list[Line]:
    """Return score and interval of each model of `WRITTEN` that has one.

    Parameters
    ----------
    rows
        Rows of one panel, with the column ``model``.
    columns
        Columns of the score and, possibly, of the ends of its interval.
    styles
        Look of each model.
    """
    lines = []
    for model, name in WRITTEN.items():
        own = rows[rows["model"] == model]
        if own.empty or pd.isna(own[columns[0]].iloc[0]):
            continue
        values = [own[column].iloc[0] for column in columns if column in own]
        value, *ends = (decimals(number, 2) for number in values)
        known = ends and not any(pd.isna(number) for number in values)
        interval = " ({}\u2013{})".format(*ends) if known else ""
        lines.append((f"{name} {value}{interval}", styles[model].colour))
    return lines


def draw_panels(
    groups: Mapping[str, Sequence[Panel]],
    frame: Frame,
    panels_a_row: int,
    draw: Callable[[Axes, pd.DataFrame], None],
) -> Figure:
    """Draw panels with both axes from 0 to 1, in rows below the headings of their groups.

    The lines of a panel are between its title and its axes, where no curve can cross them.

    Parameters
    ----------
    groups
        Panels by heading; a group without a heading has the empty one.
    frame
        Labels, legend and note of the figure.
    panels_a_row
        Largest number of panels in a row.
    draw
        Draws the curves of a panel's rows.
    """
    columns = min(panels_a_row, max(map(len, groups.values())))
    strip = 0.29 + 0.145 * -(-len(frame.legend) // LEGEND_COLUMNS) + note_height(frame.note)
    heights = _row_heights(groups, columns)
    size = (max(1.75 * columns + 0.4, 5.2), sum(heights) + 0.2 + strip)
    figure = figure_with_strip(*size, strip=strip)
    grid = figure.add_gridspec(len(heights), columns, height_ratios=heights)
    row = 0
    for heading, panels in groups.items():
        if heading:
            _write_heading(figure.add_subplot(grid[row, :]), heading)
            row += 1
        for index, panel in enumerate(panels):
            down, column = divmod(index, columns)
            axes = figure.add_subplot(grid[row + down, column])
            _frame_panel(axes, panel)
            draw(axes, panel.rows)
            if column:
                axes.tick_params(left=False, labelleft=False)
            else:
                axes.set_ylabel(frame.y)
            if index + columns >= len(panels):  # nothing is below it
                axes.set_xlabel(frame.x)
        row += -(-len(panels) // columns)
    _write_frame(figure, frame)
    return figure


def model_lines(models: Sequence[str], styles: Mapping[str, Look]) -> dict[str, Line2D]:
    """Return the lines of a legend by label; one single expert represents all of them."""
    return {
        OTHER_EXPERTS if is_expert(name) else label(name): Line2D(
            [],
            [],
            color=styles[name].colour,
            linewidth=styles[name].width,
            linestyle=line_style(name),
        )
        for name in models
    }


def line_style(model: str) -> str:
    """Return the style of a model's curve."""
    return _STYLES.get(model, "-")


def _row_heights(groups: Mapping[str, Sequence[Panel]], columns: int) -> list[float]:
    """Return the heights in inches of all rows, of headings and of panels."""
    heights: list[float] = []
    for heading, panels in groups.items():
        height = PANEL + LINE * max(len(panel.lines) for panel in panels)
        heights += [HEADING] * bool(heading) + [height] * -(-len(panels) // columns)
    return heights


def _write_heading(axes: Axes, heading: str) -> None:
    axes.axis("off")
    axes.text(0, 0, heading, fontsize=9.5, weight="bold", transform=axes.transAxes)


def _frame_panel(axes: Axes, panel: Panel) -> None:
    axes.set(xlim=(0, 1), ylim=(0, 1.01), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1], aspect="equal")
    axes.set_xticklabels(["0", "0.5", "1"])
    axes.set_yticklabels(["0", "0.5", "1"])
    step = LINE * _POINTS_PER_INCH
    axes.set_title(panel.title, pad=_TITLE_PAD + step * len(panel.lines))
    for place, (text, colour) in enumerate(reversed(panel.lines)):
        axes.annotate(
            text,
            (0, 1),
            xycoords="axes fraction",
            xytext=(0, 0.6 * _TITLE_PAD + step * place),
            textcoords="offset points",
            ha="left",
            va="bottom",
            fontsize=SMALLEST,
            color=colour,
        )


def _write_frame(figure: Figure, frame: Frame) -> None:
    handles, labels = list(frame.legend.values()), list(frame.legend)
    legend = write_legend(figure, handles, labels, LEGEND_COLUMNS, frame.note)
    legend.set_title(frame.title, FontProperties(size=7.5))
    legend.set_alignment("left")
    write_note(figure, frame.note)
