"""The sets that models are scored on: positives and one kind of negatives of a test split."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.vocabulary import kind_order
from tfmoe.evaluation.metrics import find_fault
from tfmoe.evaluation.predictions import Column, Predictions
from tfmoe.evaluation.settings import ExperimentLabels

SET_COLUMNS = ("experiment", "factor", "role", "stratum", "negatives", "subset")


@dataclass(frozen=True)
class ScoredSet:
    """Positives and one kind of negatives of one experiment's test split.

    Attributes
    ----------
    keys
        The set's values of `SET_COLUMNS`.
    positive
        bool, (N,).
    chrom, start
        str and int64, (N,): where the windows begin (0-based); ``start`` is -1 where unknown.
    scores
        float64, (C, N), of `columns`.
    columns
        The C columns.
    fault
        Why the set cannot be scored; empty if it can.
    """

    keys: dict[str, str]
    positive: NDArray[np.bool_]
    chrom: NDArray[np.object_]
    start: NDArray[np.int64]
    scores: NDArray[np.float64]
    columns: list[Column]
    fault: str


def split_sets(predictions: Predictions, experiment: ExperimentLabels) -> Iterator[ScoredSet]:
    """Give each set of an experiment's test split: each kind of negatives, and each subset.

    The subset ``no_overlap``, of OOD experiments only, leaves out what overlaps a peak of a
    training experiment: positives, and negatives, which experts have reason to score high; a
    shuffle goes with its parent.
    """
    test = predictions.split == "test"
    found = set(predictions.kind[test & ~predictions.positive])
    kinds = sorted(found, key=kind_order) or ["genomic"]
    for kind in kinds:
        for subset in ("all", "no_overlap") if experiment.role == "ood" else ("all",):
            used, fault = test, ""
            if subset == "no_overlap" and predictions.overlaps is None:
                fault = "overlap with training peaks is not known"
                used = np.zeros_like(test)
            elif subset == "no_overlap" and predictions.overlaps is not None:
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
