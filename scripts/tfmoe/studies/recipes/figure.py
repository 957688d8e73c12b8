"""Draw the effect of a recipe: the difference in AUROC from the run's own recipe on each set."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from tfmoe.core.vocabulary import (
    KINDS,
    MEAN_OF_EXPERTS,
    MIXTURE,
    OWN_EXPERT,
    Kind,
    Subset,
    kind_order,
)
from tfmoe.figures.save import Drawing
from tfmoe.figures.style import (
    INK,
    LIGHT,
    NOTHING,
    ROLES,
    empty_figure,
    figure_with_strip,
    label,
    look,
    note_height,
    write_legend,
    write_note,
)
from tfmoe.studies.recipes.comparison import MEAN, MIXTURES

MODELS = {MIXTURES: MIXTURE, OWN_EXPERT: OWN_EXPERT, MEAN_OF_EXPERTS: MEAN_OF_EXPERTS}
"""Model whose colour, marker and label is used for each model of the table."""
MOST_ROWS = 60
WIDTH = 6.4


def draw_effect(effect: pd.DataFrame) -> Drawing:
    """Draw the table of `tfmoe.studies.recipes.comparison.recipe_effect`.

    The figure has one row per set and one row for the mean over the sets of each role, for the
    primary kind of negatives and all sequences. Bars are intervals over seeds, if there are at
    least three seeds. With more than `MOST_ROWS` rows, only the means are drawn.
    """
    drawn = effect[(effect["subset"] == Subset.ALL) & effect["difference"].notna()]
    if drawn.empty:
        return Drawing(empty_figure(NOTHING), effect)
    kind = min(set(drawn["negatives"]), key=kind_order)
    drawn = drawn[drawn["negatives"] == kind]
    if drawn["experiment"].nunique() > MOST_ROWS:
        drawn = drawn[drawn["experiment"] == MEAN]
    bars = "; bars: intervals over seeds" if drawn["difference_low"].notna().any() else ""
    return Drawing(_draw(drawn, f"{KINDS[Kind(kind)]}, split test{bars}"), effect)


def _draw(drawn: pd.DataFrame, note: str) -> Figure:
    roles = [role for role in ROLES if (drawn["role"] == role).any()]
    names = {
        role: list(dict.fromkeys(drawn.loc[drawn["role"] == role, "experiment"])) for role in roles
    }
    heights = [0.3 * len(names[role]) for role in roles]
    strip = note_height(note) + 0.25
    total = sum(heights) + 0.35 * len(roles) + 0.35 + strip
    figure = figure_with_strip(WIDTH, total, strip)
    grid: Any = figure.subplots(len(roles), 1, sharex=True, squeeze=False, height_ratios=heights)
    for axes, role in zip(grid[:, 0], roles, strict=True):
        _draw_panel(axes, drawn[drawn["role"] == role], names[role])
        axes.set_title(ROLES[role])
    grid[-1, 0].set_xlabel("difference in AUROC from the run's own recipe")
    handles = [
        Line2D([], [], linestyle="none", marker=look(model).marker, color=look(model).colour)
        for model in MODELS.values()
    ]
    labels = [label(model) for model in MODELS.values()]
    write_legend(figure, handles, labels, len(handles), note)
    write_note(figure, note)
    return figure


def _draw_panel(axes: Axes, drawn: pd.DataFrame, names: list[str]) -> None:
    axes.axvline(0, color=INK, linewidth=0.7, zorder=0)
    for row in range(1, len(names)):
        axes.axhline(row - 0.5, color=LIGHT, linewidth=0.5, zorder=0)
    for shift, (kind, model) in zip(np.array([-0.22, 0.0, 0.22]), MODELS.items(), strict=True):
        rows = drawn[drawn["model"] == kind]
        height = np.array([names.index(name) for name in rows["experiment"]]) + shift
        style = look(model)
        axes.hlines(
            height,
            rows["difference_low"],
            rows["difference_high"],
            color=style.colour,
            linewidth=0.9,
            alpha=0.75,
        )
        axes.plot(
            rows["difference"],
            height,
            linestyle="none",
            marker=style.marker,
            color=style.colour,
            markersize=4.4,
            markeredgecolor="white",
            markeredgewidth=0.4,
        )
    axes.set_yticks(range(len(names)), ["mean" if name == MEAN else name for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
