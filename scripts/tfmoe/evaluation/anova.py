"""Analyses of variance: the one-way test as published, and the test over data sets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import f as f_distribution
from scipy.stats import f_oneway, studentized_range, ttest_rel
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

Floats = NDArray[np.float64]
# spread below this is rounding, not variation of an AUROC
ROUNDING = 1e-12


@dataclass(frozen=True)
class OneWay:
    """One-way analysis of variance of k models with t trials each.

    `omega_squared` is as estimated and may be slightly negative.
    """

    f: float
    df_between: int
    df_within: int
    p: float
    eta_squared: float
    omega_squared: float


@dataclass(frozen=True)
class TukeyPair:
    """Difference of two models' means, its simultaneous interval, and Tukey's adjusted p."""

    difference: float
    low: float
    high: float
    p_adjusted: float


@dataclass(frozen=True)
class TwoWay:
    """Model x set analysis of variance of one value a cell; the model is tested on its interaction.

    Attributes
    ----------
    f, df_model, df_residual, p
        The F test, df ``k - 1`` and ``(k - 1)(N - 1)``.
    ss_model, ss_set, ss_residual
        Sums of squares.
    partial_eta_squared, partial_omega_squared
        Effect sizes; the second is as estimated and may be negative.
    gg_epsilon, p_gg
        Greenhouse and Geisser's epsilon, and the p with both df multiplied by it; NaN unless there
        are fewer models than sets.
    p_lower_bound
        The p at the smallest possible epsilon, ``1 / (k - 1)``: it holds however unequally the
        differences between models vary.
    """

    f: float
    df_model: int
    df_residual: int
    p: float
    ss_model: float
    ss_set: float
    ss_residual: float
    partial_eta_squared: float
    partial_omega_squared: float
    gg_epsilon: float
    p_gg: float
    p_lower_bound: float


@dataclass(frozen=True)
class PairedT:
    """Mean difference of two models over sets, its interval, and the paired t test."""

    difference: float
    low: float
    high: float
    t: float
    df: int
    p: float


def one_way(values: Floats) -> OneWay:
    """One-way analysis of variance.

    Parameters
    ----------
    values
        float64, (k, t): k models, t trials each; at least two of each, and some spread within the
        models (`spread_within`).
    """
    models, trials = values.shape
    test = f_oneway(*values)
    df_between, df_within = models - 1, models * (trials - 1)
    f = float(test.statistic)
    eta = df_between * f / (df_between * f + df_within)
    omega = df_between * (f - 1) / (df_between * (f - 1) + models * trials)
    return OneWay(f, df_between, df_within, float(test.pvalue), eta, omega)


def spread_within(values: Floats) -> bool:
    """Say whether any row of ``values``, (k, t), varies."""
    return bool(np.ptp(values, axis=1).max() > ROUNDING)


def tukey_pairs(values: Floats, model: int, alpha: float) -> dict[int, TukeyPair]:
    """Tukey's honestly significant differences between one model and each other one.

    The adjustment is over all pairs of the k models, as Tukey's test is; only the pairs with
    `model` are returned, since each p costs a double integral.

    Parameters
    ----------
    values
        float64, (k, t), with some spread within the models.
    model
        Row of the model that the others are subtracted from.
    alpha
        The simultaneous intervals cover ``1 - alpha``.
    """
    models, trials = values.shape
    df_within = models * (trials - 1)
    means = values.mean(axis=1)
    error = float(np.sqrt(values.var(axis=1, ddof=1).mean() / trials))
    width = critical_range(models, df_within, alpha) * error
    others = [other for other in range(models) if other != model]
    differences = means[model] - means[others]
    p_values = studentized_range.sf(np.abs(differences) / error, models, df_within)
    return {
        other: TukeyPair(difference, difference - width, difference + width, min(1.0, max(0.0, p)))
        for other, difference, p in zip(
            others, differences.tolist(), np.atleast_1d(p_values).tolist(), strict=True
        )
    }


@cache
def critical_range(models: int, df: float, alpha: float) -> float:
    """Upper `alpha` point of the studentized range of `models` means on `df` degrees of freedom."""
    return float(studentized_range.isf(alpha, models, df))


def two_way(values: Floats) -> TwoWay:
    """Test whether models differ, with data sets as the unit of replication.

    Each set is a block: what makes a set easy or hard for all models is taken out, and the models'
    differences are judged by how much they vary from set to set.

    Parameters
    ----------
    values
        float64, (k, N): k models (at least 2) on N sets (at least 2), seeds averaged, with some
        spread left when the means of models and of sets are taken out (`residual_spread`).
    """
    models, sets = values.shape
    rows = [(m, s, values[m, s]) for m in range(models) for s in range(sets)]
    data = pd.DataFrame(rows, columns=["model", "dataset", "auroc"])
    table = anova_lm(ols("auroc ~ C(model) + C(dataset)", data).fit())
    sums = {name: float(table.loc[name, "sum_sq"]) for name in table.index}
    ss_model, ss_set, ss_residual = sums["C(model)"], sums["C(dataset)"], sums["Residual"]
    f = float(table.loc["C(model)", "F"])
    df_model, df_residual = models - 1, (models - 1) * (sets - 1)
    excess = df_model * (f - 1)
    epsilon = greenhouse_geisser(values) if models < sets else np.nan
    return TwoWay(
        f=f,
        df_model=df_model,
        df_residual=df_residual,
        p=float(table.loc["C(model)", "PR(>F)"]),
        ss_model=ss_model,
        ss_set=ss_set,
        ss_residual=ss_residual,
        partial_eta_squared=ss_model / (ss_model + ss_residual),
        partial_omega_squared=excess / (excess + models * sets),
        gg_epsilon=epsilon,
        p_gg=float(f_distribution.sf(f, epsilon * df_model, epsilon * df_residual)),
        p_lower_bound=float(f_distribution.sf(f, 1, sets - 1)),
    )


def residual_spread(values: Floats) -> bool:
    """Say whether the models' differences vary over sets at all; ``values`` is (k, N)."""
    centred = values - values.mean(axis=0) - values.mean(axis=1, keepdims=True) + values.mean()
    return bool(np.abs(centred).max() > ROUNDING)


def greenhouse_geisser(values: Floats) -> float:
    """Greenhouse and Geisser's (1959) estimate of epsilon, from 1 / (k - 1) to 1 (sphericity).

    Parameters
    ----------
    values
        float64, (k, N): k models on N sets.
    """
    models = values.shape[0]
    centring = np.eye(models) - 1 / models
    covariance = centring @ np.cov(values) @ centring
    return float(np.trace(covariance) ** 2 / ((models - 1) * np.sum(covariance**2)))


def paired_t(values: Floats, others: Floats, alpha: float) -> PairedT:
    """Paired t test over sets; the differences must vary.

    Parameters
    ----------
    values, others
        float64, (N,), N at least 2: AUROC of the two models on the same sets.
    alpha
        The interval covers ``1 - alpha``.
    """
    test = ttest_rel(values, others)
    low, high = test.confidence_interval(1 - alpha)
    return PairedT(
        difference=float(np.mean(values - others)),
        low=float(low),
        high=float(high),
        t=float(test.statistic),
        df=int(test.df),
        p=float(test.pvalue),
    )
