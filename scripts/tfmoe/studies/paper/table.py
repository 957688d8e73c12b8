"""Typeset tables as figures, with three horizontal rules as in a journal."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tfmoe.core.text import MISSING
from tfmoe.figures.style import INK, note_height, write_note

ROW = 0.175
"""Height of a row, in inches."""
_CHARACTERS_PER_INCH = 19


@dataclass(frozen=True)
class Column:
    """Column with its heading, which may have several lines, and its width in inches."""

    heading: str
    width: float


@dataclass(frozen=True)
class Block:
    """Rows under a common heading; the last ``means`` rows are bold."""

    heading: str
    rows: Sequence[Sequence[str]]
    means: int = 0


def draw_table(columns: Sequence[Column], blocks: Sequence[Block], note: str) -> Figure:
    """Draw a table; the first column is left-aligned, the others are right-aligned.

    Parameters
    ----------
    columns
        Columns of the table.
    blocks
        Blocks of rows; each row has one text per column.
    note
        Note below the table, wrapped to its width.
    """
    width = sum(column.width for column in columns)
    note = textwrap.fill(note, int(width * _CHARACTERS_PER_INCH))
    lines = max(column.heading.count("\n") + 1 for column in columns)
    head = 0.13 * lines + 0.08
    body = ROW * sum(len(block.rows) + 1 for block in blocks)
    height = 0.1 + head + body + 0.14 + note_height(note)
    figure = Figure(figsize=(width + 0.2, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    axes.set(xlim=(-0.1, width + 0.1), ylim=(height, 0))
    edges = list(accumulate(column.width for column in columns))
    positions = [0.0, *(edge - 0.05 for edge in edges[1:])]
    _rule(axes, width, 0.1, 0.9)
    below = 0.1 + head
    _write(axes, positions, [column.heading for column in columns], below - 0.045, "bottom", False)
    _rule(axes, width, below, 0.5)
    top = below
    for block in blocks:
        _write(axes, positions, [block.heading], top + 0.6 * ROW, "center", True)
        for index, row in enumerate(block.rows):
            bold = index >= len(block.rows) - block.means
            _write(axes, positions, row, top + (index + 1.6) * ROW, "center", bold)
        top += ROW * (len(block.rows) + 1)
    _rule(axes, width, top + 0.06, 0.9)
    write_note(figure, note)
    return figure


def _rule(axes: Axes, width: float, height: float, weight: float) -> None:
    axes.hlines(height, 0, width, color=INK, linewidth=weight)


def _write(
    axes: Axes,
    positions: Sequence[float],
    row: Sequence[str],
    height: float,
    align: str,
    bold: bool,
) -> None:
    for index, (x, text) in enumerate(zip(positions, row, strict=False)):
        written = axes.text(x, height, text, va=align, ha="right" if index else "left")
        written.set(fontsize=7, fontweight="bold" if bold else "normal", linespacing=1.1)


def exact_p(p: float) -> str:
    """Return a p value as ``0.034``, or below 0.001 as ``3.4 x 10⁻⁵``."""
    if math.isnan(p):
        return MISSING
    if p >= 0.001:
        return f"{p:.3f}"
    if p == 0:
        return "< 10⁻³⁰⁰"
    mantissa, exponent = f"{p:.1e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa} \N{MULTIPLICATION SIGN} 10{raised}"
