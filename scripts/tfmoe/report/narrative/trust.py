"""How far the tests can be trusted: how often they are wrong in runs like this one."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfmoe.evaluation.null import ALIKE, AS_FOUND, CLOSE
from tfmoe.evaluation.rejections import (
    EQUIVALENCE,
    F_SEEDS,
    F_TEST,
    FRIEDMAN,
    GREENHOUSE_GEISSER,
    LOWER_BOUND,
    NEMENYI,
    NOT_WORSE,
    PAIRED_T,
    PAIRED_T_SEEDS,
    TUKEY,
    WILCOXON,
)
from tfmoe.evaluation.statistics import Statistics
from tfmoe.report.narrative.prose import percent, plural, rows, table
from tfmoe.report.narrative.scope import IN_DISTRIBUTION, OOD, ROLES, Scope

TESTS = {
    PAIRED_T: "paired t with Holm (decides)",
    PAIRED_T_SEEDS: "paired t with seeds random",
    EQUIVALENCE: "equivalence at the margin",
    NOT_WORSE: "not worse, at the margin",
    F_TEST: "F",
    GREENHOUSE_GEISSER: "F, Greenhouse-Geisser",
    LOWER_BOUND: "F, smallest degrees of freedom",
    F_SEEDS: "F with seeds random",
    FRIEDMAN: "Friedman",
    NEMENYI: "Nemenyi",
    TUKEY: "Tukey",
    WILCOXON: "Wilcoxon with Holm",
}
"""What the tests of ``null_simulation.tsv`` are called here; the first decides."""
_KINDS = {ALIKE: "alike", AS_FOUND: "as found"}
_SHORT = {IN_DISTRIBUTION: "in-distribution", OOD: "OOD"}


def caution(statistics: Statistics, scope: Scope) -> str:
    """Say so if the test that decides is wrong too often in runs like this one; else empty."""
    worst = max(
        (row for row in _simulated(statistics, scope.role) if row.test == PAIRED_T and _off(row)),
        key=lambda row: row.off_by,
        default=None,
    )
    if worst is None or worst.off_by < 0 or worst.negatives != scope.negatives:
        return ""
    return (
        "Caution: on so few sets that vary as these do, the test that decides calls equally good "
        f"models different in {percent(worst.false_positive_rate)} of made-up runs, not in "
        f"{percent(worst.alpha)} (`null_simulation.tsv`)."
    )


def trust(statistics: Statistics) -> list[str]:
    """Set out how often each test rejects, with what is far off the level marked.

    Returns
    -------
    list
        What was simulated, a table of the tests, and why a role was not simulated.
    """
    columns: dict[str, dict[str, str]] = {}
    described, skipped = [], []
    first = None
    for role in (IN_DISTRIBUTION, OOD):
        found = _simulated(statistics, role)
        done = [row for row in found if not np.isnan(row.false_positive_rate)]
        if not done:
            notes = dict.fromkeys(row.note.removeprefix("skipped: ") for row in found)
            skipped += [f"Not simulated for {ROLES[role]}: {'; '.join(notes)}."] if notes else []
            continue
        first = done[0]
        described.append(_described(first))
        for kind, words in _KINDS.items():
            own = [row for row in done if row.models_vary == kind]
            columns[f"{_SHORT[role]}, {words}"] = {row.test: _rate(row) for row in own}
    if first is None:
        return skipped or ["Nothing was simulated."]
    low, high = (percent(first.alpha * (1 + sign * CLOSE)) for sign in (-1, 1))
    text = (
        "Share of made-up runs in which a test calls models different that are equally good (for "
        f"tests of pairs, any pair); **bold** is outside {low} to {high} (`null_simulation.tsv`, "
        "figure `null_simulation`). The runs vary as this one does, with models alike or as "
        f"unequal from set to set as found: {'; '.join(described)}. Each is made up "
        f"{first.repeats} times."
    )
    cells = [
        [words, *(column.get(test, "-") for column in columns.values())]
        for test, words in TESTS.items()
        if any(test in column for column in columns.values())
    ]
    return [text, table(["test", *columns], cells), *skipped]


def _described(row: Any) -> str:
    return (
        f"{ROLES[row.role]}, {plural(int(row.models), 'model')}, {plural(int(row.sets), 'set')}, "
        f"{plural(int(row.seeds), 'seed')}, SD of model:seed {row.sd_model_seed:.3f} on the logit "
        "scale"
    )


def _rate(row: Any) -> str:
    """Return a rate in percent, marked if it is far off the level."""
    rate = percent(row.false_positive_rate)
    return f"**{rate}**" if _off(row) else rate


def _simulated(statistics: Statistics, role: str) -> list[Any]:
    simulated = statistics.null_simulation
    return rows(simulated[simulated["role"] == role])


def _off(row: Any) -> bool:
    return bool(abs(row.off_by) > CLOSE * row.alpha)
