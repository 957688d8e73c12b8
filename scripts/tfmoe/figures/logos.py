"""Logos of bits or contributions, aligned with the match in JASPAR."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import logomaker
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from tfmoe.core.dna import ALPHABET
from tfmoe.figures.style import BASES, GREY
from tfmoe.motifs.patterns import information
from tfmoe.motifs.shown_match import MatchedPattern

Heights = NDArray[np.float64]
UNIFORM = np.full(4, 0.25)
_TOO_SMALL = 0.01


@dataclass(frozen=True, eq=False)
class Logo:
    """Letters to draw.

    Attributes
    ----------
    heights
        Float64 of shape (4, W), rows A, C, G, T; negative values are drawn below the axis.
    first
        Position of the first column on the horizontal axis, in bases.
    """

    heights: Heights
    first: int

    @property
    def end(self) -> int:
        """Position after the last column."""
        return self.first + int(self.heights.shape[1])


def bits(probabilities: Heights) -> Heights:
    """Return letter heights (4, W): bits over a uniform background, split by probability."""
    heights: Heights = probabilities * information(probabilities, UNIFORM)
    return heights


def turned(heights: Heights) -> Heights:
    """Return the reverse complement of (4, W)."""
    return heights[::-1, ::-1]


def pattern_logo(found: MatchedPattern) -> Logo:
    """Return a pattern's logo from position 0, in the JASPAR orientation of its match."""
    heights = bits(found.probabilities)
    return Logo(turned(heights) if found.reverse else heights, 0)


def matrix_logo(found: MatchedPattern) -> Logo | None:
    """Return the logo of a pattern's match, in JASPAR's orientation and the pattern's positions."""
    if found.match is None:
        return None
    match = found.match
    first = match.offset
    if match.reverse:  # both are reversed, so positions count from the other end
        first = found.probabilities.shape[1] - match.matrix.length - match.offset
    return Logo(bits(match.matrix.probabilities), first)


def draw_letters(axes: Axes, logo: Logo) -> None:
    """Draw a logo's letters, without spines or ticks.

    Letters below 1 % of the largest height are left out: they would be invisible, and drawing them
    would take most of the time.
    """
    largest = np.abs(logo.heights).max(initial=0)
    heights = np.where(np.abs(logo.heights) < _TOO_SMALL * largest, 0, logo.heights)
    frame = pd.DataFrame(
        np.ascontiguousarray(heights.T),
        columns=list(ALPHABET),
        index=range(logo.first, logo.end),
    )
    if largest > 0:
        logomaker.Logo(frame, ax=axes, color_scheme=BASES, show_spines=False, baseline_width=0.4)
    else:  # logomaker warns of a logo without height
        axes.spines[:].set_visible(False)
        axes.axhline(0, color="black", linewidth=0.4)
    axes.set_xticks([])
    axes.set_yticks([])


def draw_aligned(above: Axes, below: Axes, found: MatchedPattern) -> None:
    """Draw a pattern above its match with aligned columns, both up to 2 bits high."""
    logos = [pattern_logo(found), matrix_logo(found)]
    present = [logo for logo in logos if logo is not None]
    first, end = min(logo.first for logo in present), max(logo.end for logo in present)
    for axes, logo in zip((above, below), logos, strict=True):
        if logo is None:
            axes.axis("off")
            axes.text(0, 0.5, "no matrix", color=GREY, transform=axes.transAxes)
            continue
        draw_letters(axes, logo)
        axes.set_xlim(first - 0.6, end - 0.4)
        axes.set_ylim(0, 2.1)


def draw_comparison(found: MatchedPattern, width: float = 3.0, height: float = 1.1) -> Figure:
    """Draw a pattern above its match as a separate figure without labels, for the report."""
    figure = Figure(figsize=(width, height), layout="constrained")
    above, below = figure.subplots(2, 1)
    draw_aligned(above, below, found)
    return figure


def letter_rows(panel: str, logo: Logo, keys: Mapping[str, object]) -> list[dict[str, object]]:
    """List a logo's letters for the figure's table: one row per position, one column per base."""
    columns: Sequence[Sequence[float]] = logo.heights.T.tolist()
    return [
        {**keys, "panel": panel, "place": logo.first + index}
        | dict(zip(ALPHABET, column, strict=True))
        for index, column in enumerate(columns)
    ]
