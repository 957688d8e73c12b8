"""The worth of AUROCs on shuffles: the difference to a network that never saw a peak."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tfmoe.core.text import MISSING, capitalise, decimals, signed
from tfmoe.core.vocabulary import BACKGROUND
from tfmoe.evaluation.panel import ALL, SCOPES
from tfmoe.evaluation.statistics import Statistics
from tfmoe.figures.style import kind_label
from tfmoe.report.narrative import prose
from tfmoe.report.narrative.prose import ROLES
from tfmoe.report.narrative.scope import WITHOUT_OVERLAP, Scope

WARNING = (
    "On shuffles, part of an AUROC only measures whether a sequence is genomic. A network that "
    "never saw a peak can do that, too."
)


def worth(statistics: Statistics, scope: Scope) -> str:
    """Return how much of the reference's AUROC on shuffles can reflect binding."""
    means = {row.model: row for row in scope.of(statistics.above_background)}
    if scope.reference not in means or BACKGROUND not in means:
        return (
            f"{WARNING} This run has no such network to compare with here. So a difference shows "
            "which model separates peaks from shuffles better, not which knows binding better."
        )
    mixture, background = means[scope.reference], means[BACKGROUND]
    tested = any(row.other == BACKGROUND for row in scope.pairs(statistics.pairwise))
    return (
        f"{capitalise(prose.name(BACKGROUND))} already scores {decimals(background.mean_auroc)} "
        f"(`{BACKGROUND}`: genome or shuffle?); {_share(mixture)}."
        + ("" if tested else " This difference was not tested.")
    )


def _share(mixture: Any) -> str:
    total, above = decimals(mixture.mean_auroc), mixture.above_background
    if above <= 0:
        return (
            f"{prose.name(mixture.model)} scores {total} (**{signed(above)}**), so nothing shows "
            "that it knows binding"
        )
    owner = f"{prose.name(mixture.model)}'s"
    return f"at most **{decimals(above)}** of {owner} {total} reflects binding"


def above_background(statistics: Statistics, kinds: list[str]) -> str:
    """Return mean AUROCs on some kinds of negatives, with the difference to the background."""
    table = statistics.above_background
    parts = [
        f"Against {kind_label(kind)}:\n\n{_by_model(own)}"
        for kind in kinds
        if len(own := table[table["negatives"] == kind])
    ]
    if not parts:
        return ""
    text = (
        f"{WARNING} `{BACKGROUND}` measures that part: it was trained to separate genomic windows "
        "outside peaks from their shuffles, and on nothing else. The difference to it is in "
        "brackets (`above_background.tsv`)."
    )
    return "\n\n".join([text, *parts])


def _by_model(table: pd.DataFrame) -> str:
    present = set(zip(table["role"], table["subset"], strict=True))
    scopes = [scope for scope in SCOPES if scope in present]
    cells = {
        (row.role, row.subset, row.model): decimals(row.mean_auroc)
        + (f" ({signed(row.above_background)})" if row.model != BACKGROUND else "")
        for row in prose.rows(table)
    }
    header = [
        ROLES[role] + (f", {WITHOUT_OVERLAP}" if subset != ALL else "") for role, subset in scopes
    ]
    lines = [
        [f"`{model}`", *(cells.get((*scope, model), MISSING) for scope in scopes)]
        for model in table["model"].drop_duplicates()
    ]
    return prose.table(["model", *header], lines)
