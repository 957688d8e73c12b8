"""The JASPAR matrix that the model `pwm` uses on each set, and the data behind the matrix."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.evaluation.scored_sets import EXPERIMENT_COLUMNS, ExperimentLabels
from tfmoe.jaspar.factors import SCORED_COLUMNS

NO_MATRIX = "-"
COLUMNS = (*EXPERIMENT_COLUMNS, *SCORED_COLUMNS)


def gather_matrices(experiments: Mapping[ExperimentLabels, Pathlike]) -> pd.DataFrame:
    """Join the tables of matrices of all experiments.

    Parameters
    ----------
    experiments
        The table of matrices of each experiment, in reporting order.

    Returns
    -------
    DataFrame
        `COLUMNS`: one row per experiment and matrix of its factor; one of these is ``chosen``. A
        factor without a matrix has one row with ``-`` as the matrix.

    Raises
    ------
    InputError
        If a file is missing or malformed.
    """
    rows = []
    for labels, path in experiments.items():
        known = {"experiment": labels.experiment, "factor": labels.factor, "role": labels.role}
        found = read_tsv(path, list(SCORED_COLUMNS)).to_dict("records")
        rows += [
            known | {"stratum": labels.stratum} | row for row in found or [{"matrix_id": NO_MATRIX}]
        ]
    return pd.DataFrame(rows, columns=list(COLUMNS))
