"""What the mixture sees in strong positives, by one method of attribution beside another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from numpy.typing import NDArray

from tfmoe.attribution.maps import AttributionMaps, read_maps
from tfmoe.attribution.method_names import Method, parse_method
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, read_parquet
from tfmoe.core.vocabulary import MIXTURE
from tfmoe.evaluation.predictions import parse_column
from tfmoe.evaluation.sets import EvaluationSet
from tfmoe.figures.examples import cut_out, window_sums
from tfmoe.figures.logos import Logo, draw_letters, letter_rows
from tfmoe.figures.save import Drawing
from tfmoe.figures.style import empty_figure, figure_with_strip, note_height, write_note

SEQUENCES = 2
"""Positives shown of each factor."""
MOST_SETS = 6
CENTRE = 11
NOTE = (
    "contribution of the base that is there (map x input), each panel on its own scale; places are "
    "relative to the window's centre"
)


@dataclass(frozen=True, eq=False)
class Panels:
    """One sequence of one set: its score by the mixture, and a logo a method."""

    found: EvaluationSet
    name: str
    score: float
    logos: dict[str, Logo]


def read_panels(
    maps: Mapping[str, Pathlike], predictions: Pathlike, found: EvaluationSet
) -> list[Panels]:
    """Cut the same stretch out of the maps of the positives that the mixture scores highest.

    The stretch is about the `CENTRE` bases with the largest contributions, averaged over methods,
    each in units of its largest.

    Parameters
    ----------
    maps
        Path of ``attribution/<x>/moe/<method>.npz`` by method.
    predictions
        ``predictions/<x>.parquet``, which says what is a test positive and how it is scored.
    found
        The set.

    Returns
    -------
    list
        At most `SEQUENCES`, the highest first; none if no test positive was attributed.

    Raises
    ------
    InputError
        If a file is missing or damaged, or the maps are not of the same sequences.
    """
    read = {method: read_maps(path) for method, path in sorted(maps.items(), key=_order)}
    first, *others = read.values()
    if any(not np.array_equal(first.name, other.name) for other in others):
        raise InputError(
            f"attribution/{found.experiment}/{MIXTURE}: the maps are not of the same sequences; "
            "remove them and run again"
        )
    scores = _scores(predictions)
    known = np.array([scores.get(str(name), np.nan) for name in first.name])
    rows = np.flatnonzero(np.isfinite(known))
    chosen = rows[np.argsort(-known[rows], kind="stable")][:SEQUENCES]
    panels = []
    for row in chosen.tolist():
        centre = _strongest(read.values(), row)
        logos = {method: cut_out(own, row, centre, False).logo for method, own in read.items()}
        panels.append(Panels(found, str(first.name[row]), float(known[row]), logos))
    return panels


def draw_attribution(panels: Sequence[Panels]) -> Drawing:
    """Draw the panels: a block a set, a column a sequence, a row a method.

    With more than `MOST_SETS` sets the first of them are drawn; the table has all.
    """
    table = pd.DataFrame([row for panel in panels for row in _table_rows(panel)])
    blocks: dict[str, list[Panels]] = {}
    for panel in panels:
        blocks.setdefault(panel.found.experiment, []).append(panel)
    if not blocks:
        return Drawing(empty_figure("no test positive was attributed"), table)
    shown = list(blocks.values())[:MOST_SETS]
    note = NOTE if len(shown) == len(blocks) else f"{NOTE}; the first {len(shown)} sets"
    methods = list(panels[0].logos)
    heights = [height for _ in shown for height in (0.24, *(0.42 for _ in methods))]
    strip = note_height(note)
    figure = figure_with_strip(7.2, sum(heights) + 0.2 + strip, strip)
    grid = figure.add_gridspec(len(heights), SEQUENCES, height_ratios=heights, hspace=0, wspace=0)
    for index, block in enumerate(shown):
        for column, panel in enumerate(block):
            _draw_sequence(figure, grid, panel, index * (len(methods) + 1), column)
    write_note(figure, note)
    return Drawing(figure, table)


def _draw_sequence(figure: Figure, grid: GridSpec, panel: Panels, top: int, column: int) -> None:
    """Draw a title and below it a logo a method, from a row of the grid downwards."""
    title = figure.add_subplot(grid[top, column])
    title.axis("off")
    text = f"{panel.found.name}: {panel.name} (logit {panel.score:.1f})"
    written = title.text(0, 0.1, text, va="bottom", transform=title.transAxes)
    written.set(fontweight="bold", fontsize=7.5)
    for row, (method, logo) in enumerate(panel.logos.items(), start=1):
        axes = figure.add_subplot(grid[top + row, column])
        draw_letters(axes, logo)
        axes.margins(y=0.05)
        if row == len(panel.logos):
            axes.set_xticks(list(range(-(-logo.first // 10) * 10, logo.end, 10)))
            axes.tick_params(labelsize=6.5, length=2)
        if column == 0:
            axes.set_ylabel(method_label(method), rotation=0, ha="right", va="center")
            axes.yaxis.label.set_fontsize(7)


def method_label(name: str) -> str:
    """Return a method's name in words, in at most two lines."""
    method = parse_method(name)
    words = {
        "gradient": "gradient",
        "gradient_x_input": "gradient x input",
        "smoothgrad": f"SmoothGrad, {method.number} copies",
        "shiftsmooth": f"ShiftSmooth, n = {method.shifts}",
        "integrated_gradients": "integrated gradients",
        "deeplift": "DeepLIFT",
        "ism": "in-silico\nmutagenesis",
    }[method.kind]
    details = {
        "padded": method.fill == "padded",
        "rolled": method.fill == "rolled",
        "triangular": method.triangular,
        "shuffles": method.shuffles > 0,
        "both strands": method.both_strands,
        "gated": method.gated,
        "corrected": method.corrected and not method.centred,
    }
    chosen = ", ".join(detail for detail, applies in details.items() if applies)
    return f"{words},\n{chosen}" if chosen else words


def _order(item: tuple[str, Pathlike]) -> tuple[bool, bool, str, int]:
    """Sort key of methods: as they are, then corrected, mutagenesis last; smaller shifts first."""
    method: Method = parse_method(item[0])
    return (method.kind == "ism", method.corrected, method.kind, method.shifts)


def _scores(predictions: Pathlike) -> dict[str, float]:
    """Return the mixture's mean logit over seeds of each test positive."""
    table = read_parquet(predictions)
    positives = table[(table["label"] == 1) & (table["split"] == "test")]
    columns = [name for name in table.columns if parse_column(name).model == MIXTURE]
    means = positives[columns].mean(axis=1)
    return dict(zip(positives["name"].astype(str), means.astype(float), strict=True))


def _strongest(maps: Iterable[AttributionMaps], row: int) -> int:
    """Return the place of the middle of the bases that contribute most, by all methods together."""
    total: NDArray[np.float64] = np.zeros(0)
    for own in maps:
        values = own.observed[row].astype(np.float64)
        scaled = values / max(float(np.abs(values).max()), np.finfo(np.float64).tiny)
        total = scaled if not total.size else total + scaled
    width = min(CENTRE, total.size)
    return int(window_sums(total[None], width)[0].argmax()) + width // 2


def _table_rows(panel: Panels) -> list[dict[str, object]]:
    keys = {"experiment": panel.found.experiment, "name": panel.name, "logit": panel.score}
    return [row for method, logo in panel.logos.items() for row in letter_rows(method, logo, keys)]
