"""Check of the factors before any job that takes long: their names, matrices and families."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tfmoe.core.errors import InputError
from tfmoe.core.experiments import Experiment
from tfmoe.core.files import Pathlike
from tfmoe.core.vocabulary import Role, Stratum
from tfmoe.data.decisions import FACTOR, FAMILY, MATRIX, NONE, Decision
from tfmoe.jaspar.factors import (
    INFORMATIVE,
    Factors,
    curated_rows,
    family_matrices,
    names_of,
    own_matrix,
    resolve_factor,
)
from tfmoe.jaspar.matrices import Matrix, base_id
from tfmoe.jaspar.names import ResolvedName, factor_key

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FactorCheck:
    """Decisions about the factors of a run, and faults that stop it.

    Attributes
    ----------
    decisions
        For each experiment its factor, matrix and family.
    faults
        One message per fault.
    """

    decisions: list[Decision]
    faults: list[str]


@dataclass(frozen=True)
class _Choice:
    """The factor and the matrix that a name was given."""

    name: ResolvedName
    matrix: Matrix | None


def check_factors(
    table: Pathlike,
    experiments: Mapping[str, Experiment],
    matrices: Sequence[Matrix],
    factors: Factors,
) -> FactorCheck:
    """Choose and log the matrix and the family of each factor.

    Parameters
    ----------
    table
        Path of the experiment table, for messages.
    experiments
        The experiment table.
    matrices
        The matrices of the run: those of a JASPAR release or of a user's MEME file.
    factors
        The curated tables.

    Returns
    -------
    FactorCheck
        Faults are factors in both roles under two names, and matrices that cannot be chosen. A
        factor without a matrix causes a warning that offers the nearest name.
    """
    choices: dict[str, _Choice] = {}
    faults = []
    for factor, rows in _rows_by_factor(experiments).items():
        try:
            name = resolve_factor(factor, matrices, factors)
            choices[factor] = _Choice(name, own_matrix(factor, matrices, factors))
        except InputError as error:
            faults.append(f"{table}: experiment {', '.join(rows)}: {error}")
            continue
        _log_choice(choices[factor], rows, matrices, factors)
    _log_families(experiments, choices, matrices, factors)
    _log_strata(experiments, factors)
    faults += _two_names(table, experiments, choices)
    decisions = [
        decision.of_experiment(name)
        for name, row in experiments.items()
        if row.factor in choices
        for decision in _decisions(row, choices[row.factor], matrices, factors)
    ]
    return FactorCheck(decisions, faults)


def _rows_by_factor(experiments: Mapping[str, Experiment]) -> dict[str, list[str]]:
    rows: dict[str, list[str]] = defaultdict(list)
    for name, experiment in experiments.items():
        rows[experiment.factor].append(name)
    return rows


def _log_choice(
    choice: _Choice, rows: Sequence[str], matrices: Sequence[Matrix], factors: Factors
) -> None:
    name, where = choice.name, f"factor {choice.name.given} (experiment {', '.join(rows)})"
    taken = f" is taken as {name.symbol} ({name.reason});" if name.reason else ":"
    for other in name.others:
        logger.info(
            "%s: %s is also a name of %s (%s); if that factor is meant, write %s",
            where, name.given, other.symbol, other.source, other.symbol,
        )  # fmt: skip
    if choice.matrix is not None:
        logger.info("%s%s matrix %s", where, taken, _described(choice.matrix))
    elif name.candidates:
        logger.warning(
            "%s: the name is ambiguous, so the factor gets no matrix; it may be %s: write one of "
            "them in the column `factor`",
            where, ", ".join(name.candidates),
        )  # fmt: skip
    elif unbound := _without_matrix(name.symbol, matrices, factors):
        logger.info("%s%s no matrix (%s)", where, taken, unbound)
    else:
        _warn_about_none(name, f"{where}{taken}", matrices, factors)


def _warn_about_none(
    name: ResolvedName, where: str, matrices: Sequence[Matrix], factors: Factors
) -> None:
    groups = sorted({matrix.tax_group for matrix in matrices} - {""})
    source = f"JASPAR ({', '.join(groups)})" if groups else "the file `jaspar.file`"
    nearest = names_of(matrices, factors).nearest(name.symbol) or name.symbol
    known = factor_key(nearest) != factor_key(name.symbol)
    hint = f"nearest name: {nearest}" if known else "no name is similar"
    elsewhere = ", ".join(f"{row.factor} of {row.organism}" for row in factors.rows_of(name.symbol))
    other = f"; resources/factors.tsv lists {elsewhere}, another organism" if elsewhere else ""
    logger.warning(
        "%s no matrix in %s; %s%s; correct the column `factor` or `jaspar.tax_groups` if the "
        "factor should have one", where, source, hint, other,
    )  # fmt: skip


def _without_matrix(symbol: str, matrices: Sequence[Matrix], factors: Factors) -> str:
    """Return the source of the knowledge that a factor has no matrix; empty if it is unknown."""
    rows = curated_rows(symbol, matrices, factors)
    return next((row.source for row in rows if row.matrix == NONE), "")


def _log_families(
    experiments: Mapping[str, Experiment],
    choices: Mapping[str, _Choice],
    matrices: Sequence[Matrix],
    factors: Factors,
) -> None:
    """Log the number of matrices of each family, and warn where the curated table disagrees."""
    for family in dict.fromkeys(row.family for row in experiments.values()):
        if family != NONE:
            found = family_matrices(family, matrices, factors)
            logger.info("family %s: %d matrices", family, len(found))
    for name, row in experiments.items():
        if row.factor not in choices:
            continue
        symbol = choices[row.factor].name.symbol
        listed = {found.family for found in curated_rows(symbol, matrices, factors)} - {NONE}
        if row.family == NONE and listed:
            logger.info(
                "experiment %s has family `-`; resources/factors.tsv lists %s for %s",
                name, ", ".join(sorted(listed)), symbol,
            )  # fmt: skip
        elif listed and row.family not in listed:
            logger.warning(
                "experiment %s: found family %s, but resources/factors.tsv lists %s for %s; check "
                "the column `family`", name, row.family, ", ".join(sorted(listed)), symbol,
            )  # fmt: skip


def _log_strata(experiments: Mapping[str, Experiment], factors: Factors) -> None:
    """Warn where a stratum contradicts the families that train and are informative."""
    trained = {row.family for row in experiments.values() if row.role == Role.TRAIN} - {NONE}
    for name, row in experiments.items():
        unknown = row.family != NONE and row.family not in factors.families
        if row.stratum not in (Stratum.WITHIN_FAMILY, Stratum.CROSS_FAMILY) or unknown:
            continue
        informative = factors.is_informative(row.family)
        seen = row.family in trained
        expected = Stratum.WITHIN_FAMILY if seen and informative else Stratum.CROSS_FAMILY
        if row.stratum != expected:
            share = factors.similar.get(row.family, NONE)
            logger.warning(
                "experiment %s: found stratum %s, expected %s: family %s %s, and %s informative "
                "(share of similar pairs in resources/families.tsv: %s, at least %s is needed)",
                name, row.stratum, expected, row.family,
                "trains" if seen else "does not train", "is" if informative else "is not", share,
                INFORMATIVE,
            )  # fmt: skip


def _two_names(
    table: Pathlike, experiments: Mapping[str, Experiment], choices: Mapping[str, _Choice]
) -> Iterator[str]:
    """Yield a fault for each factor in both roles under two names; warn about two names in one."""
    same: dict[str, dict[str, Experiment]] = defaultdict(dict)
    for row in experiments.values():
        if row.factor in choices:
            symbol = choices[row.factor].name.symbol
            same[factor_key(symbol)].setdefault(f"{row.factor.upper()} {row.role}", row)
    for rows in same.values():
        found = list(rows.values())
        if len({row.factor.upper() for row in found}) < 2:
            continue
        reasons = [choices[row.factor].name for row in found]
        known = ", ".join(
            f"{name.given} is {name.symbol} ({name.reason})" for name in reasons if name.reason
        )
        described = " and ".join(
            f"{row.experiment} (factor {row.factor}, role {row.role})" for row in found
        )
        if len({row.role for row in found}) > 1:
            yield (
                f"{table}: experiments {described} have the same factor under two names: {known}; "
                "a factor that an expert was trained on is not out of distribution: give them one "
                "name and one role, or remove a row"
            )
        else:
            logger.warning(
                "%s: experiments %s have the same factor under two names: %s; they count as "
                "different factors until you write one name for both", table, described, known,
            )  # fmt: skip


def _decisions(
    row: Experiment, choice: _Choice, matrices: Sequence[Matrix], factors: Factors
) -> Iterator[Decision]:
    name, matrix = choice.name, choice.matrix
    listed = curated_rows(name.symbol, matrices, factors)
    known = "name in JASPAR or resources/factors.tsv" if matrix or listed else "unknown name"
    if name.candidates:
        known = f"ambiguous: {', '.join(name.candidates)}"
    yield Decision(FACTOR, name.symbol, name.reason or known)
    curated = matrix is not None and any(base_id(row.matrix) == matrix.base_id for row in listed)
    source = "resources/factors.tsv" if curated else "name of the matrix"
    if matrix is None:
        source = _without_matrix(name.symbol, matrices, factors) or "no matrix of that name"
        yield Decision(MATRIX, NONE, source)
    else:
        yield Decision(MATRIX, _described(matrix), source)
    yield Decision(FAMILY, row.family, "experiment table")


def _described(matrix: Matrix) -> str:
    parts = [matrix.name, *([matrix.tax_group] if matrix.tax_group else [])]
    return f"{matrix.matrix_id} ({', '.join(parts)})"
