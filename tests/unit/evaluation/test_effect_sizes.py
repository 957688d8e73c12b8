import numpy as np
import pytest
from scipy.special import gamma
from scipy.stats import ncf, nct

from tfmoe.evaluation.effect_sizes import (
    explained,
    hedges_g,
    noncentrality_of_f,
    noncentrality_of_t,
)

# Student (1908), The probable error of a mean: hours of sleep gained with the second of two drugs
SLEEP = np.array([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])


@pytest.mark.parametrize(
    ("f", "df_model", "df_residual", "low", "high"),
    [
        # Smithson (2001), p. 619, and Fidler and Thompson (2001), table 8, to four digits by the
        # R package apaTables (get.ci.partial.eta.squared)
        (6.00, 1, 42, 0.0117, 0.2801),
        (2.65, 6, 42, 0.0174, 0.3577),
        (4.00, 3, 16, 0.0357, 0.5671),
        (1.50, 1, 16, 0.0, 0.3167),
    ],
)
def test_published_intervals_of_partial_eta_squared(f, df_model, df_residual, low, high):
    result = explained(f, df_model, df_residual, 60, 0.10)
    bounds = result.partial_eta_squared_low, result.partial_eta_squared_high
    assert bounds == pytest.approx((low, high), abs=6e-5)


def test_sizes_of_a_published_table():
    # Montgomery's hardness: 4 tips x 4 coupons, sums of squares .385 and .08
    result = explained((0.385 / 3) / (0.08 / 9), 3, 9, 16, 0.05)
    assert result.partial_eta_squared == pytest.approx(0.385 / 0.465)
    assert result.partial_omega_squared == pytest.approx(3 * 13.4375 / (3 * 13.4375 + 16))


@pytest.mark.parametrize("f", [4.0, 400.0, 9000.0])
def test_bounds_have_their_nominal_tail_probability(f):
    result = explained(f, 5, 25, 36, 0.05)
    for bound, tail in (("low", 0.975), ("high", 0.025)):
        share = getattr(result, f"partial_omega_squared_{bound}")
        assert ncf.cdf(f, 5, 25, 36 * share / (1 - share)) == pytest.approx(tail, abs=1e-6)


def test_no_difference_at_all():
    # the probability of a smaller F is below .025 even if all models are equal
    result = explained(0.05, 3, 9, 16, 0.05)
    assert result.partial_omega_squared < 0
    assert result.partial_omega_squared_low == result.partial_omega_squared_high == 0
    assert explained(0.2, 3, 9, 16, 0.05).partial_omega_squared_high > 0


def test_statistics_beyond_all_bounds():
    result = explained(1e9, 5, 25, 36, 0.05)
    assert 0.999999 < result.partial_omega_squared_low < result.partial_omega_squared_high < 1
    near, far = noncentrality_of_f(9e3, 5, 25, 0.05), noncentrality_of_f(2e4, 5, 25, 0.05)
    assert far == pytest.approx(tuple(bound * 2e4 / 9e3 for bound in near), rel=1e-3)
    low, high = noncentrality_of_t(-1e7, 5, 0.05)
    assert -1.7e7 < low < -1e7 < high < -4e6


def test_hedges_g_of_a_published_example():
    # mean 1.58, standard deviation 1.23 of ten differences
    d = 1.58 / SLEEP.std(ddof=1)
    correction = gamma(4.5) / (np.sqrt(4.5) * gamma(4))
    result = hedges_g(SLEEP, 0.05)
    assert correction == pytest.approx(1 - 3 / 35, abs=2e-3)
    assert result.hedges_g == pytest.approx(correction * d, rel=1e-6)
    t = d * np.sqrt(10)
    scale = np.sqrt(10) / correction
    low, high = scale * result.hedges_g_low, scale * result.hedges_g_high
    assert nct.cdf(t, 9, low) == pytest.approx(0.975, abs=1e-5)
    assert nct.cdf(t, 9, high) == pytest.approx(0.025, abs=1e-5)


def test_the_sign_of_hedges_g_is_that_of_the_difference():
    up, down = hedges_g(SLEEP, 0.05), hedges_g(-SLEEP, 0.05)
    assert up.hedges_g == pytest.approx(-down.hedges_g)
    assert up.hedges_g_low == pytest.approx(-down.hedges_g_high, rel=1e-5)


def test_two_differences_are_too_few():
    assert np.isnan(hedges_g(SLEEP[:2], 0.05).hedges_g)
