import numpy as np
import pytest
from scipy.stats import t as t_distribution
from scipy.stats import ttest_1samp
from statsmodels.stats.weightstats import DescrStatsW

from tfmoe.evaluation.pairwise import (
    decide,
    decide_with_margin,
    difference_squares,
    over_sets,
    over_sets_and_seeds,
)

# Student (1908), The probable error of a mean: hours of sleep gained with the second of two drugs
SLEEP = np.array([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])


def test_paired_t_on_a_published_example():
    # t = 4.062, p = .0028
    result = over_sets(SLEEP, 1.0, 0.05)
    assert result.difference == pytest.approx(1.58)
    assert result.t == pytest.approx(4.0621, abs=5e-5)
    assert (result.df, result.p) == (9, pytest.approx(0.002833, abs=5e-7))
    assert (result.low, result.high) == pytest.approx((0.7001, 2.4599), abs=5e-5)


def test_equivalence_agrees_with_statsmodels():
    differences = SLEEP - 1.2
    result = over_sets(differences, 1.0, 0.05)
    p, not_worse, not_better = DescrStatsW(differences).ttost_mean(-1.0, 1.0)
    assert result.p_equivalence == pytest.approx(p)
    assert result.p_not_worse == pytest.approx(not_worse[1])
    assert not_worse[1] < not_better[1] == pytest.approx(p)


def test_leading_axes_are_separate_pairs():
    stack = np.stack([SLEEP, SLEEP - 3])
    result = over_sets(stack, 1.0, 0.05)
    assert result.p_not_worse[0] < 0.001
    assert result.p_not_worse[1] == pytest.approx(over_sets(stack[1], 1.0, 0.05).p_not_worse)
    cube = np.random.default_rng(1).normal(size=(3, 6, 5))
    together, alone = over_sets_and_seeds(cube, 0.05), over_sets_and_seeds(cube[2], 0.05)
    assert together.p_seeds[2] == pytest.approx(alone.p_seeds)


def test_sets_and_seeds_by_hand():
    rng = np.random.default_rng(5)
    cube = rng.normal(size=(6, 1)) + rng.normal(size=(1, 5)) + 0.3 * rng.normal(size=(6, 5)) + 1
    squares = difference_squares(cube)
    a = 5 * cube.mean(axis=1).var(ddof=1)
    b = 6 * cube.mean(axis=0).var(ddof=1)
    total = np.sum((cube - cube.mean()) ** 2)
    c = (total - 5 * a - 4 * b) / 20
    assert (squares.dataset, squares.seed, squares.residual) == pytest.approx((a, b, c))
    assert b > c < a
    result = over_sets_and_seeds(cube, 0.05)
    df = (a + b - c) ** 2 / (a**2 / 5 + b**2 / 4 + c**2 / 20)
    error = np.sqrt((a + b - c) / 30)
    assert result.df_seeds == pytest.approx(df)
    assert result.p_seeds == pytest.approx(2 * t_distribution.sf(abs(cube.mean()) / error, df))
    width = t_distribution.ppf(0.975, df) * error
    assert result.high_seeds - cube.mean() == pytest.approx(width)


def test_seeds_that_do_not_vary_leave_the_test_over_sets():
    cube = np.repeat(SLEEP[:, None], 4, axis=1)
    result = over_sets_and_seeds(cube, 0.05)
    assert result.df_seeds == 9
    assert result.p_seeds == pytest.approx(ttest_1samp(SLEEP, 0).pvalue)


@pytest.mark.parametrize("step", [-1e-9, 0.0, 1e-9])
def test_rounding_does_not_separate_equal_mean_squares(step):
    cube = np.array([[1.0, 2.0 + step], [4.0, 4.0]])
    squares = difference_squares(cube)
    assert squares.seed == pytest.approx(squares.residual)
    assert over_sets_and_seeds(cube, 0.05).df_seeds == 1


def test_sets_that_do_not_vary_leave_the_test_over_seeds():
    cube = np.repeat(SLEEP[None, :], 4, axis=0) + 1e-3 * np.array([[1], [-1], [1], [-1]])
    cube += 0.01 * np.random.default_rng(2).normal(size=cube.shape)
    result = over_sets_and_seeds(cube, 0.05)
    assert result.df_seeds == 9
    assert result.p_seeds == pytest.approx(ttest_1samp(SLEEP, 0).pvalue, rel=0.05)


def test_one_seed_has_no_test_over_seeds():
    assert np.isnan(over_sets_and_seeds(SLEEP[:, None], 0.05).p_seeds)


@pytest.mark.parametrize(
    ("difference", "p", "verdict"),
    [
        (0.1, 0.049, "better"),
        (-0.1, 0.01, "worse"),
        (0.1, 0.05, "not_distinguishable"),
        (0.1, np.nan, "not_tested"),
    ],
)
def test_decide(difference, p, verdict):
    assert decide(difference, p, 0.05) == verdict


@pytest.mark.parametrize(
    ("difference", "p_values", "verdict"),
    [
        # a significant difference takes precedence over equivalence
        (0.004, (0.01, 0.001, 0.001), "better"),
        (-0.004, (0.01, 0.001, 0.001), "worse"),
        (0.002, (0.30, 0.04, 0.001), "equivalent"),
        (0.02, (0.06, 0.90, 0.001), "not_worse"),
        (-0.02, (0.06, 0.90, 0.90), "not_distinguishable"),
        (0.02, (np.nan, np.nan, np.nan), "not_tested"),
    ],
)
def test_verdict_of_a_pair(difference, p_values, verdict):
    assert decide_with_margin(difference, *p_values, 0.05) == verdict
