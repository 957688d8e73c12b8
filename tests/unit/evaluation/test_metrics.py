import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.metrics import average_precision_score, brier_score_loss

from tfmoe.evaluation.metrics import (
    calibration_metrics,
    find_caution,
    find_fault,
    rank_metrics,
)

LABEL = np.array([1, 1, 0, 1, 0, 0, 1, 0, 0, 0], dtype=bool)
SCORES = np.arange(10, 0, -1, dtype=float)


def test_rank_metrics_by_hand():
    # from the best score down the precision is 1, 1, 2/3, 3/4, 3/5, 1/2, 4/7, 1/2, 4/9, 2/5
    result = rank_metrics(SCORES, LABEL)
    assert result.auprc == pytest.approx((1 + 1 + 3 / 4 + 4 / 7) / 4)
    assert result.recall_at_fdr10 == 0.5
    assert result.recall_at_fdr50 == 1.0


def test_recall_is_zero_where_no_threshold_is_pure_enough():
    result = rank_metrics(np.array([5.0, 4, 3, 2]), np.array([False, False, False, True]))
    assert (result.recall_at_fdr10, result.recall_at_fdr50) == (0, 0)
    assert result.auprc == 0.25


def test_half_false_is_within_half():
    result = rank_metrics(np.array([2.0, 1.0]), np.array([False, True]))
    assert (result.recall_at_fdr10, result.recall_at_fdr50) == (0, 1)


def test_ties_are_one_threshold():
    result = rank_metrics(np.zeros(10), LABEL)
    assert (result.auprc, result.recall_at_fdr50) == (0.4, 0)


def test_agrees_with_scikit_learn():
    rng = np.random.default_rng(1)
    label = rng.random(500) < 0.2
    logits = np.round(rng.normal(-1.5 + label, 1), 1)
    assert rank_metrics(logits, label).auprc == pytest.approx(
        average_precision_score(label, logits)
    )
    assert calibration_metrics(logits, label, 10).brier == pytest.approx(
        brier_score_loss(label, expit(logits))
    )


def test_calibration_by_hand():
    probability = np.array([0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9])
    label = np.array([0, 0, 1, 0, 1, 0, 1, 1], dtype=bool)
    result = calibration_metrics(logit(probability), label, 2)
    # lower half: 1 of 4 against a sum of 1.0; upper half: 3 of 4 against 3.0
    assert result.ece == pytest.approx(0)
    result = calibration_metrics(logit(probability), label, 4)
    # |0 - .3|, |1 - .7|, |1 - 1.3|, |2 - 1.7|
    assert result.ece == pytest.approx(1.2 / 8)
    spread = 0.09 + 0.16, 0.21 + 0.24, 0.24 + 0.21, 0.16 + 0.09
    assert result.ece_expected == pytest.approx(np.sqrt(2 / np.pi) * np.sqrt(spread).sum() / 8)


def test_constant_probability_is_one_bin_in_whatever_order():
    for label in (LABEL, LABEL[::-1]):
        result = calibration_metrics(np.full(10, logit(0.3)), label, 10)
        assert result.ece == pytest.approx(0.1)


def test_noise_floor_is_what_calibrated_labels_show():
    rng = np.random.default_rng(2)
    logits = rng.normal(0, 1.5, 1000)
    shown = [
        calibration_metrics(logits, rng.random(1000) < expit(logits), 10).ece for _ in range(300)
    ]
    floor = calibration_metrics(logits, logits > 0, 10).ece_expected
    # a perfectly calibrated model shows about .03 at a thousand sequences
    assert floor == pytest.approx(0.03, abs=0.005)
    assert np.mean(shown) == pytest.approx(floor, rel=0.04)


def test_extreme_logits_are_no_nan():
    result = calibration_metrics(np.array([1e4, -1e4]), np.array([False, True]), 10)
    assert (result.brier, result.ece, result.ece_expected) == (1, 1, 0)


def test_faults():
    assert find_fault(np.zeros(3), np.zeros(3, bool)) == "no positives"
    assert find_fault(np.zeros(3), np.ones(3, bool)) == "no negatives"
    assert find_fault(np.zeros(0), np.zeros(0, bool)) == "no positives"
    scores = np.array([np.nan, 1, np.inf, -np.inf])
    label = np.array([True, False, True, False])
    assert find_fault(scores, label) == "3 of 4 scores are not finite"
    assert find_fault(np.zeros(4), label) == ""


def test_cautions():
    label = np.repeat([True, False], [10, 12])
    assert find_caution(np.random.default_rng(1).normal(size=22), label) == ""
    assert find_caution(np.zeros(22), label) == "all scores are equal"
    assert find_caution(label.astype(float), label).startswith("perfect separation")
    assert find_caution(np.arange(10.0), LABEL) == "only 4 sequences in the smaller class"
