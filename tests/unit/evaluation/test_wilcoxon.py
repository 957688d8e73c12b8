import numpy as np
import pytest

from tfmoe.evaluation.wilcoxon import fewest_sets, signed_rank_p, smallest_adjusted_p


def test_exact_p_of_the_most_extreme_outcome():
    differences = np.array([0.01, 0.02, 0.03, 0.04, 0.05, 0.06])
    assert signed_rank_p(differences) == pytest.approx(2 / 2**6)
    assert signed_rank_p(differences) == smallest_adjusted_p(6, 1)


def test_published_table():
    # Hollander and Wolfe (1973), p. 29: depression scale of nine patients before and after, as in
    # R's ?wilcox.test: V = 40, two-sided p = .0391
    before = np.array([1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30])
    after = np.array([0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29])
    assert signed_rank_p(before - after) == pytest.approx(0.0390625)


def test_ties_and_zeros_are_counted_exactly():
    # without the zero and with shared ranks of ties, enumerate all 16 patterns of signs
    differences = np.array([1.0, 1.0, -1.0, 2.0, 0.0])
    sums = np.array([2, 2, 2, 4]) @ np.array(np.meshgrid(*[[0, 1]] * 4)).reshape(4, -1)
    assert signed_rank_p(differences) == pytest.approx(2 * np.mean(sums <= 2))


def test_six_sets_cannot_reject_for_more_than_one_pair():
    assert smallest_adjusted_p(6, 1) < 0.05 < smallest_adjusted_p(6, 2)
    assert smallest_adjusted_p(2, 9) == 1
    assert (fewest_sets(1, 0.05), fewest_sets(6, 0.05)) == (6, 8)
