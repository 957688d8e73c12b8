"""The statistics report of a run with a conditioned mixture, its rivals and adapted models."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from tests.fixtures.evaluation import run_quick_tests

from tfmoe.evaluation.evaluate import evaluate_models
from tfmoe.report.narrative.limits import OPTIMISTIC
from tfmoe.report.narrative.scope import find_scopes
from tfmoe.report.narrative.statistics import statistics_report

FAMILY = ["moe", "moe_conditioned", "experts", "pooled", "pwm", "kmers_and_matrix"]


def add_rivals(name, table):
    rng = np.random.default_rng(len(table))
    for seed in (0, 1):
        better = 1.5 * table["label"] + rng.normal(0, 0.3, len(table))
        table[f"moe_conditioned_seed{seed}"] = (table[f"moe_seed{seed}"] + better).astype("float32")
    table["kmers_and_matrix"] = table["pwm"] - 10
    return table.drop(columns="pwm") if name == "X1" else table


@pytest.fixture(scope="module")
def made(make_run, make_adapted, settings):
    tests = replace(settings, family=FAMILY)
    result = evaluate_models(make_run(add_rivals, n_ood=5), tests, 1, adapted=make_adapted())
    statistics = run_quick_tests(result.metrics, result.comparisons, result.trials, tests)
    text = statistics_report(statistics, result.metrics, result.best_expert, tests)
    return text, statistics


def test_the_conditioned_mixture_leads_and_the_mixture_follows(made):
    text, _ = made
    short = text[: text.index("## Limits")]
    assert "The conditioned mixture is better than " in short
    assert re.search(r"\| the mixture \| .* \| better \|", short)
    leads = [
        line for line in short.splitlines() if "which does not know the factor (`moe`)" in line
    ]
    assert leads == ["The mixture, which does not know the factor (`moe`):"] * 2
    assert re.search(r"\| the conditioned mixture \| .* \| worse \|", short)
    assert "By kind of factor, the conditioned mixture minus the other model:" in short
    assert "The conditioned mixture against each other model (`pairwise.tsv`" in text
    assert "The mixture against each other model (`pairwise.tsv`" in text


def test_the_matrix_is_compared_where_there_is_one(made):
    text, statistics = made
    assert "The JASPAR matrix is left out; it is missing for X1." in text
    assert "left out pwm" not in text and "no matrix of" not in text
    assert "only sets whose factor has a matrix, so without X1" in text
    _, _, table = text.partition("On the 4 sets of factors with a matrix:\n\n")
    lines = table.splitlines()
    assert lines[2].startswith("| the factor's own JASPAR matrix | ") and lines[3] == ""
    assert "(OOD), against genomic negatives, factors with a matrix" in text
    titles = [scope.title for scope in find_scopes(statistics) if scope.negatives == "genomic"]
    assert len(titles) == len(set(titles))
    assert "With_matrix" not in text


def test_adapted_models_have_claims_by_number_of_peaks(made):
    text, _ = made
    short = text[: text.index("## Limits")]
    _, _, adapted = short.partition("**Unseen factors with some of their peaks**")
    leads = [line for line in adapted.splitlines() if line.startswith("With ")]
    assert leads == ["With 10 peaks (3 sets):", "With 100 peaks (2 sets):"]
    assert "| the adapted mixture minus it, AUROC |" in adapted
    assert "| the gapped k-mer model trained from scratch | " in adapted
    assert "| the factor's own JASPAR matrix | " in adapted
    assert "draws of these peaks, which take the place of training seeds" in adapted
    assert "on the scores of the first draw of peaks" in text
    # no adapted model among those of unseen factors
    assert "adapted" not in re.search(r"Models compared .*", short)[0]


def test_equal_weights_are_optimistic(made, make_results, settings):
    assert OPTIMISTIC in made[0]
    result, statistics = make_results()
    text = statistics_report(statistics, result.metrics, result.best_expert, settings)
    assert OPTIMISTIC not in text
