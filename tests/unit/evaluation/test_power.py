import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_1samp
from statsmodels.stats.power import TTestPower

from tfmoe.evaluation.mean_squares import mean_squares
from tfmoe.evaluation.panel import make_panels
from tfmoe.evaluation.power import (
    DifferenceVariance,
    estimate_family_variance,
    estimate_pair_variance,
    power,
    power_rows,
    sets_needed,
    smallest_difference,
)

SETS_ONLY = DifferenceVariance(0.02**2, np.nan, 0.0)


def test_power_of_the_t_test_over_sets_agrees_with_statsmodels():
    for sets in (6, 9, 20):
        expected = TTestPower().power(0.01 / 0.02, sets, 0.05)
        # statsmodels also counts rejections with the wrong sign
        assert power(SETS_ONLY, 0.01, sets, 1, 0.05) == pytest.approx(expected, abs=3e-3)


def test_power_agrees_with_simulation():
    rng = np.random.default_rng(1)
    drawn = rng.normal(0.02, 0.02, size=(4000, 9))
    test = ttest_1samp(drawn, 0, axis=1)
    share = np.mean((test.pvalue < 0.05) & (test.statistic > 0))
    assert power(SETS_ONLY, 0.02, 9, 1, 0.05) == pytest.approx(share, abs=0.025)


def test_power_without_a_difference_is_half_the_level():
    assert power(SETS_ONLY, 0.0, 9, 1, 0.05) == pytest.approx(0.025)


def test_answers_agree_with_each_other():
    variance = DifferenceVariance(0.02**2, 0.004**2, 0.005**2)
    found = smallest_difference(variance, 6, 5, 0.05)
    assert power(variance, found, 6, 5, 0.05) == pytest.approx(0.8, abs=1e-3)
    needed = sets_needed(variance, 0.02, 5, 0.05)
    assert power(variance, 0.02, needed, 5, 0.05) >= 0.8
    assert power(variance, 0.02, needed - 1, 5, 0.05) < 0.8
    assert sets_needed(variance, 1.0, 5, 0.05) == 2


def test_seeds_that_vary_too_much_for_any_number_of_sets():
    variance = DifferenceVariance(0.001**2, 0.05**2, 0.001**2)
    assert sets_needed(variance, 0.01, 5, 0.05) is None
    assert sets_needed(variance, 0.01, 500, 0.05) is not None


def test_a_difference_that_no_auroc_has():
    assert np.isnan(smallest_difference(DifferenceVariance(1.0, np.nan, 0.0), 2, 1, 0.05))


def test_estimates_recover_the_true_variances():
    rng = np.random.default_rng(2)
    size = (1500, 6, 5)
    cube = 0.03 * rng.normal(size=(1500, 6, 1)) + 0.02 * rng.normal(size=(1500, 1, 5))
    cube = cube + 0.01 * rng.normal(size=size)
    found = [estimate_pair_variance(one) for one in cube]
    assert np.mean([one.dataset for one in found]) == pytest.approx(0.0009, rel=0.05)
    assert np.mean([one.seed for one in found]) == pytest.approx(0.0004, rel=0.05)
    assert np.mean([one.residual for one in found]) == pytest.approx(0.0001, rel=0.05)


def test_two_models_are_their_own_family():
    cube = np.random.default_rng(3).normal(size=(2, 6, 5))
    pair, family = (
        estimate_pair_variance(cube[0] - cube[1]),
        estimate_family_variance(mean_squares(cube)),
    )
    assert vars(pair) == pytest.approx(vars(family))
    one, both = estimate_pair_variance((cube[0] - cube[1])[:, :1]), mean_squares(cube[:, :, :1])
    assert one.dataset == pytest.approx(estimate_family_variance(both).dataset)
    assert np.isnan([one.seed, estimate_family_variance(both).seed]).all()


@pytest.fixture
def panel():
    def build(cube):
        rows = [
            (f"expert_{model}" if model else "moe", f"X{number}", seed, value)
            for (model, number, seed), value in np.ndenumerate(cube)
        ]
        table = pd.DataFrame(rows, columns=["model", "experiment", "seed", "auroc"])
        table = table.assign(role="ood", subset="all", negatives="genomic", stratum="-")
        return next(iter(make_panels(table.astype({"seed": float}), ["moe", "experts"], [])))

    return build


def test_rows(panel):
    cube = 0.8 + 0.01 * np.random.default_rng(4).normal(size=(3, 6, 2))
    cube[2] = cube[0] - 0.01
    table = pd.DataFrame(power_rows(panel(cube), 0.05))
    skipped = table[table["other"] == "expert_2"]
    assert skipped["note"].tolist() == ["skipped: the difference is the same on every set"]
    tested = table[table["other"] != "expert_2"]
    assert set(tested["level"]) == {0.05, 0.025}
    kinds = tested.groupby(["other", "level", "asked"]).size()
    assert set(kinds.loc[:, :, "difference"]) == {1}
    assert set(kinds.loc[:, :, "sets"]) == {2}
    assert set(kinds.loc[:, :, "power"]) == {9}
    found = tested[tested["asked"] == "difference"].set_index(["other", "level"])["at_difference"]
    assert found["any", 0.025] > found["any", 0.05]
    assert tested.loc[tested["other"] == "any", "model"].eq("any").all()
