import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from tfmoe.evaluation.comparisons import adjust_holm, average_seeds, compare_models
from tfmoe.evaluation.delong import delong, paired_test
from tfmoe.evaluation.predictions import Column

LABEL = np.repeat([True, False], [15, 30])


@pytest.fixture
def scores():
    rng = np.random.default_rng(1)
    shifts = {"moe": 1.5, "pooled": 1.2, "expert_B": 0.2, "expert_A": 0.4}
    return {model: (2, rng.normal(shift * LABEL)) for model, shift in shifts.items()}


def test_seeds_are_averaged_before_the_auroc():
    columns = [Column("moe", 0), Column("pwm", None), Column("moe", 1)]
    averaged = average_seeds(columns, np.array([[1.0, 2], [5, 6], [3, 8]]))
    assert averaged["moe"][0] == 2
    assert averaged["moe"][1].tolist() == [2, 5]
    assert averaged["pwm"][1].tolist() == [5, 6]


def test_rows(scores):
    rows = compare_models(scores, LABEL, 0.05)
    assert [row["other"] for row in rows] == ["expert_A", "expert_B", "pooled"]
    stack = np.array([scores["moe"][1], scores["pooled"][1]])
    test = paired_test(delong(stack[:, LABEL], stack[:, ~LABEL]), 0, 1, 0.05)
    assert rows[2]["difference"] == pytest.approx(test.difference)
    assert (rows[2]["low"], rows[2]["high"]) == pytest.approx((test.low, test.high))
    assert rows[2]["p"] == pytest.approx(test.p)
    assert rows[2]["auroc_model"] - rows[2]["auroc_other"] == pytest.approx(test.difference)
    adjusted = multipletests([row["p"] for row in rows], method="holm")[1]
    assert [row["p_holm"] for row in rows] == pytest.approx(adjusted)
    assert {row["note"] for row in rows} == {""}


def test_unusable_scores_are_marked_and_do_not_count(scores):
    scores["expert_A"][1][3] = np.nan
    rows = {row["other"]: row for row in compare_models(scores, LABEL, 0.05)}
    assert rows["expert_A"]["note"] == "expert_A: 1 of 45 scores are not finite"
    assert np.isnan(rows["expert_A"]["p_holm"])
    p_values = [rows["expert_B"]["p"], rows["pooled"]["p"]]
    adjusted = [rows["expert_B"]["p_holm"], rows["pooled"]["p_holm"]]
    assert adjusted == pytest.approx(multipletests(p_values, method="holm")[1])


def test_same_ranking_is_no_test(scores):
    scores["pooled"] = (2, 3 * scores["moe"][1])
    row = compare_models(scores, LABEL, 0.05)[2]
    assert row["difference"] == 0
    assert np.isnan(row["p"])
    assert row["note"] == "not tested: the difference has no variance"


def test_no_mixture_and_one_class(scores):
    rows = compare_models(scores, np.ones(45, dtype=bool), 0.05)
    assert rows[0]["note"] == "moe: no negatives; expert_A: no negatives"
    del scores["moe"]
    rows = compare_models(scores, LABEL, 0.05)
    assert [row["note"] for row in rows] == ["moe: no scores"] * 3


def test_holm_leaves_gaps():
    adjusted = adjust_holm([0.04, np.nan, 0.01, 0.03])
    assert adjusted[0] == pytest.approx(0.06)
    assert np.isnan(adjusted[1])
    assert adjusted[2:] == pytest.approx([0.03, 0.06])
    assert adjust_holm([0.9, 0.8]) == [1, 1]
    assert np.isnan(adjust_holm([np.nan])).all()
    assert adjust_holm([]) == []
