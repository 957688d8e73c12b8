"""Logos of bits or contributions, aligned with the match in JASPAR."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from tfmoe.core.dna import ALPHABET
from tfmoe.figures.letters import WIDTH, stack_letters
from tfmoe.figures.style import GREY, SMALLEST
from tfmoe.motifs.logo_files import COLOURS
from tfmoe.motifs.patterns import information
from tfmoe.motifs.shown_match import MatchedPattern

Heights = NDArray[np.float64]
UNIFORM = np.full(4, 0.25)
_TOO_SMALL = 0.01
BIT = 1.25
"""Height of one bit as a multiple of a column's width, so that no logo stretches its letters."""
SPAN = 14
"""Minimum number of columns of an axis, so that letters of short motifs have the usual size."""
TICKS = 10
POSITION = "position from the window's centre (bp)"
_FADED = 0.35


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
    """Return a pattern's logo from position 0, in the textbook orientation of its match."""
    heights = bits(found.probabilities)
    return Logo(turned(heights) if found.reverse else heights, 0)


def matrix_logo(found: MatchedPattern) -> Logo | None:
    """Return the logo of a pattern's match, at the positions of `pattern_logo`."""
    if found.match is None:
        return None
    match = found.match
    first = match.offset
    if found.reverse:  # both are reversed, so positions count from the other end
        first = found.probabilities.shape[1] - match.matrix.length - match.offset
    heights = bits(match.matrix.probabilities)
    return Logo(turned(heights) if match.reverse != found.reverse else heights, first)


def draw_letters(axes: Axes, logo: Logo, alpha: float = 1.0) -> None:
    """Draw a logo's letters, without spines or ticks.

    Letters below 1 % of the largest height are left out, because they would be invisible.
    """
    largest = np.abs(logo.heights).max(initial=0)
    heights = np.where(np.abs(logo.heights) < _TOO_SMALL * largest, 0, logo.heights)
    axes.spines[:].set_visible(False)
    axes.axhline(0, color="black", linewidth=0.4, zorder=-1)
    if largest > 0:
        letters, limits = stack_letters(heights, logo.first)
        for base, path in letters.items():
            # not `add_patch`, which would measure each curve
            axes.add_artist(
                PathPatch(path, color=COLOURS[base], linewidth=0, alpha=alpha, zorder=0)
            )
        axes.set_xlim(logo.first - WIDTH / 2, logo.end - 1 + WIDTH / 2)
        axes.set_ylim(limits)
    axes.set_xticks([])
    axes.set_yticks([])


def draw_contributions(axes: Axes, logo: Logo) -> None:
    """Draw letters of contributions with a scale of logits and positions every `TICKS` bases."""
    draw_letters(axes, logo)
    axes.spines["left"].set(visible=True, linewidth=0.6, color="#555555")
    axes.yaxis.set_major_locator(MaxNLocator(2))
    axes.set_xticks(range(-(-logo.first // TICKS) * TICKS, logo.end, TICKS))
    axes.tick_params(length=2, labelsize=SMALLEST)
    axes.set_ylabel("contribution\n(logit)", fontsize=SMALLEST)


def draw_aligned(above: Axes, below: Axes, found: MatchedPattern) -> None:
    """Draw a pattern above its match with aligned columns, both on an axis from 0 to 2 bits.

    A match that is not significant is drawn in faint letters.
    """
    logos = [pattern_logo(found), matrix_logo(found)]
    present = [logo for logo in logos if logo is not None]
    first, end = min(logo.first for logo in present), max(logo.end for logo in present)
    faint = found.match is not None and not found.match.significant
    for axes, logo in zip((above, below), logos, strict=True):
        if logo is None:
            axes.axis("off")
            axes.text(0, 0.5, "no matrix", color=GREY, transform=axes.transAxes)
            continue
        draw_letters(axes, logo, _FADED if faint and axes is below else 1.0)
        axes.set_xlim(first - 0.6, max(end, first + SPAN) - 0.4)
        draw_bits_axis(axes)


def draw_bits_axis(axes: Axes) -> None:
    """Scale a logo's axis from 0 to 2 bits, without stretching its letters."""
    axes.set_ylim(0, 2.1)
    axes.set_aspect(BIT, adjustable="box", anchor="W")
    axes.spines["left"].set_visible(True)
    axes.spines["left"].set_bounds(0, 2)
    axes.set_yticks([0, 1, 2])
    axes.tick_params(axis="y", length=2, labelsize=SMALLEST)
    axes.set_ylabel("bits", fontsize=SMALLEST)


def draw_comparison(found: MatchedPattern, width: float = 3.0, height: float = 1.35) -> Figure:
    """Draw a pattern above its match as a separate figure without titles, for the report."""
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
