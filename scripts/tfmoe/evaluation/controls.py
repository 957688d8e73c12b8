"""Controls of the conditioned mixture: whether its scores depend on the factor that it is given.

The overlap of intervals needs pysam, so rules whose environment lacks it cannot import this module.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.errors import InputError
from tfmoe.core.seeds import generator
from tfmoe.core.vocabulary import Kind
from tfmoe.data.intervals import overlaps_table
from tfmoe.evaluation.delong import auroc
from tfmoe.evaluation.metrics import find_fault

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

POSITION_COLUMNS = ("chrom", "start", "end")
POSITIVE_COLUMNS = ("experiment", "factor", *POSITION_COLUMNS)
SPECIFICITY_COLUMNS = ("experiment", "model", "n_pos", "n_other", "auroc", "note")
UNKNOWN = "-"
"""Family of a factor whose family is not known."""
_NATURAL = (Kind.GENOMIC, Kind.NEIGHBOUR)
"""Kinds of negatives that may be peaks of other factors by chance.

A shuffle has the coordinates of its parent but is not a genomic sequence, and peaks of other
factors are bound by definition.
"""


def specificity(positives: pd.DataFrame, scores: Mapping[str, Floats], model: str) -> pd.DataFrame:
    """Score each factor's positives against the positives of the other factors.

    A model that does not know the factor gives a sequence the same score for all factors, so its
    AUROCs are 0.5 on average over sets of equal size. Positives of other factors that overlap a
    positive of the factor are left out.

    Parameters
    ----------
    positives
        `POSITIVE_COLUMNS`: the test positives of all unseen factors, 0-based and half-open.
    scores
        By experiment: float64 (N,), the scores of all N positives if the model is asked about the
        factor of that experiment.
    model
        Name of the model.

    Returns
    -------
    DataFrame
        `SPECIFICITY_COLUMNS`, one row per experiment in `scores`. ``auroc`` is NaN, and ``note``
        has the reason, if it cannot be computed.

    Raises
    ------
    InputError
        If an experiment has no positives, or another number of scores than there are positives.
    """
    factor_of = dict(zip(positives["experiment"], positives["factor"], strict=True))
    rows = []
    for experiment, values in scores.items():
        if experiment not in factor_of:
            raise InputError(f"specificity: experiment {experiment} has no test positives")
        _check_length(f"specificity of {experiment}", values, len(positives))
        own = (positives["experiment"] == experiment).to_numpy()
        related = (positives["factor"] == factor_of[experiment]).to_numpy()
        bound = overlaps_table(positives, positives[related])
        used = own | ~(related | bound)
        value, note = _auroc(values[used], own[used])
        sizes = {"n_pos": int(own.sum()), "n_other": int((used & ~own).sum())}
        head = {"experiment": experiment, "model": model}
        rows.append(head | sizes | {"auroc": value, "note": note})
    return pd.DataFrame(rows, columns=list(SPECIFICITY_COLUMNS))


def swapped_factor(
    experiment: str, factor: str, family: str, families: Mapping[str, str], run_seed: int
) -> str | None:
    """Draw the factor whose identity a model is given instead of the right one.

    Parameters
    ----------
    experiment
        Name of the experiment, which the draw depends on.
    factor, family
        Its factor and the factor's family, ``-`` if unknown.
    families
        Family of each factor that has a matrix.
    run_seed
        The run's seed.

    Returns
    -------
    str or None
        A factor of another, known family; `None` if there is none.
    """
    others = sorted(
        name
        for name, found in families.items()
        if name.upper() != factor.upper() and found not in (family, UNKNOWN)
    )
    if not others:
        return None
    return others[int(generator(run_seed, "swapped_identity", experiment).integers(len(others)))]


def without_bound_negatives(predictions: pd.DataFrame, others: pd.DataFrame) -> Mask:
    """Return which sequences stay if negatives that are peaks of other factors are left out.

    Parameters
    ----------
    predictions
        Columns label, kind, chrom, start and end of ``predictions/<x>.parquet``.
    others
        chrom, start and end of the peaks of all other factors, 0-based and half-open.

    Returns
    -------
    ndarray
        bool, (N,): `False` for negatives of the kinds ``genomic`` and ``neighbour`` that overlap a
        peak. Positives, shuffles, negatives of other kinds and sequences without coordinates stay.

    Raises
    ------
    InputError
        If a column is missing.
    """
    for name, table in (("predictions", predictions), ("peaks of other factors", others)):
        needed = ("label", "kind") * (name == "predictions") + POSITION_COLUMNS
        missing = [column for column in needed if column not in table]
        if missing:
            raise InputError(f"{name}: column {', '.join(missing)} is missing")
    natural = (predictions["label"] == 0) & predictions["kind"].isin(_NATURAL)
    placed = natural & predictions[list(POSITION_COLUMNS)].notna().all(axis=1)
    kept = np.ones(len(predictions), dtype=np.bool_)
    kept[placed.to_numpy()] = ~overlaps_table(predictions[placed], others)
    return kept


def _auroc(scores: Floats, positive: Mask) -> tuple[float, str]:
    """Return an AUROC, or NaN with the reason."""
    fault = find_fault(scores, positive)
    if fault:
        return np.nan, fault
    return float(auroc(scores[None, positive], scores[None, ~positive])[0]), ""


def _check_length(label: str, scores: Floats, expected: int) -> None:
    if len(scores) != expected:
        raise InputError(f"{label}: found {len(scores)} scores, expected {expected}")
