"""The study of ShiftSmooth: each measure by n, for each kind of network, beside other methods."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from tfmoe.attribution.measures import MEASURES
from tfmoe.attribution.method_names import STUDY_VARIANTS
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
from tfmoe.studies.attribution.conclusion import sizes
from tfmoe.studies.attribution.summary import MEAN, NETWORKS

# colour and marker of the variants, in the order of `STUDY_VARIANTS`
LOOKS = {
    "": ("#0072B2", "o", "as it is"),
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

    A row a measure, a column a kind of network. Lines are ShiftSmooth by n (0 is the plain
    gradient), means over experiments; crosses at the right are other methods. A grey line is a map
    at random. The table beside the figure has what is drawn.
    """
    drawn = _means(values)
    measures = [measure for measure in MEASURES if (drawn["measure"] == measure).any()]
    if not measures:
        return Drawing(empty_figure("nothing was measured"), drawn)
    kinds = [tuple(map(str, kind)) for kind in drawn[[*NETWORKS]].drop_duplicates().to_numpy()]
    note = "means over experiments; n = 0: the gradient; maps of the mean of the seeds, but for the"
    note += "\nstability over seeds; deletion is better the smaller it is, all else the larger"
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
        axes.set_xlabel("n (bases), and other methods")
    handles = [
        Line2D([], [], color=colour, marker=marker, markersize=3.4, linewidth=1)
        for colour, marker, _ in LOOKS.values()
    ]
    write_legend(figure, handles, [words for *_, words in LOOKS.values()], len(handles), note)
    write_note(figure, note)
    return Drawing(figure, drawn)


def _means(values: pd.DataFrame) -> pd.DataFrame:
    """Return means over experiments; of single networks what their mean does not have."""
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
    numbers = sizes([str(name) for name in known.index])
    last = max(numbers, default=0)
    for variant in STUDY_VARIANTS:
        names = [f"gradient{variant}", *(f"shiftsmooth_n{size}{variant}" for size in numbers)]
        colour, marker, _ = LOOKS[variant]
        axes.plot(
            [0, *numbers],
            [known.get(name, np.nan) for name in names],
            color=colour,
            marker=marker,
            markersize=2.8,
            markeredgewidth=0,
            linewidth=0.9,
        )
    for place, start in enumerate(OTHERS):
        found = [value for name, value in known.items() if str(name).startswith(start)]
        axes.plot([last + 1.5 + 1.3 * place] * len(found), found, "x", color=INK, markersize=3.6)
    axes.axvline(last + 0.75, color=LIGHT, linewidth=0.6)
    axes.set_xticks(
        [*range(0, last + 1, 5), *(last + 1.5 + 1.3 * place for place in range(len(OTHERS)))],
        [*map(str, range(0, last + 1, 5)), *OTHERS.values()],
    )
    axes.tick_params(axis="x", labelsize=5.5)
    axes.yaxis.set_major_locator(MaxNLocator(4))
