import dataclasses

import numpy as np
import pytest
from scipy.special import logit
from scipy.stats import norm

from tfmoe.evaluation.simulated_aurocs import (
    Design,
    draw_aurocs,
    error_correlation,
    estimate_design,
    hanley_mcneil,
    logit_error,
    logit_means,
)

VARIANCES = {"seed": 0.0, "model:seed": 0.01, "set:seed": 0.0, "residual": 0.02}
SIZES = np.full(6, 500.0)
ALIKE = Design(0.8, np.full((4, 4), 0.5) + 0.1 * np.eye(4), VARIANCES, 5, SIZES, SIZES, 0.5)
# the second model follows the first, the third hardly varies
UNLIKE = dataclasses.replace(
    ALIKE, covariance=np.array([[0.5, 0.5, 0.0], [0.5, 0.6, 0.0], [0.0, 0.0, 0.02]])
)


def test_error_of_an_auroc_as_published():
    # Hanley and McNeil (1982): 0.893 on 51 abnormal and 58 normal images has a standard error of
    # 0.032 or 0.033, depending on rounding
    found = hanley_mcneil(np.array(0.893), np.array(51.0), np.array(58.0)) ** 0.5
    assert found == pytest.approx(0.0325, abs=1e-4)
    # at 0.5 it is the variance of the Mann-Whitney statistic, (m + n + 1) / 12mn
    guess = hanley_mcneil(np.array(0.5), np.array(10.0), np.array(20.0))
    assert guess == pytest.approx(31 / 2400)


def test_error_of_a_logit_by_the_delta_method():
    auroc, size = np.array(0.8), np.array(500.0)
    step = 1e-4
    slope = (logit(auroc + step) - logit(auroc - step)) / (2 * step)
    expected = hanley_mcneil(auroc, size, size) * slope**2
    assert logit_error(auroc, size, size) == pytest.approx(expected, rel=1e-5)
    assert np.isfinite(logit_error(np.array([0.0, 1.0]), size, size)).all()


@pytest.mark.parametrize("design", [ALIKE, UNLIKE], ids=["alike", "unlike"])
@pytest.mark.parametrize("difference", [0.0, -0.01, 0.03])
def test_models_have_their_true_aurocs(design, difference):
    rng = np.random.default_rng(1)
    means = logit_means(design, difference, rng)
    assert means is not None
    drawn = draw_aurocs(design, means, 4000, rng)
    assert drawn.shape == (4000, design.models, 6, 5)
    found = drawn.mean(axis=(2, 3))
    error = found.std(axis=0) / 4000**0.5
    expected = np.full(design.models, 0.8)
    expected[0] += difference
    assert (np.abs(found.mean(axis=0) - expected) < 5 * error + 1e-3).all()
    if design is ALIKE:
        # effects that models share cancel in their difference
        apart = found[:, 0] - found[:, 1]
        assert abs(apart.mean() - difference) < 4 * apart.std() / 4000**0.5


def test_no_means_where_an_auroc_would_be_above_one():
    design = dataclasses.replace(ALIKE, auroc=0.98)
    assert logit_means(design, 0.03, np.random.default_rng(1)) is None
    assert logit_means(design, -0.03, np.random.default_rng(1)) is not None


def test_estimates_recover_the_design_of_simulated_runs():
    sizes = np.full(400, 300.0)
    known = dataclasses.replace(UNLIKE, n_pos=sizes, n_neg=sizes, seeds=6)
    rng = np.random.default_rng(2)
    means = logit_means(known, 0.0, rng)
    cube = draw_aurocs(known, means, 1, rng)[0]
    found = estimate_design(cube, sizes, sizes, 0.5)
    assert (found.models, found.sets, found.seeds) == (3, 400, 6)
    assert found.auroc == pytest.approx(cube.mean())
    np.testing.assert_allclose(found.covariance, known.covariance, atol=0.12)
    assert found.covariance[2, 2] == pytest.approx(0.02, abs=0.01)
    assert found.variances["residual"] == pytest.approx(0.02, rel=0.1)
    # only 18 effects of model and seed, so the estimate is imprecise
    assert 0.002 < found.variances["model:seed"] < 0.03


def test_one_seed_leaves_no_variance_of_seeds():
    cube = np.random.default_rng(3).uniform(0.6, 0.9, (3, 5, 1))
    found = estimate_design(cube, np.full(5, 100), np.full(5, 100), 0.0)
    assert set(found.variances.values()) == {0.0}
    assert np.isfinite(found.covariance).all()


def test_perfect_aurocs_have_a_design():
    cube = np.ones((3, 4, 2))
    cube[0, 0] = 0.9
    found = estimate_design(cube, np.full(4, 20), np.full(4, 20), 0.0)
    assert np.isfinite(found.covariance).all()
    rng = np.random.default_rng(4)
    means = logit_means(found, 0.0, rng)
    assert means is not None
    assert np.isfinite(draw_aurocs(found, means, 3, rng)).all()


def test_models_alike_have_the_mean_variances():
    alike = UNLIKE.with_models_alike(4)
    assert alike.models == 4
    shared = (0.5 + 0.0 + 0.0) / 3
    assert alike.covariance[0, 1] == pytest.approx(shared)
    assert np.diag(alike.covariance) == pytest.approx(np.full(4, (0.5 + 0.6 + 0.02) / 3))
    assert alike.set_variance == pytest.approx(shared)
    assert alike.set_model_variance == pytest.approx(1.12 / 3 - shared)


def test_further_sets_are_as_large_as_the_first():
    design = dataclasses.replace(ALIKE, n_pos=np.array([10.0, 20.0]), n_neg=np.array([30.0, 40.0]))
    more = design.with_sets(5, 3)
    assert more.n_pos.tolist() == [10, 20, 10, 20, 10]
    assert (more.sets, more.seeds) == (5, 3)


def test_correlation_of_errors_from_intervals():
    auroc, size = np.full(3, 0.8), np.full(3, 200.0)
    variance = hanley_mcneil(auroc, size, size)
    width = 2 * norm.isf(0.025) * np.sqrt(2 * variance * (1 - 0.6))
    assert error_correlation((auroc, auroc), width, size, size, 0.05) == pytest.approx(0.6)
    assert error_correlation((auroc, auroc), 9 * width, size, size, 0.05) == 0
    nothing = np.empty(0)
    assert error_correlation((nothing, nothing), nothing, nothing, nothing, 0.05) == 0
