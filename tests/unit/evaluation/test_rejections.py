import dataclasses

import numpy as np
import pytest
from scipy.stats import binom, studentized_range, ttest_rel, wilcoxon
from statsmodels.stats.multitest import multipletests

from tfmoe.evaluation.pairwise import over_sets_and_seeds
from tfmoe.evaluation.ranks import friedman, nemenyi_p_values, rank_models
from tfmoe.evaluation.rejections import (
    MARGIN_TESTS,
    TESTS,
    apply_tests,
    friedman_p,
    margin_rates,
    reject_by_holm,
    rejection_rates,
    unavailable_tests,
)
from tfmoe.evaluation.simulated_aurocs import Design, logit_means
from tfmoe.evaluation.two_way import quasi_f, two_way

VARIANCES = {"seed": 0.0, "model:seed": 0.0, "set:seed": 0.0, "residual": 0.001}
SIZES = np.full(6, 500.0)
# sets differ strongly; models differ by about .02 AUROC on a set, as averages of experts do
DESIGN = Design(0.8, np.full((4, 4), 0.5) + 0.01 * np.eye(4), VARIANCES, 5, SIZES, SIZES, 0.7)


def cubes(sets=9):
    """Draw runs of four models, the first better, so that tests reject in some runs."""
    rng = np.random.default_rng(0)
    values = rng.normal(scale=0.02, size=(40, 4, sets, 3)) + rng.normal(size=(40, 1, sets, 1))
    values += rng.normal(scale=0.03, size=(40, 4, sets, 1))
    values[:, 0] += rng.uniform(0, 0.07, size=(40, 1, 1))
    return values


def one_by_one(run, ranges, alpha=0.05):
    """Apply the tests to one run with functions for single runs.

    Tests based on the studentized range take half a second per run, so they are optional.
    """
    values = run.mean(axis=2)
    models, sets = values.shape
    omnibus = two_way(values)
    t = [ttest_rel(values[0], other).pvalue for other in values[1:]]
    signed = [wilcoxon(values[0], other).pvalue for other in values[1:]]
    seeds = [float(over_sets_and_seeds(run[0] - other, alpha).p_seeds) for other in run[1:]]
    holm = {
        "paired_t": multipletests(t, alpha, "holm")[0],
        "wilcoxon": multipletests(signed, alpha, "holm")[0],
        "paired_t_seeds": multipletests(seeds, alpha, "holm")[0],
    }
    if ranges:
        error = (omnibus.ss_residual / omnibus.df_residual / sets) ** 0.5
        spread = np.ptp(values.mean(axis=1)) / error
        holm["tukey"] = studentized_range.sf(spread, models, omnibus.df_residual) < alpha
        holm["nemenyi"] = nemenyi_p_values(values).min() < alpha
    return holm | {
        "f_test": omnibus.p < alpha,
        "f_test_greenhouse_geisser": omnibus.p_gg < alpha,
        "f_test_lower_bound": omnibus.p_lower_bound < alpha,
        "f_test_seeds": quasi_f(run).p_seeds < alpha,
        "friedman": friedman(values).p < alpha,
    }


def test_many_runs_at_once_agree_with_single_runs():
    runs = cubes()
    many = apply_tests(runs, 0.05)
    assert set(many) == set(TESTS)
    for index, run in enumerate(runs):
        for test, flags in one_by_one(run, ranges=index < 6).items():
            np.testing.assert_array_equal(many[test][index], flags, err_msg=f"{test}, run {index}")
    shares = {test: flags.mean() for test, flags in many.items()}
    assert all(0 < share < 1 for share in shares.values()), shares


def test_friedman_of_runs_in_which_all_sets_agree():
    values = np.arange(4.0)[:, None] + np.zeros((4, 6))
    expected = friedman(values)
    assert np.isinf(expected.f)
    ranks = rank_models(values).mean(axis=1)
    assert friedman_p(ranks[None], 6)[0] == pytest.approx(expected.p)


def test_holm_restores_the_order_of_p_values():
    p = np.array([[0.04, 0.01, 0.02], [0.03, 0.03, 0.001], [0.2, 0.3, 0.01]])
    expected = [multipletests(row, 0.05, "holm")[0].tolist() for row in p]
    assert reject_by_holm(p, 0.05).tolist() == expected


def test_tests_that_a_size_rules_out():
    assert set(unavailable_tests(4, 3, 1, 0.05)) == {
        "f_test_greenhouse_geisser", "f_test_seeds", "paired_t_seeds", "wilcoxon",
    }  # fmt: skip
    assert set(unavailable_tests(2, 6, 5, 0.05)) == {"friedman"}
    assert unavailable_tests(4, 9, 5, 0.05) == {}
    assert "wilcoxon" in unavailable_tests(4, 6, 5, 0.05)
    assert set(apply_tests(cubes(3)[:, :, :, :1], 0.05)) == set(TESTS) - set(
        unavailable_tests(4, 3, 1, 0.05)
    )


@pytest.mark.parametrize("sets", [6, 20])
def test_equal_models_are_called_different_at_the_level(sets):
    repeats, rng = 500, np.random.default_rng(sets)
    design = DESIGN.with_sets(sets, 5)
    rates = rejection_rates(design, logit_means(design, 0.0, rng), repeats, 0.05, rng).any
    # bounds that rates of .035 and .065 keep in 999 of 1000 simulations of this length
    low, high = binom.ppf(0.0005, repeats, 0.035), binom.ppf(0.9995, repeats, 0.065)
    exact = ("f_test", "f_test_seeds", "friedman", "tukey")
    for test in exact:
        assert low <= rates[test] * repeats <= high, test
    for test in set(rates) - set(exact):
        assert rates[test] * repeats <= high, test


def test_equivalence_at_its_margin_is_found_at_the_level():
    repeats, rng = 1000, np.random.default_rng(1)
    design = DESIGN.with_sets(20, 5)
    means = logit_means(design, -0.01, rng)
    rates = margin_rates(design, means, repeats, 0.05, 0.01, rng)
    assert set(rates) == set(MARGIN_TESTS)
    low, high = binom.ppf(0.0005, repeats, 0.035), binom.ppf(0.9995, repeats, 0.065)
    for rate in rates.values():
        assert low <= rate * repeats <= high
    equal = margin_rates(design, logit_means(design, 0.0, rng), repeats, 0.05, 0.01, rng)
    assert equal["equivalence"] > 0.1
    assert equal["not_worse"] >= equal["equivalence"]


def test_variation_between_trainings_needs_a_test_with_random_seeds():
    varied = dataclasses.replace(DESIGN, variances=VARIANCES | {"model:seed": 0.02})
    rng = np.random.default_rng(2)
    rates = rejection_rates(varied, logit_means(varied, 0.0, rng), 500, 0.05, rng).any
    assert rates["f_test"] > 0.15
    assert rates["f_test_seeds"] < 0.1
    assert rates["paired_t_seeds"] < 0.1 < rates["paired_t"]


def test_power_grows_with_the_difference_and_counts_pairs():
    rng = np.random.default_rng(3)
    found = [
        rejection_rates(DESIGN, logit_means(DESIGN, difference, rng), 300, 0.05, rng)
        for difference in (0.01, 0.03)
    ]
    assert found[0].any["f_test"] < found[1].any["f_test"]
    assert found[1].pairs["paired_t"] < found[1].any["paired_t"]
    assert found[1].pairs["f_test"] == found[1].any["f_test"]


def test_the_size_of_batches_does_not_change_the_result(monkeypatch):
    means = logit_means(DESIGN, 0.0, np.random.default_rng(4))
    counts = []
    for batch in (120, 1_000_000):
        monkeypatch.setattr("tfmoe.evaluation.rejections._BATCH", batch)
        counts.append(rejection_rates(DESIGN, means, 20, 0.5, np.random.default_rng(5)))
    for rates in counts:
        assert all(round(20 * rate, 9).is_integer() for rate in rates.any.values())
