"""Which matrix, and which family of DNA-binding domains, belongs to a factor.

Two curated tables that ship with the project stand behind this: `resources/factors.tsv` (factor,
organism, family, matrix, source) and `resources/families.tsv` (which of JASPAR's classes and
families hold factors of a family). The first overrules the second, because JASPAR's own fields are
empty or wrong for some factors.
"""

from __future__ import annotations

import csv
import difflib
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.jaspar.matrices import Matrix, base_id, find_matrix

FACTOR_COLUMNS = ("factor", "organism", "family", "matrix", "source")
FAMILY_COLUMNS = ("family", "jaspar_term")
# what is told of each matrix that a set could be scored with
SCORED_COLUMNS = ("matrix_id", "name", "data_type", "independent", "auroc_validation", "chosen")
NONE = "-"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Factor:
    """One row of `resources/factors.tsv`; `family` and `matrix` are ``-`` where there is none."""

    factor: str
    organism: str
    family: str
    matrix: str
    source: str


@dataclass(frozen=True)
class Factors:
    """The curated factors and families.

    Attributes
    ----------
    rows
        The factors, in the order of the table.
    terms
        For each family, the JASPAR classes and families whose factors belong to it.
    """

    rows: tuple[Factor, ...]
    terms: dict[str, frozenset[str]]

    def of(self, name: str) -> list[Factor]:
        """Return the rows of a factor, one an organism; the case of the name does not count."""
        return [row for row in self.rows if _key(row.factor) == _key(name)]

    @property
    def families(self) -> frozenset[str]:
        """The names of all families that either table knows."""
        return frozenset(self.terms) | {row.family for row in self.rows} - {NONE}


def read_factors(factors_path: Pathlike, families_path: Pathlike) -> Factors:
    """Read the curated tables of factors and families.

    Raises
    ------
    InputError
        If a table is missing or has other columns, a field is empty, or a factor stands twice for
        one organism.
    """
    rows: dict[tuple[str, str], Factor] = {}
    for number, fields in _read_rows(factors_path, FACTOR_COLUMNS):
        row = Factor(*fields)
        key = (_key(row.factor), row.organism)
        if key in rows:
            raise InputError(
                f"{factors_path}, line {number}: factor {row.factor} of {row.organism} stands in "
                "the table twice; remove one of the lines"
            )
        rows[key] = row
    terms: dict[str, set[str]] = defaultdict(set)
    for _, (family, term) in _read_rows(families_path, FAMILY_COLUMNS):
        terms[family].add(term)
    return Factors(
        tuple(rows.values()), {family: frozenset(found) for family, found in terms.items()}
    )


def own_matrix(factor: str, matrices: Sequence[Matrix], factors: Factors) -> Matrix | None:
    """Find the matrix of a factor.

    The curated table decides where it has the factor and `matrices` holds the matrix it names.
    Otherwise a matrix of the same name is taken, whatever the case (``Arid3a`` is the mouse's name
    of ARID3A), of several the one with the lowest id. A heterodimer such as ``MAX::MYC`` is no
    matrix of MAX or of MYC; it is found only under its full name, in either order.

    Returns
    -------
    Matrix or None
        None if the factor has no matrix of its own.

    Raises
    ------
    InputError
        If the table names a matrix that is not among `matrices` of a JASPAR release, where none has
        the factor's name either, or if the factor stands in the table for several organisms and
        `matrices` does not decide between them.
    """
    listed = factors.of(factor)
    bases = {matrix.base_id for matrix in matrices}
    fitting = [row for row in listed if base_id(row.matrix) in bases]
    if len(fitting) > 1:
        raise InputError(
            f"factor {factor} stands in the table of factors for "
            f"{' and '.join(row.organism for row in fitting)}, and `jaspar.tax_groups` has the "
            "matrices of all of them; leave the taxonomic group of one out"
        )
    if fitting:
        return find_matrix(fitting[0].matrix, matrices)
    if any(row.matrix == NONE for row in listed):
        return None
    named = _named(factor, matrices)
    # a file of the user's own, which knows no taxa, has what factors it has
    is_release = any(matrix.tax_group for matrix in matrices)
    if listed and named is None and is_release:
        raise InputError(
            f"factor {factor}: its matrix {listed[0].matrix} ({listed[0].organism}, "
            f"resources/factors.tsv) is not among the {len(matrices)} matrices exported from "
            "JASPAR, and none has its name; check `jaspar.tax_groups`, or give the factor a line "
            "for your organism, with `-` as its matrix if it has none"
        )
    return named


def own_matrices(factor: str, matrices: Sequence[Matrix], factors: Factors) -> list[Matrix]:
    """Find all matrices of a factor.

    JASPAR has several profiles of some factors, such as the three of CTCF that differ in how many
    of its zinc fingers bind. `matrices` hold the latest version of each.

    Returns
    -------
    list of Matrix
        First the one that `own_matrix` finds, which is chosen without looking at any data; then the
        others of the factor's name in the same taxonomic group, by id. Empty if it has none.

    Raises
    ------
    InputError
        As for `own_matrix`.
    """
    first = own_matrix(factor, matrices, factors)
    if first is None:
        return []
    others = [
        matrix
        for matrix in matrices
        if _key(matrix.name) == _key(factor)
        and matrix.tax_group == first.tax_group
        and matrix.matrix_id != first.matrix_id
    ]
    return [first, *sorted(others, key=lambda matrix: matrix.matrix_id)]


def _named(factor: str, matrices: Sequence[Matrix]) -> Matrix | None:
    named = sorted(
        (matrix for matrix in matrices if _key(matrix.name) == _key(factor)),
        key=lambda matrix: matrix.matrix_id,
    )
    if len(named) > 1:
        others = ", ".join(matrix.matrix_id for matrix in named[1:])
        logger.info("factor %s: matrix %s is taken, not %s", factor, named[0].matrix_id, others)
    return named[0] if named else None


def family_matrices(family: str, matrices: Sequence[Matrix], factors: Factors) -> list[Matrix]:
    """Find the matrices of a family of DNA-binding domains.

    Parameters
    ----------
    family
        As in `resources/families.tsv` or `resources/factors.tsv`.

    Returns
    -------
    list of Matrix
        In the order of `matrices`; heterodimers only where all partners belong to the family. It is
        empty for ``-``, and for a family whose term is ``-`` because its members read unrelated
        motifs (C2H2 zinc fingers): a match to another member would mean nothing there. It is empty
        too, with a logged warning, for a family that neither table knows.
    """
    if family == NONE or NONE in factors.terms.get(family, frozenset()):
        return []
    if family not in factors.families:
        logger.warning(_unknown_family(family, factors))
        return []
    return [matrix for matrix in matrices if _belongs(matrix, family, factors)]


def _unknown_family(family: str, factors: Factors) -> str:
    spelt = {name.lower(): name for name in factors.families}
    close = difflib.get_close_matches(family.lower(), spelt, n=1)
    meant = f"Did you mean `{spelt[close[0]]}`? " if close else ""
    return (
        f"family {family}: neither resources/families.tsv nor resources/factors.tsv knows it, so "
        f"no matrix counts as one of that family. {meant}Correct the column `family` of the "
        "experiment table (`-` for none), or give the family a line there. Known are: "
        f"{', '.join(sorted(factors.families, key=str.lower))}"
    )


def _belongs(matrix: Matrix, family: str, factors: Factors) -> bool:
    terms = factors.terms.get(family, frozenset())
    for partner in matrix.name.split("::"):
        curated = factors.of(partner)
        if curated:
            if all(row.family != family for row in curated):
                return False
        elif not _annotated(matrix, terms):
            return False
    return True


def _annotated(matrix: Matrix, terms: frozenset[str]) -> bool:
    """Say whether JASPAR files a matrix, with all its partners, under one of `terms`."""
    return any(
        bool(field) and set(field.split(";")) <= terms for field in (matrix.tf_class, matrix.family)
    )


def _key(name: str) -> str:
    """Make names comparable: upper case, and the partners of a heterodimer in one order."""
    return "::".join(sorted(name.upper().split("::")))


def _read_rows(path: Pathlike, columns: tuple[str, ...]) -> list[tuple[int, list[str]]]:
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise InputError(f"{path}: the file does not exist") from None
    header, *rows = list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)) or [[]]
    if tuple(header) != columns:
        raise InputError(
            f"{path}, line 1: the columns are {', '.join(header)}; expected {', '.join(columns)}"
        )
    for number, fields in enumerate(rows, start=2):
        if len(fields) != len(columns) or not all(fields):
            raise InputError(
                f"{path}, line {number}: found {len(fields)} fields, expected {len(columns)} that "
                "are not empty; `-` stands for none"
            )
    return list(enumerate(rows, start=2))
