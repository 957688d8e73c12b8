import numpy as np
import pytest
from scipy.stats import chi2

from tfmoe.evaluation.sphericity import greenhouse_geisser, mauchly

VALUES = np.random.default_rng(2).normal(size=(4, 9)) * np.array([[1], [1], [2], [5]])


def test_greenhouse_geisser_equals_the_textbook_formula():
    covariance, k = np.cov(VALUES), 4
    # Winer (1971), from the entries of the uncentred covariance
    upper = (k * (np.diag(covariance).mean() - covariance.mean())) ** 2
    rows = covariance.mean(axis=1)
    lower = np.sum(covariance**2) - 2 * k * np.sum(rows**2) + k**2 * covariance.mean() ** 2
    epsilon = greenhouse_geisser(VALUES)
    assert epsilon == pytest.approx(upper / ((k - 1) * lower))
    assert 1 / 3 < epsilon < 1
    assert greenhouse_geisser(VALUES[:2]) == pytest.approx(1)


def test_mauchly_of_three_models_has_no_second_order_term():
    # the term has a factor k - 3; W is the determinant over the mean of the eigenvalues
    basis = np.array([[1, -1, 0], [1, 1, -2]]) / np.sqrt([[2], [6]])
    eigenvalues = np.linalg.eigvalsh(np.cov(basis @ VALUES[:3]))
    w = eigenvalues.prod() / eigenvalues.mean() ** 2
    result = mauchly(VALUES[:3])
    assert result.mauchly_w == pytest.approx(w)
    assert result.mauchly_p == pytest.approx(chi2.sf(-(8 - 12 / 12) * np.log(w), 2))


@pytest.mark.parametrize("values", [VALUES[:2], VALUES[:, :4], VALUES[:, :3]])
def test_mauchly_needs_two_differences_and_more_sets_than_models(values):
    assert np.isnan(mauchly(values).mauchly_p)


def test_a_singular_covariance_has_a_p_of_zero():
    values = VALUES.copy()
    values[3] = values[2]
    result = mauchly(values)
    assert result.mauchly_w == pytest.approx(0, abs=1e-12)
    assert result.mauchly_p == pytest.approx(0, abs=1e-12)


def test_leading_axes_are_separate_tables():
    stack = np.stack([VALUES, VALUES[::-1] ** 2])
    assert greenhouse_geisser(stack)[1] == pytest.approx(greenhouse_geisser(stack[1]))
    assert mauchly(stack).mauchly_w.shape == (2,)
