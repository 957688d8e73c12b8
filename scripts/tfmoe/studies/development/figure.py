"""Draw the effects of ablations on validation data, for training factors and left-out factors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from tfmoe.core.vocabulary import KINDS, MIXTURE, Kind
from tfmoe.figures.save import Drawing
from tfmoe.figures.style import (
    GREY,
    INK,
    LIGHT,
    empty_figure,
    figure_with_strip,
    look,
    note_height,
    write_note,
)
from tfmoe.studies.development.tables import IN_DISTRIBUTION, LEFT_OUT, PARTS

TITLES = {IN_DISTRIBUTION: "training factors", LEFT_OUT: "left-out factors"}
ROW = 0.24
WIDTH = 6.4


def draw_ablations(changes: pd.DataFrame) -> Drawing:
    """Draw the table of `tfmoe.studies.development.tables.change_table`.

    The figure has one row per ablation and one panel for each of `PARTS`, with a common scale. Each
    grey dot is a set (mean over seeds), and the marker is the mean over sets.
    """
    names = list(dict.fromkeys(changes["recipe"]))
    if not names:
        return Drawing(empty_figure("the config has no ablations"), changes)
    kind = str(changes["negatives"].iloc[0])
    data = f"{KINDS[Kind(kind)]}, validation split"
    note = f"mixtures, relative to the run's own recipe; {data}; grey: single sets"
    strip = note_height(note) + 0.05
    figure = figure_with_strip(WIDTH, ROW * len(names) + 0.8 + strip, strip)
    grid: Any = figure.subplots(1, len(PARTS), sharex=True, sharey=True, squeeze=False)
    for axes, part in zip(grid[0], PARTS, strict=True):
        _draw_panel(axes, changes[changes["part"] == part], names)
        axes.set_title(TITLES[part])
        axes.set_xlabel("difference in AUROC")
    grid[0][0].set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
    grid[0][0].set_ylim(len(names) - 0.5, -0.5)
    write_note(figure, note)
    return Drawing(figure, changes)


def _draw_panel(axes: Axes, changes: pd.DataFrame, names: list[str]) -> None:
    axes.axvline(0, color=INK, linewidth=0.7, zorder=0)
    for row, name in enumerate(names):
        axes.axhline(row, color=LIGHT, linewidth=0.5, zorder=0)
        values = changes.loc[changes["recipe"] == name, "change"].to_numpy(dtype=np.float64)
        if not len(values):
            continue
        # fixed offsets instead of random jitter keep the figure reproducible
        height = row + (np.arange(len(values)) % 3 - 1) * 0.14
        axes.plot(values, height, ".", color=GREY, markersize=3.2, markeredgewidth=0)
        style = look(MIXTURE)
        axes.plot(
            [values.mean()],
            [row],
            marker=style.marker,
            color=style.colour,
            markersize=5.2,
            markeredgecolor="white",
            markeredgewidth=0.5,
        )
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
