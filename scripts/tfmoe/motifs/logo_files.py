"""Write the logo of each pattern and of its reverse complement as SVG files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tfmoe.core.dna import ALPHABET
from tfmoe.core.files import Pathlike, atomic_path
from tfmoe.motifs.patterns import Matrix4, Pattern, information

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's palette, which colour-blind readers can distinguish; the figures use it too
COLOURS = {"A": "#009E73", "C": "#0072B2", "G": "#E69F00", "T": "#D55E00"}
_INCHES_PER_BASE = 0.3
_HEIGHT = 1.2


def write_logos(patterns: Sequence[Pattern], background: Matrix4, folder: Pathlike) -> None:
    """Write ``<pattern>.forward.svg`` and ``<pattern>.reverse.svg`` for each pattern.

    Create the folder, and leave it empty if there is no pattern. The same patterns always produce
    the same bytes.
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for pattern in patterns:
        heights = pattern.probabilities * information(pattern.probabilities, background)
        _write_logo(heights, target / f"{pattern.name}.forward.svg")
        _write_logo(heights[::-1, ::-1], target / f"{pattern.name}.reverse.svg")


def draw_logo(heights: Matrix4, axes: Axes) -> None:
    """Draw letters with the given heights, shape (4, W), in bits."""
    import logomaker
    import pandas as pd

    frame = pd.DataFrame(np.ascontiguousarray(heights.T), columns=list(ALPHABET))
    logomaker.Logo(frame, ax=axes, color_scheme=COLOURS, show_spines=False)
    axes.set_ylim(0, max(2.0, float(heights.sum(axis=0).max())))
    axes.set_ylabel("bits")
    axes.set_xticks([])


def _write_logo(heights: Matrix4, path: Path) -> None:
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "tfmoe", "backend": "agg"}):
        figure = Figure(figsize=(0.7 + _INCHES_PER_BASE * heights.shape[1], _HEIGHT))
        FigureCanvasSVG(figure)
        draw_logo(heights, figure.subplots())
        with atomic_path(path) as temporary:
            figure.savefig(temporary, format="svg", metadata={"Date": None}, bbox_inches="tight")
