"""Figure of the sequence shared between test positives and training positives of other splits."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from tfmoe.evaluation.sets import EvaluationSet, by_stratum, most_extreme
from tfmoe.figures.audit.overlaps import ANY
from tfmoe.figures.save import Drawing
from tfmoe.figures.style import (
    SIZES_AT,
    empty_figure,
    figure_with_strip,
    note_height,
    stratum_label,
    write_legend,
    write_note,
)

COLUMNS = [
    "experiment",
    "training_experiment",
    "n",
    "share_31mer",
    "near_identical",
]
MOST_ROWS = 60
_SHARED = "#A6CEE3"
_NEARLY = "#0072B2"
_OWN = "#D55E00"
_NONE = "no set has test positives to compare with other splits"


def draw_homology(table: pd.DataFrame, sets: Sequence[EvaluationSet]) -> Drawing:
    """Draw the share of each set's test positives with 31-mers from positives of other splits.

    With more than `MOST_ROWS` sets, only those with the largest shares are drawn.

    Parameters
    ----------
    table
        ``sequences/homology.tsv``.
    sets
        Evaluation sets, in order.
    """
    known = table[table["share_31mer"].notna()]
    whole = known[known["training_experiment"] == ANY].set_index("experiment")
    own = known[known["training_experiment"] == known["experiment"]].set_index("experiment")
    present = [found for found in sets if found.experiment in whole.index]
    if not present:
        return Drawing(empty_figure(_NONE), table)
    drawn, note = most_extreme(present, whole["share_31mer"], MOST_ROWS)
    groups = by_stratum(drawn)
    heights = [0.21 * len(members) for members in groups.values()]
    total = sum(heights) + 0.35 * len(heights) + 1.1 + note_height(note)
    figure = figure_with_strip(6.4, total, 0.5 + note_height(note))
    panels = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)
    for axes, (stratum, members) in zip(panels[:, 0], groups.items(), strict=True):
        axes.set_title(stratum_label(stratum))
        _draw_bars(axes, members, whole, own)
    last = panels[-1, 0]
    highest = float(whole.loc[[found.experiment for found in drawn], "share_31mer"].max())
    last.set_xlim(0, min(1.0, max(0.05, 1.1 * highest)))
    last.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    last.set_xlabel("test positives that share sequence with positives of other splits")
    _draw_legend(figure, bool(len(own)), note)
    write_note(figure, note)
    return Drawing(figure, table)


def _draw_bars(
    axes: Axes, sets: list[EvaluationSet], whole: pd.DataFrame, own: pd.DataFrame
) -> None:
    rows = whole.loc[[found.experiment for found in sets]]
    heights = range(len(rows))
    axes.barh(heights, rows["share_31mer"], height=0.62, color=_SHARED)
    axes.barh(heights, rows["near_identical"], height=0.62, color=_NEARLY)
    for row, found in enumerate(sets):
        if found.experiment in own.index:
            share = own["share_31mer"].loc[found.experiment]
            axes.plot([share], [row], "|", color=_OWN, markersize=8, markeredgewidth=1.4)
    axes.set_yticks(heights, [found.name for found in sets])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    head = axes.text(SIZES_AT, -0.7, "test\npositives", transform=axes.get_yaxis_transform())
    head.set(ha="left", va="bottom", fontsize=6.5, color="#555555")
    for row, number in enumerate(rows["n"]):
        written = axes.text(SIZES_AT, row, f"{number:,}", transform=axes.get_yaxis_transform())
        written.set(ha="left", va="center", fontsize=6.5, color="#555555")


def _draw_legend(figure: Figure, own: bool, note: str) -> None:
    handles: list[Patch | Line2D] = [Patch(color=_SHARED), Patch(color=_NEARLY)]
    labels = ["a 31-mer in common", "at least half of their 31-mers in common"]
    if own:
        handles.append(Line2D([], [], linestyle="none", marker="|", color=_OWN, markersize=8))
        labels.append("a 31-mer in common within the experiment")
    write_legend(figure, handles, labels, 2, note)
