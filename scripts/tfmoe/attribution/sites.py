"""Where the motif of a factor is in its positives: what was planted, or the hits of its matrix."""

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
    """Paths of what says where motifs are.

    Attributes
    ----------
    planted
        Where motifs were planted, columns `TRUTH_COLUMNS`: a list of one table, or of none if the
        run is not simulated.
    motifs, matrices
        The JASPAR matrices, as `tfmoe.jaspar.matrices.read_matrices` takes them.
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
    """What says where motifs are: planted instances if there are any, else the factors' matrices.

    Attributes
    ----------
    planted
        One row a planted instance, columns `TRUTH_COLUMNS`; None if the run is not simulated.
    matrices
        JASPAR's.
    factors
        Which of them is a factor's own.
    settings
        Bounds on information and hits.
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
            ``chrom`` and ``start`` of each window; only looked at in simulated runs.
        codes
            uint8 (N, L).
        factor
            Whose motif counts.
        """
        if self.planted is not None:
            arguments = (self.planted, self.matrices, factor, self.settings)
            labels = label_positions(windows, codes, *arguments)
            found = "" if has_sites(labels).any() else "no motif of the factor was planted in them"
            return Sites(labels, PLANTED, found)
        matrix = own_matrix(factor, self.matrices, self.factors)
        if matrix is None:
            labels = np.full(codes.shape, LEFT_OUT, dtype=np.int8)
            return Sites(labels, NONE, "the factor has no matrix of its own")
        labels = label_hits(codes, matrix, self.settings)
        found = "" if has_sites(labels).any() else "no positive has exactly one hit of the matrix"
        return Sites(labels, matrix.matrix_id, found)


@dataclass(frozen=True, eq=False)
class Sites:
    """Labelled positions.

    Attributes
    ----------
    labels
        int8 (N, L), as in `tfmoe.attribution.localisation`.
    truth
        What they are by: `PLANTED`, the id of a matrix, or `NONE`.
    note
        Why no window has a site; empty if one has.
    """

    labels: Labels
    truth: str
    note: str


def read_site_source(files: SiteFiles, settings: LocalisationSettings) -> SiteSource:
    """Read what says where motifs are.

    Raises
    ------
    InputError
        If a file is missing or is of another kind.
    """
    planted = [read_tsv(path, columns=TRUTH_COLUMNS) for path in files.planted]
    return SiteSource(
        planted[0] if planted else None,
        read_matrices(files.motifs, files.matrices),
        read_factors(files.factors, files.families),
        settings,
    )
