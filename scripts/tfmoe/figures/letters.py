"""Letters of a logo as one shape per base.

`logomaker` makes one patch per letter and measures its curves several times, which takes most of
the time of a page with many logos. The shapes are the same.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray

from tfmoe.core.dna import ALPHABET

WIDTH = 0.95
"""Width of a letter as a share of its column."""


def stack_letters(
    heights: NDArray[np.float64], first: int
) -> tuple[dict[str, Path], tuple[float, float]]:
    """Stack the letters of a logo, the largest on top; those of negative height hang below 0.

    Parameters
    ----------
    heights
        Float64 of shape (4, W), rows A, C, G, T; letters of height 0 are left out.
    first
        Position of the first column.

    Returns
    -------
    letters
        All letters of a base as one path, by base, for bases with a letter. A column is one unit
        wide, and upside-down letters have a negative height.
    limits
        Lowest and highest point of the stacks.
    """
    order = np.argsort(heights, axis=0, kind="stable")
    ends = np.cumsum(np.abs(np.take_along_axis(heights, order, axis=0)), axis=0)
    ends += np.minimum(heights, 0).sum(axis=0)
    tops = np.empty_like(ends)
    np.put_along_axis(tops, order, ends, axis=0)
    letters = {}
    for row, base in enumerate(ALPHABET):
        columns = np.flatnonzero(heights[row])
        if len(columns):
            signed, ceilings = heights[row, columns], tops[row, columns]
            start = np.where(signed > 0, ceilings - signed, ceilings)
            letters[base] = _placed(base, first + columns, start, signed)
    return letters, (float(np.minimum(heights, 0).sum(axis=0).min()), float(ends.max()))


def _placed(
    base: str, places: NDArray[np.intp], start: NDArray[np.float64], heights: NDArray[np.float64]
) -> Path:
    """Return copies of a letter at positions, from a height on, with signed heights, each (n,)."""
    points, codes = _outline(base)
    vertices = np.empty((len(heights), len(points), 2))
    vertices[..., 0] = places[:, None] + WIDTH * (points[:, 0] - 0.5)
    vertices[..., 1] = start[:, None] + heights[:, None] * points[:, 1]
    return Path(vertices.reshape(-1, 2), np.tile(codes, len(heights)))


@cache
def _outline(base: str) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Return points (n, 2) and codes (n,) of a letter of width and height 1."""
    path = TextPath((0, 0), base, size=1, prop=FontProperties(family="sans-serif", weight="bold"))
    box = path.get_extents()
    unit = Affine2D().translate(-box.xmin, -box.ymin).scale(1 / box.width, 1 / box.height)
    return unit.transform(path.vertices), np.asarray(path.codes, dtype=np.uint8)
