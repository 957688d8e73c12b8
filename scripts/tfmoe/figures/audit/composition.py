"""Figure of GC content and repeats before and after matching: one or two panels per set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from tfmoe.core.vocabulary import Kind
from tfmoe.evaluation.sets import EvaluationSet, most_extreme
from tfmoe.figures.save import Drawing
from tfmoe.figures.style import (
    GREY,
    INK,
    LIGHT,
    empty_figure,
    figure_with_strip,
    kind_label,
    note_height,
    write_legend,
    write_note,
)

COLUMNS = ["experiment", "what", "measure", "bin", "share"]
POSITIVES = "positives"
BACKGROUND = "unmatched genome"
MOST_SETS = 12
_NONE = "no set has negatives other than shuffles to compare with"
_NO_REPEATS = "repeats are not marked by lower case here, so their share is not known"
_HEIGHTS = "height: share of the windows of each kind; each panel has its own scale"
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

Curves = dict[tuple[str, str, str], "pd.Series[float]"]


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
        (str(name), str(what), str(measure)): part.set_index("bin")["share"]
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
        distance(curves[name, POSITIVES, measure], curves[name, kind, measure])
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
    figure = figure_with_strip(max(1.75 * columns, 5.0), 1.35 * rows + strip + 0.1, strip)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes, (found, measure) in zip(grid.flat, panels, strict=False):
        _draw_panel(axes, curves, found, measure, titled=measure == measures[0])
        axes.set_xlabel(_MEASURES[measure], fontsize=7)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    kinds = [kind for kind in _STYLES if any(what == kind for _, what, _ in curves)]
    _draw_legend(figure, kinds, any(what == BACKGROUND for _, what, _ in curves), note)
    write_note(figure, note)
    return figure


def _draw_panel(
    axes: Axes, curves: Curves, found: EvaluationSet, measure: str, titled: bool
) -> None:
    background = [
        curve
        for (_, what, measured), curve in curves.items()
        if (what, measured) == (BACKGROUND, measure)
    ]
    for curve in background:
        axes.stairs(curve.to_numpy(), _edges(curve), fill=True, color=LIGHT, alpha=0.7)
    positives = curves.get((found.experiment, POSITIVES, measure))
    if positives is None:
        axes.text(0.5, 0.5, "not known", transform=axes.transAxes, ha="center", color=GREY)
    else:
        axes.stairs(positives.to_numpy(), _edges(positives), color=_POSITIVE, linewidth=1.3)
    for kind, (colour, line) in _STYLES.items():
        drawn = curves.get((found.experiment, kind, measure))
        if drawn is not None:
            axes.stairs(
                drawn.to_numpy(), _edges(drawn), color=colour, linestyle=line, linewidth=0.9
            )
    if titled:
        axes.set_title(found.name, fontsize=7.5)
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=0)
    axes.set_xticks([0, 0.5, 1], ["0", ".5", "1"])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _edges(curve: pd.Series[float]) -> list[float]:
    return [*map(float, curve.index), 1.0]


def _draw_legend(figure: Figure, kinds: list[str], background: bool, note: str) -> None:
    handles: list[Line2D | Patch] = [Line2D([], [], color=_POSITIVE, linewidth=1.3)]
    labels = ["positives"]
    for kind in kinds:
        colour, line = _STYLES[kind]
        handles.append(Line2D([], [], color=colour, linestyle=line, linewidth=0.9))
        labels.append(kind_label(kind))
    if background:
        handles.append(Patch(color=LIGHT))
        labels.append("windows anywhere in the genome")
    write_legend(figure, handles, labels, 3, note)
