"""Typeset tables: p values, and the positions of rows and headings."""

import math

import pytest

from tfmoe.studies.paper.table import Block, Column, draw_table, exact_p


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0344, "0.034"),
        (0.001, "0.001"),
        (3.44e-5, "3.4 \N{MULTIPLICATION SIGN} 10⁻⁵"),
        (1.7e-71, "1.7 \N{MULTIPLICATION SIGN} 10⁻⁷¹"),
        (0.0, "< 10⁻³⁰⁰"),
        (math.nan, "\N{EN DASH}"),
    ],
)
def test_p_values_are_exact(p: float, text: str) -> None:
    assert exact_p(p) == text


def test_a_table_has_its_rows_below_their_heading_and_means_in_bold() -> None:
    blocks = [Block("OOD", [["CTCF", "0.9"], ["mean", "0.8"]], means=1)]
    figure = draw_table([Column("set", 1.0), Column("AUROC", 1.0)], blocks, "a note")
    texts = figure.axes[0].texts
    assert [text.get_text() for text in texts] == [
        "set",
        "AUROC",
        "OOD",
        "CTCF",
        "0.9",
        "mean",
        "0.8",
    ]
    heights = [text.get_position()[1] for text in texts]
    assert heights == sorted(heights), "the axis points down"
    assert [text.get_fontweight() for text in texts[2:]] == ["bold", "normal", "normal"] + [
        "bold"
    ] * 2
    assert figure.texts[0].get_text() == "a note"


def test_a_long_note_is_wrapped_to_the_table() -> None:
    figure = draw_table([Column("set", 2.0)], [], "word " * 30)
    assert max(map(len, figure.texts[0].get_text().splitlines())) <= 38
