"""Rejection rates of each test over many simulated runs, tested all at once."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import f as f_distribution
from scipy.stats import rankdata

from tfmoe.evaluation.anova import critical_range
from tfmoe.evaluation.pairwise import over_sets, over_sets_and_seeds
from tfmoe.evaluation.ranks import critical_difference
from tfmoe.evaluation.simulated_aurocs import Design, draw_aurocs
from tfmoe.evaluation.two_way import quasi_f, two_way
from tfmoe.evaluation.wilcoxon import fewest_sets, signed_rank_p, smallest_adjusted_p

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

F_TEST, GREENHOUSE_GEISSER, LOWER_BOUND = (
    "f_test",
    "f_test_greenhouse_geisser",
    "f_test_lower_bound",
)
F_SEEDS, FRIEDMAN, NEMENYI, TUKEY = "f_test_seeds", "friedman", "nemenyi", "tukey"
PAIRED_T, PAIRED_T_SEEDS, WILCOXON = "paired_t", "paired_t_seeds", "wilcoxon"
EQUIVALENCE, NOT_WORSE = "equivalence", "not_worse"
TESTS = (
    F_TEST,
    GREENHOUSE_GEISSER,
    LOWER_BOUND,
    F_SEEDS,
    FRIEDMAN,
    NEMENYI,
    TUKEY,
    PAIRED_T,
    PAIRED_T_SEEDS,
    WILCOXON,
)
"""Tests over sets of the hypothesis that the models are equal.

Tests of pairs compare the first model with each other model, with Holm's adjustment. Nemenyi's and
Tukey's tests count as rejections if any two models differ.
"""
MARGIN_TESTS = (EQUIVALENCE, NOT_WORSE)
"""Tests of the first against the second model only.

Their hypotheses are that the first model differs, or is worse, by at least the margin.
"""
# AUROCs per batch; with the arrays computed from them they take about 200 MB
_BATCH = 1_000_000


@dataclass(frozen=True)
class Rates:
    """Rejection rates by test.

    Attributes
    ----------
    any
        Share of the runs in which a test rejects, for at least one of its pairs.
    pairs
        Mean share of pairs for which a test rejects; equal to `any` for tests without pairs.
    """

    any: dict[str, float]
    pairs: dict[str, float]


def unavailable_tests(models: int, sets: int, seeds: int, alpha: float) -> dict[str, str]:
    """Return the tests that are impossible for a run of this size, with the reasons."""
    found = {}
    if models >= sets:
        found[GREENHOUSE_GEISSER] = "it needs fewer models than sets"
    if seeds < 2:
        found |= dict.fromkeys((F_SEEDS, PAIRED_T_SEEDS), "it needs two seeds at least")
    if models < 3:
        found[FRIEDMAN] = "it needs three models at least"
    if smallest_adjusted_p(sets, models - 1) >= alpha:
        needed = fewest_sets(models - 1, alpha)
        found[WILCOXON] = f"no outcome of {sets} sets could reject, {needed} sets are needed"
    return found


def rejection_rates(
    design: Design, means: Floats, repeats: int, alpha: float, rng: np.random.Generator
) -> Rates:
    """Simulate runs and apply all tests that are possible for their size.

    Parameters
    ----------
    design
        Design of the runs, with at least two models and sets.
    means
        Result of `tfmoe.evaluation.simulated_aurocs.logit_means`.
    repeats
        Number of runs.
    alpha
        Level of the tests.
    rng
        Random generator.
    """
    any_: dict[str, float] = {}
    pairs: dict[str, float] = {}
    for cube in _draw_batches(design, means, repeats, rng):
        for test, flags in apply_tests(cube, alpha).items():
            wide = flags.reshape(len(flags), -1)
            any_[test] = any_.get(test, 0.0) + float(wide.any(axis=1).sum()) / repeats
            pairs[test] = pairs.get(test, 0.0) + float(wide.mean(axis=1).sum()) / repeats
    return Rates(any_, pairs)


def margin_rates(
    design: Design,
    means: Floats,
    repeats: int,
    alpha: float,
    margin: float,
    rng: np.random.Generator,
) -> dict[str, float]:
    """Simulate runs and apply `MARGIN_TESTS` to the first two models; see `rejection_rates`.

    `margin` is the largest difference of two AUROCs that counts as irrelevant.
    """
    found = dict.fromkeys(MARGIN_TESTS, 0.0)
    for cube in _draw_batches(design, means, repeats, rng):
        tests = over_sets((cube[:, 0] - cube[:, 1]).mean(axis=2), margin, alpha)
        found[EQUIVALENCE] += float(np.sum(tests.p_equivalence < alpha)) / repeats
        found[NOT_WORSE] += float(np.sum(tests.p_not_worse < alpha)) / repeats
    return found


def apply_tests(cube: Floats, alpha: float) -> dict[str, Flags]:
    """Apply each possible test to each run and return whether it rejects.

    Parameters
    ----------
    cube
        float64, (R, k, N, S): AUROCs of R runs.
    alpha
        Level of the tests.

    Returns
    -------
    dict
        By test: bool (R,), or (R, k - 1) for tests of pairs. Impossible tests are missing.
    """
    _, models, sets, seeds = cube.shape
    values = cube.mean(axis=3)
    omnibus, both = two_way(values), quasi_f(cube)
    ranks = rankdata(-values, axis=1).mean(axis=2)
    error = np.sqrt(omnibus.ss_residual / omnibus.df_residual / sets)
    width = critical_range(models, omnibus.df_residual, alpha) * error
    differences = cube[:, :1] - cube[:, 1:]
    by_set = differences.mean(axis=3)
    found = {
        F_TEST: omnibus.p < alpha,
        GREENHOUSE_GEISSER: omnibus.p_gg < alpha,
        LOWER_BOUND: omnibus.p_lower_bound < alpha,
        F_SEEDS: both.p_seeds < alpha,
        FRIEDMAN: friedman_p(ranks, sets) < alpha,
        NEMENYI: np.ptp(ranks, axis=1) > critical_difference(models, sets, alpha),
        TUKEY: np.ptp(values.mean(axis=2), axis=1) > width,
        PAIRED_T: reject_by_holm(over_sets(by_set, 0.0, alpha).p, alpha),
    }
    unavailable = unavailable_tests(models, sets, seeds, alpha)
    if PAIRED_T_SEEDS not in unavailable:
        found[PAIRED_T_SEEDS] = reject_by_holm(
            over_sets_and_seeds(differences, alpha).p_seeds, alpha
        )
    if WILCOXON not in unavailable:
        found[WILCOXON] = reject_by_holm(signed_rank_p(by_set), alpha)
    return {test: flags for test, flags in found.items() if test not in unavailable}


def friedman_p(ranks: Floats, sets: int) -> Floats:
    """Return p of Iman and Davenport's F for average ranks without ties, (R, k).

    See `tfmoe.evaluation.ranks.friedman`.
    """
    models = ranks.shape[1]
    chi2 = 12 * sets / (models * (models + 1)) * np.sum((ranks - (models + 1) / 2) ** 2, axis=1)
    df_model, df_residual = models - 1, (models - 1) * (sets - 1)
    room = sets * df_model - chi2
    alike = room <= 1e-9
    f = (sets - 1) * chi2 / np.where(alike, 1.0, room)
    exact = math.exp((1 - sets) * math.lgamma(models + 1))
    p: Floats = np.where(alike, exact, f_distribution.sf(f, df_model, df_residual))
    return p


def reject_by_holm(p_values: Floats, alpha: float) -> Flags:
    """Return which p-values of each row, (R, P), are below `alpha` after Holm's adjustment."""
    order = np.argsort(p_values, axis=1)
    steps = np.arange(p_values.shape[1], 0, -1)
    adjusted = np.maximum.accumulate(np.take_along_axis(p_values, order, axis=1) * steps, axis=1)
    result = np.empty(p_values.shape, np.bool_)
    np.put_along_axis(result, order, adjusted < alpha, axis=1)
    return result


def _draw_batches(
    design: Design, means: Floats, repeats: int, rng: np.random.Generator
) -> Iterator[Floats]:
    """Simulate the runs in batches that fit into memory."""
    size = max(1, _BATCH // (design.models * design.sets * design.seeds))
    for first in range(0, repeats, size):
        yield draw_aurocs(design, means, min(size, repeats - first), rng)
