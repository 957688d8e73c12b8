"""Write figures as SVG, PDF and PNG, together with the table that they are drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from tfmoe.core.files import Pathlike, atomic_path, write_tsv

FORMATS = ("svg", "pdf", "png")
DPI = 200
_DECIMALS = 9  # of positions, as shares of a figure's width or height
# without time stamps and library versions, equal figures have equal bytes
_METADATA: Mapping[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "ModDate": None, "Producer": None, "Creator": None},
    "png": {"Software": None},
}


@dataclass(frozen=True)
class Drawing:
    """A figure and the table that it is drawn from."""

    figure: Figure
    table: pd.DataFrame


def save_drawing(drawing: Drawing, folder: Pathlike, name: str) -> None:
    """Write ``<name>.svg``, ``.pdf``, ``.png`` (200 dots per inch) and ``.tsv`` into `folder`.

    Call it inside `tfmoe.figures.style.figure_style`.
    """
    target = Path(folder)
    fix_layout(drawing.figure)
    for suffix in FORMATS:
        save_figure(drawing.figure, target / f"{name}.{suffix}")
    write_tsv(drawing.table, target / f"{name}.tsv")


def fix_layout(figure: Figure) -> None:
    """Lay out a figure once, for all formats that it is saved in.

    The second pass knows the size of axes whose aspect is fixed. Positions are rounded: the
    solver of constraints returns last digits that differ between processes, and an SVG names its
    clip paths by a hash of them.
    """
    for _ in range(2):
        figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        position = axes.get_position(original=True).extents
        axes.set_position(Bbox.from_extents(*np.round(position, _DECIMALS)))


def save_figure(figure: Figure, path: Pathlike, dpi: int = DPI) -> None:
    """Write a figure in the format of the path's suffix."""
    suffix = Path(path).suffix.removeprefix(".")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format=suffix, dpi=dpi, metadata=_METADATA[suffix])
