"""What an AUROC on shuffles is worth: the difference to a network that never saw a peak."""

from __future__ import annotations

import pandas as pd

from tfmoe.core.vocabulary import KINDS, MIXTURE
from tfmoe.evaluation.above_background import BACKGROUND
from tfmoe.evaluation.panel import ALL, SCOPES
from tfmoe.evaluation.statistics import Statistics
from tfmoe.report.narrative import prose
from tfmoe.report.narrative.scope import ROLES, WITHOUT_OVERLAP, Scope

WARNING = (
    "Against shuffles part of an AUROC is the question whether a sequence comes from a genome at "
    "all, which a network can answer that never saw a peak."
)


def worth(statistics: Statistics, scope: Scope) -> str:
    """Say what the mixture has above the background on the sets of a scope, which are shuffles."""
    found = {row.model: row for row in scope.of(statistics.above_background)}
    if MIXTURE not in found or BACKGROUND not in found:
        return (
            f"{WARNING} This run has no model that measures that part here, so a difference says "
            "which model separates peaks from shuffles better, not that it knows binding better."
        )
    mixture, background = found[MIXTURE], found[BACKGROUND]
    tested = any(row.other == BACKGROUND for row in scope.of(statistics.pairwise))
    return (
        f"Of the mixture's mean AUROC {mixture.mean_auroc:.3f}, {background.mean_auroc:.3f} is had "
        f"without any knowledge of binding (`{BACKGROUND}`: genome or shuffle?); the difference, "
        f"**{mixture.above_background:+.3f}**, is all that can be such knowledge"
        f"{'' if tested else ', and no test was made of it'}."
    )


def above_background(statistics: Statistics, kinds: list[str]) -> str:
    """Set out mean AUROCs on some kinds of negatives, and what they have above the background."""
    table = statistics.above_background
    parts = [
        f"Against {KINDS[kind]}:\n\n{_by_model(own)}"
        for kind in kinds
        if len(own := table[table["negatives"] == kind])
    ]
    if not parts:
        return ""
    text = (
        f"{WARNING} `{BACKGROUND}` measures that part: it learnt to tell windows of the genome "
        "that are no peak from their shuffles, and nothing else. In brackets: the difference to it "
        "(`above_background.tsv`)."
    )
    return "\n\n".join([text, *parts])


def _by_model(table: pd.DataFrame) -> str:
    found = set(zip(table["role"], table["subset"], strict=True))
    scopes = [scope for scope in SCOPES if scope in found]
    cells = {
        (row.role, row.subset, row.model): f"{row.mean_auroc:.3f}"
        + (f" ({row.above_background:+.3f})" if row.model != BACKGROUND else "")
        for row in prose.rows(table)
    }
    header = [
        ROLES[role] + (f", {WITHOUT_OVERLAP}" if subset != ALL else "") for role, subset in scopes
    ]
    lines = [
        [f"`{model}`", *(cells.get((*scope, model), "-") for scope in scopes)]
        for model in table["model"].drop_duplicates()
    ]
    return prose.table(["model", *header], lines)
