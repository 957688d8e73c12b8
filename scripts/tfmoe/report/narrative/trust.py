"""Reliability of the tests: how often they are wrong in simulated runs like this one."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfmoe.core.text import MISSING, capitalise, decimals, percent, plural
from tfmoe.core.vocabulary import EvaluationRole
from tfmoe.evaluation.null import ALIKE, AS_FOUND, CLOSE
from tfmoe.evaluation.rejections import EQUIVALENCE, NOT_WORSE, PAIRED_T, PAIRED_T_SEEDS
from tfmoe.evaluation.statistics import Statistics
from tfmoe.figures.null_simulation import TESTS
from tfmoe.figures.style import ROLES as ROLE_LABELS
from tfmoe.report.narrative.prose import ROLES, reason, rows, table
from tfmoe.report.narrative.scope import Scope

ORDER = tuple(dict.fromkeys((PAIRED_T, PAIRED_T_SEEDS, EQUIVALENCE, NOT_WORSE, *TESTS)))
"""Order of the tests in the table; the first one decides."""
_VARIATION = {ALIKE: "alike", AS_FOUND: "as found"}


def caution(statistics: Statistics, scope: Scope) -> str:
    """Return a warning if the test that decides is wrong too often in runs like this one."""
    worst = max(
        (row for row in _simulated(statistics, scope.role) if row.test == PAIRED_T and _off(row)),
        key=lambda row: row.off_by,
        default=None,
    )
    if worst is None or worst.off_by < 0 or worst.negatives != scope.negatives:
        return ""
    return (
        "Caution: with so few sets that vary so much, the test that decides is wrong too often. "
        "Among equally good models it finds a difference in "
        f"{percent(worst.false_positive_rate)} of simulated runs, not in {percent(worst.alpha)} "
        "(`null_simulation.tsv`)."
    )


def trust(statistics: Statistics) -> list[str]:
    """Return how often each test rejects, with rates far off the level in bold.

    Returns
    -------
    list
        A description of the simulation, a table of the tests, and why a role was not simulated.
    """
    columns: dict[str, dict[str, str]] = {}
    described, skipped = [], []
    first = None
    for role in EvaluationRole:
        simulated = _simulated(statistics, role)
        done = [row for row in simulated if not np.isnan(row.false_positive_rate)]
        if not done:
            notes = dict.fromkeys(reason(row.note) for row in simulated)
            skipped += [f"Not simulated for {ROLES[role]}: {'; '.join(notes)}."] if notes else []
            continue
        first = done[0]
        described.append(_described(first))
        for variation, words in _VARIATION.items():
            own = [row for row in done if row.models_vary == variation]
            columns[f"{ROLE_LABELS[role]}, {words}"] = {row.test: _rate(row) for row in own}
    if first is None:
        return skipped or ["Nothing was simulated."]
    low, high = (percent(first.alpha * (1 + sign * CLOSE)) for sign in (-1, 1))
    text = (
        "Each test was applied to simulated runs in which all models are equally good. The table "
        "gives the share of runs in which it still finds a difference. For a test of pairs, that "
        "is a difference between any two models. The tests of equivalence and of not being worse "
        "were applied to models that differ by the margin. "
        f"**Bold** rates lie outside {low} to {high} "
        f"(`null_simulation.tsv`, figure `null_simulation`).\n\n{' '.join(described)} Simulated "
        'runs vary as this run does. "Alike": all models vary equally from set to set; "as found": '
        f"they vary as unequally as in this run. Each simulation has {int(first.repeats)} repeats."
    )
    cells = [
        [
            TESTS[test] + " (decides)" * (test == ORDER[0]),
            *(column.get(test, MISSING) for column in columns.values()),
        ]
        for test in ORDER
        if any(test in column for column in columns.values())
    ]
    return [text, table(["test", *columns], cells), *skipped]


def _described(row: Any) -> str:
    return (
        f"{capitalise(ROLES[row.role])}: {plural(int(row.models), 'model')}, "
        f"{plural(int(row.sets), 'set')}, {plural(int(row.seeds), 'seed')}, and a standard "
        f"deviation of {decimals(row.sd_model_seed)} between a model's seeds on the logit scale."
    )


def _rate(row: Any) -> str:
    """Return a rate in per cent, in bold if it is far off the level."""
    rate = percent(row.false_positive_rate)
    return f"**{rate}**" if _off(row) else rate


def _simulated(statistics: Statistics, role: str) -> list[Any]:
    simulated = statistics.null_simulation
    return rows(simulated[simulated["role"] == role])


def _off(row: Any) -> bool:
    return bool(abs(row.off_by) > CLOSE * row.alpha)
