"""Tests of two models over data sets: difference, equivalence, and with random seeds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as t_distribution
from scipy.stats import ttest_1samp

from tfmoe.core.vocabulary import Verdict

Floats = NDArray[np.float64]

# mean squares that differ by less than this share are equal: AUROCs are written to nine digits
EQUAL = 1e-6


@dataclass(frozen=True)
class OverSets:
    """Results of t tests of paired differences over sets.

    Attributes
    ----------
    difference, low, high, t, df, p
        Mean difference, its interval, and the two-sided test.
    p_equivalence
        P-value of the two one-sided tests (Schuirmann 1987) of the hypothesis that the absolute
        difference is at least the margin.
    p_not_worse
        P-value of the one-sided test of the hypothesis that the first model is worse by at least
        the margin.
    """

    difference: Floats
    low: Floats
    high: Floats
    t: Floats
    df: int
    p: Floats
    p_equivalence: Floats
    p_not_worse: Floats


@dataclass(frozen=True)
class OverSetsAndSeeds:
    """Result of a t test of paired differences with random sets and seeds; NaN with one seed.

    Attributes
    ----------
    low_seeds, high_seeds, df_seeds, p_seeds
        Interval of the mean difference, Satterthwaite's degrees of freedom, and p.
    """

    low_seeds: Floats
    high_seeds: Floats
    df_seeds: Floats
    p_seeds: Floats


@dataclass(frozen=True)
class DifferenceSquares:
    """Mean squares of the differences of two models over crossed N sets and S seeds."""

    dataset: Floats
    seed: Floats
    residual: Floats


def over_sets(differences: Floats, margin: float, alpha: float) -> OverSets:
    """Test paired differences with sets as replicates; the differences must vary.

    Parameters
    ----------
    differences
        float64, (..., N), N at least 2: AUROC of the first model minus that of the second,
        averaged over seeds.
    margin
        Largest difference that counts as irrelevant.
    alpha
        The interval covers ``1 - alpha``.
    """
    test = ttest_1samp(differences, 0.0, axis=-1)
    low, high = test.confidence_interval(1 - alpha)
    not_worse = ttest_1samp(differences, -margin, axis=-1, alternative="greater").pvalue
    not_better = ttest_1samp(differences, margin, axis=-1, alternative="less").pvalue
    return OverSets(
        difference=differences.mean(axis=-1),
        low=low,
        high=high,
        t=test.statistic,
        df=differences.shape[-1] - 1,
        p=test.pvalue,
        p_equivalence=np.maximum(not_worse, not_better),
        p_not_worse=not_worse,
    )


def difference_squares(differences: Floats) -> DifferenceSquares:
    """Partition the variation of differences, (..., N, S), with N and S at least 2."""
    sets, seeds = differences.shape[-2:]
    by_set = differences.mean(axis=-1, keepdims=True)
    by_seed = differences.mean(axis=-2, keepdims=True)
    total = differences.mean(axis=(-2, -1), keepdims=True)
    rest = np.sum((differences - by_set - by_seed + total) ** 2, axis=(-2, -1))
    return DifferenceSquares(
        dataset=seeds * by_set[..., 0].var(axis=-1, ddof=1),
        seed=sets * by_seed[..., 0, :].var(axis=-1, ddof=1),
        residual=rest / ((sets - 1) * (seeds - 1)),
    )


def over_sets_and_seeds(differences: Floats, alpha: float) -> OverSetsAndSeeds:
    """Test paired differences with conclusions that extend to other sets and other seeds.

    The variance of the mean is ``(MS_set + MS_seed - MS_residual) / NS``, with Satterthwaite's
    (1946) degrees of freedom. If ``MS_seed`` does not exceed the residual, the variance is
    ``MS_set / NS`` with ``N - 1`` degrees of freedom, as in `over_sets`. If only ``MS_set`` does
    not exceed it, the variance is ``MS_seed / NS`` with ``S - 1``.

    Parameters
    ----------
    differences
        float64, (..., N, S), N at least 2; the differences must vary.
    alpha
        The interval covers ``1 - alpha``.
    """
    sets, seeds = differences.shape[-2:]
    if seeds < 2:
        nothing = np.full(differences.shape[:-2], np.nan)
        return OverSetsAndSeeds(nothing, nothing, nothing, nothing)
    squares = difference_squares(differences)
    variance, df = mean_variance(squares, sets, seeds)
    mean, error = differences.mean(axis=(-2, -1)), np.sqrt(variance)
    width = t_distribution.isf(alpha / 2, df) * error
    p = 2 * t_distribution.sf(np.abs(mean) / error, df)
    return OverSetsAndSeeds(mean - width, mean + width, df, p)


def mean_variance(squares: DifferenceSquares, sets: int, seeds: int) -> tuple[Floats, Floats]:
    """Return the variance of the mean difference over sets and seeds, and its df."""
    a, b, c = squares.dataset, squares.seed, squares.residual
    # mean squares that differ only by rounding count as equal
    most = c * (1 + EQUAL)
    only_sets, only_seeds = b <= most, (a <= most) & (b > most)
    total = np.where(only_sets, a, np.where(only_seeds, b, a + b - c))
    spread = a**2 / (sets - 1) + b**2 / (seeds - 1) + c**2 / ((sets - 1) * (seeds - 1))
    # the divisor is 0 only where `a` alone counts, and then df is `sets - 1`
    satterthwaite = total**2 / np.where(spread > 0, spread, 1.0)
    df = np.where(only_sets, sets - 1, np.where(only_seeds, seeds - 1, satterthwaite))
    return total / (sets * seeds), df


def decide(difference: float, p: float, alpha: float) -> Verdict:
    """Return the verdict of a two-sided test: undecided unless ``p < alpha``."""
    if np.isnan(p):
        return Verdict.UNTESTED
    if p >= alpha:
        return Verdict.UNDECIDED
    return Verdict.BETTER if difference > 0 else Verdict.WORSE


def decide_with_margin(
    difference: float, p: float, p_equivalence: float, p_not_worse: float, alpha: float
) -> Verdict:
    """Return the verdict of all tests of a pair; a significant difference takes precedence."""
    verdict = decide(difference, p, alpha)
    if verdict is not Verdict.UNDECIDED:
        return verdict
    if p_equivalence < alpha:
        return Verdict.EQUIVALENT
    return Verdict.NOT_WORSE if p_not_worse < alpha else Verdict.UNDECIDED
