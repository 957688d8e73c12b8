import numpy as np
import pytest

from tfmoe.attribution.stability import (
    MAX_SHIFT,
    draw_shifts,
    pearson,
    seed_stability,
    shift_codes,
    shift_stability,
)
from tfmoe.core.dna import decode, encode
from tolerance import close


def test_correlations_are_those_of_the_textbook() -> None:
    first = np.array([[1, 2, 3], [1, 2, 3], [1, 2, 4], [5, 5, 5]], dtype=np.float32)
    second = np.array([[2, 4, 6], [3, 2, 1], [0, 1, 0], [1, 2, 3]], dtype=np.float32)
    expected = [1, -1, np.corrcoef(first[2], second[2])[0, 1], 0]
    close(pearson(first, second), expected, terms=4)
    thirds = np.full((1, 7), 1 / 3, dtype=np.float32)  # whose mean is off by rounding
    assert pearson(thirds, np.arange(7, dtype=np.float32)[None])[0] == 0


def test_a_shift_reads_further_along_the_genome() -> None:
    codes = encode(["ACGTTGCA"] * 3)
    moved = shift_codes(codes, np.array([1, -2, 0]))
    assert decode(moved) == ["CGTTGCAN", "NNACGTTG", "ACGTTGCA"]
    assert moved.dtype == np.uint8


def test_shifts_are_to_both_sides_and_never_zero() -> None:
    shifts = draw_shifts(500, np.random.default_rng(1))
    assert set(shifts.tolist()) == {-3, -2, -1, 1, 2, 3}
    assert MAX_SHIFT == 3


@pytest.mark.parametrize("shift", [-3, -1, 2])
def test_a_map_that_moves_with_its_input_is_stable(shift: int) -> None:
    genome = np.random.default_rng(2).normal(size=(4, 30)).astype(np.float32)
    own, moved = genome[:, 5:25], genome[:, 5 + shift : 25 + shift]
    shifts = np.full(4, shift)
    np.testing.assert_allclose(shift_stability(own, moved, shifts), 1)
    # a map that is fixed to the window differs
    assert (shift_stability(own, own, shifts) < 0.9).all()


def test_each_row_has_its_own_shift() -> None:
    genome = np.random.default_rng(3).normal(size=(2, 30)).astype(np.float32)
    moved = np.stack([genome[0, 6:26], genome[1, 3:23]])
    found = shift_stability(genome[:, 5:25], moved, np.array([1, -2]))
    np.testing.assert_allclose(found, [1, 1])


def test_stability_over_seeds_is_the_mean_over_pairs() -> None:
    up = np.array([[1, 2, 3]], dtype=np.float32)
    assert seed_stability([up, up, -up]).tolist() == pytest.approx([-1 / 3])
