import numpy as np
import pytest

from tfmoe.evaluation.metrics import calibration_metrics
from tfmoe.evaluation.pooled_calibration import COLUMNS, PooledScores, are_logits
from tfmoe.evaluation.predictions import Column


def test_sets_are_judged_together():
    pooled = PooledScores()
    columns = [Column("moe", 0), Column("pwm", None)]
    first = np.array([[2.0, -1.0, 0.5], [9.0, 3.0, 4.0]])
    second = np.array([[0.1, -3.0], [8.0, 2.0]])
    pooled.add("in_distribution", "genomic", columns, first, np.array([True, False, True]))
    pooled.add("in_distribution", "genomic", columns, second, np.array([False, False]))
    pooled.add("ood", "genomic", columns[:1], second[:1], np.array([True, False]))
    table = pooled.table(2)
    assert tuple(table.columns) == COLUMNS
    assert table["model"].tolist() == ["moe", "moe"], "matches to a matrix are no logits"
    assert table["role"].tolist() == ["in_distribution", "ood"]
    row = table.iloc[0]
    assert (row["sets"], row["n_pos"], row["n_neg"]) == (2, 2, 3)
    together = np.array([2.0, -1.0, 0.5, 0.1, -3.0])
    expected = calibration_metrics(together, np.array([True, False, True, False, False]), 2)
    assert row["ece"] == pytest.approx(expected.ece)
    assert row["ece_expected"] == pytest.approx(expected.ece_expected)
    assert row["calibration_slope"] == pytest.approx(expected.calibration_slope, nan_ok=True)


def test_scores_that_are_not_finite_are_left_out():
    pooled = PooledScores()
    scores = np.array([[np.nan, 1.0], [0.0, 1.0]])
    columns = [Column("moe", 0), Column("moe", 1)]
    pooled.add("ood", "genomic", columns, scores, np.array([True, False]))
    assert pooled.table(2)["seed"].tolist() == [1]


def test_means_of_standardised_logits_have_no_calibration():
    pooled = PooledScores()
    scores = np.array([[2.0, -1.0, 0.5]])
    for role in ("in_distribution", "ood"):
        pooled.add(role, "genomic", [Column("gkm", None)], scores, np.array([True, False, True]))
    assert pooled.table(2)["role"].tolist() == ["in_distribution"]


def test_no_sets():
    assert PooledScores().table(10).empty


@pytest.mark.parametrize(
    ("model", "logits"),
    [
        ("moe_conditioned", True),
        ("moe_adapted_10", True),
        ("gkm_from_scratch_all", True),
        ("fine_tuned_30", True),
        ("gkm", False),
        ("pwm", False),
        ("equal_weight_sum", False),
        ("kmers_and_matrix", False),
        ("ensemble_kmers_matrix", False),
    ],
)
def test_sums_of_standardised_scores_are_no_logits(model, logits):
    assert are_logits(model, "adapted") == logits
    assert are_logits("gkm", "in_distribution")
