import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tfmoe.evaluation.delong import DeLong, auroc, delong, equivalence_p, paired_test, placements

# DeLong, DeLong and Clarke-Pearson (1988): albumin, total protein, K-G score (more is worse) and
# whether surgery helped, as printed in the SAS/STAT user's guide, LOGISTIC procedure, "Comparing
# Receiver Operating Characteristic Curves"
PATIENTS = """
3.0 5.8 10 0   3.2 6.3  5 1   3.9 6.8  3 1   2.8 4.8  6 0   3.2 5.8  3 1   0.9 4.0  5 0
2.5 5.7  8 0   1.6 5.6  5 1   3.8 5.7  5 1   3.7 6.7  6 1   3.2 5.4  4 1   3.8 6.6  6 1
4.1 6.6  5 1   3.6 5.7  5 1   4.3 7.0  4 1   3.6 6.7  4 0   2.3 4.4  6 1   4.2 7.6  4 0
4.0 6.6  6 0   3.5 5.8  6 1   3.8 6.8  7 1   3.0 4.7  8 0   4.5 7.4  5 1   3.7 7.4  5 1
3.1 6.6  6 1   4.1 8.2  6 1   4.3 7.0  5 1   4.3 6.5  4 1   3.2 5.1  5 1   2.6 4.7  6 1
3.3 6.8  6 0   1.7 4.0  7 0   3.7 6.1  5 1   3.3 6.3  7 1   4.2 7.7  6 1   3.5 6.2  5 1
2.9 5.7  9 0   2.1 4.8  7 1   2.8 6.2  8 0   4.0 7.0  7 1   3.3 5.7  6 1   3.7 6.9  5 1
3.6 6.6  5 1
"""


def direct(positives, negatives):
    """Compute AUROC and covariance by the definition, from every pair of scores, in O(mn)."""
    wins = positives[:, :, None] > negatives[:, None, :]
    ties = positives[:, :, None] == negatives[:, None, :]
    kernel = wins + 0.5 * ties
    k, m, n = kernel.shape
    covariance = np.cov(kernel.mean(axis=2)).reshape(k, k) / m
    covariance += np.cov(kernel.mean(axis=1)).reshape(k, k) / n
    return kernel.mean(axis=(1, 2)), covariance


def test_published_example():
    table = np.array(PATIENTS.split(), dtype=float).reshape(43, 4)
    positive = table[:, 3] == 1
    scores = np.array([table[:, 0], table[:, 1], -table[:, 2]])
    result = delong(scores[:, positive], scores[:, ~positive])
    assert result.auroc == pytest.approx([0.7366, 0.6478, 0.7258], abs=5e-5)
    errors = np.sqrt(np.diag(result.covariance))
    assert errors == pytest.approx([0.0927, 0.1000, 0.1028], abs=5e-5)
    contrast = np.array([[1, 0, -1], [0, 1, -1]])
    difference = contrast @ result.auroc
    inverse = np.linalg.inv(contrast @ result.covariance @ contrast.T)
    assert difference @ inverse @ difference == pytest.approx(2.5340, abs=5e-5)


@pytest.mark.parametrize("decimals", [8, 1, 0])
@pytest.mark.parametrize(("m", "n"), [(2, 2), (40, 7), (60, 200)])
def test_equals_the_direct_version(m, n, decimals):
    rng = np.random.default_rng(m + decimals)
    positives = np.round(rng.normal(0.7, 1, (4, m)), decimals)
    negatives = np.round(rng.normal(0, 1, (4, n)), decimals)
    expected_auroc, expected_covariance = direct(positives, negatives)
    result = delong(positives, negatives)
    assert result.auroc == pytest.approx(expected_auroc, abs=1e-12)
    assert result.covariance == pytest.approx(expected_covariance, abs=1e-12)
    label = np.repeat([1, 0], [m, n])
    scores = np.hstack([positives, negatives])
    assert auroc(positives, negatives) == pytest.approx(
        [roc_auc_score(label, row) for row in scores], abs=1e-12
    )


def test_placements_count_ties_as_one_half():
    above, below = placements(np.array([[1.0, 3.0]]), np.array([[1.0, 0.0, 2.0, 3.0]]))
    assert above.tolist() == [[0.375, 0.875]]
    assert below.tolist() == [[0.75, 1.0, 0.5, 0.25]]


def test_paired_test_by_hand():
    positives = np.array([[3.0, 1.0, 2.0], [3.0, 2.0, 1.0]])
    negatives = np.array([[0.0, 1.5], [2.5, 0.0]])
    expected_auroc, covariance = direct(positives, negatives)
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    test = paired_test(delong(positives, negatives), 0, 1, 0.05)
    assert test.difference == pytest.approx(5 / 6 - 4 / 6)
    assert test.z == pytest.approx((expected_auroc[0] - expected_auroc[1]) / variance**0.5)
    assert test.p == pytest.approx(math.erfc(abs(float(test.z)) / 2**0.5))
    assert test.high - test.low == pytest.approx(2 * 1.959964 * variance**0.5, rel=1e-6)
    swapped = paired_test(delong(positives, negatives), 1, 0, 0.05)
    assert (swapped.difference, swapped.p) == (-test.difference, test.p)


def test_several_pairs_at_once():
    rng = np.random.default_rng(5)
    result = delong(rng.normal(0.7, 1, (4, 30)), rng.normal(0, 1, (4, 50)))
    first, second = np.triu_indices(4, 1)
    together = paired_test(result, first, second, 0.1)
    for index, (model, other) in enumerate(zip(first, second, strict=True)):
        single = paired_test(result, int(model), int(other), 0.1)
        for name in ("difference", "error", "low", "high", "z", "p"):
            assert getattr(together, name)[index] == pytest.approx(getattr(single, name))


def test_equivalence_by_hand():
    # difference 0.004, standard error 0.01: against -0.02 z = 2.4, against 0.02 z = -1.6
    covariance = np.array([[1.0e-4, 0.5e-4], [0.5e-4, 1.0e-4]])
    test = paired_test(DeLong(np.array([0.804, 0.8]), covariance), 0, 1, 0.05)
    assert test.error == pytest.approx(0.01)
    # upper tail of the standard normal distribution at 1.6
    assert equivalence_p(test, 0.02) == pytest.approx(0.0547992917)
    # a margin below the difference is no evidence of equivalence
    assert equivalence_p(test, 0.004) == pytest.approx(0.5)
    assert equivalence_p(test, 0.001) > 0.5
    worse = paired_test(DeLong(np.array([0.8, 0.804]), covariance), 0, 1, 0.05)
    assert equivalence_p(worse, 0.02) == pytest.approx(0.0547992917)


def test_equivalence_is_the_narrower_interval_within_the_margin():
    rng = np.random.default_rng(8)
    result = delong(rng.normal(1, 1, (2, 200)), rng.normal(0, 1, (2, 200)))
    test = paired_test(result, 0, 1, 0.1)
    edge = max(abs(test.low), abs(test.high))
    assert equivalence_p(test, 1.001 * edge) < 0.05 < equivalence_p(test, 0.999 * edge)


def test_a_tiny_variance_is_not_rounded_to_zero():
    # one of 20,000 positives overtakes one of 20,000 negatives: 1 of 4e8 pairs, variance 1.25e-17
    negatives = np.arange(20_000.0)
    positives = np.stack([np.full(20_000, 10_000.5)] * 2)
    positives[1, 0] = 10_001.5
    test = paired_test(delong(positives, np.stack([negatives] * 2)), 0, 1, 0.05)
    assert test.difference == pytest.approx(-2.5e-9)
    assert test.z == pytest.approx(-(0.5**0.5), rel=0.02)


def test_constant_scores_and_perfect_separation():
    positives = np.array([[1.0, 1, 1], [5, 4, 3], [0, -1, -2], [2, 0, 1]])
    negatives = np.array([[1.0, 1, 1, 1], [1, 2, 0, 2], [1, 2, 3, 4], [1, 1, 0, 1]])
    result = delong(positives, negatives)
    assert result.auroc[:3].tolist() == [0.5, 1, 0]
    assert (result.covariance[:3] == 0).all()
    test = paired_test(result, np.array([0, 1, 3]), np.array([1, 2, 0]), 0.05)
    assert test.difference[:2].tolist() == [-0.5, 1]
    assert (test.low == test.difference)[:2].all()
    assert np.isnan(test.p[:2]).all()
    assert np.isnan(equivalence_p(test, 0.6)[:2]).all()
    assert 0 < test.p[2] < 1


def test_models_that_rank_alike_have_no_p():
    positives, negatives = np.array([[3.0, 1.0, 2.0]]), np.array([[0.0, 1.5, 2.5]])
    result = delong(np.vstack([positives, 10 * positives]), np.vstack([negatives, 10 * negatives]))
    test = paired_test(result, 0, 1, 0.05)
    assert (test.difference, test.low, test.high) == (0, 0, 0)
    assert np.isnan(test.z)
    assert np.isnan(test.p)


@pytest.mark.parametrize("towards", [0, 1])
def test_a_variance_within_rounding_is_none(towards):
    # the covariance of two models that rank alike, off by its last bit in either direction
    last_bit = np.nextafter(1e-4, towards)
    result = DeLong(np.array([0.8, 0.8]), np.array([[1e-4, last_bit], [last_bit, 1e-4]]))
    test = paired_test(result, 0, 1, 0.05)
    assert (test.error, test.low, test.high) == (0, 0, 0)
    assert np.isnan(test.p)


@pytest.mark.parametrize("sign", [1, -1])
def test_one_positive_or_negative_gives_an_auroc_but_no_test(sign):
    one, two = np.array([[1.0], [0.0]]), np.array([[0.5, 0.2], [0.5, 0.2]])
    result = delong(*(one, two)[::sign])
    assert result.auroc.tolist() == [1.0, 0.0][::sign]
    test = paired_test(result, 0, 1, 0.05)
    assert test.difference == sign
    assert np.isnan([test.low, test.high, test.p]).all()
