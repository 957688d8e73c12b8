import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from tfmoe.evaluation.comparisons import (
    COLUMNS,
    MOST_EXPERTS,
    adjust_over_sets,
    average_seeds,
    compare_models,
)
from tfmoe.evaluation.delong import delong, equivalence_p, paired_test
from tfmoe.evaluation.predictions import Column

LABEL = np.repeat([True, False], [15, 30])


@pytest.fixture
def scores():
    rng = np.random.default_rng(1)
    shifts = {"moe": 1.5, "pooled": 1.2, "expert_B": 0.2, "expert_A": 0.4}
    return {model: (2, rng.normal(shift * LABEL)) for model, shift in shifts.items()}


def compare(scores, positive=LABEL, margin=0.01, references=("moe",)):
    return compare_models(scores, positive, 0.05, margin, references)


def test_seeds_are_averaged_before_the_auroc():
    columns = [Column("moe", 0), Column("pwm", None), Column("moe", 1)]
    averaged = average_seeds(columns, np.array([[1.0, 2], [5, 6], [3, 8]]))
    assert averaged["moe"][0] == 2
    assert averaged["moe"][1].tolist() == [2, 5]
    assert averaged["pwm"][1].tolist() == [5, 6]


def test_all_pairs(scores):
    table = compare(scores, margin=0.1)
    assert table.columns.tolist() == [name for name in COLUMNS if name != "q"]
    assert list(zip(table["model"], table["other"], strict=True)) == [
        ("moe", "expert_A"),
        ("moe", "expert_B"),
        ("moe", "pooled"),
        ("expert_A", "expert_B"),
        ("expert_A", "pooled"),
        ("expert_B", "pooled"),
    ]
    for row in table.itertuples():
        stack = np.array([scores[row.model][1], scores[row.other][1]])
        test = paired_test(delong(stack[:, LABEL], stack[:, ~LABEL]), 0, 1, 0.05)
        assert row.difference == pytest.approx(test.difference)
        assert (row.low, row.high) == pytest.approx((test.low, test.high))
        assert (row.z, row.p) == pytest.approx((test.z, test.p))
        assert row.auroc_model - row.auroc_other == pytest.approx(test.difference)
        assert row.p_equivalence == pytest.approx(equivalence_p(test, 0.1))
    assert set(table["margin"]) == {0.1}
    assert set(table["seeds"]) == {2}
    assert set(table["note"]) == {""}


def test_adjustments(scores):
    table = compare(scores)
    own = multipletests(table["p"][:3], method="holm")[1]
    assert table["p_holm"][:3].tolist() == pytest.approx(own)
    assert table["p_holm"][3:].isna().all()
    everyone = multipletests(table["p"], method="holm")[1]
    assert table["p_holm_pairs"].tolist() == pytest.approx(everyone)


def test_each_reference_has_a_family_of_pairs(scores):
    scores["moe_conditioned"] = (1, scores["moe"][1] + 0.3 * scores["pooled"][1])
    table = compare(scores, references=("moe", "moe_conditioned"))
    own = dict(iter(table.groupby("model", sort=False)))
    assert list(own) == ["moe", "moe_conditioned", "expert_A", "expert_B"]
    assert own["moe"]["other"].tolist() == ["moe_conditioned", "expert_A", "expert_B", "pooled"]
    assert own["moe_conditioned"]["other"].tolist() == ["moe", "expert_A", "expert_B", "pooled"]
    for model in ("moe", "moe_conditioned"):
        adjusted = multipletests(own[model]["p"], method="holm")[1]
        assert own[model]["p_holm"].tolist() == pytest.approx(adjusted)
    assert own["expert_A"]["p_holm"].isna().all()
    one, other = own["moe"].iloc[0], own["moe_conditioned"].iloc[0]
    assert other["difference"] == pytest.approx(-one["difference"])
    assert (other["p"], one["seeds"], other["seeds"]) == (pytest.approx(one["p"]), 1, 2)
    # the pair of two references counts once
    pairs = table.drop(index=other.name)
    adjusted = multipletests(pairs["p"], method="holm")[1]
    assert pairs["p_holm_pairs"].tolist() == pytest.approx(adjusted)
    assert other["p_holm_pairs"] == one["p_holm_pairs"]


def test_different_numbers_of_peaks_are_not_compared(scores):
    drawn = iter(scores.values())
    names = ["moe_adapted_10", "moe_adapted_100", "gkm_from_scratch_10", "pwm"]
    adapted = {name: next(drawn) for name in names}
    table = compare(adapted, references=("moe_adapted_10", "moe_adapted_100"))
    assert list(zip(table["model"], table["other"], strict=True)) == [
        ("moe_adapted_10", "gkm_from_scratch_10"),
        ("moe_adapted_10", "pwm"),
        ("moe_adapted_100", "pwm"),
        ("gkm_from_scratch_10", "pwm"),
    ]
    assert table["p_holm"][2] == pytest.approx(table["p"][2])


def test_unusable_scores_are_marked_and_do_not_count(scores):
    scores["expert_A"][1][3] = np.nan
    table = compare(scores)
    bad = table["model"].eq("expert_A") | table["other"].eq("expert_A")
    assert set(table["note"][bad]) == {"expert_A: 1 of 45 scores are not finite"}
    results = ["difference", "p", "p_holm", "p_holm_pairs", "p_equivalence"]
    assert table.loc[bad, results].isna().all(axis=None)
    own = table[~bad & (table["model"] == "moe")]
    assert own["p_holm"].tolist() == pytest.approx(multipletests(own["p"], method="holm")[1])
    adjusted = multipletests(table["p"][~bad], method="holm")[1]
    assert table["p_holm_pairs"][~bad].tolist() == pytest.approx(adjusted)


def test_models_with_equal_rankings_are_not_tested(scores):
    scores["pooled"] = (2, 3 * scores["moe"][1])
    row = compare(scores).iloc[2]
    assert (row["other"], row["difference"], row["low"], row["high"]) == ("pooled", 0, 0, 0)
    assert row[["z", "p", "p_holm", "p_equivalence"]].isna().all()
    assert row["note"] == "not tested: the difference has no variance"


def test_scores_without_variance_are_marked(scores):
    scores["expert_A"] = (2, np.full(45, 0.3))
    scores["expert_B"] = (2, LABEL * 1.0)
    scores["pwm"] = (1, -1.0 * LABEL)
    table = compare(scores).set_index(["model", "other"])
    assert table.loc[("moe", "expert_A"), "note"] == "expert_A: all scores are equal"
    assert table.loc[("moe", "expert_B"), "note"] == "expert_B: perfect separation"
    assert 0 < table.loc[("moe", "expert_B"), "p"] < 1
    assert table.loc[("moe", "pwm"), "note"] == (
        "pwm: perfect separation, negatives above positives"
    )
    both = table.loc[("expert_A", "expert_B")]
    assert (both["difference"], both["low"]) == (-0.5, -0.5)
    assert np.isnan(both["p"])
    assert both["note"] == (
        "expert_A: all scores are equal; expert_B: perfect separation; "
        "not tested: the difference has no variance"
    )


def test_no_mixture_and_one_class(scores):
    table = compare(scores, np.ones(45, dtype=bool))
    assert table["note"][0] == "moe: no negatives; expert_A: no negatives"
    assert table["p"].isna().all()
    del scores["moe"]
    table = compare(scores)
    assert table["model"].tolist()[:3] == ["moe"] * 3
    assert table["note"].tolist() == ["moe: no scores"] * 3 + [""] * 3
    assert table["p"].notna().tolist() == [False] * 3 + [True] * 3


@pytest.mark.parametrize(
    ("positives", "note"),
    [
        (1, "not tested: only one sequence in the smaller class"),
        (2, "only 2 sequences in the smaller class"),
    ],
)
def test_few_positives(scores, positives, note):
    table = compare(scores, np.arange(45) < positives)
    assert set(table["note"]) == {note}
    assert table["auroc_model"].notna().all()
    assert table["p"].isna().all() == (positives == 1)


def test_the_mixture_alone():
    table = compare({"moe": (1, np.arange(45.0))})
    assert len(table) == 0
    assert table.columns.tolist() == [name for name in COLUMNS if name != "q"]


def test_many_experts_are_not_compared_with_each_other(caplog):
    rng = np.random.default_rng(2)
    names = ["moe", "pooled", *(f"expert_{number:02d}" for number in range(MOST_EXPERTS + 1))]
    scores = {name: (1, rng.normal(size=45)) for name in names}
    with caplog.at_level("INFO"):
        table = compare(scores)
    assert "21 experts" in caplog.text
    assert len(table) == 1 + 2 * 21
    del scores["expert_00"]
    assert len(compare(scores)) == 22 * 21 / 2


def test_sets_are_adjusted_by_pair_and_scope():
    table = pd.DataFrame(
        {
            "model": "moe",
            "other": ["a", "b"] * 4,
            "role": ["ood"] * 6 + ["in_distribution"] * 2,
            "negatives": "genomic",
            "subset": "all",
            "p": [0.01, 0.5, 0.02, np.nan, 0.9, 0.04, 0.03, 0.8],
        }
    )
    # `a` has three OOD sets (3 * 0.01, 3 / 2 * 0.02, 0.9), `b` two with a p-value
    expected = [0.03, 0.5, 0.03, np.nan, 0.9, 0.08, 0.03, 0.8]
    assert adjust_over_sets(table).tolist() == pytest.approx(expected, nan_ok=True)
