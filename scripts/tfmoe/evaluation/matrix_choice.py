"""Which JASPAR matrix the model `pwm` is on each set, and the kind of data it was made from."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.evaluation.settings import ExperimentLabels
from tfmoe.jaspar.factors import SCORED_COLUMNS

NONE = "-"
COLUMNS = ("experiment", "factor", "role", "stratum", *SCORED_COLUMNS)


def gather_matrices(experiments: Mapping[ExperimentLabels, Pathlike]) -> pd.DataFrame:
    """Put the matrices of all experiments into one table.

    Parameters
    ----------
    experiments
        The table of matrices of each experiment, in the order in which they are to be reported.

    Returns
    -------
    DataFrame
        `COLUMNS`; one row for each matrix of the experiment's factor, of which one is ``chosen``.
        The matrix of a factor without any is ``-``.

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
            known | {"stratum": labels.stratum} | row for row in found or [{"matrix_id": NONE}]
        ]
    return pd.DataFrame(rows, columns=list(COLUMNS))
