"""Models that learned from peaks of a new factor: a role and families of their own."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from tests.fixtures.evaluation import run_quick_tests

from tfmoe.core.files import read_parquet
from tfmoe.evaluation.evaluate import evaluate_models


@pytest.fixture(scope="module")
def result(make_run, make_adapted, settings):
    return evaluate_models(make_run(n_ood=3), settings, 1, adapted=make_adapted())


@pytest.fixture(scope="module")
def statistics(result, settings):
    return run_quick_tests(result.metrics, result.comparisons, result.trials, settings)


def pick(table, **values):
    for column, value in values.items():
        table = table[table[column] == value]
    return table


def test_other_rows_do_not_change(result, make_run, settings):
    alone = evaluate_models(make_run(n_ood=3), settings, 1)
    for name in ("metrics", "comparisons"):
        table = getattr(result, name)
        rest = table[table["role"] != "adapted"].reset_index(drop=True)
        pd.testing.assert_frame_equal(rest, getattr(alone, name))
        assert set(table["role"].iloc[len(rest) :]) == {"adapted"}
    pd.testing.assert_frame_equal(result.trials, alone.trials)


def test_metrics_have_a_row_per_draw(result, make_adapted):
    metrics = pick(result.metrics, role="adapted")
    # 7 models with 3 draws, gkm and pwm without; 3 sets, 2 kinds, 2 subsets
    assert len(metrics) == (7 * 3 + 2) * 3 * 2 * 2
    own = pick(metrics, model="moe_adapted_10", experiment="X1", negatives="genomic", subset="all")
    assert own["seed"].tolist() == [0, 1, 2]
    assert set(own["stratum"]) == {"cross_family"}
    table = read_parquet(list(make_adapted().values())[1])
    table = table[table["kind"] != "dinucleotide"]
    expected = roc_auc_score(table["label"], table["moe_adapted_10_seed2"])
    assert own["auroc"].iloc[2] == pytest.approx(expected)
    assert own["brier"].notna().all()
    absent = pick(metrics, model="moe_adapted_100", experiment="X2")
    assert absent["auroc"].isna().all()
    assert set(absent["note"]) == {"no scores of this model"}
    assert pick(metrics, model="pwm", experiment="X1")["auroc"].isna().all()
    assert metrics["model"].drop_duplicates().tolist() == [
        "moe_adapted_10",
        "moe_adapted_100",
        "moe_conditioned",
        "fine_tuned_10",
        "fine_tuned_100",
        "gkm",
        "gkm_from_scratch_10",
        "gkm_from_scratch_100",
        "pwm",
    ]


def test_sets_are_compared_by_the_first_draw(result, make_adapted):
    comparisons = pick(
        result.comparisons, role="adapted", experiment="X0", negatives="genomic", subset="all"
    )
    own = pick(comparisons, model="moe_adapted_10").set_index("other")
    assert own.index.tolist() == [
        "moe_conditioned",
        "fine_tuned_10",
        "gkm",
        "gkm_from_scratch_10",
        "pwm",
    ]
    assert set(own["seeds"]) == {1}
    table = read_parquet(next(iter(make_adapted().values())))
    table = table[table["kind"] != "dinucleotide"]
    expected = roc_auc_score(table["label"], table["moe_adapted_10_seed0"])
    assert own["auroc_model"].iloc[0] == pytest.approx(expected)
    assert own["p_holm"].notna().all()
    assert pick(comparisons, model="moe_conditioned")["p_holm"].isna().all()


def test_each_number_of_peaks_is_tested_on_the_sets_that_have_it(statistics):
    rows = pick(statistics.two_way, role="adapted", negatives="genomic", subset="all")
    assert rows[["peaks", "stratum", "models", "sets", "seeds"]].to_numpy().tolist() == [
        ["10", "all", 5, 3, 3],
        ["10", "with_matrix", 6, 2, 3],
        ["100", "all", 5, 2, 3],
        ["100", "with_matrix", 6, 1, 3],
    ]
    assert set(statistics.two_way.loc[statistics.two_way["role"] != "adapted", "peaks"]) == {"-"}
    pairs = pick(statistics.pairwise, role="adapted", negatives="genomic", subset="all")
    pairs = pick(pairs, peaks="100", stratum="all")
    assert set(pairs["model"]) == {"moe_adapted_100"}
    assert pairs["other"].tolist() == [
        "moe_conditioned",
        "fine_tuned_100",
        "gkm",
        "gkm_from_scratch_100",
    ]
    assert pairs["p_holm"].notna().all()


def test_sets_are_counted_by_number_of_peaks(statistics):
    counts = pick(statistics.delong_counts, role="adapted", negatives="genomic", subset="all")
    own = pick(counts, model="moe_adapted_100", other="gkm_from_scratch_100")
    assert own[["peaks", "stratum", "sets", "not_tested"]].to_numpy().tolist() == [
        ["100", "all", 3, 1]
    ]
    assert pick(counts, other="gkm")["peaks"].tolist() == ["10", "100"]


def test_tests_of_the_trials_and_simulations_are_of_other_roles(statistics):
    for table in (
        statistics.anova_as_published,
        statistics.null_simulation,
        statistics.above_background,
    ):
        assert "adapted" not in set(table["role"])


def test_calibration_of_draws(result):
    own = pick(result.calibration, role="adapted", negatives="genomic")
    assert set(own["model"]) == {
        *("moe_conditioned", "moe_adapted_10", "moe_adapted_100"),
        *("fine_tuned_10", "fine_tuned_100", "gkm_from_scratch_10", "gkm_from_scratch_100"),
    }
    assert set(pick(own, model="moe_adapted_100")["sets"]) == {2}


def test_conditioned_mixture_and_sums(make_run, settings):
    def change(_, table):
        for seed in (0, 1):
            score = table[f"moe_seed{seed}"] + 0.2 * table["label"]
            for model in ("moe_conditioned", "equal_weight_sum", "ensemble_kmers_matrix"):
                table[f"{model}_seed{seed}"] = score + np.float32(0.1 * len(model)) * table["pwm"]
        return table.assign(kmers_and_matrix=table["pwm"] - 10)

    found = evaluate_models(make_run(change, n_ood=2), settings, 1)
    own = pick(found.comparisons, experiment="X0", negatives="genomic", subset="all")
    holm = own.loc[own["p_holm"].notna(), "model"]
    assert set(holm) == {"moe", "moe_conditioned"}
    assert "best_expert" in set(pick(own, model="moe_conditioned")["other"])
    sums = ["equal_weight_sum", "ensemble_kmers_matrix", "kmers_and_matrix"]
    metrics = found.metrics
    assert metrics.loc[metrics["model"].isin(sums), "brier"].isna().all()
    assert pick(metrics, model="moe_conditioned")["brier"].notna().all()
