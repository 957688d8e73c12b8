"""The JASPAR releases that ship with pyjaspar, so that no download is needed."""

from __future__ import annotations

import contextlib
import sqlite3
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfmoe.core.errors import ConfigError
from tfmoe.jaspar.matrices import Matrix

_TABLES = ("MATRIX_DATA", "MATRIX_ANNOTATION", "MATRIX_SPECIES", "MATRIX_PROTEIN")


@dataclass(frozen=True)
class JasparSettings:
    """The config's section ``jaspar``; the schema describes its keys and defaults."""

    release: str
    collection: str
    tax_groups: Sequence[str]
    file: str | None
    sha256: str | None


def read_release(settings: JasparSettings) -> list[Matrix]:
    """Read a release's latest matrices of one collection and the given taxonomic groups.

    Source: JASPAR 2026 and earlier (https://jaspar.elixir.no), through pyjaspar.

    Returns
    -------
    list of Matrix
        Sorted by matrix id. Probabilities are the counts divided by the sum of their column.

    Raises
    ------
    ConfigError
        If pyjaspar lacks the release, or the release has no matrix of a taxonomic group.
    """
    from Bio import BiopythonWarning
    from pyjaspar import jaspar_releases, jaspardb

    if settings.release not in jaspar_releases:
        raise ConfigError(
            f"jaspar.release: found {settings.release}, expected a release of the installed "
            f"pyjaspar: {', '.join(sorted(jaspar_releases))}"
        )
    database = jaspardb(release=settings.release)
    # pyjaspar leaves the connection open, which would cause a ResourceWarning
    with contextlib.closing(database.conn), contextlib.closing(_indexed(database.conn)) as indexed:
        database.conn = indexed
        matrices = []
        for tax_group in settings.tax_groups:
            with warnings.catch_warnings(category=BiopythonWarning, action="ignore"):
                # pyjaspar warns about an empty result, which is an error below
                motifs = database.fetch_motifs(
                    collection=settings.collection, tax_group=[tax_group]
                )
            if not motifs:
                raise ConfigError(
                    f"jaspar.tax_groups: {settings.release} has no matrix of {tax_group} in "
                    f"collection {settings.collection}"
                )
            matrices += [_matrix(motif) for motif in motifs]
    return sorted(matrices, key=lambda matrix: matrix.matrix_id)


def _indexed(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Copy a release into memory with indices, without which each matrix takes six whole scans."""
    indexed = sqlite3.connect(":memory:")
    connection.backup(indexed)
    for table in _TABLES:
        indexed.execute(f"create index by_id_{table} on {table} (ID)")
    return indexed


def _matrix(motif: Any) -> Matrix:
    counts = np.array([list(motif.counts[base]) for base in "ACGT"], dtype=np.float64)
    return Matrix(
        matrix_id=motif.matrix_id,
        name=motif.name,
        tax_group=motif.tax_group,
        species=_joined(motif.species),
        tf_class=_joined(motif.tf_class),
        family=_joined(motif.tf_family),
        data_type=motif.data_type or "",
        probabilities=counts / counts.sum(axis=0),
    )


def _joined(values: Iterable[object]) -> str:
    return ";".join(str(value) for value in values)
