"""The baseline `pwm`: the best hit, on either strand, of a JASPAR matrix of the factor's own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tfmoe.data.datasets import SequenceSet
from tfmoe.jaspar.factors import SCORED_COLUMNS
from tfmoe.jaspar.matrices import NOT_STATED, Matrix
from tfmoe.jaspar.scanning import log_odds, scan
from tfmoe.models.prediction import Scores
from tfmoe.models.training_loop import auroc


@dataclass(frozen=True)
class MatrixScores:
    """What the factor's own matrices say of sequences.

    Attributes
    ----------
    score
        Best hits in bits of the matrix that was chosen, float32 (N,); `None` if there is no matrix.
    table
        `SCORED_COLUMNS`, one row a matrix, in the order given: the kind of data that it was made
        from; whether that is known to be another kind than the run's; its AUROC on the split
        validation, NaN without one; and whether it was chosen.
    """

    score: Scores | None
    table: pd.DataFrame


def score_matrices(
    sequences: SequenceSet, matrices: Sequence[Matrix], dependent_data_types: Collection[str]
) -> MatrixScores:
    """Score with the best of a factor's own matrices.

    The best is the one with the highest AUROC on the split validation, against all negatives there;
    of equal ones the first. Where that split is not among the sequences, as for a factor that is
    out of distribution, nothing is chosen on its data: it is the first.

    Parameters
    ----------
    sequences
        Those to score, and those of the split validation that the choice may look at.
    matrices
        As `tfmoe.jaspar.factors.own_matrices` returns them. One that is longer than a window scores
        nothing and is left out.
    dependent_data_types
        Data types that are probably the very data that the run is trained on.
    """
    usable = [matrix for matrix in matrices if matrix.length <= sequences.windows.shape[1]]
    codes = np.ascontiguousarray(sequences.windows)
    scores = [scan(codes, log_odds(matrix.probabilities)).score for matrix in usable]
    judged = (sequences.table["split"] == "validation").to_numpy()
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
            found[place],
            place == best,
        )
        for place, matrix in enumerate(usable)
    ]
    table = pd.DataFrame(rows, columns=list(SCORED_COLUMNS))
    return MatrixScores(scores[best] if scores else None, table)
