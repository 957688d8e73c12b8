import re
from dataclasses import fields, replace

import numpy as np
import pytest

from tfmoe.evaluation.narrative import write_report
from tfmoe.evaluation.scoring import evaluate_models
from tfmoe.evaluation.statistics import Statistics, run_tests


@pytest.fixture
def make_report(make_results, settings):
    def build(edit=lambda statistics: statistics, **how):
        result, statistics = make_results(**how)
        statistics = edit(statistics)
        text = write_report(
            statistics, result.metrics, result.comparisons, result.best_expert, settings
        )
        return text, statistics

    return build


def set_pair(statistics, other, **values):
    pairs = statistics.pairwise.copy()
    rows = (pairs["role"] == "ood") & (pairs["negatives"] == "genomic")
    rows &= (pairs["subset"] == "all") & (pairs["other"] == other)
    for column, value in values.items():
        pairs.loc[rows, column] = value
    return replace(statistics, pairwise=pairs)


def test_every_decimal_stands_in_a_table(make_report, settings):
    text, statistics = make_report()
    known = [settings.alpha, 95.0]
    for field in fields(Statistics):
        known += getattr(statistics, field.name).select_dtypes("number").to_numpy().ravel().tolist()
    rates = statistics.null_simulation["false_positive_rate"]
    known = np.array([*known, *(100 * rates)])
    known = known[np.isfinite(known)]
    text = text.replace("arXiv 2507.09754", "")
    numbers = re.findall(r"[-+]?\d+\.\d+(?:e[-+]\d+)?", text)
    assert len(numbers) > 100
    for number in numbers:
        mantissa, _, exponent = number.partition("e")
        last_digit = 10.0 ** (int(exponent or 0) - len(mantissa.split(".")[1]))
        assert np.abs(known - float(number)).min() <= 0.5001 * last_digit, number


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        ("better", "The mixture is better than **the pooled network**: difference in AUROC +0.012"),
        ("worse", "The mixture is worse than **the pooled network**: difference in AUROC +0.012"),
        (
            "not_distinguishable",
            "The mixture cannot be told apart from **the pooled network**: difference in AUROC",
        ),
    ],
)
def test_sentence_follows_the_verdict(make_report, verdict, sentence):
    values = {"difference": 0.0123, "low": -0.0021, "high": 0.0267, "p_holm": 0.0312}
    text, _ = make_report(
        lambda statistics: set_pair(statistics, "pooled", verdict=verdict, **values)
    )
    short = text[: text.index("## Test by test")]
    line = next(
        line
        for line in short.splitlines()
        if "pooled network" in line and "-0.002 to +0.027" in line
    )
    assert line.startswith(f"- {sentence}")
    assert "paired t test over 4 sets, adjusted p = 0.031" in line


def test_experts_are_gathered_by_verdict(make_report):
    text, _ = make_report(
        lambda statistics: set_pair(
            set_pair(statistics, "expert_A", verdict="better"),
            "expert_B",
            verdict="not_distinguishable",
        )
    )
    assert re.search(r"better than 1 of 2 single experts: A( \(best on validation\))? \+0\.", text)
    assert "cannot be told apart from 1 of 2 single experts: B" in text
    assert text.count("(best on validation)") >= 6


def test_untested_is_said(make_report):
    text, _ = make_report(n_ood=1)
    reason = "skipped: 1 sets, at least 2 are needed"
    assert f"The mixture and the pooled network were not compared: {reason}." in text
    assert f"F test (model x set): {reason}." in text
    assert f"Friedman's test: {reason}." in text


def test_one_seed_is_said(make_report):
    text, _ = make_report(seeds=1)
    assert "There is one training seed" in text
    assert "standard deviation over seeds" not in text


def test_critical_difference_and_its_consequence(make_report):
    text, statistics = make_report()
    friedman = statistics.friedman
    row = friedman[(friedman["role"] == "ood") & (friedman["negatives"] == "genomic")].iloc[0]
    expected = (
        f"with 5 models on 4 sets two models have to differ by {row['critical_difference']:.2f} "
        "average ranks"
    )
    assert expected in text


@pytest.mark.parametrize(
    ("p", "p_gg", "lower", "words"),
    [
        (0.001, 0.002, 0.01, "mean AUROCs differ: F"),
        (0.001, np.nan, 0.2, "differ if all differences between models vary equally"),
        (0.001, 0.2, 0.3, "differ if all differences between models vary equally"),
        (0.3, np.nan, 0.4, "mean AUROCs cannot be told apart: F"),
    ],
)
def test_omnibus_sentence_follows_the_correction(make_report, p, p_gg, lower, words):
    def edit(statistics):
        table = statistics.two_way.assign(p=p, p_gg=p_gg, p_lower_bound=lower)
        return replace(statistics, two_way=table)

    assert words in make_report(edit)[0]


def test_shuffles_are_secondary_and_cautioned(make_report):
    text, _ = make_report()
    assert "Primary result: genomic negatives." in text
    assert text.index("## Other kinds of negatives") > text.index("## Test by test")
    assert "This run has no model that measures that part" in text


def test_published_anova_is_named_and_qualified(make_report):
    text, statistics = make_report()
    section = text[text.index("## The analysis of variance as published") :]
    assert "Tripathi et al. (arXiv 2507.09754)" in section
    assert "**It cannot be believed.**" in section
    rates = statistics.null_simulation.set_index("test")["false_positive_rate"]
    rate = 100 * rates["anova_as_published"]
    assert f"it calls them different in {rate:.1f} % of 5 sets" in section


def test_report_of_broken_sets_is_written(make_report):
    def change(name, table):
        return table[table["label"] == 1] if name == "X0" else table

    text, _ = make_report(change=change)
    assert "left out set X0: no AUROC of moe, expert_A" in text
    assert "X0, genomic: skipped: the mixture and at least one expert are needed" in text


def test_what_shuffles_are_worth_stands_beside_them(make_run, settings):
    def build(change):
        result = evaluate_models(make_run(change), settings, 1)
        statistics = run_tests(result.metrics, result.comparisons, result.trials, settings, 1)
        return statistics, write_report(
            statistics, result.metrics, result.comparisons, result.best_expert, settings
        )

    def with_background(_, table):
        scores = {f"background_vs_shuffle_seed{k}": table[f"expert_B_seed{k}"] for k in (0, 1)}
        return table.assign(**scores)

    statistics, text = build(with_background)
    table = statistics.above_background
    row = table[(table["role"] == "ood") & (table["subset"] == "all")].set_index("model").loc["moe"]
    cell = f"{row['mean_auroc']:.3f} ({row['above_background']:+.3f})"
    assert row["above_background"] > 0.05
    line = next(line for line in text.splitlines() if line.startswith("| `moe`") and "(" in line)
    assert cell in line
    assert "This run has no model that measures that part" not in text
    statistics, text = build(None)
    assert statistics.above_background.empty
    assert "This run has no model that measures that part" in text
