import numpy as np
import pandas as pd
import pytest
from scipy.stats import tukey_hsd
from statsmodels.stats.anova import AnovaRM

from tfmoe.evaluation.anova import (
    critical_range,
    greenhouse_geisser,
    one_way,
    paired_t,
    residual_spread,
    spread_within,
    tukey_pairs,
    two_way,
)

# Montgomery, Design and Analysis of Experiments: etch rate at four powers (one-way), and hardness
# by four tips on four coupons (randomised blocks)
ETCH = np.array(
    [
        [575, 542, 530, 539, 570],
        [565, 593, 590, 579, 610],
        [600, 651, 610, 637, 629],
        [725, 700, 715, 685, 710],
    ],
    dtype=float,
)
HARDNESS = np.array(
    [
        [9.3, 9.4, 9.6, 10.0],
        [9.4, 9.3, 9.8, 9.9],
        [9.2, 9.4, 9.5, 9.7],
        [9.7, 9.6, 10.0, 10.2],
    ]
)


def test_one_way_on_a_published_example():
    result = one_way(ETCH)
    assert result.f == pytest.approx(66.80, abs=0.005)
    assert (result.df_between, result.df_within) == (3, 16)
    between, within = 66870.55, 5339.20
    assert result.eta_squared == pytest.approx(between / (between + within), abs=1e-6)
    error = within / 16
    expected = (between - 3 * error) / (between + within + error)
    assert result.omega_squared == pytest.approx(expected, abs=1e-6)
    assert result.p == pytest.approx(2.88e-9, rel=0.01)


def test_omega_squared_of_equal_means_is_negative():
    assert one_way(np.array([[1.0, 2, 3], [3, 1, 2]])).omega_squared == pytest.approx(-0.2)


def test_spread_within():
    assert not spread_within(np.array([[0.7, 0.7], [0.8, 0.8]]))
    assert spread_within(np.array([[0.7, 0.7], [0.8, 0.9]]))


def test_tukey_agrees_with_scipy():
    reference = tukey_hsd(*ETCH)
    bounds = reference.confidence_interval(0.95)
    pairs = tukey_pairs(ETCH, 1, 0.05)
    assert sorted(pairs) == [0, 2, 3]
    for other, pair in pairs.items():
        assert pair.difference == pytest.approx(reference.statistic[1, other])
        assert pair.p_adjusted == pytest.approx(reference.pvalue[1, other], abs=1e-9)
        assert pair.low == pytest.approx(bounds.low[1, other], rel=1e-6)
        assert pair.high == pytest.approx(bounds.high[1, other], rel=1e-6)


def test_critical_range_of_the_tables():
    # Montgomery, table of the studentized range: q(.05; 4, 16)
    assert critical_range(4, 16, 0.05) == pytest.approx(4.05, abs=0.005)


def test_two_way_on_a_published_example():
    result = two_way(HARDNESS)
    sums = result.ss_model, result.ss_set, result.ss_residual
    assert sums == pytest.approx((0.385, 0.825, 0.08))
    assert result.f == pytest.approx(14.44, abs=0.005)
    assert (result.df_model, result.df_residual) == (3, 9)
    assert result.p == pytest.approx(0.0009, abs=5e-5)
    assert result.partial_eta_squared == pytest.approx(0.385 / 0.465)
    assert result.partial_omega_squared == pytest.approx(3 * 13.4375 / (3 * 13.4375 + 16))
    # as many models as sets
    assert np.isnan([result.gg_epsilon, result.p_gg]).all()
    assert result.p < result.p_lower_bound == pytest.approx(0.0320, abs=5e-5)


def test_two_way_agrees_with_repeated_measures_of_statsmodels():
    values = np.random.default_rng(1).normal(size=(3, 7)) + np.arange(7) + [[0], [1], [2]]
    rows = [(m, s, values[m, s]) for m in range(3) for s in range(7)]
    frame = pd.DataFrame(rows, columns=["model", "set", "auroc"])
    table = AnovaRM(frame, "auroc", "set", ["model"]).fit().anova_table
    result = two_way(values)
    assert result.f == pytest.approx(table.loc["model", "F Value"])
    assert result.p == pytest.approx(table.loc["model", "Pr > F"])
    assert result.p < result.p_gg < result.p_lower_bound


def test_greenhouse_geisser_equals_the_textbook_formula():
    values = np.random.default_rng(2).normal(size=(4, 9)) * np.array([[1], [1], [2], [5]])
    covariance, k = np.cov(values), 4
    # Winer (1971): from the entries of the covariance, without centring it
    upper = (k * (np.diag(covariance).mean() - covariance.mean())) ** 2
    rows = covariance.mean(axis=1)
    lower = np.sum(covariance**2) - 2 * k * np.sum(rows**2) + k**2 * covariance.mean() ** 2
    epsilon = greenhouse_geisser(values)
    assert epsilon == pytest.approx(upper / ((k - 1) * lower))
    assert 1 / 3 < epsilon < 1
    assert greenhouse_geisser(values[:2]) == pytest.approx(1)


def test_residual_spread():
    additive = np.array([[0.7], [0.8], [0.6]]) + np.array([[0.0, 0.1, 0.05]])
    assert not residual_spread(additive)
    additive[0, 0] += 1e-6
    assert residual_spread(additive)


def test_paired_t_on_a_published_example():
    # Student (1908), hours of sleep gained with two drugs: t = 4.062, p = .0028
    first = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
    second = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    result = paired_t(second, first, 0.05)
    assert result.difference == pytest.approx(1.58)
    assert result.t == pytest.approx(4.0621, abs=5e-5)
    assert (result.df, result.p) == (9, pytest.approx(0.002833, abs=5e-7))
    assert (result.low, result.high) == pytest.approx((0.7001, 2.4599), abs=5e-5)
