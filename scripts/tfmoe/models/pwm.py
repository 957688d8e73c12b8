"""The baseline ``pwm``: best hit, on either strand, of one of the factor's own JASPAR matrices."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tfmoe.core.vocabulary import Split
from tfmoe.data.datasets import SequenceSet
from tfmoe.jaspar.factors import SCORED_COLUMNS
from tfmoe.jaspar.matrices import NOT_STATED, Matrix
from tfmoe.jaspar.scanning import log_odds, scan
from tfmoe.models.prediction import Scores
from tfmoe.models.training_loop import auroc


@dataclass(frozen=True)
class MatrixScores:
    """Scores of the factor's own matrices.

    Attributes
    ----------
    score
        Best hits of the chosen matrix in bits, float32 (N,); `None` without a matrix.
    table
        `SCORED_COLUMNS`, one row per matrix in the given order: its data type; whether this is
        known to differ from the run's; its AUROC on the validation split, NaN without one; and
        whether it was chosen.
    """

    score: Scores | None
    table: pd.DataFrame


def score_matrices(
    sequences: SequenceSet, matrices: Sequence[Matrix], dependent_data_types: Collection[str]
) -> MatrixScores:
    """Score sequences with the best of a factor's own matrices.

    The best matrix has the highest AUROC on the validation split against all negatives; of equal
    ones the first is chosen. Without a validation split, as for an OOD factor, no data inform the
    choice, and the first matrix is used.

    Parameters
    ----------
    sequences
        Sequences to score, with the validation split on which the matrix is chosen.
    matrices
        Matrices as returned by `tfmoe.jaspar.factors.own_matrices`. Those longer than a window are
        left out.
    dependent_data_types
        Data types of matrices that were probably built from the run's own data.
    """
    usable = [matrix for matrix in matrices if matrix.length <= sequences.windows.shape[1]]
    codes = np.ascontiguousarray(sequences.windows)
    scores = [scan(codes, log_odds(matrix.probabilities)).score for matrix in usable]
    judged = (sequences.table["split"] == Split.VALIDATION).to_numpy()
    labels = sequences.labels[judged]
    both = 0 < labels.sum() < len(labels)
    found = [auroc(score[judged], labels) if both else np.nan for score in scores]
    best = int(np.argmax(found)) if both and found else 0
    rows = [
        (
            matrix.matrix_id,
            matrix.name,
            matrix.data_type or NOT_STATED,
            matrix.is_independent_of(dependent_data_types),
            found[index],
            index == best,
        )
        for index, matrix in enumerate(usable)
    ]
    table = pd.DataFrame(rows, columns=list(SCORED_COLUMNS))
    return MatrixScores(scores[best] if scores else None, table)
