"""What each test that is offered rejects, for many made-up runs at once."""

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
"""Tests over sets that the models are equal. Those of pairs are of the first model against each
other one, with Holm's adjustment; Nemenyi's and Tukey's count if any two models are told apart."""
MARGIN_TESTS = (EQUIVALENCE, NOT_WORSE)
"""Tests of the first model against the second one alone: that it differs, or is worse, by at least
the margin."""
# AUROCs drawn at once: they and what is made of them take some 200 MB
_BLOCK = 1_000_000


@dataclass(frozen=True)
class Rates:
    """How often tests reject, by test.

    Attributes
    ----------
    any
        Share of the runs in which a test rejects, for one of its pairs at least.
    pairs
        Share of its pairs for which it rejects, on average; the same for tests without pairs.
    """

    any: dict[str, float]
    pairs: dict[str, float]


def left_out(models: int, sets: int, seeds: int, alpha: float) -> dict[str, str]:
    """Say which tests a run of such a size does not offer, and why."""
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
    """Draw runs and apply all tests that are offered for their size.

    Parameters
    ----------
    design
        What the runs are like; at least two models and sets.
    means
        Of `tfmoe.evaluation.simulated_aurocs.logit_means`.
    repeats
        Number of runs.
    alpha
        Level of the tests.
    rng
        Source of the draws.
    """
    any_: dict[str, float] = {}
    pairs: dict[str, float] = {}
    for cube in _blocks(design, means, repeats, rng):
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
    """Draw runs and apply `MARGIN_TESTS` to the first two models; see `rejection_rates`.

    `margin` is the difference of two AUROCs that does not matter.
    """
    found = dict.fromkeys(MARGIN_TESTS, 0.0)
    for cube in _blocks(design, means, repeats, rng):
        tests = over_sets((cube[:, 0] - cube[:, 1]).mean(axis=2), margin, alpha)
        found[EQUIVALENCE] += float(np.sum(tests.p_equivalence < alpha)) / repeats
        found[NOT_WORSE] += float(np.sum(tests.p_not_worse < alpha)) / repeats
    return found


def apply_tests(cube: Floats, alpha: float) -> dict[str, Flags]:
    """Say of each run and test whether it rejects.

    Parameters
    ----------
    cube
        float64, (R, k, N, S): AUROCs of R runs.
    alpha
        Level of the tests.

    Returns
    -------
    dict
        By test, as far as it is offered: bool (R,), or (R, k - 1) for the tests of pairs.
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
    missing = left_out(models, sets, seeds, alpha)
    if PAIRED_T_SEEDS not in missing:
        found[PAIRED_T_SEEDS] = reject_by_holm(
            over_sets_and_seeds(differences, alpha).p_seeds, alpha
        )
    if WILCOXON not in missing:
        found[WILCOXON] = reject_by_holm(signed_rank_p(by_set), alpha)
    return {test: flags for test, flags in found.items() if test not in missing}


def friedman_p(ranks: Floats, sets: int) -> Floats:
    """P of Iman and Davenport's F for average ranks without ties, (R, k): `ranks.friedman`."""
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
    """Say which p-values of each row, (R, P), are below `alpha` after Holm's adjustment."""
    order = np.argsort(p_values, axis=1)
    steps = np.arange(p_values.shape[1], 0, -1)
    adjusted = np.maximum.accumulate(np.take_along_axis(p_values, order, axis=1) * steps, axis=1)
    result = np.empty(p_values.shape, np.bool_)
    np.put_along_axis(result, order, adjusted < alpha, axis=1)
    return result


def _blocks(
    design: Design, means: Floats, repeats: int, rng: np.random.Generator
) -> Iterator[Floats]:
    """Draw the runs, as many at once as there is room for."""
    block = max(1, _BLOCK // (design.models * design.sets * design.seeds))
    for first in range(0, repeats, block):
        yield draw_aurocs(design, means, min(block, repeats - first), rng)
