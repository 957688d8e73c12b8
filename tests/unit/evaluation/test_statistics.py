import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import f_oneway, ttest_rel
from tests.fixtures.evaluation import run_quick_tests

from tfmoe.core.files import read_tsv, write_tsv
from tfmoe.evaluation.statistics import Statistics
from tfmoe.evaluation.two_way import two_way

RULES = Path(__file__).parents[3] / "workflow/rules/evaluation.smk"


def pick(table, role="ood", negatives="genomic", subset="all", stratum="all"):
    chosen = (table["role"] == role) & (table["negatives"] == negatives)
    if "stratum" in table and "all" in set(table["stratum"]):
        chosen &= table["stratum"] == stratum
    return table[chosen & (table["subset"] == subset)]


def test_tables(make_results):
    result, statistics = make_results()
    assert len(statistics.two_way) == len(statistics.friedman) == 8
    row = pick(statistics.two_way).iloc[0]
    assert (row["models"], row["sets"], row["seeds"]) == (5, 4, 2)
    metrics = pick(result.metrics)
    family = ["moe", "expert_A", "expert_B", "mean_of_experts", "pooled"]
    means = metrics.pivot_table(index="model", columns="experiment", values="auroc").loc[family]
    assert row["f"] == pytest.approx(two_way(means.to_numpy()).f)
    assert row["note"] == "no Greenhouse-Geisser and no Mauchly: they need fewer models than sets"
    pairs = pick(statistics.pairwise).set_index("other")
    test = ttest_rel(means.loc["moe"], means.loc["expert_B"])
    assert pairs.loc["expert_B", "p"] == pytest.approx(test.pvalue)
    assert (pairs["p_holm"] >= pairs["p"]).all()
    expected = means.loc["moe"] - means.loc["pooled"]
    assert pairs.loc["pooled", "difference"] == pytest.approx(expected.mean())
    by_seed = metrics.pivot_table(index="model", columns="seed", values="auroc")
    spread = (by_seed.loc["moe"] - by_seed.loc["pooled"]).std()
    assert pairs.loc["pooled", "sd_over_seeds"] == pytest.approx(spread)
    ranks = pick(statistics.ranks).set_index("model")
    assert ranks["average_rank"].sum() == pytest.approx(15)
    assert ranks.loc["moe", "mean_auroc"] == pytest.approx(means.loc["moe"].mean())
    by_seed = metrics[metrics["model"] == "moe"].groupby("seed")["auroc"].mean()
    assert ranks.loc["moe", "sd_over_seeds"] == pytest.approx(by_seed.std())


def test_one_family_of_tests_is_primary(make_results):
    _, statistics = make_results()
    primary = statistics.pairwise[statistics.pairwise["family"] == "primary"]
    assert primary.index.tolist() == pick(statistics.pairwise).index.tolist()
    assert set(primary["model"]) == {"moe"}
    assert set(statistics.pairwise["family"]) == {"primary", "secondary"}


def test_published_anova(make_results):
    result, statistics = make_results()
    table = statistics.anova_as_published
    assert len(table) == 12
    trials = result.trials
    own = trials[(trials["experiment"] == "X0") & (trials["negatives"] == "genomic")]
    groups = [own.loc[own["model"] == model, "auroc"] for model in ("moe", "expert_A", "expert_B")]
    row = table[(table["experiment"] == "X0") & (table["negatives"] == "genomic")].iloc[0]
    test = f_oneway(*groups)
    assert (row["f"], row["p"]) == pytest.approx((test.statistic, test.pvalue))
    assert (row["df_between"], row["df_within"]) == (2, 27)
    assert row["note"].startswith("pseudo-replication")
    assert len(statistics.tukey_as_published) == 24


def test_delong_counts(make_results):
    result, statistics = make_results()
    counts = pick(statistics.delong_counts).set_index("other")
    verdicts = ["better", "worse", "not_distinguishable", "not_tested"]
    assert (counts[verdicts].sum(axis=1) == 4).all()
    assert "moe" not in counts.index
    own = pick(result.comparisons)
    own = own[(own["model"] == "moe") & (own["other"] == "expert_B") & (own["p_holm"] < 0.05)]
    assert counts.loc["expert_B", "better"] == (own["difference"] > 0).sum()


def test_delong_counts_by_q(make_results, settings):
    result, _ = make_results()
    rows = (result.comparisons["model"] == "moe") & (result.comparisons["other"] == "pooled")
    first = result.comparisons[rows & (result.comparisons["experiment"] == "X0")].index
    edited = result.comparisons.assign(difference=0.1, q=0.5, p_holm=0.01)
    edited.loc[first, "q"] = 0.04
    statistics = run_quick_tests(result.metrics, edited, result.trials, settings)
    row = pick(statistics.delong_counts).set_index("other").loc["pooled"]
    assert row[["better", "worse", "better_q", "worse_q"]].tolist() == [4, 0, 1, 0]


def test_one_set_is_a_skipped_test(make_results):
    _, statistics = make_results(n_ood=1)
    for table in (statistics.two_way, statistics.friedman):
        row = pick(table).iloc[0]
        assert np.isnan(row["p"])
        assert row["note"] == "skipped: 1 set, at least 2 are needed"
    pairs = pick(statistics.pairwise)
    assert set(pairs["verdict"]) == {"not_tested"}
    assert set(pairs["note"]) == {"skipped: 1 set, at least 2 are needed"}
    assert pairs["p_holm"].isna().all()


def test_no_ood_experiment(make_results):
    _, statistics = make_results(n_ood=0)
    assert set(statistics.two_way["role"]) == {"in_distribution"}


def test_one_seed_is_marked(make_results):
    _, statistics = make_results(seeds=1)
    row = pick(statistics.two_way).iloc[0]
    assert row["p"] < 1
    assert "one training seed" in row["note"]
    assert pick(statistics.ranks)["sd_over_seeds"].isna().all()


def test_bad_scores_leave_out_a_set(make_results):
    def change(name, table):
        if name == "X0":
            table["moe_seed1"] = np.nan
        if name == "X1":
            table = table[table["label"] == 0]
        return table

    _, statistics = make_results(change)
    row = pick(statistics.two_way).iloc[0]
    assert row["sets"] == 2
    assert "left out set X0: no AUROC of moe" in row["note"]
    assert "left out set X1: no AUROC of moe, expert_A" in row["note"]
    table = statistics.anova_as_published
    skipped = table[table["experiment"] == "X1"]
    assert set(skipped["note"].str.split(";").str[0]) == {
        "skipped: the mixture and at least one expert are needed"
    }


def test_perfect_and_equal_models(make_results):
    def change(name, table):
        for column in table.columns[table.columns.str.contains("_seed")]:
            table[column] = table["label"] * 4.0 - 2
        return table

    _, statistics = make_results(change)
    row = pick(statistics.two_way).iloc[0]
    assert row["note"] == "skipped: the models differ by the same amount on every set"
    assert pick(statistics.friedman).iloc[0]["note"] == "skipped: all models are tied on every set"
    assert set(pick(statistics.pairwise)["verdict"]) == {"not_tested"}
    assert set(statistics.anova_as_published["note"]) == {"skipped: no trial differs from another"}
    assert statistics.tukey_as_published.empty


def test_tables_survive_their_files(make_results, settings, tmp_path):
    result, statistics = make_results(n_ood=2)
    for name in ("metrics", "comparisons", "trials"):
        write_tsv(getattr(result, name), tmp_path / f"{name}.tsv")
    tables = [read_tsv(tmp_path / f"{name}.tsv") for name in ("metrics", "comparisons", "trials")]
    again = run_quick_tests(*tables, settings)
    for field in fields(Statistics):
        first, second = getattr(statistics, field.name), getattr(again, field.name)
        if field.name == "variance_components":
            # if the likelihood is flat, the ninth digit changes the end of the search
            loose = ["variance", "sd", "method", "share_of_difference", "note"]
            first, second = first.drop(columns=loose), second.drop(columns=loose)
        pd.testing.assert_frame_equal(first, second, check_dtype=False, rtol=1e-6)


def test_every_table_is_an_output_of_the_rule():
    names = [field.name for field in fields(Statistics)]
    text = RULES.read_text(encoding="utf-8")
    block = text.partition("EVALUATION_STATISTICS = [")[2].partition("]")[0]
    assert re.findall(r'"(\w+)"', block) == names
