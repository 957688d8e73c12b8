"""Logos: letters whose heights are bits or contributions, aligned with their match in JASPAR."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import logomaker
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from tfmoe.core.dna import ALPHABET
from tfmoe.core.errors import InputError
from tfmoe.figures.style import BASES, GREY
from tfmoe.jaspar.matrices import Matrix
from tfmoe.motifs.patterns import information

Heights = NDArray[np.float64]
UNIFORM = np.full(4, 0.25)
_TOO_SMALL = 0.01
OWN, FAMILY, OTHER = "own matrix", "family", "other factor"


@dataclass(frozen=True, eq=False)
class Logo:
    """Letters to draw.

    Attributes
    ----------
    heights
        Float64 of shape (4, W), rows A, C, G, T; negative ones hang below the axis.
    first
        Place of the first column on the horizontal axis, in bases.
    """

    heights: Heights
    first: int

    @property
    def end(self) -> int:
        """Place behind the last column."""
        return self.first + int(self.heights.shape[1])


@dataclass(frozen=True, eq=False)
class Match:
    """A pattern's match in JASPAR.

    Attributes
    ----------
    matrix
        The matrix.
    q
        Joint q-value of the run.
    rank
        Place among the pattern's matches, from 1.
    relation
        `OWN`, `FAMILY` or `OTHER`: what the matrix is to the experiment's factor.
    independent
        Whether the matrix comes from data of another kind than the run's.
    offset
        Place in the pattern, 0-based, of the first column of the matrix, turned as `reverse` says.
    reverse
        Whether the matrix's reverse complement matches.
    """

    matrix: Matrix
    q: float
    rank: int
    relation: str
    independent: bool
    offset: int
    reverse: bool


@dataclass(frozen=True, eq=False)
class Found:
    """One pattern: its name, probabilities (4, W), seqlets, and its match if there is one."""

    pattern: str
    probabilities: Heights
    n_seqlets: int
    match: Match | None

    @property
    def reverse(self) -> bool:
        """Whether it is drawn as its reverse complement, so that the matrix stands as in JASPAR."""
        return self.match is not None and self.match.reverse


def choose_row(matches: pd.DataFrame, fdr: float) -> dict[str, Any] | None:
    """Choose the match that a pattern is shown with; `None` if it has none.

    The best one of the factor's own and its family's matrices if that has q < `fdr`, else the best
    one of all.

    Parameters
    ----------
    matches
        The pattern's rows of ``motifs/jaspar.tsv``.
    fdr
        Level of the joint q-values.
    """
    if not len(matches):
        return None
    ranked = matches.sort_values("rank", kind="stable")
    expected = ranked[ranked["is_family"].astype(bool) & (ranked["q"] < fdr)]
    best = (expected if len(expected) else ranked).iloc[0]
    row: dict[str, Any] = {str(name): value for name, value in best.items()}
    related = FAMILY if row["is_family"] else OTHER
    return row | {"relation": OWN if row["is_own_factor"] else related}


def choose_match(matches: pd.DataFrame, matrices: Mapping[str, Matrix], fdr: float) -> Match | None:
    """Choose the match that a pattern is drawn with, as `choose_row` does.

    Parameters
    ----------
    matches
        The pattern's rows of ``motifs/jaspar.tsv``.
    matrices
        By id.
    fdr
        Level of the joint q-values.

    Raises
    ------
    InputError
        If the matrix is not among `matrices`.
    """
    row = choose_row(matches, fdr)
    if row is None:
        return None
    if row["matrix_id"] not in matrices:
        raise InputError(
            f"motifs/jaspar.tsv names matrix {row['matrix_id']}, which is not among the run's "
            "matrices; remove motifs/jaspar.tsv and run again"
        )
    return Match(
        matrix=matrices[row["matrix_id"]],
        q=float(row["q"]),
        rank=int(row["rank"]),
        relation=row["relation"],
        independent=bool(row["independent"]),
        offset=int(row["offset"]),
        reverse=row["strand"] == "-",
    )


def bits(probabilities: Heights) -> Heights:
    """Return letter heights (4, W): bits over a uniform background, shared out by probability."""
    heights: Heights = probabilities * information(probabilities, UNIFORM)
    return heights


def turned(heights: Heights) -> Heights:
    """Return the reverse complement of (4, W)."""
    return heights[::-1, ::-1]


def pattern_logo(found: Found) -> Logo:
    """Return a pattern's logo from place 0, turned so that its match stands as in JASPAR."""
    heights = bits(found.probabilities)
    return Logo(turned(heights) if found.reverse else heights, 0)


def matrix_logo(found: Found) -> Logo | None:
    """Return the logo of a pattern's match as it stands in JASPAR, in the pattern's places."""
    if found.match is None:
        return None
    match = found.match
    first = match.offset
    if match.reverse:  # both are turned, so places count from the other end
        first = found.probabilities.shape[1] - match.matrix.length - match.offset
    return Logo(bits(match.matrix.probabilities), first)


def draw_letters(axes: Axes, logo: Logo) -> None:
    """Draw a logo's letters, without spines or ticks.

    Letters of less than 1 % of the largest height are left out: they could not be seen, and most of
    the time would go to them.
    """
    largest = np.abs(logo.heights).max(initial=0)
    heights = np.where(np.abs(logo.heights) < _TOO_SMALL * largest, 0, logo.heights)
    frame = pd.DataFrame(
        np.ascontiguousarray(heights.T),
        columns=list(ALPHABET),
        index=range(logo.first, logo.end),
    )
    logomaker.Logo(frame, ax=axes, color_scheme=BASES, show_spines=False, baseline_width=0.4)
    axes.set_xticks([])
    axes.set_yticks([])


def draw_aligned(above: Axes, below: Axes, found: Found) -> None:
    """Draw a pattern above its match, column over column, both up to 2 bits high."""
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


def draw_comparison(found: Found, width: float = 3.0, height: float = 1.1) -> Figure:
    """Draw one pattern above its match as a figure of its own, without labels, for the report."""
    figure = Figure(figsize=(width, height), layout="constrained")
    above, below = figure.subplots(2, 1)
    draw_aligned(above, below, found)
    return figure


def letter_rows(panel: str, logo: Logo, keys: Mapping[str, object]) -> list[dict[str, object]]:
    """List a logo's letters for the table beside the figure: a row a place, a column a base."""
    columns: Sequence[Sequence[float]] = logo.heights.T.tolist()
    return [
        {**keys, "panel": panel, "place": logo.first + index}
        | dict(zip(ALPHABET, column, strict=True))
        for index, column in enumerate(columns)
    ]
