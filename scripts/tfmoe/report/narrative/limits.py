"""What cannot be claimed, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from tfmoe.core.vocabulary import is_expert
from tfmoe.evaluation.pairwise import UNDECIDED
from tfmoe.evaluation.power import DIFFERENCES, ENOUGH, MOST_SETS
from tfmoe.evaluation.rows import SCOPE_COLUMNS
from tfmoe.evaluation.statistics import Statistics
from tfmoe.evaluation.variance_components import MODEL_SEED, RESIDUAL, SET_MODEL
from tfmoe.report.narrative.prose import name, percent, plural, reason
from tfmoe.report.narrative.scope import ROLES, Scope

AIMS = DIFFERENCES[:2]
"""Differences of which ``power.tsv`` says how many sets would show them."""


def limits(statistics: Statistics, scopes: list[Scope]) -> list[str]:
    """Return what remains open on the sets of the primary kind of negatives, a line a reason."""
    lines = [
        '"Cannot be told apart" is not "equal": each difference within the interval stays possible.'
    ]
    lines += [line for scope in scopes if (line := _power(statistics, scope))]
    lines += _wilcoxon(statistics, scopes)
    lines += [line for scope in scopes if (line := _training(statistics, scope))]
    return lines


def strictest(table: pd.DataFrame, asked: str) -> pd.DataFrame:
    """Return the rows of ``power.tsv`` with an answer, at the strictest level of Holm's.

    That level is the scope's own: on some negatives fewer models are compared than on others.
    """
    own = table[table["asked"] == asked]
    lowest = own.groupby(list(SCOPE_COLUMNS))["level"].transform("min")
    strict: pd.DataFrame = own[own["level"] == lowest]
    return strict


def smallest_difference(statistics: Statistics, scope: Scope) -> dict[str, Any]:
    """Return the row of the smallest difference that could have been shown, by other model."""
    return {row.other: row for row in scope.of(strictest(statistics.power, "difference"))}


def sets_needed(statistics: Statistics, scope: Scope) -> dict[tuple[str, float], Any]:
    """Return the row of how many sets show a difference, by other model and difference."""
    found = scope.of(strictest(statistics.power, "sets"))
    return {(row.other, row.at_difference): row for row in found}


def _power(statistics: Statistics, scope: Scope) -> str:
    """Say what difference to the models that cannot be told apart could have been shown."""
    shown, needed = smallest_difference(statistics, scope), sets_needed(statistics, scope)
    open_ = [
        row.other
        for row in scope.of(statistics.pairwise)
        if row.verdict == UNDECIDED and row.other in shown
    ]
    if not open_:
        return ""
    parts = [
        _could(shown[other], needed[other, AIMS[0]]) for other in open_ if not is_expert(other)
    ]
    experts = [shown[other] for other in open_ if is_expert(other)]
    if experts:
        parts.append(_could_experts(experts))
    row = shown[open_[0]]
    return (
        f"Too few sets: on {plural(int(row.sets), 'set')} of {ROLES[scope.role]}, with "
        f"{plural(int(row.seeds), 'seed')}, the mixture is told apart (with a chance of "
        f"{100 * ENOUGH:.0f} %, at the strictest level {row.level:.2g} of Holm's) from "
        f"{'; '.join(parts)} (`power.tsv`)."
    )


def _could(shown: Any, needed: Any) -> str:
    many = (
        f"no number of sets up to {MOST_SETS} shows {AIMS[0]:g}"
        if np.isnan(needed.at_sets)
        else f"{AIMS[0]:g} takes {plural(int(needed.at_sets), 'set')}"
    )
    if np.isnan(shown.at_difference):
        return f"{name(shown.other)} by no difference at all ({many})"
    return f"{name(shown.other)} from a difference of {shown.at_difference:.3f} on ({many})"


def _could_experts(experts: list[Any]) -> str:
    noun = plural(len(experts), "single expert")
    known = [row.at_difference for row in experts if not np.isnan(row.at_difference)]
    if not known:
        return f"{noun} by no difference at all"
    return f"{noun} from {min(known):.3f} on{' at the least' * (len(experts) > 1)}"


def _wilcoxon(statistics: Statistics, scopes: list[Scope]) -> Iterator[str]:
    """Say so where the signed-rank test cannot reject."""
    stopped = {
        why: ROLES[scope.role]
        for scope in scopes
        for row in scope.of(statistics.wilcoxon)
        if (why := reason(row.note.split("; ")[0])).startswith("no outcome")
    }
    if stopped:
        parts = [f"{role}, {why}" for why, role in stopped.items()]
        yield f"Wilcoxon's test was not run: {'; '.join(parts)} (`wilcoxon.tsv`)."


def _training(statistics: Statistics, scope: Scope) -> str:
    """Say how much of a difference of two models is luck in training."""
    head = f"How much is luck in training, {ROLES[scope.role]}:"
    found = {
        row.component: row
        for row in scope.of(statistics.variance_components)
        if row.scale == "auroc"
    }
    shares = {key: row.share_of_difference for key, row in found.items()}
    if np.isnan(shares.get(MODEL_SEED, np.nan)):
        notes = dict.fromkeys(reason(row.note) for row in found.values() if row.note)
        return f"{head} not known ({'; '.join(notes) or 'nothing was scored'})."
    spread = [row.sd_over_seeds for row in scope.of(statistics.pairwise)]
    return (
        f"{head} of the variance of a difference between two models of the family, "
        f"{percent(shares[MODEL_SEED])} is which networks chance gave, {percent(shares[RESIDUAL])} "
        f"how these do on single sets, and {percent(shares[SET_MODEL])} which sets were taken "
        "(`variance_components.tsv`). From seed to seed the mixture's differences vary with a "
        f"standard deviation of {min(spread):.4f} to {max(spread):.4f} (`pairwise.tsv`)."
    )
