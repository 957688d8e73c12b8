"""Evidence about a factor: its matrices, its own models, and the training factors it resembles.

This is all that the gate of the conditioned mixture learns about the factor.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from tfmoe.core.errors import InputError
from tfmoe.jaspar.factors import (
    Factors,
    curated_rows,
    family_matrices,
    own_matrices,
    own_matrix,
    resolve_factor,
)
from tfmoe.jaspar.matrices import Matrix
from tfmoe.jaspar.similarity import matrix_similarity

RELATED = 0.7
"""Least similarity (`matrix_similarity`) of the matrices of two factors that read the same motif.

Of the 28 pairs of yeast's and the 15 pairs of chromosome 22's training factors, chosen to differ,
the most similar pair has 0.63; paralogues such as Fkh1 and Fkh2 have 0.8 to 0.9.
"""
OWN, FAMILY, NONE = "own", "family", "none"
"""Sources of a factor's matrices."""
UNKNOWN = "-"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Evidence:
    """Evidence about a factor.

    Attributes
    ----------
    factor
        Its name.
    matrices
        Matrices that score its motif, no longer than the window.
    source
        `OWN` for matrices of the factor itself, `FAMILY` for those of its family of DNA-binding
        domains, `NONE` without any.
    independent
        Whether the first matrix comes from other data than the run.
    specialists
        Experts trained on the factor itself (weight 1), or on factors whose matrices resemble its
        own (weight: the similarity), by the expert's name.
    """

    factor: str
    matrices: tuple[Matrix, ...] = ()
    source: str = NONE
    independent: bool = False
    specialists: Mapping[str, float] = field(default_factory=dict)

    @property
    def matrix_ids(self) -> str:
        """Ids of the matrices, joined by commas, or ``-``."""
        return ",".join(matrix.matrix_id for matrix in self.matrices) or "-"


def find_evidence(
    factor: str,
    family: str,
    own_expert: str | None,
    experts: Mapping[str, str],
    matrices: Sequence[Matrix],
    factors: Factors,
    window: int,
    dependent_data_types: Collection[str],
) -> Evidence:
    """Gather what is known of a factor.

    Parameters
    ----------
    factor
        Its name.
    family
        Its family of DNA-binding domains, or ``-`` for that of the curated table.
    own_expert
        The expert trained on it, or `None` for an unseen factor.
    experts
        Factor of each expert whose models may be used. For a factor that is left out, the others.
    matrices
        The matrices of the JASPAR release, or the user's own.
    factors
        The curated tables of factors and families.
    window
        Length of the windows; longer matrices are left out, with a warning.
    dependent_data_types
        Data types of matrices that were probably built from the run's own data.
    """
    found = own_matrices(factor, matrices, factors)
    source = OWN if found else NONE
    if not found:
        found = _of_family(factor, family, matrices, factors)
        source = FAMILY if found else NONE
    usable = tuple(matrix for matrix in found if matrix.length <= window)
    if len(usable) < len(found):
        long = ", ".join(m.matrix_id for m in found if m.length > window)
        logger.warning(
            "factor %s: left out %s, which are longer than the window of %d", factor, long, window
        )
    own = own_matrix(factor, matrices, factors) if source == OWN else None
    specialists = _specialists(own_expert, own, experts, matrices, factors)
    return Evidence(
        factor,
        usable,
        source if usable else NONE,
        bool(usable) and usable[0].is_independent_of(dependent_data_types),
        specialists,
    )


def evidence_of_matrices(
    factor: str,
    own_expert: str | None,
    given: Sequence[Matrix],
    experts: Mapping[str, str],
    matrices: Sequence[Matrix],
    factors: Factors,
    window: int,
) -> Evidence:
    """Return what is known of a factor whose matrices the user gives.

    Parameters
    ----------
    given
        The matrices that score its motif; the first is compared with those of the experts.
    factor, own_expert, experts, matrices, factors, window
        As for `find_evidence`.

    Raises
    ------
    InputError
        If a given matrix is longer than the window.
    """
    for matrix in given:
        if matrix.length > window:
            raise InputError(
                f"matrix {matrix.matrix_id}: found {matrix.length} positions, expected at most "
                f"{window}, the length of the model's windows"
            )
    specialists = _specialists(own_expert, given[0], experts, matrices, factors)
    return Evidence(factor, tuple(given), OWN, False, specialists)


def _specialists(
    own_expert: str | None,
    own: Matrix | None,
    experts: Mapping[str, str],
    matrices: Sequence[Matrix],
    factors: Factors,
) -> dict[str, float]:
    """Return the factor's own expert or, for an unseen one, those whose matrices resemble its."""
    if own_expert is not None:
        return {own_expert: 1.0}
    found = {}
    for expert, trained in experts.items():
        other = own_matrix(trained, matrices, factors)
        if own is not None and other is not None:
            similarity = matrix_similarity(own, other)
            if similarity >= RELATED:
                # a weight of 1 marks the factor's own expert
                found[expert] = min(round(similarity, 6), 0.999)
    return found


def _of_family(
    factor: str, family: str, matrices: Sequence[Matrix], factors: Factors
) -> list[Matrix]:
    """Return the matrices of the factor's family, if one is known and informative."""
    symbol = resolve_factor(factor, matrices, factors).symbol
    curated = {row.family for row in curated_rows(symbol, matrices, factors)}
    families = ({family} if family != UNKNOWN else curated) - {UNKNOWN}
    return [m for name in sorted(families) for m in family_matrices(name, matrices, factors)]
