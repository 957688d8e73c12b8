"""Time DeLong's covariance.

Arguments: program, models, scores per model, timed calls, the peer's checkout.

Programs: ``tfmoe``; ``direct`` compares each positive with each negative, as in the
definition; ``peer`` is `fastDeLong` of the checkout. Half of the scores are of positives.
"""

from __future__ import annotations

import sys

import numpy as np
from measuring import answer, clock_for, peak_memory_mb, seconds_of
from numpy.typing import NDArray

from tfmoe.evaluation.delong import delong

Result = tuple[NDArray[np.float64], NDArray[np.float64]]

program = sys.argv[1]
models, size, calls = map(int, sys.argv[2:5])
half = size // 2
rng = np.random.default_rng(0)
label = np.arange(size) < half
# networks write float32, so long lists have ties
shared = rng.normal(size=size)
scores = (label + np.sqrt(0.5) * (shared + rng.normal(size=(models, size)))).astype(np.float32)
positives, negatives = np.split(scores.astype(np.float64), [half], axis=1)


def by_tfmoe() -> Result:
    """Return AUROCs and their covariance."""
    result = delong(positives, negatives)
    return result.auroc, result.covariance


def by_pairs() -> Result:
    """Return the same from all pairs, one model at a time to save memory."""
    above, below = np.empty(positives.shape), np.empty(negatives.shape)
    for model in range(models):
        row, column = positives[model, :, None], negatives[model]
        kernel = (row > column) + 0.5 * (row == column)
        above[model], below[model] = kernel.mean(axis=1), kernel.mean(axis=0)
    covariance = np.cov(above) / above.shape[1] + np.cov(below) / below.shape[1]
    return above.mean(axis=1), covariance


def by_peer() -> Result:
    """Return the same, computed by the peer."""
    sys.path.insert(0, sys.argv[5])
    from compare_auc_delong_xu import fastDeLong

    auroc, covariance = fastDeLong(np.hstack([positives, negatives]), half)
    return auroc, covariance


run = {"tfmoe": by_tfmoe, "direct": by_pairs, "peer": by_peer}[program]
auroc, covariance = run()
seconds = [seconds_of(run, clock_for(1)) for _ in range(calls)]
answer(seconds=seconds, memory_mb=peak_memory_mb(), result=[*auroc, *covariance.ravel().tolist()])
