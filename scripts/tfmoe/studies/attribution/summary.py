"""Summarise the effects of the attribution study over experiments.

Experiments are the unit of replication. Intervals are those of the t distribution over experiments,
if there are at least `MIN_REPEATS`, and generalise to other experiments of the same kind.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tfmoe.attribution.measures import SMALLER_IS_BETTER
from tfmoe.core.paired_interval import paired_interval

SINGLE, MEAN = "single", "mean"
"""Networks that a map explains: single networks, or the mean over training seeds."""
NETWORKS = ("recipe", "backbone")
EFFECT = (*NETWORKS, "effect", "networks", "measure", "method", "without")
_STATISTICS = (
    "experiments", "difference", "difference_low", "difference_high", "better", "worse", "verdict",
)  # fmt: skip
ALPHA = 0.05
MARGIN = 0.01
"""Smallest relevant difference of a correlation, average precision or area under a curve."""

HELPS, HURTS, NOTHING, UNDECIDED = "helps", "hurts", "next to nothing", "undecided"


def summarise_effects(effects: pd.DataFrame) -> pd.DataFrame:
    """Summarise effects over experiments.

    Parameters
    ----------
    effects
        Effects on all experiments; see `tfmoe.studies.attribution.measure.StudyTables`.
        Experiments without a difference are omitted.

    Returns
    -------
    pandas.DataFrame
        `EFFECT`; the number of ``experiments``; the mean ``difference`` over experiments with its
        95 % interval ``difference_low`` and ``difference_high`` (empty with fewer than
        `MIN_REPEATS` experiments); ``better`` and ``worse``, the numbers of experiments whose own
        interval lies on that side of zero; and the ``verdict`` of `judge`.
    """
    rows: list[dict[str, Any]] = []
    known = effects[effects["difference"].notna()]
    for labels, part in known.groupby(list(EFFECT), sort=False):
        row: dict[str, Any] = dict(zip(EFFECT, labels, strict=True))
        differences = part["difference"].to_numpy(np.float64)
        low, high = paired_interval(differences, ALPHA)
        above, below = (
            int((part["difference_low"] > 0).sum()),
            int((part["difference_high"] < 0).sum()),
        )
        smaller = row["measure"] in SMALLER_IS_BETTER
        row |= {
            "experiments": len(part),
            "difference": differences.mean(),
            "difference_low": low,
            "difference_high": high,
            "better": below if smaller else above,
            "worse": above if smaller else below,
        }
        rows.append(row | {"verdict": judge(row)})
    return pd.DataFrame(rows, columns=[*EFFECT, *_STATISTICS])


def judge(row: dict[str, Any]) -> str:
    """Return the verdict on an effect, from its interval over experiments.

    The verdict is ``next to nothing`` if the interval lies within `MARGIN` of zero; otherwise
    ``helps`` or ``hurts`` if it excludes zero; otherwise ``undecided``. Without an interval over
    experiments, the verdict is ``helps`` or ``hurts`` if the intervals of all experiments exclude
    zero on the same side, and otherwise ``undecided``.
    """
    low, high = row["difference_low"], row["difference_high"]
    if np.isnan(low):
        if row["better"] == row["experiments"]:
            return HELPS
        return HURTS if row["worse"] == row["experiments"] else UNDECIDED
    if low > -MARGIN and high < MARGIN:
        return NOTHING
    if row["measure"] in SMALLER_IS_BETTER:
        low, high = -high, -low
    if low > 0:
        return HELPS
    return HURTS if high < 0 else UNDECIDED
