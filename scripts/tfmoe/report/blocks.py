"""Building blocks of a page: tables of formatted cells, pictures and text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from tfmoe.core.text import (
    MISSING,
    decimals,
    interval,
    percent,
    probability,
    signed,
    whole,
)

_COMPLEMENT = str.maketrans("ACGTacgt", "TGCAtgca")


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    Attributes
    ----------
    text
        Text of the cell.
    best
        Whether it holds the best value of its row or column.
    group
        Whether it is a heading above rows and spans the table.
    number
        Whether it is aligned to the right.
    image
        Data URI of a picture that is shown instead of the text; the text describes it.
    link
        Target of a link on the text, relative to the page.
    packed
        The same target inside the zip file of ``snakemake --report``.
    """

    text: str
    best: bool = False
    group: bool = False
    number: bool = False
    image: str = ""
    link: str = ""
    packed: str = ""


@dataclass(frozen=True)
class Table:
    """A table; a row of one cell spans all columns, and a `folded` table is hidden at first."""

    caption: str
    header: list[str]
    rows: list[list[Cell]]
    folded: bool = False

    @property
    def summary(self) -> str:
        """First sentence of the caption, which unfolds the table."""
        first, dot, _ = self.caption.partition(". ")
        return first + dot.rstrip()

    @property
    def numeric(self) -> list[bool]:
        """Columns of numbers, whose heads are aligned to the right."""
        full = [row for row in self.rows if len(row) == len(self.header)]
        return [any(row[index].number for row in full) for index in range(len(self.header))]


@dataclass(frozen=True)
class Picture:
    """A figure.

    Attributes
    ----------
    name
        Name of its files in the folder ``figures``; empty for a figure without files.
    source
        Data URI.
    caption
        Caption. Its first sentence is the text for readers who cannot see the figure.
    width, height
        Size in CSS pixels at which the smallest letters can be read; 0 if unknown.
    """

    name: str
    source: str
    caption: str
    width: int = 0
    height: int = 0

    @property
    def alternative(self) -> str:
        """First sentence of the caption."""
        return self.caption.split(". ")[0].removesuffix(".")


@dataclass(frozen=True)
class Pictures:
    """Figures side by side, as far as the page is wide enough."""

    pictures: list[Picture]


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
class Answer:
    """A question of the reader, and its answer in sentences; the first one is the shortest."""

    question: str
    sentences: list[str]


@dataclass(frozen=True)
class Card:
    """Finding and scores of one factor.

    Attributes
    ----------
    title, subtitle
        Name of the experiment, and its relation to the training factors.
    link, packed
        As in `Cell`.
    sentence
        What was found.
    facts
        Labels and values.
    image, alternative
        Data URI of a logo, and the text for readers who cannot see it; empty without a logo.
    """

    title: str
    subtitle: str
    link: str
    packed: str
    sentence: str
    facts: list[tuple[str, str]]
    image: str = ""
    alternative: str = ""


@dataclass(frozen=True)
class Cards:
    """A grid of cards."""

    cards: list[Card]


@dataclass(frozen=True)
class Markup:
    """HTML rendered from the project's own Markdown."""

    html: str


@dataclass(frozen=True)
class Code:
    """Preformatted text, folded."""

    title: str
    text: str


@dataclass(frozen=True)
class Fold:
    """Blocks under a title that unfolds them."""

    title: str
    blocks: list[Block]


Block = (
    Table
    | Picture
    | Pictures
    | Paragraph
    | Bullets
    | Heading
    | Answer
    | Cards
    | Markup
    | Code
    | Fold
)


@dataclass(frozen=True)
class Section:
    """A section of the page."""

    key: str
    title: str
    blocks: list[Block] = field(default_factory=list)


def complement(consensus: str) -> str:
    """Return the reverse complement of a consensus in letters of either case."""
    return consensus.translate(_COMPLEMENT)[::-1]


def text_cell(value: Any) -> Cell:
    """Return a cell of text."""
    return Cell(MISSING if pd.isna(value) else str(value))


def number_cell(value: Any, digits: int = 3, best: bool = False) -> Cell:
    """Return a cell of a number with a fixed number of decimals."""
    return Cell(decimals(value, digits), best=best, number=True)


def signed_cell(value: Any) -> Cell:
    """Return a cell of a difference with its sign."""
    return Cell(signed(value), number=True)


def count_cell(value: Any) -> Cell:
    """Return a cell of a whole number, with commas."""
    return Cell(whole(value), number=True)


def percent_cell(value: Any, digits: int = 0) -> Cell:
    """Return a cell of a share in per cent."""
    return Cell(percent(value, digits), number=True)


def probability_cell(value: Any) -> Cell:
    """Return a cell of a p or q value."""
    return Cell(probability(value), number=True)


def interval_cell(value: Any, low: Any, high: Any, digits: int = 3) -> Cell:
    """Return a cell of an estimate and its interval."""
    return Cell(interval(value, low, high, digits), number=True)


def group_row(title: str) -> list[Cell]:
    """Return a heading above a group of rows."""
    return [Cell(title, group=True)]


def truths(values: pd.Series[Any]) -> pd.Series[bool]:
    """Return a column of true and false as booleans; missing values are false."""
    return values.astype(str).str.lower() == "true"


def largest(values: Iterable[Any], digits: int = 3) -> str | None:
    """Return the largest value as it is written, so that rounded ties are all marked."""
    present = [value for value in values if not pd.isna(value)]
    return decimals(max(present), digits) if present else None
