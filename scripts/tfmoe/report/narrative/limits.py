"""Limits of the run: differences that its tests could not show, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from tfmoe.application.card.limits import OPTIMISTIC
from tfmoe.core.text import capitalise, decimals, percent, plural
from tfmoe.core.vocabulary import SUMS, Verdict, is_expert
from tfmoe.evaluation.panel import SCOPE_COLUMNS
from tfmoe.evaluation.power import DIFFERENCES, ENOUGH, MOST_SETS
from tfmoe.evaluation.statistics import Statistics
from tfmoe.evaluation.variance_components import MODEL_SEED, RESIDUAL, SET_MODEL
from tfmoe.report.narrative.prose import ROLES, VERDICTS, name, reason
from tfmoe.report.narrative.scope import Scope

AIMS = DIFFERENCES[:2]
"""Differences for which ``power.tsv`` has the number of sets needed."""
HARDLY = 0.1
"""Below this share of the variance, retraining hardly matters."""


def limits(statistics: Statistics, scopes: list[Scope]) -> list[str]:
    """Return what remains open on the sets of the primary negatives, one line per reason."""
    undecided = capitalise(VERDICTS[Verdict.UNDECIDED].removesuffix(" from"))
    lines = [
        f'"{undecided}" does not mean "equal": every difference within the interval remains '
        "possible."
    ]
    lines += [line for scope in scopes if (line := _power(statistics, scope))]
    lines += _wilcoxon(statistics, scopes)
    lines += [line for scope in scopes if (line := _training(statistics, scope))]
    if set(SUMS) & set(statistics.ranks["model"]):
        lines.append(OPTIMISTIC)
    return lines


def strictest(table: pd.DataFrame, asked: str) -> pd.DataFrame:
    """Return the answers of ``power.tsv`` at the strictest level of Holm's adjustment.

    The level depends on the scope, because the number of compared models differs between kinds of
    negatives.
    """
    own = table[table["asked"] == asked]
    lowest = own.groupby(list(SCOPE_COLUMNS))["level"].transform("min")
    strict: pd.DataFrame = own[own["level"] == lowest]
    return strict


def smallest_difference(statistics: Statistics, scope: Scope) -> dict[str, Any]:
    """Return the row with the smallest difference that the sets can reveal, by other model."""
    return {row.other: row for row in scope.pairs(strictest(statistics.power, "difference"))}


def sets_needed(statistics: Statistics, scope: Scope) -> dict[tuple[str, float], Any]:
    """Return the row with the sets needed to reveal a difference, by other model and difference."""
    found = scope.pairs(strictest(statistics.power, "sets"))
    return {(row.other, row.at_difference): row for row in found}


def _power(statistics: Statistics, scope: Scope) -> str:
    """Return the differences that the sets could have revealed where none was found."""
    shown, needed = smallest_difference(statistics, scope), sets_needed(statistics, scope)
    undecided = [
        row.other
        for row in scope.pairs(statistics.pairwise)
        if row.verdict == Verdict.UNDECIDED and row.other in shown
    ]
    if not undecided:
        return ""
    parts = [
        _detectable(shown[other], needed[other, AIMS[0]])
        for other in undecided
        if not is_expert(other)
    ]
    experts = [shown[other] for other in undecided if is_expert(other)]
    if experts:
        parts.append(_detectable_experts(experts))
    row = shown[undecided[0]]
    return (
        f"Too few sets of {ROLES[scope.role]}: with {plural(int(row.sets), 'set')} and "
        f"{plural(int(row.seeds), 'seed')}, only large differences can be detected (power "
        f"{percent(ENOUGH, 0)} at Holm's strictest level of {row.level:.2g}, `power.tsv`). "
        + " ".join(parts)
    )


def _detectable(shown: Any, needed: Any) -> str:
    aim = f"{AIMS[0]:g}"
    if np.isnan(needed.at_sets):
        many = f"even {MOST_SETS} sets could not detect {aim}"
    else:
        many = f"detecting {aim} would need {plural(int(needed.at_sets), 'set')}"
    if np.isnan(shown.at_difference):
        return f"Against {name(shown.other)}, no difference can be detected; {many}."
    smallest = f"the smallest detectable difference is {decimals(shown.at_difference)}"
    return f"Against {name(shown.other)}, {smallest}; {many}."


def _detectable_experts(experts: list[Any]) -> str:
    noun = plural(len(experts), "single expert")
    known = [row.at_difference for row in experts if not np.isnan(row.at_difference)]
    if not known:
        return f"Against {noun}, no difference can be detected."
    least = "at least " * (len(experts) > 1)
    return f"Against {noun}, the smallest detectable difference is {least}{decimals(min(known))}."


def _wilcoxon(statistics: Statistics, scopes: list[Scope]) -> Iterator[str]:
    """Yield the roles on which the signed-rank test cannot reject."""
    for scope in scopes:
        notes = (row.note.split("; ")[0] for row in scope.pairs(statistics.wilcoxon))
        stopped = [note for note in notes if "no outcome" in note]
        if stopped:
            yield (
                f"Wilcoxon's test was not run on {ROLES[scope.role]}: {reason(stopped[0])} "
                "(`wilcoxon.tsv`)."
            )


def _training(statistics: Statistics, scope: Scope) -> str:
    """Return how much of a difference between two models comes from chance in training."""
    components = {
        row.component: row
        for row in scope.of(statistics.variance_components)
        if row.scale == "auroc"
    }
    shares = {key: row.share_of_difference for key, row in components.items()}
    if np.isnan(shares.get(MODEL_SEED, np.nan)):
        notes = dict.fromkeys(reason(row.note) for row in components.values() if row.note)
        why = "; ".join(notes) or "nothing was scored"
        return f"How much chance in training matters on {ROLES[scope.role]} is unknown: {why}."
    retraining = shares[MODEL_SEED] + shares[RESIDUAL]
    if retraining < HARDLY:
        lead = "retraining hardly matters; the choice of sets does"
    elif retraining < shares[SET_MODEL]:
        lead = "retraining matters, but less than the choice of sets"
    else:
        lead = "retraining matters more than the choice of sets"
    spread = [row.sd_over_seeds for row in scope.pairs(statistics.pairwise)]
    return (
        f"On {ROLES[scope.role]}, {lead}. Of the variance of a difference between two models, "
        f"{percent(shares[SET_MODEL])} comes from the choice of sets and "
        f"{percent(shares[MODEL_SEED])} from the training seed. The other "
        f"{percent(shares[RESIDUAL])} is how retrained networks vary on single sets "
        f"(`variance_components.tsv`). {capitalise(name(scope.reference))}'s differences have a "
        "standard deviation of "
        f"{decimals(min(spread), 4)} to {decimals(max(spread), 4)} between seeds (`pairwise.tsv`)."
    )
