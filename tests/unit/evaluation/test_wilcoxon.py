from itertools import product

import numpy as np
import pytest
from scipy.stats import binomtest, rankdata, wilcoxon

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


def enumerate_p(differences):
    """Compute p from all patterns of signs, one by one."""
    kept = differences[differences != 0]
    ranks = rankdata(np.abs(kept))
    sums = np.array(list(product([0, 1], repeat=kept.size))) @ ranks
    found = ranks[kept > 0].sum()
    return min(1.0, 2 * min(np.mean(sums <= found), np.mean(sums >= found)))


def test_ties_and_zeros_have_a_literal_p():
    # without the zero, the ranks are 2, 2, 2 and 4: a sum of at most 2 has 4 of 16 patterns
    assert signed_rank_p(np.array([1.0, 1.0, -1.0, 2.0, 0.0])) == 0.5


@pytest.mark.parametrize("sets", [1, 2, 3, 5, 8, 12])
def test_ties_and_zeros_agree_with_all_patterns_of_signs(sets):
    rng = np.random.default_rng(sets)
    differences = rng.integers(-3, 4, size=(20, sets)) / 100
    expected = [enumerate_p(row) for row in differences]
    assert signed_rank_p(differences) == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize("sets", [6, 12, 25, 50, 80])
def test_without_ties_and_zeros_it_agrees_with_scipy(sets):
    differences = np.random.default_rng(sets).normal(0.3, 1, (2, 5, sets))
    expected = wilcoxon(differences, axis=-1, method="exact").pvalue
    assert signed_rank_p(differences) == pytest.approx(expected, rel=1e-10)


def test_it_is_exact_with_ties_on_many_sets():
    # scipy's default is a normal approximation here; 30 equal differences are a sign test
    differences = np.array([0.01] * 21 + [-0.01] * 9 + [0.0] * 4)
    assert signed_rank_p(differences) == pytest.approx(binomtest(9, 30).pvalue, rel=1e-12)
    assert wilcoxon(differences).pvalue != pytest.approx(binomtest(9, 30).pvalue, rel=0.05)


def test_no_difference_on_any_set():
    assert signed_rank_p(np.zeros((2, 7))).tolist() == [1, 1]
    # differences in the last bits are rounding
    assert signed_rank_p(np.array([0.1 + 0.2 - 0.3, 0.01])) == 1


def test_six_sets_cannot_reject_for_more_than_one_pair():
    assert smallest_adjusted_p(6, 1) < 0.05 < smallest_adjusted_p(6, 2)
    assert smallest_adjusted_p(2, 9) == 1
    assert (fewest_sets(1, 0.05), fewest_sets(6, 0.05)) == (6, 8)
