import numpy as np
import pandas as pd
import pytest
from scipy.stats import f as f_distribution
from statsmodels.stats.anova import AnovaRM

from tfmoe.evaluation.mean_squares import mean_squares
from tfmoe.evaluation.sphericity import mauchly
from tfmoe.evaluation.two_way import quasi_f, residual_spread, two_way

# Montgomery, Design and Analysis of Experiments: hardness by four tips on four coupons
HARDNESS = np.array(
    [
        [9.3, 9.4, 9.6, 10.0],
        [9.4, 9.3, 9.8, 9.9],
        [9.2, 9.4, 9.5, 9.7],
        [9.7, 9.6, 10.0, 10.2],
    ]
)
# Maxwell and Delaney (1990), Designing Experiments and Analyzing Data, chapter 12; `reacttime` in
# R's ?SSD: reaction times (ms) of ten subjects under six conditions; here (condition, subject)
REACTION = np.array(
    [
        [420, 420, 480, 480, 600, 780],
        [420, 480, 480, 360, 480, 600],
        [480, 480, 540, 660, 780, 780],
        [420, 540, 540, 480, 780, 900],
        [540, 660, 540, 480, 660, 720],
        [360, 420, 360, 360, 480, 540],
        [480, 480, 600, 540, 720, 840],
        [480, 600, 660, 540, 720, 900],
        [540, 600, 540, 480, 720, 780],
        [480, 420, 540, 540, 660, 780],
    ],
    dtype=float,
).T


def test_two_way_on_a_published_example():
    result = two_way(HARDNESS)
    sums = result.ss_model, result.ss_set, result.ss_residual
    assert sums == pytest.approx((0.385, 0.825, 0.08))
    assert result.f == pytest.approx(14.44, abs=0.005)
    assert (result.df_model, result.df_residual) == (3, 9)
    assert result.p == pytest.approx(0.0009, abs=5e-5)
    # as many models as sets
    assert np.isnan([result.gg_epsilon, result.p_gg]).all()
    assert result.p < result.p_lower_bound == pytest.approx(0.0320, abs=5e-5)


def test_published_repeated_measures_agree_with_pingouin():
    # values of rm_anova and sphericity of pingouin 0.7.0, which is GPL and not a dependency
    result = two_way(REACTION)
    assert result.ss_model == pytest.approx(680700)
    assert result.ss_residual == pytest.approx(161100)
    assert (result.df_model, result.df_residual) == (5, 45)
    assert result.f == pytest.approx(38.02793296, rel=1e-9)
    assert result.gg_epsilon == pytest.approx(0.48549176, abs=1e-8)
    assert result.p_gg == pytest.approx(2.53e-8, rel=0.002)
    test = mauchly(REACTION)
    assert test.mauchly_w == pytest.approx(0.0310844594, rel=1e-8)
    # .04765 there and in R, where one term has k instead of k - 1
    assert test.mauchly_p == pytest.approx(0.047652, abs=1e-4)
    four = two_way(REACTION[:4])
    assert (four.f, four.p) == pytest.approx((2.48535565, 0.08204553), rel=1e-7)
    assert (four.gg_epsilon, four.p_gg) == pytest.approx((0.58261171, 0.12030913), rel=1e-7)
    test = mauchly(REACTION[:4])
    assert test.mauchly_w == pytest.approx(0.3159940372, rel=1e-8)
    assert test.mauchly_p == pytest.approx(0.115908, abs=1e-3)


def test_two_way_agrees_with_repeated_measures_of_statsmodels():
    values = np.random.default_rng(1).normal(size=(3, 7)) + np.arange(7) + [[0], [1], [2]]
    rows = [(m, s, values[m, s]) for m in range(3) for s in range(7)]
    frame = pd.DataFrame(rows, columns=["model", "set", "auroc"])
    table = AnovaRM(frame, "auroc", "set", ["model"]).fit().anova_table
    result = two_way(values)
    assert result.f == pytest.approx(table.loc["model", "F Value"])
    assert result.p == pytest.approx(table.loc["model", "Pr > F"])
    assert result.p < result.p_gg < result.p_lower_bound


def test_leading_axes_are_separate_tables():
    values = np.random.default_rng(2).normal(size=(5, 3, 7))
    together = two_way(values)
    assert together.p_gg.shape == (5,)
    assert together.p_gg[3] == pytest.approx(two_way(values[3]).p_gg)


def test_quasi_f_by_hand():
    cube = np.random.default_rng(3).normal(size=(3, 5, 4))
    squares = mean_squares(cube)
    above = squares.model + squares.residual
    below = squares.model_dataset + squares.model_seed
    df1 = above**2 / (squares.model**2 / 2 + squares.residual**2 / 24)
    df2 = below**2 / (squares.model_dataset**2 / 8 + squares.model_seed**2 / 6)
    result = quasi_f(cube)
    assert result.f_seeds == pytest.approx(above / below)
    assert (result.df1_seeds, result.df2_seeds) == pytest.approx((df1, df2))
    assert result.p_seeds == pytest.approx(f_distribution.sf(above / below, df1, df2))


def test_only_the_quasi_f_accounts_for_variation_between_seeds():
    rng = np.random.default_rng(4)
    luck = rng.normal(size=(4, 1, 5))
    cube = rng.normal(size=(4, 1, 1)) * 0.01 + luck + 0.01 * rng.normal(size=(4, 20, 5))
    assert two_way(cube.mean(axis=-1)).p < 1e-10
    assert quasi_f(cube).p_seeds > 0.05


def test_quasi_f_needs_two_seeds():
    assert np.isnan(quasi_f(np.ones((3, 4, 1))).p_seeds)


def test_residual_spread():
    additive = np.array([[0.7], [0.8], [0.6]]) + np.array([[0.0, 0.1, 0.05]])
    assert not residual_spread(additive)
    additive[0, 0] += 1e-6
    assert residual_spread(additive)
