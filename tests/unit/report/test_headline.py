"""Headline metrics of a run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from tfmoe.report.headline import count_motifs, roles_of, score_run, score_truth
from tfmoe.report.run_tables import read_tables
from tfmoe.report.sections.evaluation import means_table
from tfmoe.report.summary import write_summary

if TYPE_CHECKING:
    from conftest import FakeRun


def test_means_are_over_seeds_and_then_over_sets(simulated_run: FakeRun) -> None:
    tables = read_tables(simulated_run.files)
    scores = score_run(tables, simulated_run.run)
    rows = tables.metrics
    mixture = rows[
        (rows["model"] == "moe") & (rows["negatives"] == "genomic") & (rows["subset"] == "all")
    ]
    for role in ("in_distribution", "ood"):
        by_hand = mixture[mixture["role"] == role].groupby("experiment")["auroc"].mean().mean()
        found = scores.of(role, "moe")
        assert found is not None
        assert found.auroc == pytest.approx(by_hand)
        assert found.sets == 2
    assert scores.kind == "genomic"
    assert scores.seeds == 2
    assert scores.models[:2] == ["moe", "own_expert"]


def test_a_single_seed_has_no_mean(simulated_run: FakeRun) -> None:
    scores = score_run(read_tables(simulated_run.files), simulated_run.run)
    assert scores.averaged == "mean over 2 training seeds"
    assert replace(scores, seeds=1).averaged == "one training seed"


def test_the_own_expert_has_no_score_on_ood_sets(simulated_run: FakeRun) -> None:
    scores = score_run(read_tables(simulated_run.files), simulated_run.run)
    assert scores.of("ood", "own_expert") is None
    own = scores.of("in_distribution", "own_expert")
    assert own is not None
    assert own.auroc == pytest.approx(0.9, abs=0.02)


def test_other_cells_are_a_group_of_their_own_and_no_unseen_factor(simulated_run: FakeRun) -> None:
    tables, run = read_tables(simulated_run.files), simulated_run.run
    *others, last = run.sets
    assert [found.role for found in run.sets] == ["in_distribution"] * 2 + ["ood"] * 2
    cells = replace(last, role="same_factor", stratum="same_factor", expert="Abf1")
    run = replace(run, sets=[*others, cells])
    scores = score_run(tables, run)
    assert roles_of(scores) == ["in_distribution", "same_factor", "ood"]
    assert (scores.sizes["ood"], scores.sizes["same_factor"]) == (1, 1)
    rows = scores.per_set[scores.per_set["model"] == "moe"].set_index("experiment")["auroc"]
    for role, found in (("ood", others[-1]), ("same_factor", cells)):
        mean = scores.of(role, "moe")
        assert mean is not None
        assert mean.auroc == pytest.approx(rows[found.experiment])
    assert means_table(scores).header[:4] == [
        "model", "in-distribution (2)", "training factors, other cells (1)", "OOD, all (1)",
    ]  # fmt: skip
    summary = write_summary(tables, run, "report.html")
    assert "in-distribution, 2 sets" in summary and "OOD, 1 set\n" in summary
    assert "other cells, 1 set" in summary
    assert "for known factors in other cells" in summary


def test_matches_are_counted_where_a_matrix_is_known() -> None:
    summary = pd.DataFrame(
        {
            "n_patterns": [2, 1, 0, 1],
            "own_or_family_at_fdr": [True, False, False, np.nan],
            "independent_at_fdr": [True, False, False, np.nan],
        }
    )
    counts = count_motifs(summary)
    assert (counts.searches, counts.with_pattern) == (4, 3)
    assert (counts.checkable, counts.matched, counts.independent) == (3, 1, 1)


def test_recovery_refers_to_the_method_that_is_searched(simulated_run: FakeRun) -> None:
    tables = read_tables(simulated_run.files)
    truth = score_truth(tables, "gradient")
    assert truth is not None
    assert (truth.searches, truth.recovered) == (4, 3)
    assert (truth.instances, truth.hit) == (200, 160)
    assert (truth.auprc, truth.prevalence) == pytest.approx((0.7, 0.1))
    absent = score_truth(tables, "ism")
    assert absent is not None
    assert np.isnan(absent.auprc)
