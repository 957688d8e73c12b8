"""Choice of the example sequence."""

import numpy as np

from tfmoe.attribution.maps import AttributionMaps
from tfmoe.core.dna import encode, reverse_complement
from tfmoe.figures.examples import SPAN, choose_example

MOTIF = np.array([[float(base == letter) for base in "GATTACA"] for letter in "ACGT"])


def maps(words: list[str], strength: list[float]) -> AttributionMaps:
    """Return maps of 61 bp with a word from position 20, whose bases all contribute."""
    codes = encode(["C" * 20 + text + "C" * (41 - len(text)) for text in words])
    values = np.zeros((len(words), 4, 61), dtype=np.float32)
    values[:, :, 20:27] = np.array(strength)[:, None, None]
    return AttributionMaps(values, codes, np.array([f"s{index}" for index in range(len(words))]))


def letters(logo_heights: np.ndarray) -> str:
    return "".join("ACGT"[column.argmax()] for column in logo_heights.T if column.any())


def test_it_is_the_median_of_the_sequences_with_the_motif() -> None:
    found = choose_example(maps(["GATTACA"] * 3 + ["CCCCCCC"] * 2, [3, 1, 2, 9, 9]), MOTIF)
    assert found.name == "s2"
    assert found.strand == "+"
    assert letters(found.logo.heights) == "GATTACA"


def test_positions_are_relative_to_the_windows_centre() -> None:
    logo = choose_example(maps(["GATTACA"], [1]), MOTIF).logo
    assert logo.heights.shape == (4, SPAN)
    first = logo.first + int(np.flatnonzero(logo.heights.any(axis=0))[0])
    assert first == 20 - 30


def test_a_hit_on_the_other_strand_is_reversed() -> None:
    forward = maps(["GATTACA"], [1])
    values = np.ascontiguousarray(forward.attributions[:, ::-1, ::-1])
    other = AttributionMaps(values, reverse_complement(forward.sequences), forward.name)
    found = choose_example(other, MOTIF)
    assert found.strand == "-"
    assert letters(found.logo.heights) == "GATTACA"


def test_without_a_motif_the_largest_contributions_decide() -> None:
    found = choose_example(maps(["GATTACA"] * 3, [3, 1, 2]), None)
    assert found.name == "s2"
    assert letters(found.logo.heights) == "GATTACA"


def test_windows_shorter_than_the_span_are_shown_whole() -> None:
    short = AttributionMaps(
        np.ones((1, 4, 9), dtype=np.float32), encode(["GGATTACAG"]), np.array(["s"])
    )
    logo = choose_example(short, MOTIF).logo
    assert (logo.first, logo.heights.shape) == (-4, (4, 9))
