import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.metrics import average_precision_score, brier_score_loss
from statsmodels.api import Logit, add_constant

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


def test_a_false_discovery_rate_of_exactly_half_counts():
    result = rank_metrics(np.array([2.0, 1.0]), np.array([False, True]))
    assert (result.recall_at_fdr10, result.recall_at_fdr50) == (0, 1)


def test_average_precision_with_more_negatives_by_hand():
    """Each of 200 negatives counts 100 times, for ten negatives per positive."""
    label = np.r_[True, False, np.ones(1999, bool), np.zeros(199, bool)]
    found = rank_metrics(-np.arange(2200.0), label)
    # 2,000 positives on 200 negatives: weight 100; one negative is above all positives but one
    below = np.arange(2, 2001)
    assert found.auprc == pytest.approx((1 + (below / (below + 1)).sum()) / 2000)
    assert found.auprc_1to10 == pytest.approx((1 + (below / (below + 100)).sum()) / 2000)
    assert np.isnan([found.auprc_1to100, found.auprc_1to1000]).all()


def test_reweighting_agrees_with_scikit_learn():
    rng = np.random.default_rng(3)
    label = np.r_[np.ones(300, bool), np.zeros(2000, bool)]
    scores = np.round(rng.normal(size=2300) + 1.5 * label, 1)
    found = rank_metrics(scores, label)
    for ratio, value in ((10, found.auprc_1to10), (100, found.auprc_1to100)):
        weights = np.where(label, 1, ratio * 300 / 2000)
        expected = average_precision_score(label, scores, sample_weight=weights)
        assert value == pytest.approx(expected, rel=1e-12)
    assert found.auprc > found.auprc_1to10 > found.auprc_1to100
    assert np.isnan(found.auprc_1to1000)


def test_a_ratio_needs_twenty_times_as_many_negatives():
    for negatives, missing in ((199, 3), (200, 2), (1999, 2), (2000, 1), (19999, 1), (20000, 0)):
        label = np.arange(negatives + 1) == 0
        found = rank_metrics(-np.arange(negatives + 1.0), label)
        values = [found.auprc_1to10, found.auprc_1to100, found.auprc_1to1000]
        assert np.isnan(values).sum() == missing
        assert set(values[: 3 - missing]) <= {1.0}


def test_too_few_negatives_overestimate_average_precision():
    """The reason for the rule: at 1:10, few negatives overestimate average precision."""
    rng = np.random.default_rng(4)
    shown = {}
    for negatives in (20, 200, 2000):
        weight = 10 * 200 / negatives
        label = np.arange(200 + negatives) < 200
        weights = np.where(label, 1, weight)
        shown[negatives] = np.mean(
            [
                average_precision_score(
                    label, rng.normal(size=label.size) + label, sample_weight=weights
                )
                for _ in range(60)
            ]
        )
    assert shown[20] > 1.25 * shown[2000]
    assert shown[200] == pytest.approx(shown[2000], rel=0.25)


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


def test_slope_of_a_fourfold_table():
    """With two values of the logit, the slope is the log odds ratio divided by their distance."""
    # at -1: 10 of 50 positive; at +1: 30 of 40
    logits = np.repeat([-1.0, 1.0], [50, 40])
    label = np.r_[np.arange(50) < 10, np.arange(40) < 30]
    slope = calibration_metrics(logits, label, 2).calibration_slope
    assert slope == pytest.approx(np.log((30 / 10) / (10 / 40)) / 2, rel=1e-5)


def test_slope_agrees_with_statsmodels():
    rng = np.random.default_rng(5)
    logits = rng.normal(3, 2, 800)
    label = rng.random(800) < expit(0.6 * logits - 1)
    expected = Logit(label.astype(float), add_constant(logits)).fit(disp=0).params[1]
    found = calibration_metrics(logits, label, 10).calibration_slope
    assert found == pytest.approx(expected, rel=1e-5)
    # logits that are twice too large, and another prevalence
    assert calibration_metrics(2 * logits + 1, label, 10).calibration_slope == pytest.approx(
        found / 2, rel=1e-5
    )


@pytest.mark.parametrize(
    "logits",
    [
        [3.0, 2, -1, -2],
        [-1.0, -2, 3, 2],
        [0.0, 0, 0, 0],
        [3.0, 1, 1, -2],
        [1.0, -2, 3, 1],
    ],
    ids=["perfect", "reversed", "constant", "tie between", "reversed with tie"],
)
def test_no_slope_without_overlap(logits):
    label = np.array([True, True, False, False])
    assert np.isnan(calibration_metrics(np.array(logits), label, 2).calibration_slope)


def test_slope_of_one_overlap_and_of_huge_logits():
    label = np.array([True, True, False, False])
    assert calibration_metrics(np.array([3.0, 0, 1, -2]), label, 2).calibration_slope > 0
    huge = 1e6 * np.array([3.0, 0, 1, -2])
    assert 0 < calibration_metrics(huge, label, 2).calibration_slope < 1e-5
    nearly = np.where(np.arange(1000) == 499, 500.5, np.arange(1000.0))
    assert np.isfinite(calibration_metrics(nearly, np.arange(1000) > 499, 2).calibration_slope)


def test_constant_probability_is_one_bin_in_any_order():
    for label in (LABEL, LABEL[::-1]):
        result = calibration_metrics(np.full(10, logit(0.3)), label, 10)
        assert result.ece == pytest.approx(0.1)


def test_noise_floor_is_the_error_of_calibrated_labels():
    rng = np.random.default_rng(2)
    logits = rng.normal(0, 1.5, 1000)
    shown = [
        calibration_metrics(logits, rng.random(1000) < expit(logits), 10).ece for _ in range(300)
    ]
    floor = calibration_metrics(logits, logits > 0, 10).ece_expected
    # a perfectly calibrated model has an error of about .03 at 1,000 sequences
    assert floor == pytest.approx(0.03, abs=0.005)
    assert np.mean(shown) == pytest.approx(floor, rel=0.04)


def test_extreme_logits_are_finite():
    result = calibration_metrics(np.array([1e4, -1e4]), np.array([False, True]), 10)
    assert (result.brier, result.ece, result.ece_expected) == (1, 1, 0)
    assert np.isnan(result.calibration_slope)


def test_faults():
    assert find_fault(np.zeros(3), np.zeros(3, bool)) == "no positives"
    assert find_fault(np.zeros(3), np.ones(3, bool)) == "no negatives"
    assert find_fault(np.zeros(0), np.zeros(0, bool)) == "no positives"
    scores = np.array([np.nan, 1, np.inf, -np.inf])
    label = np.array([True, False, True, False])
    assert find_fault(scores, label) == "3 of 4 scores are not finite"
    assert find_fault(np.zeros(4), label) == ""


def test_cautions():
    few = "too few negatives for an AUPRC at "
    label = np.arange(20_010) < 10
    scores = np.random.default_rng(1).normal(size=label.size)
    assert find_caution(scores, label) == ""
    assert find_caution(np.zeros(label.size), label) == "all scores are equal"
    assert find_caution(label.astype(float), label) == (
        "perfect separation: the interval has no width"
    )
    assert find_caution(-label.astype(float), label) == (
        "perfect separation, the wrong way round: the interval has no width"
    )
    assert find_caution(scores[:2010], label[:2010]) == few + "1:1000"
    assert find_caution(SCORES, LABEL) == (
        f"only 4 sequences in the smaller class; {few}1:10, 1:100, 1:1000"
    )
