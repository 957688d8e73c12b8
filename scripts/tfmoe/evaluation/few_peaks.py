"""AUROC against the number of peaks of a new factor, as means over unseen factors.

Every mean and difference at one number of peaks is over the same factors: those on which all models
of that number have a score. Factors with few peaks drop out at larger numbers, so references that
need no peaks are averaged anew at each number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tfmoe.core.paired_interval import paired_interval
from tfmoe.core.vocabulary import (
    ADAPTED,
    ALL_PEAKS,
    CONDITIONED,
    FINE_TUNED,
    GKM,
    PEAK_MODELS,
    PWM,
    SCRATCH,
    EvaluationRole,
    Subset,
    learned_from,
)
from tfmoe.evaluation.metrics import FEW
from tfmoe.evaluation.sets import primary_kind

ALPHA = 0.05
NO_PEAKS = "0"
ALL_FACTORS = "all"
WITH_MATRIX = "with_matrix"
"""Factors that have a JASPAR matrix; only here the matrix is a reference."""
REFERENCES = (CONDITIONED, GKM, PWM)
"""Models that need no peaks of the factor."""
RIVALS = (SCRATCH, FINE_TUNED)
"""Prefixes of the models that the adapted mixture is compared with."""
METRICS = ("model", "factor", "experiment", "role", "negatives", "subset", "seed", "auroc")
SIZES = ("n_pos", "n_neg")
COLUMNS = (
    "negatives",
    "subset",
    "group",
    "peaks",
    "model",
    "factors",
    "auroc",
    "auroc_low",
    "auroc_high",
    "difference",
    "difference_low",
    "difference_high",
)


def few_peaks_table(metrics: pd.DataFrame) -> pd.DataFrame:
    """Average AUROCs over factors by number of peaks, on the primary kind of negatives.

    AUROCs are averaged over draws, then over the experiments of a factor. Sets with fewer than
    `tfmoe.evaluation.metrics.FEW` positives or negatives are left out. Intervals cover 95 % and
    come from the t distribution over factors; with fewer than three factors they are NaN.

    Parameters
    ----------
    metrics
        ``evaluation/metrics.tsv``; rows of the role ``adapted`` are used. There, a seed is a draw.

    Returns
    -------
    DataFrame
        `COLUMNS`. ``group`` is ``all`` or ``with_matrix``. ``peaks`` is ``0``, a number in
        ascending order, or ``all``. ``difference`` is the mean, over the same factors, of the
        mixture's AUROC minus the model's: of the adapted mixture with as many peaks, and at ``0``
        of the conditioned mixture. The table is empty without rows of that role.
    """
    rows = metrics[metrics["role"] == EvaluationRole.ADAPTED]
    rows = rows[rows["auroc"].notna() & (rows[list(SIZES)] >= FEW).all(axis=1)]
    if rows.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    kind = primary_kind(metrics)
    found: list[dict[str, Any]] = []
    for subset in Subset:
        used = rows[(rows["negatives"] == kind) & (rows["subset"] == subset)]
        scores = _by_draw(used)
        for group in (WITH_MATRIX, ALL_FACTORS):
            head = {"negatives": kind, "subset": str(subset), "group": group}
            found += [head | row for row in _average_group(scores, group)]
    return pd.DataFrame(found, columns=list(COLUMNS))


def numbers_of_peaks(models: Sequence[str]) -> list[str]:
    """Return the numbers of peaks in names of models, in ascending order, with ``all`` last."""
    found = {known[1] for known in map(learned_from, models) if known}
    return sorted(found, key=lambda number: (number == ALL_PEAKS, len(number), number))


@dataclass(frozen=True)
class Crossover:
    """Number of peaks at which a rival catches up with the adapted mixture.

    Attributes
    ----------
    rival
        Prefix of the rival's name.
    reached
        Whether the rival's mean AUROC is at least the mixture's at some number of peaks.
    peaks
        The smallest such number; if there is none, the number with the smallest difference.
    difference, low, high
        Mean of the mixture's AUROC minus the rival's at this number, and its 95 % interval over
        factors.
    factors
        Number of factors.
    """

    rival: str
    reached: bool
    peaks: str
    difference: float
    low: float
    high: float
    factors: int


def find_crossovers(table: pd.DataFrame) -> list[Crossover]:
    """Return the crossover with each of `RIVALS`, over all factors and all test sequences.

    Parameters
    ----------
    table
        See `few_peaks_table`.
    """
    own = table[(table["subset"] == Subset.ALL) & (table["group"] == ALL_FACTORS)]
    found = []
    for rival in RIVALS:
        rows = own[own["model"] == rival + own["peaks"]]
        if rows.empty:
            continue
        reached = rows[rows["difference"] <= 0]
        row = (rows.sort_values("difference") if reached.empty else reached).iloc[0]
        found.append(
            Crossover(
                rival=rival,
                reached=not reached.empty,
                peaks=str(row["peaks"]),
                difference=float(row["difference"]),
                low=float(row["difference_low"]),
                high=float(row["difference_high"]),
                factors=int(row["factors"]),
            )
        )
    return found


def _by_draw(rows: pd.DataFrame) -> pd.DataFrame:
    """Return AUROCs by factor, experiment and draw (index) and model (columns)."""
    sets = ["factor", "experiment"]
    drawn, fixed = rows[rows["seed"].notna()], rows[rows["seed"].isna()]
    wide = drawn.pivot_table(index=[*sets, "seed"], columns="model", values="auroc")
    return wide.join(fixed.pivot_table(index=sets, columns="model", values="auroc"), on=sets)


def _average_group(scores: pd.DataFrame, group: str) -> list[dict[str, Any]]:
    """Return the rows of one subset and group of factors, by number of peaks and model."""
    if group == WITH_MATRIX and PWM not in scores:
        return []
    known = [name for name in REFERENCES if name in scores]
    references = [name for name in known if group == WITH_MATRIX or name != PWM]
    found = []
    for number in [NO_PEAKS, *numbers_of_peaks(list(scores.columns))]:
        mixture = CONDITIONED if number == NO_PEAKS else f"{ADAPTED}{number}"
        rivals = [f"{prefix}{number}" for prefix in PEAK_MODELS]
        learned = [name for name in rivals if name in scores]
        models = [*learned, *references]
        if mixture in models:
            found += _average(scores[models].dropna(), mixture, number)
    return found


def _average(scores: pd.DataFrame, mixture: str, number: str) -> list[dict[str, Any]]:
    """Average complete rows over draws, experiments and factors; empty without rows."""
    by_factor = scores.groupby(level=["factor", "experiment"]).mean().groupby(level="factor").mean()
    if by_factor.empty:
        return []
    rows = []
    for model in by_factor:
        values = by_factor[model].to_numpy(dtype=float)
        ahead = by_factor[mixture].to_numpy(dtype=float) - values
        low, high = paired_interval(values, ALPHA)
        ahead_low, ahead_high = paired_interval(ahead, ALPHA)
        rows.append(
            {
                "peaks": number,
                "model": model,
                "factors": len(values),
                "auroc": values.mean(),
                "auroc_low": low,
                "auroc_high": high,
                "difference": ahead.mean(),
                "difference_low": ahead_low,
                "difference_high": ahead_high,
            }
        )
    return rows
