"""Figure of the AUROC on unseen factors against the number of their peaks that models learned from.

References that need no peaks are drawn at each number of peaks, as means over the factors of that
number.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.core.vocabulary import (
    ADAPTED,
    CONDITIONED,
    FINE_TUNED,
    GKM,
    MODELS,
    PEAK_MODELS,
    PWM,
    SCRATCH,
    Subset,
    learned_from,
)
from tfmoe.evaluation.few_peaks import (
    ALL_FACTORS,
    METRICS,
    NO_PEAKS,
    REFERENCES,
    SIZES,
    WITH_MATRIX,
    few_peaks_table,
    numbers_of_peaks,
)
from tfmoe.figures.save import Drawing, save_drawing
from tfmoe.figures.style import (
    Look,
    empty_figure,
    figure_style,
    figure_with_strip,
    kind_label,
    note_height,
    write_legend,
    write_note,
)

logger = logging.getLogger(__name__)
NAME = "few_peaks"
NOTHING = "no unseen factor has scores of models that learned from its peaks"
WIDTH = 6.8
ROW = 2.45
"""Height of a row of panels in inches."""
MARGIN = 0.012
"""Space above and below the intervals, in AUROC."""
# the mixture has one colour with and without peaks, and so have gapped k-mers
_LOOKS = {
    ADAPTED: Look("#0072B2", "o", 1.8),
    SCRATCH: Look("#009E73", "<", 1.2),
    FINE_TUNED: Look("#D55E00", "^", 1.2),
    CONDITIONED: Look("#0072B2", "o", 0.9),
    GKM: Look("#009E73", "<", 0.9),
    PWM: Look("#CC79A7", "X", 0.9),
}
_SHIFTS = {ADAPTED: 0.0, CONDITIONED: 0.0, SCRATCH: -0.13, GKM: -0.13, FINE_TUNED: 0.13, PWM: 0.13}
_SUBSETS = {
    Subset.ALL: "all test sequences",
    Subset.NO_OVERLAP: "without overlaps",
}
_GROUPS = {WITH_MATRIX: "factors with a matrix", ALL_FACTORS: "all factors"}
# in the order of the legend, which has a model with and one without peaks per column
_LABELS = {
    ADAPTED: PEAK_MODELS[ADAPTED],
    CONDITIONED: f"{MODELS[CONDITIONED]}, no peaks",
    SCRATCH: PEAK_MODELS[SCRATCH],
    GKM: "gapped k-mers of training factors",
    FINE_TUNED: PEAK_MODELS[FINE_TUNED],
    PWM: MODELS[PWM],
}
_DASHES = (0, (3.0, 1.6))


def draw_few_peaks_file(metrics: Pathlike, folder: Pathlike) -> None:
    """Write the figure ``few_peaks`` of ``evaluation/metrics.tsv`` into `folder`.

    Raises
    ------
    InputError
        If the file is missing, damaged or lacks a column.
    """
    table = few_peaks_table(read_tsv(metrics, [*METRICS, *SIZES]))
    with figure_style():
        save_drawing(draw_few_peaks(table), folder, NAME)
    logger.info("%s: drawn from %d rows", NAME, len(table))


def draw_few_peaks(table: pd.DataFrame) -> Drawing:
    """Draw the table of `tfmoe.evaluation.few_peaks.few_peaks_table`.

    The columns of panels are the subsets of test sequences; the rows are the factors with a matrix
    and, if these are not all, all factors.
    """
    if table.empty:
        return Drawing(empty_figure(NOTHING), table)
    groups = _drawn_groups(table)
    subsets = [subset for subset in Subset if (table["subset"] == subset).any()]
    numbers = [NO_PEAKS, *numbers_of_peaks(list(table["model"]))]
    note = (
        f"{kind_label(table['negatives'].iloc[0])}, test split; mean over n factors, bars: 95 % t "
        "intervals over factors; dashes: models without peaks, on the same factors\n"
        "without overlaps: no test sequence that overlaps a peak of a training factor"
    )
    handles = _handles(table)
    strip = note_height(note) + 0.36
    figure = figure_with_strip(WIDTH, ROW * len(groups) + strip, strip)
    panels = figure.subplots(len(groups), len(subsets), sharey=True, squeeze=False)
    for row, group in zip(panels, groups, strict=True):
        for axes, subset in zip(row, subsets, strict=True):
            own = table[(table["group"] == group) & (table["subset"] == subset)]
            _draw_panel(axes, own, numbers)
            title = _SUBSETS[subset]
            axes.set_title(f"{title}, {_GROUPS[group]}" if len(groups) > 1 else title)
        row[0].set_ylabel("AUROC")
    for axes in panels[-1]:
        axes.set_xlabel("peaks of the new factor")
    bounds = table[["auroc", "auroc_low", "auroc_high"]]
    lowest, highest = np.nanmin(bounds), np.nanmax(bounds)
    panels[0, 0].set_ylim(max(0.0, lowest - MARGIN), min(1.0, highest + MARGIN))
    write_legend(figure, list(handles.values()), list(handles), 3, note)
    write_note(figure, note)
    return Drawing(figure, table)


def _drawn_groups(table: pd.DataFrame) -> list[str]:
    """Return the groups of factors to draw: only the first if both have the same factors."""
    groups = [group for group in _GROUPS if (table["group"] == group).any()]
    keys = ["subset", "peaks", "model"]
    sizes = [table[table["group"] == group].set_index(keys)["factors"] for group in groups]
    same = len(sizes) == 2 and (sizes[0].reindex(sizes[1].index) == sizes[1]).all()
    return groups[:1] if same else groups


def _draw_panel(axes: Axes, table: pd.DataFrame, numbers: list[str]) -> None:
    place = {number: index for index, number in enumerate(numbers)}
    for model in REFERENCES:
        rows = table[table["model"] == model]
        style = _LOOKS[model]
        axes.stairs(
            rows.set_index("peaks")["auroc"].reindex(numbers),
            np.arange(len(numbers) + 1) - 0.5,
            baseline=None,
            color=style.colour,
            linewidth=style.width,
            linestyle=_DASHES,
            zorder=1,
        )
    learned = table["model"].map(lambda model: (learned_from(model) or ("",))[0])
    without = table["peaks"] == NO_PEAKS
    # the mixture comes last, so that it is on top; its curve begins without peaks
    for prefix in (FINE_TUNED, SCRATCH):
        _draw_curve(axes, table[learned == prefix], prefix, place, filled=True)
    mixture = (learned == ADAPTED) | (without & (table["model"] == CONDITIONED))
    _draw_curve(axes, table[mixture], ADAPTED, place, filled=True)
    for model in REFERENCES:
        _draw_curve(axes, table[without & (table["model"] == model)], model, place, filled=False)
    sizes = table.groupby("peaks")["factors"].max()
    names = [f"{number}\nn = {sizes.get(number, 0)}" for number in numbers]
    axes.set_xticks(range(len(numbers)), names)
    axes.set_xlim(-0.5, len(numbers) - 0.5)


def _draw_curve(
    axes: Axes, rows: pd.DataFrame, model: str, place: dict[str, int], filled: bool
) -> None:
    """Draw means with their intervals, joined by a line; markers are filled or open."""
    style = _LOOKS[model]
    rows = rows.assign(at=rows["peaks"].map(place) + _SHIFTS[model]).sort_values("at")
    bounds = rows["auroc_low"], rows["auroc_high"]
    axes.vlines(rows["at"], *bounds, color=style.colour, linewidth=0.9, zorder=2)
    axes.plot(rows["at"], rows["auroc"], zorder=3, **_marks(style, filled))


def _marks(style: Look, filled: bool) -> dict[str, Any]:
    return {
        "color": style.colour,
        "linewidth": style.width,
        "linestyle": "-" if filled else _DASHES,
        "marker": style.marker,
        "markersize": style.size,
        "markerfacecolor": style.colour if filled else "white",
        "markeredgecolor": "white" if filled else style.colour,
        "markeredgewidth": 0.4 if filled else 0.9,
    }


def _handles(table: pd.DataFrame) -> dict[str, Line2D]:
    """Return the handles of the legend by label, for the models in the table."""
    present = {known[0] for known in map(learned_from, table["model"]) if known}
    present |= set(table["model"])
    return {
        name: Line2D([], [], **_marks(_LOOKS[model], filled=model in PEAK_MODELS))
        for model, name in _LABELS.items()
        if model in present
    }
