"""The study of ShiftSmooth over experiments: what each effect is on the mean of them.

Experiments are the unit of replication: intervals are those of the t distribution over experiments,
where there are `FEWEST_SEEDS` or more of them, and say how it would be on other experiments of the
kind.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tfmoe.attribution.measures import SMALLER_IS_BETTER
from tfmoe.studies.recipes.comparison import paired_interval

SINGLE, MEAN = "single", "mean"
"""What maps are of: single networks, or the mean of the training seeds."""
SMOOTHING, CORRECTION, STRANDS, SEEDS = "smoothing", "correction", "strands", "seeds"
"""What one method has and another has not."""
NETWORKS = ("recipe", "backbone")
EFFECT = (*NETWORKS, "effect", "networks", "measure", "method", "without")
_STATISTICS = (
    "experiments", "difference", "difference_low", "difference_high", "better", "worse", "verdict",
)  # fmt: skip
ALPHA = 0.05
MARGIN = 0.01
"""Of a correlation, of average precision, of a curve's area: what is less is next to nothing."""

HELPS, HURTS, NOTHING, UNDECIDED = "helps", "hurts", "next to nothing", "undecided"


def summarise_effects(effects: pd.DataFrame) -> pd.DataFrame:
    """Summarise effects over experiments.

    Parameters
    ----------
    effects
        Those of all experiments, as in `tfmoe.studies.attribution.measure.StudyTables`. Where no
        sequence counts, an experiment does not.

    Returns
    -------
    pandas.DataFrame
        `EFFECT`; ``experiments`` that count; the mean ``difference`` over them with
        ``difference_low`` and ``difference_high`` (95 %, empty with fewer than three); ``better``
        and ``worse``, the experiments whose own interval lies on that side of zero; and
        ``verdict``, of `judge`.
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
    """Say what an effect is, by its interval over experiments.

    ``next to nothing`` if the interval lies within `MARGIN` of zero; else ``helps`` or ``hurts`` if
    it excludes zero; else ``undecided``. Without an interval over experiments an effect helps or
    hurts if all experiments' own intervals exclude zero on one side, and is next to nothing never.
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
