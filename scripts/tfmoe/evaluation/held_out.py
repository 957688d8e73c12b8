"""Cross-validated AUROC of adapted mixtures over the peaks that they were given.

People who adapt a mixture to a new factor have no test set. This is the estimate that they have: it
rests on the given peaks and their negatives alone.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import norm

from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.evaluation.delong import delong

KEYS = ["experiment", "draw", "peaks"]
COLUMNS = (*KEYS, "n_pos", "n_neg", "auroc", "low", "high")
_WINDOWS = [*KEYS, "name", "label", "logit"]


def held_out_aurocs(paths: Iterable[Pathlike], alpha: float) -> pd.DataFrame:
    """Compute the AUROC of held-out logits of each set of peaks.

    Parameters
    ----------
    paths
        Tables of `tfmoe.models.conditioned.adapted_scores`: one row per window and set, with the
        logit of a mixture that was adapted without the window and those that overlap it.
    alpha
        Intervals cover ``1 - alpha``.

    Returns
    -------
    DataFrame
        `COLUMNS`. The interval is DeLong's, on the logit scale; it is NaN if the classes do not
        overlap. It covers the windows' variation, not that of the choice of the peaks.
    """
    rows = [
        (*keys, *_auroc(table, alpha))
        for path in paths
        for keys, table in read_tsv(path, _WINDOWS).groupby(KEYS, sort=False)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _auroc(table: pd.DataFrame, alpha: float) -> tuple[int, int, float, float, float]:
    """Return the sizes of both classes, the AUROC, and its interval."""
    positive = table["label"].to_numpy() == 1
    found = auroc_interval(table["logit"].to_numpy(np.float64), positive, alpha)
    return (int(positive.sum()), int((~positive).sum()), *found)


def auroc_interval(
    scores: NDArray[np.float64], positive: NDArray[np.bool_], alpha: float
) -> tuple[float, float, float]:
    """Return the AUROC of scores (n,) and DeLong's interval, as `held_out_aurocs` describes it."""
    found = delong(scores[None, positive], scores[None, ~positive])
    auroc, variance = float(found.auroc[0]), float(found.covariance[0, 0])
    if not 0 < auroc < 1 or variance <= 0:
        return auroc, np.nan, np.nan
    half = norm.ppf(1 - alpha / 2) * np.sqrt(variance) / (auroc * (1 - auroc))
    low, high = expit(logit(auroc) + np.array([-half, half]))
    return auroc, float(low), float(high)
