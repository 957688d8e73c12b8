"""JASPAR matrices as files: probabilities in MEME format, and a table with all other fields."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, write_text
from tfmoe.core.packed_files import read_text
from tfmoe.jaspar.meme import read_meme

COLUMNS = (
    "matrix_id",
    "name",
    "tax_group",
    "species",
    "class",
    "family",
    "data_type",
    "length",
)
NOT_STATED = "not stated"
"""Entry of tables for matrices without a data type in JASPAR."""
_REMEDY = "remove both files and let the rule export_jaspar write them again"


@dataclass(frozen=True, eq=False)
class Matrix:
    """One position frequency matrix with its JASPAR annotation.

    Attributes
    ----------
    matrix_id
        Full JASPAR id with version, such as ``MA0139.2``.
    name
        Name of the factor in JASPAR's spelling; partners of a heterodimer are joined by ``::``.
    tax_group
        Taxonomic group, such as ``vertebrates``.
    species
        NCBI taxonomy ids, joined by ``;``.
    tf_class, family
        JASPAR's class and family, one per partner, joined by ``;``. They are empty or doubtful for
        many yeast factors; `tfmoe.jaspar.factors` has curated families.
    data_type
        Kind of experiment that the matrix was built from, such as ``ChIP-seq``; may be empty.
    probabilities
        Float64 of shape (4, W): rows A, C, G, T; each column sums to one.
    """

    matrix_id: str
    name: str
    tax_group: str
    species: str
    tf_class: str
    family: str
    data_type: str
    probabilities: NDArray[np.float64]

    @property
    def length(self) -> int:
        """Number of positions, W."""
        return int(self.probabilities.shape[1])

    @property
    def base_id(self) -> str:
        """The id without its version."""
        return base_id(self.matrix_id)

    def is_independent_of(self, data_types: Collection[str]) -> bool:
        """Return whether it is known to be built from none of the given data types."""
        return bool(self.data_type) and self.data_type not in data_types


def base_id(matrix_id: str) -> str:
    """Return a JASPAR id without its version: ``MA0139`` for ``MA0139.2``."""
    return matrix_id.partition(".")[0]


def find_matrix(matrix_id: str, matrices: Sequence[Matrix]) -> Matrix:
    """Find a matrix by its full id, or by its id without a version.

    Raises
    ------
    InputError
        If no matrix has this id, naming the available version or the most similar ids.
    """
    for matrix in matrices:
        if matrix_id in (matrix.matrix_id, matrix.base_id):
            return matrix
    known = [matrix.matrix_id for matrix in matrices]
    other = [found for found in known if base_id(found) == base_id(matrix_id)]
    close = other or difflib.get_close_matches(matrix_id, known, n=3)
    hint = f"available: {', '.join(close)}" if close else "no id is similar"
    raise InputError(
        f"matrix {matrix_id} is not among the {len(known)} matrices exported from JASPAR; {hint}. "
        "Check the id, and `jaspar.release`, `jaspar.collection` and `jaspar.tax_groups`"
    )


def write_matrices(matrices: Sequence[Matrix], meme_path: Pathlike, table_path: Pathlike) -> None:
    """Write matrices, sorted by id, in MEME format (version 4) and as a table with `COLUMNS`."""
    ordered = sorted(matrices, key=lambda matrix: matrix.matrix_id)
    blocks = ["MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n"]
    rows = ["\t".join(COLUMNS)]
    for matrix in ordered:
        lines = [
            f"MOTIF {matrix.matrix_id} {matrix.name}",
            f"letter-probability matrix: alength= 4 w= {matrix.length}",
            *(" ".join(f"{value:.8f}" for value in column) for column in matrix.probabilities.T),
        ]
        blocks.append("\n".join(lines) + "\n")
        fields = (matrix.matrix_id, matrix.name, matrix.tax_group, matrix.species)
        kinds = (matrix.tf_class, matrix.family, matrix.data_type)
        rows.append("\t".join((*fields, *kinds, str(matrix.length))))
    write_text("\n".join(blocks), meme_path)
    write_text("\n".join(rows) + "\n", table_path)


def read_matrices(meme_path: Pathlike, table_path: Pathlike) -> list[Matrix]:
    """Read the two files written by `write_matrices`.

    Returns
    -------
    list of Matrix
        In the order of the table.

    Raises
    ------
    InputError
        If a file is missing, damaged or empty, or if the two contain different matrices.
    """
    motifs = read_meme(meme_path)
    matrices = []
    for number, row in _read_rows(table_path):
        matrix_id = row["matrix_id"]
        if matrix_id not in motifs:
            raise InputError(
                f"{table_path}, line {number}: matrix {matrix_id} is not in {meme_path}; {_REMEDY}"
            )
        probabilities = motifs.pop(matrix_id)
        if row["length"] != str(probabilities.shape[1]):
            raise InputError(
                f"{table_path}, line {number}: matrix {matrix_id} has length {row['length']}, but "
                f"length {probabilities.shape[1]} in {meme_path}; {_REMEDY}"
            )
        matrices.append(
            Matrix(
                matrix_id=matrix_id,
                name=row["name"],
                tax_group=row["tax_group"],
                species=row["species"],
                tf_class=row["class"],
                family=row["family"],
                data_type=row["data_type"],
                probabilities=probabilities,
            )
        )
    if motifs:
        raise InputError(
            f"{table_path}: matrix {', '.join(sorted(motifs))} of {meme_path} is missing; {_REMEDY}"
        )
    return matrices


def _read_rows(path: Pathlike) -> list[tuple[int, dict[str, str]]]:
    reader = csv.reader(read_text(path).splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    header, *lines = list(reader) or [[]]
    if tuple(header) != COLUMNS:
        raise InputError(
            f"{path}, line 1: found the columns {', '.join(header)}; expected {', '.join(COLUMNS)}"
        )
    rows = []
    for number, fields in enumerate(lines, start=2):
        if len(fields) != len(COLUMNS):
            raise InputError(
                f"{path}, line {number}: found {len(fields)} fields, expected {len(COLUMNS)}; "
                f"{_REMEDY}"
            )
        rows.append((number, dict(zip(COLUMNS, fields, strict=True))))
    return rows
