"""Figure of GC content and repeats before and after matching: one or two panels per set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from tfmoe.core.text import whole
from tfmoe.core.vocabulary import Kind
from tfmoe.evaluation.sets import EvaluationSet, most_extreme
from tfmoe.figures.save import Drawing
from tfmoe.figures.style import (
    GREY,
    INK,
    LIGHT,
    SMALLEST,
    empty_figure,
    figure_with_strip,
    kind_label,
    note_height,
    write_legend,
    write_note,
)

COLUMNS = ["experiment", "what", "measure", "n", "bin", "share"]
POSITIVES = "positives"
BACKGROUND = "unmatched genome"
MOST_SETS = 12
_NONE = "no set has negatives other than shuffles to compare with"
_NO_REPEATS = "repeats are not marked by lower case here, so their share is not known"
_HEIGHTS = (
    "n: number of windows of each kind, in the order of the legend.\n"
    "Height: share of these windows; each panel has its own scale."
)
_PAD, _STEP = 3.0, 9.0
"""Distance in points of the numbers from their panel, and of its title from them."""
_MEASURES = {"gc": "GC share", "repeats": "share in repeats"}
# shuffles are left out: they have the GC content of their parents and no position
_STYLES: Mapping[str, tuple[str, str]] = {
    Kind.GENOMIC: (INK, "--"),
    Kind.NEIGHBOUR: ("#009E73", "-."),
    Kind.OTHER_FACTOR: ("#CC79A7", ":"),
    Kind.FILE: ("#D55E00", "--"),
}
_POSITIVE = "#0072B2"
_PER_ROW = 4


@dataclass(frozen=True)
class Histogram:
    """Number of windows, and the share of them in each bin, by the bin's lower end."""

    n: int
    shares: pd.Series[float]

    @property
    def edges(self) -> list[float]:
        """Ends of the bins."""
        return [*map(float, self.shares.index), 1.0]


Curves = dict[tuple[str, str, str], Histogram]


def draw_composition(table: pd.DataFrame, sets: Sequence[EvaluationSet]) -> Drawing:
    """Draw the distributions of GC and repeats of positives, negatives and the whole genome.

    With more than `MOST_SETS` sets, only those whose positives differ most from a kind of negatives
    are drawn. Shuffles are left out, because these properties are those of their parents.

    Parameters
    ----------
    table
        ``sequences/composition.tsv``.
    sets
        Evaluation sets, in order.
    """
    groups = table.groupby(["experiment", "what", "measure"], sort=False)
    curves: Curves = {
        (str(name), str(what), str(measure)): Histogram(
            int(part["n"].iloc[0]), part.set_index("bin")["share"]
        )
        for (name, what, measure), part in groups
    }
    distances = {found.experiment: _farthest(curves, found.experiment) for found in sets}
    present = [found for found in sets if not np.isnan(distances[found.experiment])]
    if not present:
        return Drawing(empty_figure(_NONE), table)
    drawn, note = most_extreme(present, pd.Series(distances), MOST_SETS)
    note = note.replace("the largest shares", "the largest distances")
    masked = any(measure == "repeats" for _, _, measure in curves)
    measures = list(_MEASURES) if masked else ["gc"]
    note = "\n".join(text for text in (_HEIGHTS, note, "" if masked else _NO_REPEATS) if text)
    return Drawing(_draw(curves, drawn, measures, note), table)


def distance(first: pd.Series[float], second: pd.Series[float]) -> float:
    """Return the Kolmogorov-Smirnov distance of two histograms, to the precision of their bins."""
    return float((first.cumsum() - second.cumsum()).abs().max())


def _farthest(curves: Curves, name: str) -> float:
    """Return the largest distance between positives and drawn negatives; NaN without any."""
    found = [
        distance(curves[name, POSITIVES, measure].shares, curves[name, kind, measure].shares)
        for kind in _STYLES
        for measure in _MEASURES
        if (name, kind, measure) in curves and (name, POSITIVES, measure) in curves
    ]
    return max(found, default=float("nan"))


def _draw(curves: Curves, sets: list[EvaluationSet], measures: list[str], note: str) -> Figure:
    panels = [(found, measure) for found in sets for measure in measures]
    columns = min(_PER_ROW, len(panels))
    rows = -(-len(panels) // columns)
    strip = 0.45 + note_height(note)
    figure = figure_with_strip(max(1.75 * columns, 5.0), 1.45 * rows + strip + 0.1, strip)
    grid = figure.subplots(rows, columns, squeeze=False)
    kinds = [kind for kind in _STYLES if any(what == kind for _, what, _ in curves)]
    for axes, (found, measure) in zip(grid.flat, panels, strict=False):
        _draw_panel(axes, curves, found, measure)
        if measure == measures[0]:
            own = [curves.get((found.experiment, what, measure)) for what in (POSITIVES, *kinds)]
            _write_title(axes, found.name, [each.n if each else None for each in own])
        axes.set_xlabel(_MEASURES[measure], fontsize=7)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    background = next((found.n for (_, what, _), found in curves.items() if what == BACKGROUND), 0)
    _draw_legend(figure, kinds, background, note)
    write_note(figure, note)
    return figure


def _write_title(axes: Axes, name: str, numbers: Sequence[int | None]) -> None:
    """Write the name of a set, and the number of windows of each kind below it."""
    axes.set_title(name, fontsize=7.5, pad=_PAD + _STEP)
    axes.annotate(
        "n = " + " / ".join(map(whole, numbers)),
        (0, 1),
        xycoords="axes fraction",
        xytext=(0, _PAD),
        textcoords="offset points",
        fontsize=SMALLEST,
        color="#555555",
    )


def _draw_panel(axes: Axes, curves: Curves, found: EvaluationSet, measure: str) -> None:
    background = [
        curve
        for (_, what, measured), curve in curves.items()
        if (what, measured) == (BACKGROUND, measure)
    ]
    for curve in background:
        axes.stairs(curve.shares.to_numpy(), curve.edges, fill=True, color=LIGHT, alpha=0.7)
    positives = curves.get((found.experiment, POSITIVES, measure))
    if positives is None:
        axes.text(0.5, 0.5, "not known", transform=axes.transAxes, ha="center", color=GREY)
    else:
        axes.stairs(positives.shares.to_numpy(), positives.edges, color=_POSITIVE, linewidth=1.3)
    for kind, (colour, line) in _STYLES.items():
        drawn = curves.get((found.experiment, kind, measure))
        if drawn is not None:
            axes.stairs(
                drawn.shares.to_numpy(), drawn.edges, color=colour, linestyle=line, linewidth=0.9
            )
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=0)
    axes.set_xticks([0, 0.5, 1], ["0", ".5", "1"])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _draw_legend(figure: Figure, kinds: list[str], background: int, note: str) -> None:
    handles: list[Line2D | Patch] = [Line2D([], [], color=_POSITIVE, linewidth=1.3)]
    labels = ["positives"]
    for kind in kinds:
        colour, line = _STYLES[kind]
        handles.append(Line2D([], [], color=colour, linestyle=line, linewidth=0.9))
        labels.append(kind_label(kind))
    if background:
        handles.append(Patch(color=LIGHT))
        labels.append(f"windows anywhere in the genome (n = {background:,})")
    write_legend(figure, handles, labels, 3, note)
