"""Choice of the JASPAR match that is shown with a pattern, in figures and in the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tfmoe.core.errors import InputError
from tfmoe.jaspar.matrices import Matrix
from tfmoe.motifs.patterns import Matrix4

OWN, FAMILY, OTHER = "own matrix", "family", "other factor"


@dataclass(frozen=True, eq=False)
class Match:
    """A pattern's match in JASPAR.

    Attributes
    ----------
    matrix
        The matrix.
    q
        q-value, adjusted over all patterns and matrices of the run.
    rank
        Rank among the pattern's matches, from 1.
    relation
        Relation of the matrix to the experiment's factor: `OWN`, `FAMILY` or `OTHER`.
    independent
        Whether the matrix comes from a kind of data other than the run's.
    offset
        Position in the pattern, 0-based, of the first column of the matrix, which is reverse
        complemented if `reverse` is true.
    reverse
        Whether the reverse complement of the matrix matches.
    turned
        Whether the pattern's reverse complement has the textbook orientation: that of the factor's
        own matrix in JASPAR if it matches significantly, and otherwise that of this matrix.
    significant
        Whether q is below the run's threshold.
    """

    matrix: Matrix
    q: float
    rank: int
    relation: str
    independent: bool
    offset: int
    reverse: bool
    turned: bool
    significant: bool


@dataclass(frozen=True, eq=False)
class MatchedPattern:
    """One pattern: name, probabilities (4, W), number of seqlets, and its match, if any."""

    pattern: str
    probabilities: Matrix4
    n_seqlets: int
    match: Match | None

    @property
    def reverse(self) -> bool:
        """Whether to draw the pattern's reverse complement."""
        return self.match is not None and self.match.turned


def choose_match_row(matches: pd.DataFrame, fdr: float) -> dict[str, Any] | None:
    """Choose the match with which a pattern is shown; `None` if it has none.

    It is the best of the matrices of the factor and its family if that match has q < `fdr`, and
    otherwise the best match overall.

    Parameters
    ----------
    matches
        The pattern's rows of ``motifs/jaspar.tsv``.
    fdr
        Threshold for the joint q-values.

    Returns
    -------
    dict
        The row's columns and ``relation``.
    """
    if not len(matches):
        return None
    ranked = matches.sort_values("rank", kind="stable")
    expected = ranked[ranked["is_family"].astype(bool) & (ranked["q"] < fdr)]
    best = (expected if len(expected) else ranked).iloc[0]
    row: dict[str, Any] = {str(name): value for name, value in best.items()}
    related = FAMILY if row["is_family"] else OTHER
    return row | {"relation": OWN if row["is_own_factor"] else related}


def textbook_strand(matches: pd.DataFrame, fdr: float) -> str:
    """Return the strand on which a pattern looks as in textbooks: ``-`` if it has to be turned.

    It is the strand of the factor's own matrix if that matches significantly, and otherwise that of
    the match that is shown; ``+`` without any match. Parameters are those of `choose_match_row`.
    """
    own = matches[matches["is_own_factor"].astype(bool) & (matches["q"] < fdr)]
    if len(own):
        return str(own.sort_values("rank", kind="stable").iloc[0]["strand"])
    row = choose_match_row(matches, fdr)
    return "+" if row is None else str(row["strand"])


def choose_match(matches: pd.DataFrame, matrices: Mapping[str, Matrix], fdr: float) -> Match | None:
    """Choose the match as `choose_match_row` does, and return it together with its matrix.

    Parameters
    ----------
    matches
        The pattern's rows of ``motifs/jaspar.tsv``.
    matrices
        Matrices by id.
    fdr
        Threshold for the joint q-values.

    Raises
    ------
    InputError
        If the matrix is not in `matrices`.
    """
    row = choose_match_row(matches, fdr)
    if row is None:
        return None
    if row["matrix_id"] not in matrices:
        raise InputError(
            f"motifs/jaspar.tsv names matrix {row['matrix_id']}, which is not among the run's "
            "matrices; remove motifs/jaspar.tsv and run again"
        )
    return Match(
        matrix=matrices[row["matrix_id"]],
        q=float(row["q"]),
        rank=int(row["rank"]),
        relation=row["relation"],
        independent=bool(row["independent"]),
        offset=int(row["offset"]),
        reverse=row["strand"] == "-",
        turned=textbook_strand(matches, fdr) == "-",
        significant=bool(row["q"] < fdr),
    )
