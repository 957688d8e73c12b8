"""Names of the controls of the conditioned mixture, and their means over factors."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from tfmoe.core.paired_interval import paired_interval
from tfmoe.evaluation.metrics import FEW


class Control(StrEnum):
    """Controls in the order in which they are reported, each with the AUROC and its reference.

    The reference is the conditioned mixture on the same sequences, except where stated.

    ======================= =====================================================================
    without_networks,       the mixture without one kind of members
    without_kmers,
    without_matrix
    swapped_identity        the mixture, asked about a factor of another family
    specificity             positives of the factor against those of the other unseen factors;
                            reference: 0.5, which is chance
    specificity_of_moe      the same by the mixture that does not know the factor
    independent_matrices    the conditioned mixture on factors whose matrix comes from other data;
                            reference: k-mers + matrix
    without_bound_negatives the conditioned mixture without negatives that are peaks of other
                            factors; reference: with all negatives
    background_vs_shuffle   the network that never saw a peak
    ======================= =====================================================================
    """

    WITHOUT_NETWORKS = "without_networks"
    WITHOUT_KMERS = "without_kmers"
    WITHOUT_MATRIX = "without_matrix"
    SWAPPED = "swapped_identity"
    SPECIFICITY = "specificity"
    SPECIFICITY_OF_MOE = "specificity_of_moe"
    INDEPENDENT = "independent_matrices"
    WITHOUT_BOUND = "without_bound_negatives"
    BACKGROUND = "background_vs_shuffle"


CONTROL_COLUMNS = (
    "control",
    "experiment",
    "factor",
    "stratum",
    "matrix_id",
    "independent",
    "subset",
    "n_pos",
    "n_neg",
    "auroc",
    "reference",
    "difference",
    "note",
)
_VALUES = ["auroc", "reference", "difference"]
SUMMARY_COLUMNS = ("control", "subset", "factors", *_VALUES, "low", "high")
LEVEL = 0.95
"""Level of the interval of the mean difference."""


def summarise_controls(controls: pd.DataFrame) -> pd.DataFrame:
    """Average the controls over factors; experiments of a factor count as one.

    Parameters
    ----------
    controls
        `CONTROL_COLUMNS`. Sets with fewer than `tfmoe.evaluation.metrics.FEW` positives or
        negatives, or without a difference, are left out.

    Returns
    -------
    DataFrame
        `SUMMARY_COLUMNS`, one row per control and subset. ``low`` and ``high`` are the bounds of
        the t interval of the mean difference; NaN with fewer than three factors.
    """
    used = controls[(controls[["n_pos", "n_neg"]] >= FEW).all(axis=1)].dropna(subset=_VALUES)
    means = used.groupby(["control", "subset", "factor"])[_VALUES].mean()
    rows: list[dict[str, Any]] = []
    for (control, subset), part in means.groupby(["control", "subset"]):
        difference = part["difference"].to_numpy(dtype=np.float64)
        low, high = paired_interval(difference, 1 - LEVEL)
        head = {"control": control, "subset": subset, "factors": len(part)}
        averages = {value: float(part[value].mean()) for value in _VALUES}
        rows.append(head | averages | {"low": low, "high": high})
    order = [str(control) for control in Control]
    rows.sort(key=lambda row: (order.index(row["control"]), row["subset"]))
    return pd.DataFrame(rows, columns=list(SUMMARY_COLUMNS))
