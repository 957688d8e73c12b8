"""Draw the attribution study: each measure by n of ShiftSmooth, and alternative methods."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from tfmoe.attribution.measures import MEASURES
from tfmoe.attribution.method_names import BASELINE
from tfmoe.figures.save import Drawing
from tfmoe.figures.style import (
    GREY,
    INK,
    LIGHT,
    empty_figure,
    figure_with_strip,
    note_height,
    write_legend,
    write_note,
)
from tfmoe.studies.attribution.methods import VARIANTS, shiftsmooth, shiftsmooth_sizes
from tfmoe.studies.attribution.summary import MEAN, NETWORKS

# colour, marker and label of each variant
LOOKS = {
    "": ("#0072B2", "o", "plain"),
    "_corrected": ("#D55E00", "^", "corrected"),
    "_both_strands": ("#009E73", "s", "both strands"),
    "_both_strands_corrected": ("#CC79A7", "D", "both"),
}
OTHERS = {
    "gradient_x_input": "g x i",
    "smoothgrad": "SG",
    "integrated_gradients": "IG",
    "deeplift": "DL",
    "ism": "ISM",
}
WIDTH, PANEL = 2.3, 1.25


def draw_study(values: pd.DataFrame) -> Drawing:
    """Draw the values of all experiments, as in `tfmoe.studies.attribution.measure.StudyTables`.

    The figure has one row per measure and one column per recipe and backbone. Lines show means over
    experiments of ShiftSmooth by n, where 0 is the plain gradient. Crosses at the right are other
    methods; the dotted grey line is the expected value for a random map. The table of the drawing
    contains the drawn values.
    """
    drawn = _means(values)
    measures = [measure for measure in MEASURES if (drawn["measure"] == measure).any()]
    if not measures:
        return Drawing(empty_figure("nothing was measured"), drawn)
    kinds = [tuple(map(str, kind)) for kind in drawn[[*NETWORKS]].drop_duplicates().to_numpy()]
    note = "means over experiments; n = 0: gradient; maps are means over seeds, but not for"
    note += "\nstability over seeds; small deletion is good, for other measures large values are"
    strip = note_height(note) + 0.3
    height = PANEL * len(measures) + 0.5 + strip
    figure = figure_with_strip(WIDTH * len(kinds) + 1.0, height, strip)
    grid: Any = figure.subplots(len(measures), len(kinds), sharex=True, sharey="row", squeeze=False)
    for row, measure in enumerate(measures):
        for column, (recipe, backbone) in enumerate(kinds):
            own = (drawn["recipe"] == recipe) & (drawn["backbone"] == backbone)
            _draw_panel(grid[row][column], drawn[own & (drawn["measure"] == measure)])
        grid[row][0].set_ylabel(MEASURES[measure].replace(" (", "\n("))
    for axes, (recipe, backbone) in zip(grid[0], kinds, strict=True):
        axes.set_title(f"{backbone}, {recipe}".replace("_", " "))
    for axes in grid[-1]:
        axes.set_xlabel("n (bases) and other methods")
    handles = [
        Line2D([], [], color=colour, marker=marker, markersize=3.4, linewidth=1)
        for colour, marker, _ in LOOKS.values()
    ]
    write_legend(figure, handles, [words for *_, words in LOOKS.values()], len(handles), note)
    write_note(figure, note)
    return Drawing(figure, drawn)


def _means(values: pd.DataFrame) -> pd.DataFrame:
    """Return means over experiments, of single networks only if a measure has no mean map."""
    averaged = values.loc[values["networks"] == MEAN, "measure"].unique()
    kept = (values["networks"] == MEAN) | ~values["measure"].isin(averaged)
    judged = values[kept & values["measure"].isin([*MEASURES]) & values["value"].notna()]
    groups = judged.groupby([*NETWORKS, "networks", "measure", "method"], sort=False)
    return groups.agg(
        experiments=("experiment", "nunique"), value=("value", "mean"), chance=("chance", "mean")
    ).reset_index()


def _draw_panel(axes: Axes, part: pd.DataFrame) -> None:
    known = part.set_index("method")["value"]
    chance = part["chance"].mean()
    if not np.isnan(chance):
        axes.axhline(chance, color=GREY, linewidth=0.8, linestyle=":")
    sizes = shiftsmooth_sizes([str(name) for name in known.index])
    last = max(sizes, default=0)
    for variant in VARIANTS:
        names = [f"{name}{variant}" for name in (BASELINE, *map(shiftsmooth, sizes))]
        colour, marker, _ = LOOKS[variant]
        axes.plot(
            [0, *sizes],
            [known.get(name, np.nan) for name in names],
            color=colour,
            marker=marker,
            markersize=2.8,
            markeredgewidth=0,
            linewidth=0.9,
        )
    positions = [last + 1.5 + 1.3 * index for index in range(len(OTHERS))]
    for position, start in zip(positions, OTHERS, strict=True):
        found = [value for name, value in known.items() if str(name).startswith(start)]
        axes.plot([position] * len(found), found, "x", color=INK, markersize=3.6)
    axes.axvline(last + 0.75, color=LIGHT, linewidth=0.6)
    axes.set_xticks(
        [*range(0, last + 1, 5), *positions],
        [*map(str, range(0, last + 1, 5)), *OTHERS.values()],
    )
    axes.tick_params(axis="x", labelsize=5.5)
    axes.yaxis.set_major_locator(MaxNLocator(4))
