import numpy as np
import pandas as pd
import pytest
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from tfmoe.evaluation.mean_squares import mean_squares

NAMES = {
    "model": "C(m)",
    "dataset": "C(s)",
    "seed": "C(r)",
    "model_dataset": "C(m):C(s)",
    "model_seed": "C(m):C(r)",
    "dataset_seed": "C(s):C(r)",
    "residual": "Residual",
}


def test_agrees_with_the_anova_of_statsmodels():
    cube = np.random.default_rng(1).normal(size=(3, 4, 5)) + np.arange(4)[:, None]
    rows = [(*place, value) for place, value in np.ndenumerate(cube)]
    frame = pd.DataFrame(rows, columns=["m", "s", "r", "y"])
    table = anova_lm(ols("y ~ (C(m) + C(s) + C(r)) ** 2", frame).fit())
    squares = mean_squares(cube)
    for name, other in NAMES.items():
        expected = table.loc[other, "sum_sq"] / table.loc[other, "df"]
        assert getattr(squares, name) == pytest.approx(expected), name


def test_leading_axes_are_separate_tables():
    cubes = np.random.default_rng(2).normal(size=(2, 3, 4, 5, 2))
    squares = mean_squares(cubes)
    assert squares.residual.shape == (2, 3)
    alone = mean_squares(cubes[1, 2])
    assert squares.model_seed[1, 2] == pytest.approx(alone.model_seed)
    assert (squares.models, squares.sets, squares.seeds) == (4, 5, 2)


def test_one_seed_has_no_mean_squares_of_seeds():
    squares = mean_squares(np.random.default_rng(3).normal(size=(3, 4, 1)))
    missing = [squares.seed, squares.model_seed, squares.dataset_seed, squares.residual]
    assert np.isnan(missing).all()
    assert squares.model_dataset > 0
