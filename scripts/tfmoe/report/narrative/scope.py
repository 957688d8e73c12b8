"""Which sets a part of the report is about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from tfmoe.core.vocabulary import KINDS, kind_order
from tfmoe.evaluation.panel import ALL, SCOPES
from tfmoe.report.narrative.prose import rows

IN_DISTRIBUTION, OOD = "in_distribution", "ood"
ROLES = {
    IN_DISTRIBUTION: "factors that have an expert",
    OOD: "factors that no expert has seen (OOD)",
}
WITHOUT_OVERLAP = "without the sequences that overlap a training peak"


@dataclass(frozen=True)
class Scope:
    """Sets of one role, kind of negatives and subset; of one OOD stratum, or of all."""

    role: str
    negatives: str
    subset: str
    stratum: str = ALL

    @property
    def title(self) -> str:
        """What the sets are, in words."""
        suffix = "" if self.subset == ALL else f", {WITHOUT_OVERLAP}"
        return f"{ROLES[self.role]}, against {KINDS[self.negatives]}{suffix}"

    def of(self, table: pd.DataFrame) -> list[Any]:
        """Return the table's rows on these sets."""
        chosen = table["role"] == self.role
        for column in ("negatives", "subset", "stratum"):
            if column in table:
                chosen &= table[column] == getattr(self, column)
        return rows(table[chosen])

    def strata(self, table: pd.DataFrame) -> list[Scope]:
        """Return the scopes of the single strata that a table has of these sets."""
        own = table[(table["role"] == self.role) & (table["negatives"] == self.negatives)]
        own = own[(own["subset"] == self.subset) & (own["stratum"] != ALL)]
        return [replace(self, stratum=str(stratum)) for stratum in own["stratum"].unique()]


def find_scopes(two_way: pd.DataFrame) -> list[Scope]:
    """Return what was tested, all strata together: roles as they stand, the first kind first."""
    keys = two_way.loc[two_way["stratum"] == ALL, ["role", "negatives", "subset"]]
    found = [Scope(*key) for key in keys.itertuples(index=False, name=None)]
    return sorted(
        found, key=lambda own: (kind_order(own.negatives), SCOPES.index((own.role, own.subset)))
    )
