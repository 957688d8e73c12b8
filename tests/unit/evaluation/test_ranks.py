import numpy as np
import pytest
from scipy.stats import studentized_range

from tfmoe.evaluation.ranks import critical_difference, friedman, nemenyi_p_values, rank_models
from tfmoe.evaluation.two_way import two_way

# Demsar (2006), table 6: AUC of C4.5, C4.5+m, C4.5+cf and C4.5+m+cf on fourteen data sets. The
# paper ranks the last two differently on `voting`, although it prints .975 for both.
DEMSAR = np.array(
    [
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.97501, 0.975],
        [0.957, 0.978, 0.946, 0.970],
    ]
).T


def test_published_ranks_and_critical_difference():
    ranks = rank_models(DEMSAR)
    assert ranks.mean(axis=1) == pytest.approx([3.143, 2.000, 2.893, 1.964], abs=5e-4)
    assert critical_difference(4, 14, 0.05) == pytest.approx(1.25, abs=0.005)
    assert critical_difference(4, 14, 0.10) == pytest.approx(1.12, abs=0.005)


def test_published_friedman():
    result = friedman(DEMSAR)
    # unlike ours, Demsar's chi-square of 9.28 is not corrected for ties
    ranks = rank_models(DEMSAR)
    plain = 12 * 14 / 20 * (np.sum(ranks.mean(axis=1) ** 2) - 25)
    assert plain == pytest.approx(9.28, abs=0.005)
    ties = sum((np.unique(column, return_counts=True)[1] ** 3).sum() - 4 for column in ranks.T)
    assert result.chi2 == pytest.approx(plain / (1 - ties / (14 * (4**3 - 4))))
    assert (result.df_model, result.df_residual) == (3, 39)
    # the F form is the two-way analysis of variance of the ranks
    on_ranks = two_way(ranks)
    assert (result.f, result.p) == pytest.approx((on_ranks.f, on_ranks.p))


def test_iman_davenport_without_ties_by_hand():
    values = -np.array([[1, 1, 1, 2], [2, 2, 3, 1], [3, 3, 2, 3]], dtype=float)
    result = friedman(values)
    chi2 = 12 * 4 / 12 * (1.25**2 + 2**2 + 2.75**2 - 12)
    assert result.chi2 == pytest.approx(chi2) == pytest.approx(4.5)
    assert result.f == pytest.approx(3 * 4.5 / (8 - 4.5))


def test_full_agreement_has_an_exact_p():
    values = np.array([[0.9, 0.8, 0.7], [0.8, 0.7, 0.6], [0.7, 0.6, 0.5]])
    result = friedman(values)
    assert np.isinf(result.f)
    # each of two further sets has the order of the first, one of 3!
    assert result.p == pytest.approx(1 / 36)


def test_six_sets_of_four_models_need_nearly_two_ranks():
    assert critical_difference(4, 6, 0.05) == pytest.approx(1.92, abs=0.01)


def test_nemenyi_is_the_studentized_range_of_the_average_ranks():
    p_values = nemenyi_p_values(DEMSAR)
    ranks = rank_models(DEMSAR).mean(axis=1)
    error = np.sqrt(4 * 5 / (12 * 14))
    for one in range(4):
        assert p_values[one, one] == 1
        for two in range(one):
            expected = studentized_range.sf(abs(ranks[one] - ranks[two]) / error, 4, np.inf)
            assert p_values[one, two] == p_values[two, one] == pytest.approx(expected)
    # Demsar: C4.5 differs from C4.5+m and C4.5+m+cf at alpha = .10 (CD 1.12) but not at .05
    assert 0.05 < p_values[0, 1] < 0.10
    assert 0.05 < p_values[0, 3] < 0.10


def test_nemenyi_ignores_rounding():
    values = np.array([[0.1 + 0.2, 0.7], [0.3, 0.7], [0.1, 0.2]])
    assert nemenyi_p_values(values)[0, 1] == pytest.approx(1)


def test_rounding_does_not_break_ties():
    values = np.array([[0.1 + 0.2], [0.3]])
    assert values[0, 0] != values[1, 0]
    assert rank_models(values).tolist() == [[1.5], [1.5]]
