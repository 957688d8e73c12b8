"""Logos: heights, direction and alignment with the match."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from tfmoe.figures.letters import WIDTH
from tfmoe.figures.logos import (
    BIT,
    Logo,
    bits,
    draw_comparison,
    draw_letters,
    letter_rows,
    matrix_logo,
    pattern_logo,
    turned,
)
from tfmoe.jaspar.matrices import Matrix
from tfmoe.motifs.shown_match import Match, MatchedPattern

LETTERS = "ACGT"


def motif(word: str) -> np.ndarray:
    return np.array([[float(base == letter) for base in word] for letter in LETTERS])


def word(logo: Logo) -> str:
    return "".join(LETTERS[index] for index in logo.heights.argmax(axis=0))


def matrix(text: str) -> Matrix:
    return Matrix("MA0001.1", "TF", "fungi", "4932", "", "", "ChIP-seq", motif(text))


def test_bits_are_two_for_a_certain_base_and_none_for_a_uniform_one() -> None:
    heights = bits(np.array([[1.0, 0.25], [0, 0.25], [0, 0.25], [0, 0.25]]))
    assert heights[0, 0] == pytest.approx(2, abs=0.02)
    assert heights[:, 1] == pytest.approx(0, abs=1e-6)


def test_a_forward_match_is_placed_at_its_offset() -> None:
    found = MatchedPattern(
        "p", motif("AACG"), 9, Match(matrix("CGT"), 0.1, 1, "own", True, 2, False, False, True)
    )
    assert (word(pattern_logo(found)), pattern_logo(found).first) == ("AACG", 0)
    logo = matrix_logo(found)
    assert logo is not None
    assert (word(logo), logo.first, logo.end) == ("CGT", 2, 5)


def test_a_reverse_match_turns_the_pattern_and_keeps_the_columns_together() -> None:
    # the matrix ACGTT matches as AACGT, from place -1 of the pattern ACGTC
    match = Match(matrix("ACGTT"), 0.1, 1, "own matrix", True, -1, True, True, True)
    found = MatchedPattern("p", motif("ACGTC"), 9, match)
    pattern, other = pattern_logo(found), matrix_logo(found)
    assert other is not None
    assert word(pattern) == "GACGT"
    assert word(other) == "ACGTT"
    shared = range(max(pattern.first, other.first), min(pattern.end, other.end))
    pairs = {(word(pattern)[at - pattern.first], word(other)[at - other.first]) for at in shared}
    assert all(first == second for first, second in pairs)
    assert len(shared) == 4


def test_a_matrix_is_turned_if_the_factors_own_matrix_has_the_other_direction() -> None:
    # as above, but the pattern itself has the direction of the factor's own matrix
    match = Match(matrix("ACGTT"), 0.1, 2, "family", True, -1, True, False, True)
    found = MatchedPattern("p", motif("ACGTC"), 9, match)
    other = matrix_logo(found)
    assert other is not None
    assert word(pattern_logo(found)) == "ACGTC"
    assert (word(other), other.first) == ("AACGT", -1)


@pytest.mark.parametrize("width", [4, 30])
def test_letters_are_as_wide_in_a_long_logo_as_their_height_demands(width: int) -> None:
    match = Match(matrix("ACGT" * width), 0.1, 1, "own matrix", True, 0, False, False, True)
    figure = draw_comparison(MatchedPattern("p", motif("ACGT" * width), 9, match))
    figure.draw_without_rendering()
    for axes in figure.axes:
        (left, low), (right, high) = axes.transData.transform([(0, 0), (1, 1)])
        assert (high - low) / (right - left) == pytest.approx(BIT)
        assert [tick.get_text() for tick in axes.get_yticklabels()] == ["0", "1", "2"]
        assert axes.get_ylabel() == "bits"


def test_a_match_that_may_be_chance_is_faint() -> None:
    def lightest(significant: bool) -> float:
        match = Match(matrix("ACGT"), 0.1, 1, "own matrix", True, 0, False, False, significant)
        below = draw_comparison(MatchedPattern("p", motif("ACGT"), 9, match)).axes[1]
        return min(patch.get_alpha() or 1.0 for patch in below.patches)

    assert lightest(significant=True) == 1
    assert lightest(significant=False) < 0.5


def test_without_a_match_there_is_one_logo() -> None:
    found = MatchedPattern("p", motif("AACG"), 9, None)
    assert matrix_logo(found) is None
    assert isinstance(draw_comparison(found), Figure)


def test_turning_twice_changes_nothing() -> None:
    values = np.arange(12.0).reshape(4, 3)
    assert np.array_equal(turned(turned(values)), values)
    assert turned(values)[0, 0] == values[3, 2]


def test_letters_too_small_to_be_seen_are_not_drawn() -> None:
    axes = Figure().subplots()
    draw_letters(axes, Logo(np.array([[1.0, 1.0], [0.5, 0.001], [0, -0.3], [0, 0]]), 0))
    widths = [patch.get_path().get_extents().width for patch in axes.patches]
    assert widths == pytest.approx([1 + WIDTH, WIDTH, WIDTH])  # two A, a C and a G


def test_letters_are_listed_by_place() -> None:
    rows = letter_rows("pattern", Logo(motif("CA"), -3), {"q": 0.1})
    assert [(row["place"], row["A"], row["C"]) for row in rows] == [(-3, 0, 1), (-2, 1, 0)]
    assert rows[0]["panel"] == "pattern"
    assert rows[0]["q"] == 0.1


def test_a_logo_without_height_has_no_letters_and_no_warning(
    recwarn: pytest.WarningsRecorder,
) -> None:
    axes = Figure().subplots()
    draw_letters(axes, Logo(np.zeros((4, 2)), 0))
    assert len(axes.patches) == 0
    assert not axes.spines["left"].get_visible()
    assert len(recwarn) == 0
