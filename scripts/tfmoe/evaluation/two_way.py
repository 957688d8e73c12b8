"""F tests of models with data sets, or data sets and training seeds, as replicates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import f as f_distribution

from tfmoe.evaluation.mean_squares import ROUNDING, mean_squares
from tfmoe.evaluation.sphericity import greenhouse_geisser

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TwoWay:
    """Model x set analysis of variance; models are tested against the interaction.

    Attributes
    ----------
    f, df_model, df_residual, p
        F test with ``k - 1`` and ``(k - 1)(N - 1)`` df.
    ss_model, ss_set, ss_residual
        Sums of squares.
    gg_epsilon, p_gg
        Greenhouse and Geisser's epsilon and the p-value with both df multiplied by it; NaN unless
        there are fewer models than sets.
    p_lower_bound
        P-value at the smallest possible epsilon, ``1 / (k - 1)``, which is valid however unequally
        the differences between models vary.
    """

    f: Floats
    df_model: int
    df_residual: int
    p: Floats
    ss_model: Floats
    ss_set: Floats
    ss_residual: Floats
    gg_epsilon: Floats
    p_gg: Floats
    p_lower_bound: Floats


@dataclass(frozen=True)
class QuasiF:
    """F test of models with random sets and seeds; NaN with one seed.

    Attributes
    ----------
    f_seeds, df1_seeds, df2_seeds, p_seeds
        Quasi F, its Satterthwaite degrees of freedom (not integers) and its p-value.
    """

    f_seeds: Floats
    df1_seeds: Floats
    df2_seeds: Floats
    p_seeds: Floats


def two_way(values: Floats) -> TwoWay:
    """Test whether models differ, with data sets as replicates.

    Each set is a block. Effects of a set on all models are removed, and the differences between
    models are compared with their variation over sets.

    Parameters
    ----------
    values
        float64, (..., k, N): k models (at least 2) on N sets (at least 2), averaged over seeds.
        They must vary after the means of models and sets are removed (`residual_spread`).
    """
    models, sets = values.shape[-2:]
    squares = mean_squares(values[..., None])
    df_model, df_residual = models - 1, (models - 1) * (sets - 1)
    f = squares.model / squares.model_dataset
    epsilon = greenhouse_geisser(values) if models < sets else np.full_like(f, np.nan)
    return TwoWay(
        f=f,
        df_model=df_model,
        df_residual=df_residual,
        p=f_distribution.sf(f, df_model, df_residual),
        ss_model=squares.model * df_model,
        ss_set=squares.dataset * (sets - 1),
        ss_residual=squares.model_dataset * df_residual,
        gg_epsilon=epsilon,
        p_gg=f_distribution.sf(f, epsilon * df_model, epsilon * df_residual),
        p_lower_bound=f_distribution.sf(f, 1, sets - 1),
    )


def quasi_f(cube: Floats) -> QuasiF:
    """Test whether models differ, with conclusions that extend to other sets and seeds.

    One network is scored on all sets, so these share the random variation of its training, and
    averaging over more sets does not remove it. With random sets and seeds, no single mean square
    has the expectation of the models' mean square under the null hypothesis. The test therefore
    compares two sums, ``(MS_model + MS_model:set:seed) / (MS_model:set + MS_model:seed)``, with
    Satterthwaite's (1946) degrees of freedom. This is F'' in Winer (1971), Statistical Principles
    in Experimental Design, section 5.15; see also Clark (1973), J. Verb. Learn. Verb. Behav.
    12:335-359.

    Parameters
    ----------
    cube
        float64, (..., k, N, S): at least two models and sets.
    """
    squares = mean_squares(cube)
    models, sets, seeds = squares.models - 1, squares.sets - 1, squares.seeds - 1
    if not seeds:
        nothing = np.full(cube.shape[:-3], np.nan)
        return QuasiF(nothing, nothing, nothing, nothing)
    above = squares.model, squares.residual
    below = squares.model_dataset, squares.model_seed
    f = (above[0] + above[1]) / (below[0] + below[1])
    df1 = _satterthwaite(above, (models, models * sets * seeds))
    df2 = _satterthwaite(below, (models * sets, models * seeds))
    return QuasiF(f, df1, df2, f_distribution.sf(f, df1, df2))


def _satterthwaite(squares: tuple[Floats, Floats], dfs: tuple[int, int]) -> Floats:
    """Return the degrees of freedom of the sum of two mean squares."""
    one, two = squares
    df: Floats = (one + two) ** 2 / (one**2 / dfs[0] + two**2 / dfs[1])
    return df


def residual_spread(values: Floats) -> bool:
    """Return whether the differences between models vary over sets; ``values`` is (k, N)."""
    centred = values - values.mean(axis=0) - values.mean(axis=1, keepdims=True) + values.mean()
    return bool(np.abs(centred).max() > ROUNDING)
