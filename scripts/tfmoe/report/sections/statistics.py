"""Section on the statistics: the statistics report, with its figures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.report.blocks import Block, Fold, Markup, Paragraph, Section
from tfmoe.report.narrative.scope import PUBLISHED, SHORT
from tfmoe.report.pictures import picture

_FIGURES = {
    SHORT: (
        "critical_difference",
        "Average rank of each model over the sets of a role; rank 1 is the highest AUROC of a set. "
        "A bar joins models whose ranks differ by less than the critical difference of Nemenyi's "
        "test.",
    ),
    PUBLISHED: (
        "null_simulation",
        "Share of simulated runs in which each test finds a difference between models of the same "
        "true AUROC. The runs have as many models, sets and seeds as this one, and their AUROCs "
        "vary as this run's do. Filled: all models vary equally from set to set; open: as "
        "unequally as in this run. The analysis as published and DeLong's test see one simulated "
        "set.",
    ),
}
"""Figures by the part of the report that they follow."""
_LEAD = (
    "Would the models differ on further sets, too? These tests answer that; each set counts once. "
    "Unfold a part to read it; the file statistics/report.md has the same text."
)
_UNUSED = ["link", "image", "autolink", "html_inline", "html_block", "reference"]


def statistics_section(path: Pathlike, figures: Path) -> Section:
    """Render ``statistics/report.md`` with each heading one level lower.

    Each part is folded under its title, together with its figure.

    Raises
    ------
    InputError
        If the file is missing.
    """
    try:
        source = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: the file does not exist; run the statistics again") from None
    blocks: list[Block] = [Paragraph(_LEAD)]
    for title, html in _render_parts(source):
        part: list[Block] = [Markup(html)]
        if title in _FIGURES:
            part.append(picture(figures, *_FIGURES[title]))
        blocks.append(Fold(title, part))
    return Section("statistics", "Statistics", blocks)


def _render_parts(source: str) -> Iterator[tuple[str, str]]:
    """Render each part of the Markdown, by headings of the second level: its title and HTML."""
    # raw HTML is escaped, and a name makes no link or picture; CommonMark itself has no tables
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable(_UNUSED)
    markdown.add_render_rule("table_open", _open_table)
    markdown.add_render_rule("table_close", _close_table)
    tokens = markdown.parse(source)
    starts = [
        index
        for index, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag == "h2"
    ]
    # the text before the first part is the title, which the section has already
    for start, end in zip(starts, [*starts[1:], len(tokens)], strict=True):
        title = tokens[start + 1].content
        part = tokens[start + 3 : end]  # the title is the element that unfolds the part
        yield title, str(markdown.renderer.render(part, markdown.options, {}))


def _open_table(*_: object) -> str:
    """Return the start of a table in a box of its own, which scrolls also by the keyboard."""
    return '<div class="scroll" tabindex="0" role="group" aria-label="Table">\n<table>\n'


def _close_table(*_: object) -> str:
    return "</table>\n</div>\n"
