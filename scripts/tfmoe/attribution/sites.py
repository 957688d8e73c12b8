"""Label the positions of a factor's motif: planted instances, or hits of its JASPAR matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tfmoe.attribution.localisation import (
    LEFT_OUT,
    TRUTH_COLUMNS,
    Labels,
    LocalisationSettings,
    has_sites,
    label_hits,
    label_positions,
)
from tfmoe.core.dna import Codes
from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.jaspar.factors import Factors, own_matrix, read_factors
from tfmoe.jaspar.matrices import Matrix, read_matrices

PLANTED = "planted"
NONE = "-"


@dataclass(frozen=True)
class SiteFiles:
    """Paths of the files from which motif sites are derived.

    Attributes
    ----------
    planted
        Table of planted motifs with `TRUTH_COLUMNS`: a list of one path, or an empty list if the
        run is not simulated.
    motifs, matrices
        JASPAR matrices, as read by `tfmoe.jaspar.matrices.read_matrices`.
    factors, families
        The project's tables of factors and families.
    """

    planted: Sequence[Pathlike]
    motifs: Pathlike
    matrices: Pathlike
    factors: Pathlike
    families: Pathlike


@dataclass(frozen=True)
class SiteSource:
    """Source of motif sites: planted instances in simulated runs, otherwise matrices of factors.

    Attributes
    ----------
    planted
        One row per planted instance, columns `TRUTH_COLUMNS`; None if the run is not simulated.
    matrices
        JASPAR matrices.
    factors
        Tables that assign matrices to factors.
    settings
        Thresholds for information and hits.
    """

    planted: pd.DataFrame | None
    matrices: Sequence[Matrix]
    factors: Factors
    settings: LocalisationSettings

    def label(self, windows: pd.DataFrame, codes: Codes, factor: str) -> Sites:
        """Label the positions of N windows.

        Parameters
        ----------
        windows
            ``chrom`` and ``start`` of each window; only used in simulated runs.
        codes
            uint8 (N, L).
        factor
            Factor whose motif is located.
        """
        if self.planted is not None:
            arguments = (self.planted, self.matrices, factor, self.settings)
            labels = label_positions(windows, codes, *arguments)
            note = "" if has_sites(labels).any() else "no motif of the factor was planted in them"
            return Sites(labels, PLANTED, note)
        matrix = own_matrix(factor, self.matrices, self.factors)
        if matrix is None:
            labels = np.full(codes.shape, LEFT_OUT, dtype=np.int8)
            return Sites(labels, NONE, "the factor has no matrix of its own")
        labels = label_hits(codes, matrix, self.settings)
        note = "" if has_sites(labels).any() else "no positive has exactly one hit of the matrix"
        return Sites(labels, matrix.matrix_id, note)


@dataclass(frozen=True, eq=False)
class Sites:
    """Labelled positions.

    Attributes
    ----------
    labels
        int8 (N, L), as in `tfmoe.attribution.localisation`.
    truth
        Origin of the labels: `PLANTED`, the id of a matrix, or `NONE`.
    note
        Reason why no window has a site; empty otherwise.
    """

    labels: Labels
    truth: str
    note: str


def read_site_source(files: SiteFiles, settings: LocalisationSettings) -> SiteSource:
    """Read the files from which motif sites are derived.

    Raises
    ------
    InputError
        If a file is missing or invalid.
    """
    planted = [read_tsv(path, columns=TRUTH_COLUMNS) for path in files.planted]
    return SiteSource(
        planted[0] if planted else None,
        read_matrices(files.motifs, files.matrices),
        read_factors(files.factors, files.families),
        settings,
    )
