"""Examples with seqlets and hits, and the histogram of the seqlets' positions."""

import numpy as np
import pandas as pd

from tfmoe.attribution.maps import AttributionMaps
from tfmoe.core.dna import encode
from tfmoe.figures.logos import POSITION
from tfmoe.figures.marked_seqlets import (
    EXAMPLES,
    MARKS,
    Marked,
    choose_sequences,
    draw_examples,
    draw_positions,
    sequences_with_hits,
)
from tfmoe.motifs.seqlets import BED_COLUMNS

GATTACA = np.array([[float(base == letter) for base in "GATTACA"] for letter in "ACGT"])


def seqlets(number: int, offset: int = 12) -> pd.DataFrame:
    rows = [
        ("chr1", 100, 107, "pattern_0", 0, "+" if index % 2 else "-", f"s{index}", offset, index)
        for index in range(number)
    ]
    return pd.DataFrame(rows, columns=list(BED_COLUMNS))


def test_examples_are_spread_from_strong_to_weak() -> None:
    # the middles of five equal parts of ten
    assert choose_sequences(seqlets(10), "pattern_0", []) == ["s8", "s6", "s4", "s2", "s0"]
    assert choose_sequences(seqlets(3), "pattern_0", []) == ["s2", "s1", "s0"]
    assert choose_sequences(seqlets(3), "pattern_1", []) == []


def test_only_sequences_with_hits_are_used_if_there_are_enough() -> None:
    five = ["s0", "s1", "s2", "s3", "s9"]
    assert choose_sequences(seqlets(10), "pattern_0", five) == ["s9", "s3", "s2", "s1", "s0"]
    assert choose_sequences(seqlets(10), "pattern_0", ["s9"])[0] == "s8"


def test_seqlets_are_shaded_and_hits_have_bars() -> None:
    codes = encode(["C" * 12 + "GATTACA" + "C" * 12, "C" * 31])
    values = np.random.default_rng(1).normal(size=(2, 4, 31)).astype(np.float32)
    maps = AttributionMaps(values, codes, np.array(["s0", "s1"]))
    pattern = Marked("pattern_0", GATTACA, 10.0)
    assert sequences_with_hits(maps, pattern) == {"s0"}
    figure = draw_examples(maps, ["s0", "s1"], seqlets(1), [pattern])
    first, second = figure.axes
    (bar,) = [line for line in first.lines if str(line.get_color()) == MARKS[0]]
    # the middle is base 15, so bases 12 to 18 extend from -3.5 to 3.5
    assert list(bar.get_xdata()) == [-3.5, 3.5]
    assert not [line for line in second.lines if str(line.get_color()) == MARKS[0]]
    assert [text.get_text() for text in first.texts] == ["pattern 0 (\u2212)"]
    assert [tick.get_text() for tick in first.get_xticklabels()] == ["\u221210", "0", "10"]
    assert [axes.get_xlabel() for axes in figure.axes] == ["", POSITION]
    assert {axes.get_ylabel() for axes in figure.axes} == {"contribution\n(logit)"}
    assert len(first.get_yticks()) >= 2
    assert first.get_xlim() == (-15.6, 15.6)


def test_patterns_longer_than_a_sequence_have_no_hits() -> None:
    maps = AttributionMaps(
        np.ones((1, 4, 5), np.float32), np.zeros((1, 5), np.uint8), np.array(["s0"])
    )
    assert sequences_with_hits(maps, Marked("pattern_0", GATTACA, 10.0)) == set()
    assert len(draw_examples(maps, ["s0"], seqlets(0), [Marked("p", GATTACA, 10.0)]).axes) == 1


def test_positions_are_counted_by_strand() -> None:
    figure = draw_positions(seqlets(EXAMPLES), "pattern_0", 7, 31)
    (axes,) = figure.axes
    heights = sum(patch.get_height() for patch in axes.patches)
    # a motif of 7 bases at position 12 of 31 is exactly in the middle
    assert heights == EXAMPLES
    filled = {round(patch.get_x()) for patch in axes.patches if patch.get_height()}
    assert filled == {0}
    assert axes.get_title(loc="right") == f"n = {EXAMPLES}"
