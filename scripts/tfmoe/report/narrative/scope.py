"""Parts of the statistics report: its headings, and the sets that a part is about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from tfmoe.core.vocabulary import kind_order
from tfmoe.evaluation.panel import ALL, SCOPES
from tfmoe.figures.style import kind_label
from tfmoe.report.narrative.prose import ROLES, rows
from tfmoe.report.text import capitalise

SHORT = "In short"
LIMITS = "Limits of these results"
ERRORS = "How often the tests are wrong"
PUBLISHED = "The analysis of variance as published"
FOLDED = ("All tests", "Other kinds of negatives", "The analysis as published, set by set")
"""Headings of the parts for reference, which the page folds."""
SHUFFLES = "AUROCs on shuffles, compared with a network that never saw a peak"
WITHOUT_OVERLAP = "without sequences that overlap a training peak"


@dataclass(frozen=True)
class Scope:
    """Sets of one role, kind of negatives and subset; of one OOD stratum, or of all."""

    role: str
    negatives: str
    subset: str
    stratum: str = ALL

    @property
    def title(self) -> str:
        """Heading of the scope."""
        suffix = "" if self.subset == ALL else f", {WITHOUT_OVERLAP}"
        role, kind = ROLES[self.role], kind_label(self.negatives)
        return f"{capitalise(role)}, against {kind}{suffix}"

    def of(self, table: pd.DataFrame) -> list[Any]:
        """Return the table's rows on these sets."""
        chosen = table["role"] == self.role
        for column in ("negatives", "subset", "stratum"):
            if column in table:
                chosen &= table[column] == getattr(self, column)
        return rows(table[chosen])

    def strata(self, table: pd.DataFrame) -> list[Scope]:
        """Return one scope per stratum of these sets that the table has."""
        own = table[(table["role"] == self.role) & (table["negatives"] == self.negatives)]
        own = own[(own["subset"] == self.subset) & (own["stratum"] != ALL)]
        return [replace(self, stratum=str(stratum)) for stratum in own["stratum"].unique()]


def find_scopes(two_way: pd.DataFrame) -> list[Scope]:
    """Return the tested scopes of all strata together: primary negatives first, then by role."""
    keys = two_way.loc[two_way["stratum"] == ALL, ["role", "negatives", "subset"]]
    found = [Scope(*key) for key in keys.itertuples(index=False, name=None)]
    return sorted(
        found,
        key=lambda scope: (kind_order(scope.negatives), SCOPES.index((scope.role, scope.subset))),
    )
