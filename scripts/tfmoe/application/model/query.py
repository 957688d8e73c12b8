"""Questions to a mixture about a factor, the scores that answer them, and names of factors."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.core.vocabulary import ADAPTED_MIXTURE, CONDITIONED, MIXTURE
from tfmoe.jaspar.factors import curated_rows, names_of, own_matrices, resolve_factor
from tfmoe.jaspar.matrices import Matrix
from tfmoe.jaspar.names import factor_key
from tfmoe.jaspar.tables import MatrixTables
from tfmoe.jaspar.user_matrices import read_user_matrices
from tfmoe.models.conditioned.evidence import UNKNOWN, Evidence
from tfmoe.models.conditioned.scores import Floats, Member
from tfmoe.models.prediction import Scores


@dataclass(frozen=True)
class Query:
    """A question to the mixture.

    Attributes
    ----------
    factor
        The factor that is asked about; `None` for the mixture that learns of no factor.
    own_expert
        The expert trained on it, or `None`.
    evidence
        What is known of it, or `None`.
    adapted
        Whether the model was adapted to it.
    """

    factor: str | None = None
    own_expert: str | None = None
    evidence: Evidence | None = None
    adapted: bool = False

    @property
    def model(self) -> str:
        """The model that answers.

        ``moe_conditioned``, ``moe`` without a factor, or ``moe_adapted`` for the factor that the
        model was adapted to.
        """
        if self.adapted:
            return ADAPTED_MIXTURE
        return MIXTURE if self.evidence is None else CONDITIONED


@dataclass(frozen=True)
class WindowScores:
    """Scores of n windows.

    Attributes
    ----------
    logits
        Calibrated logits of the query's model, float32 (n, seeds).
    columns
        Logits, float32 (n,), by model and seed, named as in ``predictions/<x>.parquet``.
    members
        Standardised scores of the kinds of members, and logits of k-mer models; one row per window.
        Without columns for a query without a factor.
    kinds
        Standardised scores, float64 (n,), of each kind of member, by seed.
    gates
        Weights of the networks in the gate of the mixture, float32 (n, members), by seed.
    """

    logits: Scores
    columns: dict[str, Scores]
    members: pd.DataFrame
    kinds: dict[int, dict[Member, Floats]]
    gates: dict[int, pd.DataFrame]


def seed_mean(logits: Scores) -> Scores:
    """Return the mean over training seeds, float32 (n,), of logits (n, seeds)."""
    mean: Scores = logits.mean(axis=1, dtype=np.float64).astype(np.float32)
    return mean


def seed_spread(logits: Scores) -> Scores:
    """Return the standard deviation over training seeds, float32 (n,); NaN for a single seed."""
    if logits.shape[1] == 1:
        return np.full(len(logits), np.nan, dtype=np.float32)
    spread: Scores = logits.std(axis=1, ddof=1, dtype=np.float64).astype(np.float32)
    return spread


@dataclass(frozen=True)
class FactorNames:
    """Names of factors that a model knows.

    Attributes
    ----------
    experts
        Factor of each expert.
    families
        Family of DNA-binding domains of the run's factors, as its experiment table gives it.
    tables
        Matrices, factors and families.
    """

    experts: Mapping[str, str]
    families: Mapping[str, str]
    tables: MatrixTables

    def own_expert(self, name: str) -> str | None:
        """Return the first expert of a factor, whatever the synonym."""
        return next((expert for expert, own in self.experts.items() if self.same(own, name)), None)

    def same(self, first: str, second: str) -> bool:
        """Return whether two names mean one factor."""
        return self._key(first) == self._key(second)

    def family(self, name: str) -> str:
        """Return the family that the run's experiment table gives a factor."""
        key = factor_key(name)
        return next((own for one, own in self.families.items() if factor_key(one) == key), UNKNOWN)

    def check_known(self, name: str, required: bool = True) -> None:
        """Check that the name of a factor without an expert is not ambiguous.

        If it is `required` that something is known of it, check that too.

        Raises
        ------
        InputError
            Naming the most similar names.
        """
        release = (self.tables.matrices, self.tables.factors)
        resolved = resolve_factor(name, *release)
        if resolved.candidates:
            raise InputError(
                f"factor {name}: the name may mean {', '.join(resolved.candidates)}; use one of "
                "these names"
            )
        if not required or own_matrices(name, *release) or curated_rows(resolved.symbol, *release):
            return
        if self.family(name) != UNKNOWN:
            return
        raise InputError(
            f"factor {name}: found neither an expert nor a matrix of it{self.hint(name)}. Give a "
            "matrix of its motif, or ask without a factor"
        )

    def hint(self, name: str) -> str:
        """Return the most similar names, such as ``; similar names: GATA1, GATA2``, or no text."""
        similar = names_of(self.tables.matrices, self.tables.factors).similar()
        similar |= {factor.upper(): factor for factor in self.experts.values()}
        close = difflib.get_close_matches(name.upper(), similar, n=3)
        names = dict.fromkeys(similar[found] for found in close)
        return f"; similar names: {', '.join(names)}" if names else ""

    def _key(self, name: str) -> str:
        return factor_key(resolve_factor(name, self.tables.matrices, self.tables.factors).symbol)


def given_matrices(matrix: Pathlike | Sequence[Matrix] | None) -> list[Matrix]:
    """Return the matrices that the user gives, from a file or as they are.

    Raises
    ------
    InputError
        If the file is faulty, or there are no matrices.
    """
    if matrix is None:
        return []
    if isinstance(matrix, str | os.PathLike):
        return read_user_matrices(matrix)
    if not matrix:
        raise InputError("matrix: found no matrices, expected at least one")
    return list(matrix)
