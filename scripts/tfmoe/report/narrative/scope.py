"""Parts of the statistics report: its headings, and the sets that a part is about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from tfmoe.core.text import capitalise
from tfmoe.core.vocabulary import ADAPTED, MIXTURE, Family, kind_order, peaks_order
from tfmoe.evaluation.panel import ALL, NO_PEAKS, SCOPE_COLUMNS, SCOPES, WITH_MATRIX
from tfmoe.evaluation.references import main_reference
from tfmoe.evaluation.statistics import Statistics
from tfmoe.figures.style import kind_label, peaks_label
from tfmoe.report.narrative.prose import ROLES, rows

SHORT = "In short"
LIMITS = "Limits of these results"
ERRORS = "How often the tests are wrong"
PUBLISHED = "The analysis of variance as published"
FOLDED = ("All tests", "Other kinds of negatives", "The analysis as published, set by set")
"""Headings of the parts for reference, which the page folds."""
SHUFFLES = "AUROCs on shuffles, compared with a network that never saw a peak"
WITH_MATRICES = "factors with a matrix"
WITHOUT_OVERLAP = "without sequences that overlap a training peak"


@dataclass(frozen=True)
class Scope:
    """Sets of one role, kind of negatives and subset, and the model whose pairs are described.

    Attributes
    ----------
    role, negatives, subset, stratum, peaks
        The columns that identify a panel, see `tfmoe.evaluation.panel.Panel`.
    reference
        The model that is compared with the others.
    """

    role: str
    negatives: str
    subset: str
    stratum: str = ALL
    peaks: str = NO_PEAKS
    reference: str = MIXTURE

    @property
    def title(self) -> str:
        """Heading of the scope."""
        suffix = "" if self.subset == ALL else f", {WITHOUT_OVERLAP}"
        suffix += f", {WITH_MATRICES}" if self.stratum == WITH_MATRIX else ""
        suffix += "" if self.peaks == NO_PEAKS else f", {peaks_label(self.peaks)}"
        role, kind = ROLES[self.role], kind_label(self.negatives)
        return f"{capitalise(role)}, against {kind}{suffix}"

    def of(self, table: pd.DataFrame) -> list[Any]:
        """Return the table's rows on these sets."""
        chosen = table["role"] == self.role
        for column in ("negatives", "subset", "stratum", "peaks"):
            if column in table:
                chosen &= table[column].astype(str) == getattr(self, column)
        return rows(table[chosen])

    def pairs(self, table: pd.DataFrame) -> list[Any]:
        """Return the table's rows on these sets that compare the reference with other models."""
        return [row for row in self.of(table) if row.model == self.reference]

    def strata(self, table: pd.DataFrame) -> list[Scope]:
        """Return one scope per stratum of these sets that the table has."""
        own = table[(table["role"] == self.role) & (table["negatives"] == self.negatives)]
        own = own[(own["subset"] == self.subset) & ~own["stratum"].isin([ALL, WITH_MATRIX])]
        return [replace(self, stratum=str(stratum)) for stratum in own["stratum"].unique()]


def find_scopes(statistics: Statistics) -> list[Scope]:
    """Return the tested scopes of all strata together: primary negatives first, then by role.

    The reference is the conditioned mixture where it has scores, and otherwise the mixture; with
    peaks of the factor, it is the adapted mixture.
    """
    tested = statistics.two_way
    tested = tested[tested["stratum"].isin([ALL, WITH_MATRIX])]
    found = []
    for key in tested[list(SCOPE_COLUMNS)].itertuples(index=False, name=None):
        scope = Scope(*key)
        compared = [row.model for row in scope.of(statistics.pairwise)]
        reference = main_reference(compared) if scope.peaks == NO_PEAKS else ADAPTED + scope.peaks
        found.append(replace(scope, reference=reference))
    return sorted(found, key=_order)


def is_primary(statistics: Statistics, scope: Scope) -> bool:
    """Return whether the pairs of the scope's reference are the primary family of tests."""
    return any(row.family == Family.PRIMARY for row in scope.pairs(statistics.pairwise))


def _order(scope: Scope) -> tuple[Any, ...]:
    peaks = -1.0 if scope.peaks == NO_PEAKS else peaks_order(scope.peaks)
    place = SCOPES.index((scope.role, scope.subset))
    return (kind_order(scope.negatives), place, peaks, scope.stratum)
