"""Assignment of matrices and families of DNA-binding domains to factors.

Two curated tables ship with the project: `resources/factors.tsv` (factor, organism, family, matrix,
source) and `resources/families.tsv` (JASPAR's classes and families that belong to each family, and
how similar the matrices of its factors are). The first overrules the second, because JASPAR's own
fields are empty or wrong for some factors.

A family is informative if its factors share a motif, so that the motif of one factor is evidence
about another one. One criterion decides, and `tfmoe.motifs.families` measures it: at least
`INFORMATIVE` of the pairs of the family's factors have similar matrices.
"""

from __future__ import annotations

import csv
import difflib
import logging
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.jaspar.matrices import Matrix, base_id, find_matrix
from tfmoe.jaspar.names import (
    TAX_GROUPS,
    KnownNames,
    ResolvedName,
    factor_key,
    known_names,
    without_species,
)

FACTOR_COLUMNS = ("factor", "organism", "family", "matrix", "source")
FAMILY_COLUMNS = ("family", "jaspar_term", "factors", "pairs", "similar")
INFORMATIVE = 0.25
"""Least share of similar pairs of an informative family; of different families, 1 % are similar."""
# columns of the table of matrices that could score a set
SCORED_COLUMNS = ("matrix_id", "name", "data_type", "independent", "auroc_validation", "chosen")
NONE = "-"
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Factor:
    """One row of `resources/factors.tsv`; `family` and `matrix` are ``-`` if unknown."""

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
        JASPAR classes and families whose factors belong to each family.
    similar
        Share of similar pairs of each family's factors. Families with fewer than two factors in
        every taxonomic group have no share.
    """

    rows: tuple[Factor, ...]
    terms: dict[str, frozenset[str]]
    similar: dict[str, float] = field(default_factory=dict)

    def rows_of(self, name: str) -> list[Factor]:
        """Return the rows of a factor, one per organism; the case of the name does not matter."""
        return [row for row in self.rows if factor_key(row.factor) == factor_key(name)]

    @property
    def families(self) -> frozenset[str]:
        """Names of all families in either table."""
        return frozenset(self.terms) | {row.family for row in self.rows} - {NONE}

    def is_informative(self, family: str) -> bool:
        """Return whether the factors of a family share a motif; false if it is unknown."""
        return self.similar.get(family, 0) >= INFORMATIVE


def read_factors(factors_path: Pathlike, families_path: Pathlike) -> Factors:
    """Read the curated tables of factors and families.

    Raises
    ------
    InputError
        If a table is missing or has other columns, a field is empty, a factor occurs twice for one
        organism, or the share of similar pairs of a family is no number from 0 to 1 or differs
        between its lines.
    """
    rows: dict[tuple[str, str], Factor] = {}
    for number, fields in _read_rows(factors_path, FACTOR_COLUMNS):
        row = Factor(*fields)
        key = (factor_key(row.factor), row.organism)
        if key in rows:
            raise InputError(
                f"{factors_path}, line {number}: factor {row.factor} of {row.organism} occurs "
                "twice in the table; remove one of the lines"
            )
        rows[key] = row
    terms, similar = _read_families(families_path)
    return Factors(tuple(rows.values()), terms, similar)


def _read_families(path: Pathlike) -> tuple[dict[str, frozenset[str]], dict[str, float]]:
    """Return the JASPAR terms of each family, and the share of similar pairs where one is given."""
    terms: dict[str, set[str]] = defaultdict(set)
    shares: dict[str, str] = {}
    for number, (family, term, _, _, share) in _read_rows(path, FAMILY_COLUMNS):
        where = f"{path}, line {number}: family {family}, column similar"
        if shares.setdefault(family, share) != share:
            raise InputError(f"{where}: found {share}, but {shares[family]} in a line before")
        if share != NONE and not (_NUMBER.fullmatch(share) and float(share) <= 1):
            raise InputError(f"{where}: found {share}, expected a number from 0 to 1, or -")
        terms[family].add(term)
    similar = {family: float(share) for family, share in shares.items() if share != NONE}
    return {family: frozenset(found) for family, found in terms.items()}, similar


def own_matrix(factor: str, matrices: Sequence[Matrix], factors: Factors) -> Matrix | None:
    """Find the matrix of a factor.

    The name of the factor is resolved by `resolve_factor`. The curated table decides if it contains
    the factor in an organism of the matrices, and `matrices` contains the matrix it names.
    Otherwise the matrix of the same name is used, whatever the case (``Arid3a`` is the mouse name
    of ARID3A); of several, the one with the lowest id. A heterodimer such as ``MAX::MYC`` is not a
    matrix of MAX or of MYC; it is found only by its full name, with the partners in either order.

    Returns
    -------
    Matrix or None
        `None` if the factor has no matrix of its own among `matrices`.

    Raises
    ------
    InputError
        If the table contains the factor for several organisms and `matrices` contains the matrices
        of more than one, or if the table names another version of a matrix.
    """
    symbol = resolve_factor(factor, matrices, factors).symbol
    listed = curated_rows(symbol, matrices, factors)
    bases = {matrix.base_id for matrix in matrices}
    fitting = [row for row in listed if base_id(row.matrix) in bases]
    if len(fitting) > 1:
        raise InputError(
            f"factor {factor} occurs in the table of factors for "
            f"{' and '.join(row.organism for row in fitting)}, and `jaspar.tax_groups` includes "
            "the matrices of all of them; leave out all but one taxonomic group"
        )
    if fitting:
        return find_matrix(fitting[0].matrix, matrices)
    if any(row.matrix == NONE for row in listed):
        return None
    named = _matrix_by_name(symbol, matrices)
    if named is None:
        # a user's file or an older release may list the factor under another name
        other = _names_of_matrices(matrices).resolve(symbol)
        named = _matrix_by_name(other.symbol, matrices)
    return named


def resolve_factor(name: str, matrices: Sequence[Matrix], factors: Factors) -> ResolvedName:
    """Find the factor with a name, or with a synonym, in the organisms of the matrices."""
    return names_of(matrices, factors).resolve(name)


def names_of(matrices: Sequence[Matrix], factors: Factors) -> KnownNames:
    """Return all names of factors, and their synonyms, in the organisms of the matrices."""
    groups = _tax_groups(matrices)
    listed = (row.factor for row in factors.rows if _in_groups(row, groups))
    # the curated names come first, for their spelling
    return _known_names((*listed, *(matrix.name for matrix in matrices)), groups)


def curated_rows(name: str, matrices: Sequence[Matrix], factors: Factors) -> list[Factor]:
    """Return the rows of a factor in the curated table, in the organisms of the matrices."""
    groups = _tax_groups(matrices)
    return [row for row in factors.rows_of(name) if _in_groups(row, groups)]


def own_matrices(factor: str, matrices: Sequence[Matrix], factors: Factors) -> list[Matrix]:
    """Find all matrices of a factor.

    JASPAR has several profiles of some factors, such as the three of CTCF that differ in the number
    of bound zinc fingers. `matrices` contains the latest version of each.

    Returns
    -------
    list of Matrix
        First the matrix found by `own_matrix`, whose choice depends on no data, then the others of
        the same name and taxonomic group, sorted by id. Empty if the factor has none.

    Raises
    ------
    InputError
        As for `own_matrix`.
    """
    first = own_matrix(factor, matrices, factors)
    if first is None:
        return []
    symbol = factor_key(resolve_factor(factor, matrices, factors).symbol)
    keys = {symbol, _matrix_key(first)}
    others = [
        matrix
        for matrix in matrices
        if _matrix_key(matrix) in keys
        and matrix.tax_group == first.tax_group
        and matrix.matrix_id != first.matrix_id
    ]
    return [first, *sorted(others, key=lambda matrix: matrix.matrix_id)]


def _matrix_by_name(factor: str, matrices: Sequence[Matrix]) -> Matrix | None:
    named = sorted(
        (matrix for matrix in matrices if _matrix_key(matrix) == factor_key(factor)),
        key=lambda matrix: matrix.matrix_id,
    )
    if len(named) > 1:
        others = ", ".join(matrix.matrix_id for matrix in named[1:])
        logger.info("factor %s: using matrix %s, not %s", factor, named[0].matrix_id, others)
    return named[0] if named else None


def family_matrices(family: str, matrices: Sequence[Matrix], factors: Factors) -> list[Matrix]:
    """Find the matrices of an informative family of DNA-binding domains.

    Parameters
    ----------
    family
        A family in `resources/families.tsv` or `resources/factors.tsv`.

    Returns
    -------
    list of Matrix
        In the order of `matrices`; heterodimers only if all partners belong to the family. Empty
        for ``-``, and for a family that is not informative (`Factors.is_informative`), such as C2H2
        zinc fingers: a match to another member would be meaningless. Also empty, with a logged
        warning, for a family in neither table.
    """
    if family != NONE and family not in factors.families:
        logger.warning(_unknown_family(family, factors))
    return family_members(family, matrices, factors) if factors.is_informative(family) else []


def family_members(family: str, matrices: Sequence[Matrix], factors: Factors) -> list[Matrix]:
    """Find the matrices of a family, informative or not; see `family_matrices`."""
    return [matrix for matrix in matrices if _belongs(matrix, family, factors)]


def family_of(factor: str, matrices: Sequence[Matrix], factors: Factors) -> str:
    """Return the family of a factor's DNA-binding domain, or ``-`` if it is not known.

    The curated table decides; of other factors, JASPAR's annotation of their own matrix does.
    """
    symbol = resolve_factor(factor, matrices, factors).symbol
    curated = curated_rows(symbol, matrices, factors)
    if curated:
        return next((row.family for row in curated if row.family != NONE), NONE)
    matrix = own_matrix(factor, matrices, factors)
    if matrix is None:
        return NONE
    return next((name for name in factors.terms if _belongs(matrix, name, factors)), NONE)


def _unknown_family(family: str, factors: Factors) -> str:
    spelt = {name.lower(): name for name in factors.families}
    close = difflib.get_close_matches(family.lower(), spelt, n=1)
    meant = f"Did you mean `{spelt[close[0]]}`? " if close else ""
    return (
        f"family {family}: found neither in resources/families.tsv nor in resources/factors.tsv, "
        f"so no matrix belongs to that family. {meant}Correct the column `family` of the "
        "experiment table (`-` for none), or add the family to a table. Known families: "
        f"{', '.join(sorted(factors.families, key=str.lower))}"
    )


def _belongs(matrix: Matrix, family: str, factors: Factors) -> bool:
    terms = factors.terms.get(family, frozenset())
    for partner in without_species(matrix.name).split("::"):
        curated = curated_rows(partner, [matrix], factors)
        if curated:
            if all(row.family != family for row in curated):
                return False
        elif not _annotated(matrix, terms):
            return False
    return True


def _annotated(matrix: Matrix, terms: frozenset[str]) -> bool:
    """Return whether JASPAR assigns a matrix, with all its partners, to one of `terms`."""
    return any(
        bool(field) and set(field.split(";")) <= terms for field in (matrix.tf_class, matrix.family)
    )


def _matrix_key(matrix: Matrix) -> str:
    return factor_key(without_species(matrix.name))


def _in_groups(row: Factor, groups: frozenset[str]) -> bool:
    """Return whether a row's organism is in one of JASPAR's groups, or in an unknown one."""
    return not groups or TAX_GROUPS.get(row.organism) in {None, *groups}


def _tax_groups(matrices: Sequence[Matrix]) -> frozenset[str]:
    return frozenset(matrix.tax_group for matrix in matrices) - {""}


def _names_of_matrices(matrices: Sequence[Matrix]) -> KnownNames:
    return _known_names(tuple(matrix.name for matrix in matrices), _tax_groups(matrices))


@lru_cache(maxsize=4)
def _known_names(names: tuple[str, ...], groups: frozenset[str]) -> KnownNames:
    return known_names(names, groups)


def _read_rows(path: Pathlike, columns: tuple[str, ...]) -> list[tuple[int, list[str]]]:
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise InputError(f"{path}: the file does not exist") from None
    header, *rows = list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)) or [[]]
    if tuple(header) != columns:
        raise InputError(
            f"{path}, line 1: found the columns {', '.join(header)}; expected {', '.join(columns)}"
        )
    for number, fields in enumerate(rows, start=2):
        if len(fields) != len(columns) or not all(fields):
            raise InputError(
                f"{path}, line {number}: found {len(fields)} fields, expected {len(columns)} that "
                "are not empty; write `-` for none"
            )
    return list(enumerate(rows, start=2))
