"""Power of the tests over sets: detectable differences and required numbers of sets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import t as t_distribution
from statsmodels.stats.power import ttest_power

from tfmoe.evaluation.mean_squares import MeanSquares, mean_squares
from tfmoe.evaluation.omnibus import variation_fault
from tfmoe.evaluation.pairs import pair_fault, rivals
from tfmoe.evaluation.pairwise import DifferenceSquares, difference_squares, mean_variance
from tfmoe.evaluation.panel import Panel
from tfmoe.evaluation.rows import HEAD_COLUMNS, head_values, join_notes

Floats = NDArray[np.float64]
ENOUGH = 0.8
"""The required power."""
MOST_SETS = 1000
DIFFERENCES = (0.01, 0.02, 0.03)
SETS = (6, 9, 20)
ANY = "any"
"""Name of the other model in rows with variances averaged over all pairs of the family."""
POWER_COLUMNS = (
    *HEAD_COLUMNS,
    "model",
    "other",
    "sd_sets",
    "sd_seeds",
    "sd_residual",
    "level",
    "asked",
    "at_sets",
    "at_difference",
    "power",
    "note",
)


@dataclass(frozen=True)
class DifferenceVariance:
    """Variance components of the difference of two models: sets, seeds and the rest.

    Attributes
    ----------
    dataset, seed, residual
        Variances. With one seed, `seed` is NaN and `dataset` includes the residual.
    """

    dataset: float
    seed: float
    residual: float


def estimate_pair_variance(differences: Floats) -> DifferenceVariance:
    """Estimate the components of one pair's differences, (N, S), by moments truncated at 0."""
    sets, seeds = differences.shape
    if seeds < 2:
        return DifferenceVariance(float(differences[:, 0].var(ddof=1)), np.nan, 0.0)
    return _components(difference_squares(differences), sets, seeds)


def estimate_family_variance(squares: MeanSquares) -> DifferenceVariance:
    """Estimate the components of the difference of any two models, by moments truncated at 0.

    All pairs are assumed to have equal variances: twice the variances of the interactions with the
    model.
    """
    if squares.seeds < 2:
        return DifferenceVariance(2 * float(squares.model_dataset), np.nan, 0.0)
    doubled = DifferenceSquares(
        2 * squares.model_dataset, 2 * squares.model_seed, 2 * squares.residual
    )
    return _components(doubled, squares.sets, squares.seeds)


def _components(squares: DifferenceSquares, sets: int, seeds: int) -> DifferenceVariance:
    rest = float(squares.residual)
    return DifferenceVariance(
        dataset=max(0.0, (float(squares.dataset) - rest) / seeds),
        seed=max(0.0, (float(squares.seed) - rest) / sets),
        residual=rest,
    )


def power(
    variance: DifferenceVariance, difference: float, sets: int, seeds: int, alpha: float
) -> float:
    """Return the power of the two-sided t test over sets and seeds.

    Power is the probability that `tfmoe.evaluation.pairwise.over_sets_and_seeds` calls the better
    model better: ``P(T > t)`` of the noncentral t distribution at ``difference / standard error``
    (Cohen 1988, Statistical Power Analysis, 2.5). Standard error and degrees of freedom are those
    at the expected mean squares. With one seed, it is the power of the t test over sets.

    Parameters
    ----------
    variance
        The components.
    difference
        True difference of the two AUROCs.
    sets, seeds
        Numbers of sets (at least 2) and seeds.
    alpha
        Level of the test.
    """
    if np.isnan(variance.seed):
        squared, df = variance.dataset / sets, float(sets - 1)
    else:
        expected = DifferenceSquares(
            np.asarray(seeds * variance.dataset + variance.residual),
            np.asarray(sets * variance.seed + variance.residual),
            np.asarray(variance.residual),
        )
        squared, df = map(float, mean_variance(expected, sets, seeds))
    # above ten critical values the power is 1 and the series of the distribution fails
    most = 10 * float(t_distribution.isf(alpha / 2, df))
    effect = min(most, difference / np.sqrt(squared))
    # the effect is in standard errors, so nobs is 1; rejections with the wrong sign do not count
    return float(ttest_power(effect, 1, alpha / 2, df=df, alternative="larger"))


def smallest_difference(variance: DifferenceVariance, sets: int, seeds: int, alpha: float) -> float:
    """Return the difference that is detected with a power of `ENOUGH`; NaN if it exceeds 1."""
    if power(variance, 1.0, sets, seeds, alpha) < ENOUGH:
        return np.nan
    root = brentq(lambda d: power(variance, d, sets, seeds, alpha) - ENOUGH, 0.0, 1.0, xtol=1e-6)
    return float(root)


def sets_needed(
    variance: DifferenceVariance, difference: float, seeds: int, alpha: float
) -> int | None:
    """Return the smallest number of sets that detects a difference with a power of `ENOUGH`.

    The result is `None` if `MOST_SETS` are not enough, for example if seeds vary too much for any
    number of sets.
    """

    def enough(sets: int) -> bool:
        return power(variance, difference, sets, seeds, alpha) >= ENOUGH

    high = 2
    while not enough(high):
        if high == MOST_SETS:
            return None
        high = min(2 * high, MOST_SETS)
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if middle > 1 and enough(middle) else (middle, high)
    return high


def power_rows(panel: Panel, alpha: float) -> list[dict[str, Any]]:
    """Return the rows of ``power.tsv``: `POWER_COLUMNS`.

    Rows are for each reference with each other model and for `ANY` two models, at the level of a
    single test and at the strictest level of Holm's adjustment over the rivals. ``asked`` names the
    quantity (``at_difference``, ``at_sets`` or ``power``) that was computed from the other two.
    """
    rows = []
    levels = (alpha, alpha / max(1, len(panel.models) - 1))
    for model, other, variance, fault in _variances(panel):
        row = head_values(panel) | {"model": model, "other": other}
        if variance is None:
            missing = dict.fromkeys(POWER_COLUMNS[len(row) : -1], np.nan)
            rows.append(row | missing | {"note": join_notes(f"skipped: {fault}", panel.note)})
            continue
        parts = {"sets": variance.dataset, "seeds": variance.seed, "residual": variance.residual}
        row |= {f"sd_{name}": np.sqrt(value) for name, value in parts.items()}
        for level in dict.fromkeys(levels):
            for answer in _power_answers(variance, len(panel.sets), max(1, panel.seeds), level):
                note = join_notes(answer.pop("note"), panel.note)
                rows.append(row | {"level": level} | answer | {"note": note})
    return rows


def _variances(panel: Panel) -> Iterator[tuple[str, str, DifferenceVariance | None, str]]:
    """Yield the components for each rival and for any two models, or why they are missing."""
    for reference in panel.references:
        for other, differences in rivals(panel, reference):
            fault = pair_fault(panel, differences)
            yield reference, other, None if fault else estimate_pair_variance(differences), fault
    fault = variation_fault(panel)
    yield ANY, ANY, None if fault else estimate_family_variance(mean_squares(panel.by_seed)), fault


def _power_answers(
    variance: DifferenceVariance, sets: int, seeds: int, level: float
) -> Iterator[dict[str, Any]]:
    found = smallest_difference(variance, sets, seeds, level)
    note = "no difference is shown by so few sets" if np.isnan(found) else ""
    answer = {"asked": "difference", "at_sets": sets, "at_difference": found, "power": ENOUGH}
    yield answer | {"note": note}
    for difference in DIFFERENCES[:2]:
        needed = sets_needed(variance, difference, seeds, level)
        note = "" if needed else f"{MOST_SETS} sets are not enough with as many seeds"
        reached = power(variance, difference, needed, seeds, level) if needed else np.nan
        answer = {"asked": "sets", "at_sets": needed or np.nan, "at_difference": difference}
        yield answer | {"power": reached, "note": note}
    for number in SETS:
        for difference in DIFFERENCES:
            reached = power(variance, difference, number, seeds, level)
            answer = {"asked": "power", "at_sets": number, "at_difference": difference}
            yield answer | {"power": reached, "note": ""}
