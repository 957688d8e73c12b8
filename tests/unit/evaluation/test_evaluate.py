from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from statsmodels.stats.multitest import multipletests

from tfmoe.core.files import read_parquet
from tfmoe.evaluation.evaluate import evaluate_models
from tfmoe.evaluation.set_metrics import METRIC_COLUMNS


def pick(table, **values):
    for column, value in values.items():
        table = table[table[column].isna() if value is None else table[column] == value]
    return table


def test_metrics(make_run, make_results):
    metrics = make_results()[0].metrics
    assert tuple(metrics.columns) == METRIC_COLUMNS
    # 5 models and best_expert with 2 seeds, pwm without; 2 kinds; OOD in two subsets
    assert len(metrics) == (6 * 2 + 1) * 2 * (2 + 4 * 2)
    assert not metrics.duplicated(["model", "experiment", "negatives", "subset", "seed"]).any()
    assert metrics["model"].iloc[0] == "moe"
    assert metrics["negatives"].drop_duplicates().tolist() == ["genomic", "dinucleotide"]
    row = pick(
        metrics, model="pooled", experiment="X1", negatives="genomic", subset="all", seed=1
    ).iloc[0]
    table = read_parquet(list(make_run().values())[3])
    table = table[(table["split"] == "test") & table["kind"].isin(["peak", "genomic"])]
    assert row["auroc"] == pytest.approx(roc_auc_score(table["label"], table["pooled_seed1"]))
    assert row["auroc_low"] < row["auroc"] < row["auroc_high"]
    assert (row["n_pos"], row["n_neg"], row["prevalence"]) == (20, 40, pytest.approx(1 / 3))
    assert (row["factor"], row["role"], row["stratum"]) == ("x1", "ood", "cross_family")


def test_no_overlap_leaves_out_positives_and_negatives_that_overlap(make_run, settings):
    def flag(_, table):
        genomic = table["kind"] == "genomic"
        overlaps = table["overlaps_training_peak"] | (genomic & (genomic.cumsum() % 4 == 0))
        return table.assign(overlaps_training_peak=overlaps)

    metrics = evaluate_models(make_run(flag), settings, 1).metrics
    subset = pick(metrics, subset="no_overlap")
    assert set(subset["role"]) == {"ood"}
    assert set(subset["n_pos"]) == {15}
    assert set(pick(subset, negatives="genomic")["n_neg"]) == {30}
    assert set(pick(metrics, subset="all", negatives="genomic")["n_neg"]) == {40}


def test_pwm_is_no_probability(make_results):
    row = pick(make_results()[0].metrics, model="pwm").iloc[0]
    assert 0.5 < row["auroc"] < 1
    assert row[["brier", "ece", "ece_expected", "calibration_slope"]].isna().all()
    assert "scores are no probabilities: no Brier score and no calibration" in row["note"]
    assert pd.isna(row["seed"])


def test_best_expert_is_chosen_on_validation(make_run, settings):
    def change(name, table):
        # A is best on the validation splits, and B on the test splits
        better = np.where(table["split"] == "validation", "expert_A", "expert_B")
        for seed in (0, 1):
            table[f"expert_A_seed{seed}"] += 9 * ((better == "expert_A") & (table["label"] == 1))
            table[f"expert_B_seed{seed}"] += 9 * ((better == "expert_B") & (table["label"] == 1))
        return table

    result = evaluate_models(make_run(change), settings, 1)
    choice = result.best_expert
    assert set(choice.loc[choice["chosen"], "expert"]) == {"expert_A"}
    assert len(choice) == 2 * 2 * 2
    assert set(choice["negatives"]) == {"genomic"}
    columns = [column for column in METRIC_COLUMNS if column != "model"]
    best = pick(result.metrics, model="best_expert")[columns].reset_index(drop=True)
    own = pick(result.metrics, model="expert_A")[columns].reset_index(drop=True)
    pd.testing.assert_frame_equal(best, own)
    # the copy of an expert adds no test
    assert not (result.comparisons["model"] == "best_expert").any()
    set_of_x0 = pick(
        result.comparisons, model="moe", experiment="X0", negatives="genomic", subset="all"
    )
    by_other = set_of_x0.set_index("other")
    for column in ("p_holm", "p_holm_pairs", "q"):
        assert by_other.loc["best_expert", column] == by_other.loc["expert_A", column]
    assert by_other["p_holm"].min() <= 5 * by_other["p"].min() + 1e-15


def test_comparisons(make_results):
    comparisons = make_results()[0].comparisons
    # all pairs of 6 models, and the mixture with best_expert; 2 kinds; OOD in two subsets
    assert len(comparisons) == (15 + 1) * 2 * (2 + 4 * 2)
    own = pick(comparisons, model="moe")
    assert len(own) == 6 * 2 * (2 + 4 * 2)
    row = pick(own, other="expert_B", experiment="X0", subset="all").iloc[0]
    assert row["difference"] == pytest.approx(row["auroc_model"] - row["auroc_other"])
    assert row["low"] < row["difference"] < row["high"]
    assert (row["seeds"], row["margin"]) == (2, 0.01)
    first = pick(comparisons, experiment="A", negatives="genomic")
    assert first[["model", "other"]].iloc[[0, 5, 6, -1]].to_numpy().tolist() == [
        ["moe", "best_expert"],
        ["moe", "pwm"],
        ["expert_A", "expert_B"],
        ["pooled", "pwm"],
    ]


def test_q_is_over_the_sets_of_a_pair(make_results):
    comparisons = make_results()[0].comparisons
    pair = pick(comparisons, model="expert_A", other="pooled", role="ood", negatives="genomic")
    own = pick(pair, subset="all")
    assert own["experiment"].tolist() == ["X0", "X1", "X2", "X3"]
    assert own["q"].tolist() == pytest.approx(multipletests(own["p"], method="fdr_bh")[1])


def test_trials(make_results):
    trials = make_results()[0].trials
    assert set(trials["model"]) == {"moe", "expert_A", "expert_B"}
    assert set(trials["seed"]) == {0}
    assert len(trials) == 10 * 3 * 2 * 6


def test_trials_of_two_models_are_drawn_apart(make_run, settings):
    files = make_run(lambda _, table: table.assign(expert_A_seed0=table["moe_seed0"]), n_ood=1)
    trials = evaluate_models(files, settings, 1).trials
    one = pick(trials, experiment="X0", negatives="genomic").set_index("model")["auroc"]
    assert (one["moe"].to_numpy() != one["expert_A"].to_numpy()).any()
    assert one["moe"].nunique() > 3


def test_same_seed_same_tables(make_run, settings):
    files = make_run(n_ood=1)
    first, second, other = (evaluate_models(files, settings, seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first.metrics, second.metrics)
    pd.testing.assert_frame_equal(first.trials, second.trials)
    assert (first.metrics["auroc"] == other.metrics["auroc"]).all()
    assert (first.metrics["auroc_low"] != other.metrics["auroc_low"]).any()


def test_absent_model_and_kind_are_rows_with_a_reason(make_run, settings):
    def change(name, table):
        if name == "X0":
            return table.drop(columns=["pwm", "pooled_seed1"])
        return table[table["kind"] != "dinucleotide"] if name == "X1" else table

    result = evaluate_models(make_run(change), settings, 1)
    metrics = result.metrics
    assert len(metrics) == (6 * 2 + 1) * 2 * (2 + 4 * 2)
    absent = pick(metrics, experiment="X0", model="pwm")
    assert absent["auroc"].isna().all()
    assert set(absent["note"]) == {"no scores of this model"}
    row = pick(metrics, experiment="X0", model="pooled", seed=1).iloc[0]
    assert row["note"] == "no scores of this model"
    assert set(pick(metrics, experiment="X1", negatives="dinucleotide")["note"]) == {
        "no negatives of this kind"
    }
    rows = pick(result.comparisons, experiment="X0", other="pwm")
    assert set(rows["model"]) == {"moe", "expert_A", "expert_B", "mean_of_experts", "pooled"}
    assert set(rows["note"]) == {"no scores of one of the models"}
    assert rows[["p_holm", "p_holm_pairs", "q", "p_equivalence"]].isna().all(axis=None)


def test_bad_scores_are_rows_with_a_reason(make_run, settings):
    def change(name, table):
        if name == "X0":
            table.loc[0, "moe_seed0"] = np.nan
            table["expert_A_seed0"] = np.float32(1)
        return table

    result = evaluate_models(make_run(change), settings, 1)
    own = pick(result.metrics, experiment="X0", negatives="genomic", subset="all", seed=0)
    own = own.set_index("model")
    assert np.isnan(own.loc["moe", "auroc"])
    assert own.loc["moe", "note"] == "1 of 60 scores are not finite"
    constant = own.loc["expert_A"]
    assert constant[["auroc", "auroc_low", "auroc_high"]].tolist() == [0.5, 0.5, 0.5]
    assert constant["note"].startswith("all scores are equal; ")
    comparisons = pick(result.comparisons, experiment="X0", negatives="genomic", subset="all")
    moe = pick(comparisons, model="moe")
    assert set(moe["note"]) == {"moe: 1 of 60 scores are not finite"}
    assert moe["p"].isna().all()
    others = comparisons[comparisons["model"] != "moe"]
    assert others["p"].notna().all()
    assert "moe" not in set(pick(result.trials, experiment="X0")["model"])


@pytest.mark.parametrize(("dropped", "reason"), [(1, "no positives"), (0, "no negatives")])
def test_one_class(make_run, settings, dropped, reason):
    def change(name, table):
        return table[(table["label"] != dropped) | (name != "X0")]

    result = evaluate_models(make_run(change), settings, 1)
    own = pick(result.metrics, experiment="X0", negatives="genomic", subset="all")
    assert len(own) == 13
    assert own["auroc"].isna().all()
    assert set(own["note"]) == {reason}
    assert set(pick(result.comparisons, experiment="X0", negatives="genomic")["note"]) == {reason}


def test_unknown_overlap_is_a_reason(make_run, settings):
    files = make_run(lambda _, table: table.drop(columns="overlaps_training_peak"))
    metrics = evaluate_models(files, settings, 1).metrics
    subset = pick(metrics, subset="no_overlap")
    assert set(subset["note"]) == {"overlap with training peaks is not known"}
    assert subset["auroc"].isna().all()
    assert pick(metrics, subset="all")["auroc"].notna().all()


def test_no_validation_rows_no_best_expert(make_run, settings):
    files = make_run(lambda _, table: table[table["split"] == "test"])
    result = evaluate_models(files, settings, 1)
    assert not result.best_expert["chosen"].any()
    note = "no expert was chosen: none has an AUROC on every validation split"
    for table in (
        pick(result.metrics, model="best_expert"),
        pick(result.comparisons, other="best_expert"),
    ):
        assert set(table["note"]) == {note}
    assert pick(result.metrics, model="best_expert")["auroc"].isna().all()
    assert pick(result.comparisons, other="best_expert")["p"].isna().all()


def test_other_cells_have_their_own_role_and_the_part_without_overlaps(make_run, settings):
    run = {
        replace(labels, role="same_factor", stratum="same_factor")
        if labels.experiment == "X0"
        else labels: path
        for labels, path in make_run(n_ood=2, seeds=1).items()
    }
    found = evaluate_models(run, settings, 1)
    chosen = found.metrics[["experiment", "role", "stratum", "subset"]].drop_duplicates()
    assert chosen[chosen["role"] == "same_factor"].to_numpy().tolist() == [
        ["X0", "same_factor", "same_factor", "all"],
        ["X0", "same_factor", "same_factor", "no_overlap"],
    ]
    assert set(chosen.loc[chosen["role"] == "ood", "experiment"]) == {"X1"}
    assert set(found.calibration["role"]) == {"in_distribution", "same_factor", "ood"}
    assert "X0" not in set(found.best_expert["experiment"])
