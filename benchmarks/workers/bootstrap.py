"""Time resamples of AUROC and average precision.

Arguments: program, models, positives, negatives, resamples.

Programs: ``sequences`` and ``blocks`` are tfmoe's resamples of single sequences (both measures) and
of stretches of chromosome (AUROC); ``scikit-learn`` draws indices and calls `roc_auc_score` and
`average_precision_score` for each model and resample. All run on one thread.
"""

from __future__ import annotations

import sys

import numpy as np
from measuring import answer, clock_for, peak_memory_mb, seconds_of
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from tfmoe.evaluation.bootstrap import bootstrap_blocks, bootstrap_ranking

STRETCHES = 200

program = sys.argv[1]
models, positives, negatives, resamples = map(int, sys.argv[2:])
rng = np.random.default_rng(0)
label = np.arange(positives + negatives) < positives
shared = rng.normal(size=label.size)
scores = label + np.sqrt(0.5) * (shared + rng.normal(size=(models, label.size)))
stretches = np.r_[np.arange(STRETCHES), rng.integers(STRETCHES, size=label.size - STRETCHES)]


def by_sequence() -> NDArray[np.float64]:
    """Resample sequences with tfmoe: (measures, models, resamples)."""
    drawn = bootstrap_ranking(scores[:, label], scores[:, ~label], resamples, rng)
    return np.array([drawn.auroc, drawn.auprc])


def by_block() -> NDArray[np.float64]:
    """Resample stretches with tfmoe: (1, models, resamples)."""
    return bootstrap_blocks(scores, label, stretches, resamples, rng)[None]


def by_loop() -> NDArray[np.float64]:
    """Resample with scikit-learn: (measures, models, resamples)."""
    result = np.empty((2, models, resamples))
    for resample in range(resamples):
        rows = np.r_[
            rng.integers(positives, size=positives),
            positives + rng.integers(negatives, size=negatives),
        ]
        for model in range(models):
            given = label[rows], scores[model, rows]
            result[:, model, resample] = roc_auc_score(*given), average_precision_score(*given)
    return result


run = {"sequences": by_sequence, "blocks": by_block, "scikit-learn": by_loop}[program]
spread = run().std(axis=2)
seconds = [seconds_of(run, clock_for(1)) for _ in range(3)]
answer(seconds=seconds, memory_mb=peak_memory_mb(), spread=spread.tolist())
