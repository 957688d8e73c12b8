"""Tables of the page: cells of text, formatted here so that the template holds no logic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

MISSING = "\u2013"
_MINUS = "\u2212"
_COMPLEMENT = str.maketrans("ACGTacgt", "TGCAtgca")


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes
    ----------
    text
        What is shown.
    best
        Whether it is the best of its row or column.
    group
        Whether it is a heading of rows that spans the table.
    number
        Whether it is set to the right.
    image
        Data URI of a picture in place of the text, which describes it then.
    link
        Where the text leads, relative to the page.
    """

    text: str
    best: bool = False
    group: bool = False
    number: bool = False
    image: str = ""
    link: str = ""


@dataclass(frozen=True)
class Table:
    """A table; a row of one cell spans all columns, and `folded` hides it at first."""

    caption: str
    header: list[str]
    rows: list[list[Cell]]
    folded: bool = False

    @property
    def numeric(self) -> list[bool]:
        """Say which columns hold numbers: their heads are set to the right, too."""
        full = [row for row in self.rows if len(row) == len(self.header)]
        return [any(row[index].number for row in full) for index in range(len(self.header))]


@dataclass(frozen=True)
class Picture:
    """A figure: its name (empty if no table lies beside it), data URI and caption."""

    name: str
    source: str
    caption: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of plain text."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: list[str]


@dataclass(frozen=True)
class Heading:
    """A heading below the section's."""

    text: str


@dataclass(frozen=True)
class Markup:
    """HTML made from the project's own Markdown; with a title it is folded."""

    html: str
    title: str = ""


@dataclass(frozen=True)
class Code:
    """Text shown as it is, folded."""

    title: str
    text: str


Block = Table | Picture | Paragraph | Bullets | Heading | Markup | Code


@dataclass(frozen=True)
class Section:
    """A section of the page."""

    key: str
    title: str
    blocks: list[Block] = field(default_factory=list)


def complement(consensus: str) -> str:
    """Return the reverse complement of a consensus in letters of either case."""
    return consensus.translate(_COMPLEMENT)[::-1]


def text(value: Any) -> Cell:
    """Return a cell of text."""
    return Cell(MISSING if pd.isna(value) else str(value))


def number(value: Any, digits: int = 3, best: bool = False) -> Cell:
    """Return a cell of a number with a fixed number of decimals."""
    return Cell(decimals(value, digits), best=best, number=True)


def count(value: Any) -> Cell:
    """Return a cell of a whole number, with commas."""
    return Cell(MISSING if pd.isna(value) else f"{round(value):,}", number=True)


def percent(value: Any, digits: int = 0) -> Cell:
    """Return a cell of a share, in per cent."""
    shown = MISSING if pd.isna(value) else f"{100 * value:.{digits}f} %"
    return Cell(shown, number=True)


def small(value: Any) -> Cell:
    """Return a cell of a p- or q-value."""
    return Cell(probability(value), number=True)


def decimals(value: Any, digits: int = 3) -> str:
    """Write a number with a fixed number of decimals and a true minus sign."""
    return MISSING if pd.isna(value) else f"{value:.{digits}f}".replace("-", _MINUS)


def signed(value: Any, digits: int = 3) -> str:
    """Write a difference with its sign."""
    return MISSING if pd.isna(value) else f"{value:+.{digits}f}".replace("-", _MINUS)


def probability(value: Any) -> str:
    """Write a p- or q-value with two significant digits."""
    return MISSING if pd.isna(value) else f"{value:.2g}"


def interval(value: Any, low: Any, high: Any, digits: int = 3) -> Cell:
    """Return a cell of an estimate and its interval."""
    if pd.isna(value):
        return Cell(MISSING, number=True)
    if pd.isna(low) or pd.isna(high):
        return number(value, digits)
    bounds = f"{decimals(low, digits)} to {decimals(high, digits)}"
    return Cell(f"{decimals(value, digits)} ({bounds})", number=True)


def group_row(title: str) -> list[Cell]:
    """Return a row that heads the rows below it."""
    return [Cell(title, group=True)]


def truths(values: pd.Series[Any]) -> pd.Series[bool]:
    """Read a column of true and false that may miss values: missing is false."""
    return values.astype(str).str.lower() == "true"


def list_words(words: Sequence[str]) -> str:
    """Join words with commas and a last *and*."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def plural(number_of: int, word: str, many: str | None = None) -> str:
    """Write a number with its noun: ``1 set``, ``2 sets``."""
    return f"{number_of:,} {word if number_of == 1 else many or word + 's'}"


def largest(values: Iterable[Any], digits: int = 3) -> str | None:
    """Return the largest of some values as it is written, so that ties are marked alike."""
    present = [value for value in values if not pd.isna(value)]
    return decimals(max(present), digits) if present else None
