import numpy as np
import pytest
from scipy.stats import tukey_hsd

from tfmoe.evaluation.anova import critical_range, one_way, spread_within, tukey_pairs

# Montgomery, Design and Analysis of Experiments: etch rate at four powers
ETCH = np.array(
    [
        [575, 542, 530, 539, 570],
        [565, 593, 590, 579, 610],
        [600, 651, 610, 637, 629],
        [725, 700, 715, 685, 710],
    ],
    dtype=float,
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


def test_critical_range_agrees_with_tables():
    # Montgomery, table of the studentized range: q(.05; 4, 16)
    assert critical_range(4, 16, 0.05) == pytest.approx(4.05, abs=0.005)
