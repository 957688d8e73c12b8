"""Tests of whether the models of a family differ at all: F tests, Friedman's test, ranks."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfmoe.evaluation.effect_sizes import Explained, explained
from tfmoe.evaluation.panel import Panel
from tfmoe.evaluation.ranks import Friedman, critical_difference, friedman, rank_models
from tfmoe.evaluation.rows import (
    HEAD_COLUMNS,
    field_names,
    field_values,
    head_values,
    join_notes,
    missing_values,
)
from tfmoe.evaluation.sphericity import Mauchly, mauchly
from tfmoe.evaluation.two_way import QuasiF, TwoWay, quasi_f, residual_spread, two_way

TWO_WAY_COLUMNS = (*HEAD_COLUMNS, *field_names(TwoWay, Mauchly, Explained, QuasiF), "note")
FRIEDMAN_COLUMNS = (*HEAD_COLUMNS, *field_names(Friedman), "critical_difference", "note")
RANK_COLUMNS = (*HEAD_COLUMNS, "model", "mean_auroc", "sd_over_seeds", "average_rank")


def variation_fault(panel: Panel) -> str:
    """Return why tests of the variation over sets are impossible, or an empty string."""
    if panel.fault:
        return panel.fault
    if not residual_spread(panel.auroc):
        return "the models differ by the same amount on every set"
    return ""


def two_way_row(panel: Panel, alpha: float) -> dict[str, Any]:
    """Return the row of ``two_way.tsv`` for a panel: `TWO_WAY_COLUMNS`."""
    row = head_values(panel) | missing_values(TwoWay, Mauchly, Explained, QuasiF)
    if fault := variation_fault(panel):
        return row | {"note": join_notes(f"skipped: {fault}", panel.note)}
    test = two_way(panel.auroc)
    sizes = explained(float(test.f), test.df_model, test.df_residual, panel.auroc.size, alpha)
    row |= field_values(test, mauchly(panel.auroc), sizes, quasi_f(panel.by_seed))
    few = "no Greenhouse-Geisser and no Mauchly: they need fewer models than sets"
    note = few if len(panel.models) >= len(panel.sets) else ""
    return row | {"note": join_notes(note, panel.note)}


def friedman_row(panel: Panel, alpha: float) -> dict[str, Any]:
    """Return the row of ``friedman.tsv`` for a panel: `FRIEDMAN_COLUMNS`."""
    fault = panel.fault
    if not fault and len(panel.models) < 3:
        fault = "two models, at least 3 are needed"
    if not fault and np.ptp(rank_models(panel.auroc)) == 0:
        fault = "all models are tied on every set"
    row = head_values(panel) | missing_values(Friedman) | {"critical_difference": np.nan}
    if fault:
        return row | {"note": join_notes(f"skipped: {fault}", panel.note)}
    row |= field_values(friedman(panel.auroc))
    row["critical_difference"] = critical_difference(len(panel.models), len(panel.sets), alpha)
    agree = "all sets rank the models alike: p is the exact probability of that"
    return row | {"note": join_notes(agree if np.isinf(row["f"]) else "", panel.note)}


def rank_rows(panel: Panel) -> list[dict[str, Any]]:
    """Return the rows of ``ranks.tsv`` for a panel, one per model: `RANK_COLUMNS`."""
    if not panel.sets:
        return []
    ranks = rank_models(panel.auroc).mean(axis=1)
    means = panel.by_seed.mean(axis=1)
    spread = means.std(axis=1, ddof=1) if panel.seeds > 1 else np.full(len(means), np.nan)
    rows = []
    for index, model in enumerate(panel.models):
        row = {"model": model, "mean_auroc": means[index].mean(), "sd_over_seeds": spread[index]}
        rows.append(head_values(panel) | row | {"average_rank": ranks[index]})
    return rows
