"""The sets on which models are scored: positives and one kind of negatives of a test split."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.vocabulary import EvaluationRole, Kind, Split, Subset, kind_order
from tfmoe.evaluation.metrics import find_fault
from tfmoe.evaluation.predictions import Column, Predictions

EXPERIMENT_COLUMNS = ("experiment", "factor", "role", "stratum")
SET_COLUMNS = (*EXPERIMENT_COLUMNS, "negatives", "subset")


@dataclass(frozen=True)
class ExperimentLabels:
    """Values of the columns that describe an experiment in the tables.

    Attributes
    ----------
    experiment, factor
        Names of the experiment and its factor.
    role
        One of `tfmoe.core.vocabulary.EvaluationRole`: whether the factor has an expert.
    stratum
        For OOD experiments, the relation of the factor to the training factors
        (`tfmoe.core.vocabulary.Stratum`); otherwise ``-``.
    """

    experiment: str
    factor: str
    role: str
    stratum: str


@dataclass(frozen=True)
class ScoredSet:
    """Positives and one kind of negatives of the test split of one experiment.

    Attributes
    ----------
    keys
        The set's values of `SET_COLUMNS`.
    positive
        bool, (N,).
    chrom, start
        str and int64, (N,): starts of the windows (0-based); ``start`` is -1 if unknown.
    scores
        float64, (C, N).
    columns
        Model and seed of the C rows of `scores`.
    fault
        The reason why the set cannot be scored, or an empty string.
    """

    keys: dict[str, str]
    positive: NDArray[np.bool_]
    chrom: NDArray[np.object_]
    start: NDArray[np.int64]
    scores: NDArray[np.float64]
    columns: list[Column]
    fault: str


def split_sets(predictions: Predictions, experiment: ExperimentLabels) -> Iterator[ScoredSet]:
    """Yield one set per kind of negatives and subset of an experiment's test split.

    Experiments that train no expert have the subset ``no_overlap``. It excludes positives and
    negatives that overlap a peak of a training experiment, because experts may score these high for
    other reasons. For a training factor in other cells, these include the factor's own peaks in the
    training cells, so sites that only the other cells have remain. A shuffle is excluded together
    with its parent.
    """
    test = predictions.split == Split.TEST
    found = set(predictions.kind[test & ~predictions.positive])
    kinds = sorted(found, key=kind_order) or [Kind.GENOMIC]
    subsets = [Subset.ALL]
    if experiment.role != EvaluationRole.IN_DISTRIBUTION:
        subsets.append(Subset.NO_OVERLAP)
    for kind in kinds:
        for subset in subsets:
            used, fault = test, ""
            if subset == Subset.NO_OVERLAP and predictions.overlaps is None:
                fault = "overlap with training peaks is not known"
                used = np.zeros_like(test)
            elif subset == Subset.NO_OVERLAP and predictions.overlaps is not None:
                used = test & ~predictions.overlaps
            rows = used & (predictions.positive | (predictions.kind == kind))
            positive = predictions.positive[rows]
            yield ScoredSet(
                keys=asdict(experiment) | {"negatives": kind, "subset": subset},
                positive=positive,
                chrom=predictions.chrom[rows],
                start=predictions.start[rows],
                scores=predictions.scores[:, rows],
                columns=predictions.columns,
                fault=fault or find_fault(np.zeros(positive.size), positive),
            )


def class_sizes(positive: NDArray[np.bool_]) -> dict[str, int]:
    """Count positives and negatives."""
    n_positive = int(positive.sum())
    return {"n_pos": n_positive, "n_neg": positive.size - n_positive}
