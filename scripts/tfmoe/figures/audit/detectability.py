"""Figure of detectability: AUROC of detectors without motifs, one dot per set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tfmoe.core.vocabulary import kind_order
from tfmoe.evaluation.sets import EvaluationSet
from tfmoe.figures.save import Drawing
from tfmoe.figures.style import LIGHT, Look, empty_figure, figure_with_strip, kind_label

COLUMNS = ["experiment", "first", "second", "features", "auroc", "n_first", "n_second"]
POSITIVES = "positives"
_LOOKS = {"composition": Look("#0072B2", "o", 1.0), "4-mers": Look("#D55E00", "^", 1.0)}
_NAMES = {"composition": "GC and dinucleotides", "4-mers": "4-mers"}
_NONE = "no set has ten sequences of each of two kinds to compare"
_ABOVE = 0.11
"""Distance of a name from the middle of its dots, in rows."""
_MANY = 60
"""Above this number of sets, dots are smaller."""
_LETTER = 0.013
"""Width of a letter of a set's name, in units of AUROC."""
_TITLES = {True: "positives against", False: "one kind of negatives against another"}


def draw_detectability(table: pd.DataFrame, sets: Sequence[EvaluationSet]) -> Drawing:
    """Draw the AUROC of each detector on each pair of kinds of sequences.

    Each dot is a set, and larger marks are medians; the set farthest from one half has its name.

    Parameters
    ----------
    table
        ``sequences/detectability.tsv``.
    sets
        Evaluation sets.
    """
    names = {found.experiment: found.name for found in sets}
    known = table[table["auroc"].notna() & table["experiment"].isin(names)]
    if known.empty:
        return Drawing(empty_figure(_NONE), table)
    pairs = sorted(
        set(zip(known["first"], known["second"], strict=True)),
        key=lambda pair: (pair[0] != POSITIVES, kind_order(pair[0]), kind_order(pair[1])),
    )
    groups = {
        positive: [pair for pair in pairs if (pair[0] == POSITIVES) == positive]
        for positive in (True, False)
    }
    shown = {positive: members for positive, members in groups.items() if members}
    heights = [0.52 * len(members) for members in shown.values()]
    figure = figure_with_strip(6.8, sum(heights) + 0.35 * len(heights) + 0.95, 0.32)
    panels = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)
    for axes, (positive, members) in zip(panels[:, 0], shown.items(), strict=True):
        axes.set_title(_TITLES[positive])
        _draw_pairs(axes, known, members, names)
    last = panels[-1, 0]
    last.set_xlim(max(0.0, min(0.4, float(known["auroc"].min()) - 0.03)), 1.0)
    last.set_xlabel("AUROC of a detector without motifs (chance: 0.5)")
    _draw_legend(figure)
    return Drawing(figure, table)


def _draw_pairs(
    axes: Axes, table: pd.DataFrame, pairs: list[tuple[str, str]], names: dict[str, str]
) -> None:
    axes.axvline(0.5, color=LIGHT, linewidth=1.0, zorder=0)
    for row, (first, second) in enumerate(pairs):
        own = table[(table["first"] == first) & (table["second"] == second)]
        for shift, (features, style) in zip((-0.2, 0.2), _LOOKS.items(), strict=True):
            values = own[own["features"] == features]
            if len(values):
                _draw_swarm(axes, values, row + shift, style, names)
        axes.axhline(row + 0.5, color="#efefef", linewidth=0.6, zorder=0)
    sizes = table.groupby(["first", "second"])["experiment"].nunique()
    labels = [f"{_pair_name(*pair)}\nn = {sizes[pair]} sets" for pair in pairs]
    axes.set_yticks(range(len(pairs)), labels)
    axes.set_ylim(len(pairs) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _draw_swarm(
    axes: Axes, values: pd.DataFrame, height: float, style: Look, names: dict[str, str]
) -> None:
    aurocs = values["auroc"].to_numpy(dtype=np.float64)
    # a fixed spread instead of random jitter keeps the figure reproducible
    spread = (np.arange(len(aurocs)) % 5 - 2) * 0.035
    size, alpha = (3.5, 0.55) if len(aurocs) <= _MANY else (2.0, 0.3)
    axes.plot(aurocs, height + spread, ".", color=style.colour, markersize=size, alpha=alpha)
    axes.plot([np.median(aurocs)], [height], linestyle="none", **_median_look(style))
    far = int(np.abs(aurocs - 0.5).argmax())
    if len(aurocs) > 1 and abs(aurocs[far] - 0.5) > 0.02:
        name = names[str(values["experiment"].iloc[far])]
        # a name that has no room at the right end of the axis is above the dots to the left
        fits = aurocs[far] + _LETTER * (len(name) + 1) < 1
        axes.annotate(
            name,
            (aurocs[far], height + spread[far]) if fits else (aurocs[far], height - _ABOVE),
            xytext=(4 if fits else 0, 0),
            textcoords="offset points",
            ha="left" if fits else "right",
            va="center" if fits else "bottom",
            fontsize=6,
            color="#555555",
        )


def _median_look(style: Look) -> dict[str, Any]:
    """Return the marker of a median, which has to be visible among the dots."""
    return {
        "marker": style.marker,
        "markersize": 5.5,
        "markerfacecolor": "white",
        "markeredgecolor": style.colour,
        "markeredgewidth": 1.5,
    }


def _pair_name(first: str, second: str) -> str:
    named = kind_label(second)
    return named if first == POSITIVES else f"{kind_label(first)}\nagainst {named}"


def _draw_legend(figure: Figure) -> None:
    handles = [Line2D([], [], linestyle="none", **_median_look(style)) for style in _LOOKS.values()]
    labels = [f"{_NAMES[features]} (median; dots: sets)" for features in _LOOKS]
    figure.legend(handles, labels, loc="lower left", ncols=2)
