"""Figure of the overlap of sets with training sets, as a heat map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from numpy.typing import NDArray

from tfmoe.evaluation.sets import EvaluationSet, by_stratum, most_extreme
from tfmoe.figures.save import Drawing
from tfmoe.figures.style import (
    INK,
    LIGHT,
    empty_figure,
    figure_with_strip,
    note_height,
    row_label,
    stratum_label,
    write_note,
)

COLUMNS = [
    "experiment",
    "training_experiment",
    "n",
    "overlapping",
    "share",
    "by",
]
ANY = "any"
MOST_ROWS = 60
MOST_COLUMNS = 40
MOST_NUMBERS = 16
COLOURS = "YlGnBu"
_GREY = "Grey: the set's own training set, which is not compared."
_NONE = "no set has test positives to compare with a training set"


def draw_overlaps(table: pd.DataFrame, sets: Sequence[EvaluationSet]) -> Drawing:
    """Draw the share of each set's test positives that overlap each training set.

    One row per set, grouped by stratum; the first column combines all training sets. With more
    than `MOST_ROWS` sets or `MOST_COLUMNS` training sets, only those with the largest shares are
    drawn.

    Parameters
    ----------
    table
        ``sequences/overlaps.tsv``.
    sets
        Evaluation sets, in order.
    """
    known = table[table["share"].notna()]
    if known.empty:
        return Drawing(empty_figure(_NONE), table)
    shares = known.pivot_table("share", "experiment", "training_experiment", sort=False)
    present = [found for found in sets if found.experiment in shares.index]
    drawn, note = most_extreme(present, shares[ANY], MOST_ROWS)
    training = [found.experiment for found in sets if found.experiment in shares.columns]
    if len(training) > MOST_COLUMNS:
        largest = shares[training].max().sort_values(ascending=False, kind="stable")
        kept = set(largest.index[:MOST_COLUMNS])
        note += f"\nthe {MOST_COLUMNS} of {len(training)} training sets with the largest shares"
        training = [name for name in training if name in kept]
    columns = [ANY, *training]
    whole = known[known["training_experiment"] == ANY]
    sizes = dict(zip(whole["experiment"], whole["n"], strict=True))
    by = str(known["by"].iloc[0])
    shown = shares.reindex(columns=columns)
    if shown.loc[[found.experiment for found in drawn]].isna().to_numpy().any():
        note += f"\n{_GREY}"
    figure = _draw(shown, drawn, sizes, by, note.strip())
    return Drawing(figure, table)


def _draw(
    shares: pd.DataFrame,
    sets: list[EvaluationSet],
    sizes: Mapping[str, int],
    by: str,
    note: str,
) -> Figure:
    columns = list(shares.columns)
    groups = by_stratum(sets)
    numbers = len(columns) <= MOST_NUMBERS
    width = (0.5 if numbers else 0.24) * len(columns) + 3.6
    height = max(0.24 * (len(sets) + 1.6 * len(groups)) + 1.4, 2.4) + note_height(note)
    figure = figure_with_strip(width, height, note_height(note))
    axes = figure.subplots()
    highest = np.nanmax(shares.to_numpy(dtype=np.float64))
    limit = max(0.25, float(np.ceil(highest * 4)) / 4)
    labels: dict[float, str] = {}
    top = 0.0
    for stratum, members in groups.items():
        axes.text(-0.5, top + 0.75, stratum_label(stratum), fontweight="bold", fontsize=8)
        top += 1.1
        values = shares.loc[[found.experiment for found in members]].to_numpy(dtype=np.float64)
        _draw_block(axes, values, top, limit, numbers)
        for index, found in enumerate(members):
            labels[top + index + 0.5] = row_label(found, sizes.get(found.experiment))
        top += len(members) + 0.4
    axes.set(xlim=(-0.5, len(columns) - 0.5), ylim=(top, 0))
    axes.set_yticks(list(labels), list(labels.values()))
    shown = ["any of them", *columns[1:]]
    axes.set_xticks(range(len(columns)), shown, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_xlabel("training set")
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    bar = figure.colorbar(axes.images[0], ax=axes, shrink=min(0.6, 3.2 / height), pad=0.02)
    bar.set_label(f"share of test positives that overlap,\nby {by}")
    bar.outline.set_visible(False)  # type: ignore[operator]
    write_note(figure, note)
    return figure


def _draw_block(
    axes: Axes, values: NDArray[np.float64], top: float, limit: float, numbers: bool
) -> None:
    """Draw the rows of one stratum; pairs that are not compared are grey."""
    extent = (-0.5, values.shape[1] - 0.5, top + len(values), top)
    blank = np.broadcast_to(np.array(to_rgba(LIGHT, 0.35)), (*values.shape, 4))
    image = axes.imshow(
        values, cmap=COLOURS, vmin=0, vmax=limit, extent=extent, aspect="auto",
        interpolation="none",
    )  # fmt: skip
    image.set_zorder(1)
    axes.imshow(blank, extent=extent, aspect="auto", interpolation="none", zorder=0)
    # a gap after the first column, which combines the others
    axes.plot([0.5, 0.5], [top, top + len(values)], color="white", linewidth=3, zorder=2)
    if not numbers:
        return
    for row, line in enumerate(values):
        for column, value in enumerate(line):
            if not np.isnan(value):
                written = axes.text(column, top + row + 0.5, f"{value:.2f}".lstrip("0") or "0")
                written.set(ha="center", va="center", fontsize=6.5, zorder=3)
                written.set_color("white" if value > 0.55 * limit else INK)
