"""All files that matrices and families of factors are read from, in one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tfmoe.core.files import Pathlike
from tfmoe.jaspar.factors import Factors, read_factors
from tfmoe.jaspar.matrices import Matrix, read_matrices


@dataclass(frozen=True)
class MatrixTables:
    """Contents of the files.

    Attributes
    ----------
    matrices
        The matrices of the release, or the user's own.
    factors
        The curated factors and families.
    dependent_data_types
        Data types of matrices that were probably built from the run's own data.
    """

    matrices: tuple[Matrix, ...]
    factors: Factors
    dependent_data_types: tuple[str, ...]


@dataclass(frozen=True)
class MatrixFiles:
    """Files that the factor's own matrices and their independence of the run are read from.

    Attributes
    ----------
    motifs, table
        The exported JASPAR release.
    factors, families
        The curated tables.
    dependent_data_types
        Data types of matrices that were probably built from the run's own data.
    """

    motifs: Pathlike
    table: Pathlike
    factors: Pathlike
    families: Pathlike
    dependent_data_types: Sequence[str] = ()

    @classmethod
    def of_inputs(cls, inputs: Any, dependent_data_types: Sequence[str]) -> MatrixFiles:
        """Return the files that a rule has as inputs, under the names of `JASPAR_FILES`."""
        files = (inputs.motifs, inputs.matrices, inputs.factors, inputs.families)
        return cls(*files, dependent_data_types)

    def read(self) -> MatrixTables:
        """Read all files."""
        return MatrixTables(
            tuple(read_matrices(self.motifs, self.table)),
            read_factors(self.factors, self.families),
            tuple(self.dependent_data_types),
        )
