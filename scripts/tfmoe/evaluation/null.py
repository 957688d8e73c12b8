"""Simulated false-positive rate of each test: how often it calls equal models different."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import f_oneway, norm

from tfmoe.core.seeds import generator
from tfmoe.core.vocabulary import EvaluationRole, Kind, Subset, kind_order
from tfmoe.evaluation.delong import delong, paired_test
from tfmoe.evaluation.panel import ALL, Panel
from tfmoe.evaluation.rejections import (
    MARGIN_TESTS,
    TESTS,
    margin_rates,
    rejection_rates,
    unavailable_tests,
)
from tfmoe.evaluation.settings import StatisticsSettings
from tfmoe.evaluation.simulated_aurocs import (
    Design,
    error_correlation,
    estimate_design,
    logit_means,
)
from tfmoe.evaluation.variance_components import MODEL_SEED, RESIDUAL

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
PUBLISHED, DELONG = "anova_as_published", "delong"
ALIKE, AS_FOUND = "alike", "as_found"
COLUMNS = (
    "role",
    "negatives",
    "test",
    "models_vary",
    "models",
    "sets",
    "seeds",
    "n_pos",
    "n_neg",
    "true_auroc",
    "true_difference",
    "correlation",
    "sd_set",
    "sd_set_model",
    "sd_model_seed",
    "sd_residual",
    "trials",
    "trials_from",
    "sd_trials",
    "alpha",
    "repeats",
    "false_positive_rate",
    "standard_error",
    "off_by",
    "note",
)
PUBLISHED_MODELS = 4
"""The mixture and three experts, as in the published analysis."""
CLOSE = 0.3
"""Tolerated deviation of a rate, as a share of the level: .035 to .065 at a level of .05."""
# scores per model that are simulated for the tests on one set, over all repeats
_SCORES = 4_000_000


@dataclass(frozen=True)
class TypicalSet:
    """Properties of simulated single sets, typical of the sets of a run.

    Attributes
    ----------
    auroc
        True AUROC of all models.
    n_pos, n_neg
        Numbers of positives and negatives.
    correlation
        Correlation of two models' scores within a class.
    sd_trials
        Standard deviation of a model's AUROC over trials on one set.
    trials
        Trials per model.
    """

    auroc: float
    n_pos: int
    n_neg: int
    correlation: float
    sd_trials: float
    trials: int


def simulate_null(
    panels: Sequence[Panel],
    comparisons: pd.DataFrame,
    trials: pd.DataFrame,
    settings: StatisticsSettings,
    seed: int,
) -> pd.DataFrame:
    """Apply every test to simulated runs in which all models have the same true AUROC.

    The simulated runs have as many models, sets and seeds as the real run. Their variances are
    estimated from it, separately for each role, on the first kind of negatives. There are two
    scenarios. In ``alike``, all models have the same variance and covariance over sets, as the F
    test and Tukey's test assume. In ``as_found``, the covariance is the estimated one, in which
    single experts follow their own sets. Each simulated run draws new seeds, which exposes the
    error of tests that treat the given seeds as fixed. All means are equal, but if models have
    unequal variances their medians differ, and tests on ranks detect that.

    Parameters
    ----------
    panels
        The tested panels; those of the role ``adapted`` are not simulated.
    comparisons, trials
        The tables of the evaluation.
    settings
        The settings.
    seed
        The run's seed.

    Returns
    -------
    DataFrame
        One row per test: `COLUMNS`. ``false_positive_rate`` is the share of runs in which the test
        rejects; for tests of pairs, in which it rejects any pair. ``equivalence`` and
        ``not_worse`` are tested with a first model that is worse by exactly the margin. ``off_by``
        is the rate minus ``alpha``; if it exceeds the share `CLOSE` of ``alpha``, ``note`` reports
        that. The published analysis and DeLong's test are applied to one simulated set and have one
        row for all roles.
    """
    chosen = [panel for panel in panels if (panel.subset, panel.stratum) == (Subset.ALL, ALL)]
    chosen = [panel for panel in chosen if panel.role != EvaluationRole.ADAPTED]
    first = min((panel.negatives for panel in chosen), key=kind_order, default=Kind.GENOMIC)
    chosen = [panel for panel in chosen if panel.negatives == first]
    primary = (comparisons["subset"] == Subset.ALL) & (comparisons["negatives"] == first)
    scored = comparisons[primary & (comparisons["role"] != EvaluationRole.ADAPTED)]
    rows = [row for panel in chosen for row in _over_sets(panel, scored, settings, seed)]
    rows += _on_one_set(chosen, scored, trials, settings, seed)
    return pd.DataFrame(rows, columns=COLUMNS)


def estimate_panel_design(panel: Panel, comparisons: pd.DataFrame, alpha: float) -> Design:
    """Estimate the design of simulated runs from the models and sets of a panel.

    Parameters
    ----------
    panel
        The panel, with at least two models and sets.
    comparisons
        The comparisons of pairs of models on these sets, with their intervals.
    alpha
        The intervals cover ``1 - alpha``.
    """
    own = comparisons[comparisons["experiment"].isin(panel.sets)]
    sizes = own.groupby("experiment")[["n_pos", "n_neg"]].max().loc[panel.sets]
    n_pos, n_neg = (sizes[name].to_numpy(np.float64) for name in ("n_pos", "n_neg"))
    known = own["model"].isin(panel.models) & own["other"].isin(panel.models)
    correlation = _correlation(own[known], alpha)
    return estimate_design(panel.by_seed, n_pos, n_neg, correlation)


def _correlation(comparisons: pd.DataFrame, alpha: float) -> float:
    names = ["auroc_model", "auroc_other", "low", "high", "n_pos", "n_neg"]
    found = comparisons[names].dropna().to_numpy(np.float64).T
    model, other, low, high, n_pos, n_neg = found
    return error_correlation((model, other), high - low, n_pos, n_neg, alpha)


def _over_sets(
    panel: Panel, comparisons: pd.DataFrame, settings: StatisticsSettings, seed: int
) -> Iterator[dict[str, Any]]:
    """Yield the rows of the tests over sets."""
    head = {"role": panel.role, "negatives": panel.negatives, "alpha": settings.alpha}
    head |= {"models": len(panel.models), "sets": len(panel.sets), "seeds": panel.seeds}
    if panel.fault:
        for test in (*TESTS, *MARGIN_TESTS):
            yield _row(head | {"test": test}, np.nan, 0, f"skipped: {panel.fault}")
        return
    found = estimate_panel_design(panel, comparisons, settings.alpha)
    for kind, design in ((ALIKE, found.with_models_alike(found.models)), (AS_FOUND, found)):
        rng = generator(seed, "null_simulation", panel.role, kind)
        yield from design_rows(design, head | {"models_vary": kind}, settings, rng)


def design_rows(
    design: Design, head: dict[str, Any], settings: StatisticsSettings, rng: np.random.Generator
) -> Iterator[dict[str, Any]]:
    """Simulate one design and yield one row per test.

    Parameters
    ----------
    design
        Design of the simulated runs.
    head
        Columns that all rows share.
    settings
        Holds the level, the margin and the number of repeats.
    rng
        Random generator.
    """
    repeats, alpha, margin = settings.null_repeats, settings.alpha, settings.margin
    head = head | _design_columns(design) | {"alpha": alpha}
    unavailable = unavailable_tests(design.models, design.sets, design.seeds, alpha)
    equal = logit_means(design, 0.0, rng)
    rates = rejection_rates(design, equal, repeats, alpha, rng).any if equal is not None else {}
    for test in TESTS:
        row = head | {"test": test, "true_difference": 0.0}
        why = unavailable.get(test, "" if test in rates else "the true AUROC is 0 or 1")
        yield _row(row, rates.get(test, np.nan), repeats, f"not offered: {why}" if why else "")
    worse = logit_means(design, -margin, rng)
    sizes = margin_rates(design, worse, repeats, alpha, margin, rng) if worse is not None else {}
    for test in MARGIN_TESTS:
        row = head | {"test": test, "true_difference": -margin}
        note = "" if test in sizes else "skipped: no AUROC is lower by the margin"
        yield _row(row, sizes.get(test, np.nan), repeats, note)


def _design_columns(design: Design) -> dict[str, Any]:
    return {
        "models": design.models,
        "sets": design.sets,
        "seeds": design.seeds,
        "n_pos": float(np.median(design.n_pos)),
        "n_neg": float(np.median(design.n_neg)),
        "true_auroc": design.auroc,
        "correlation": design.correlation,
        "sd_set": design.set_variance**0.5,
        "sd_set_model": design.set_model_variance**0.5,
        "sd_model_seed": design.variances[MODEL_SEED] ** 0.5,
        "sd_residual": design.variances[RESIDUAL] ** 0.5,
    }


def _on_one_set(
    panels: Sequence[Panel],
    comparisons: pd.DataFrame,
    trials: pd.DataFrame,
    settings: StatisticsSettings,
    seed: int,
) -> list[dict[str, Any]]:
    """Return the rows of the published analysis and of DeLong's test."""
    alpha = settings.alpha
    head = {"role": ALL, "alpha": alpha, "true_difference": 0.0}
    head |= {"negatives": next((panel.negatives for panel in panels), "")}
    of_kind = trials[trials["negatives"] == head["negatives"]]
    typical = find_typical_set(panels, comparisons, of_kind, alpha)
    if isinstance(typical, str):
        why = f"skipped: {typical}"
        return [_row(head | {"test": test}, np.nan, 0, why) for test in (PUBLISHED, DELONG)]
    repeats = max(2, min(settings.null_repeats, _SCORES // (typical.n_pos + typical.n_neg)))
    rng = generator(seed, "null_simulation", PUBLISHED)
    anova, paired = reject_on_one_set(typical, alpha, repeats, rng)
    head |= {"n_pos": typical.n_pos, "n_neg": typical.n_neg, "true_auroc": typical.auroc}
    head |= {"correlation": typical.correlation, "sets": 1, "seeds": 1}
    published: dict[str, Any] = {"models": PUBLISHED_MODELS, "trials": typical.trials}
    published |= {"trials_from": of_kind["trials_from"].iloc[0], "sd_trials": typical.sd_trials}
    return [
        _row(head | {"test": PUBLISHED} | published, float(anova.mean()), repeats, ""),
        _row(head | {"test": DELONG, "models": 2}, float(paired.mean()), repeats, ""),
    ]


def find_typical_set(
    panels: Sequence[Panel], comparisons: pd.DataFrame, trials: pd.DataFrame, alpha: float
) -> TypicalSet | str:
    """Average the properties of the sets of a run, for the simulation of single sets.

    Parameters
    ----------
    panels
        The panels of the run.
    comparisons, trials
        Comparisons and trials on the sets of the panels.
    alpha
        The intervals of the comparisons cover ``1 - alpha``.

    Returns
    -------
    TypicalSet or str
        Means and medians over sets, or the reason why nothing can be simulated.
    """
    usable = [panel.auroc.ravel() for panel in panels if panel.auroc.size]
    sizes = comparisons.groupby("experiment")[["n_pos", "n_neg"]].max().dropna()
    if not usable or not len(sizes):
        return "nothing was scored"
    by_model = trials.groupby(["experiment", "model"])["auroc"]
    variance = float(by_model.var(ddof=1).mean())
    if not variance > 0:
        return "no trials that differ"
    return TypicalSet(
        auroc=float(np.concatenate(usable).mean()),
        n_pos=int(sizes["n_pos"].median()),
        n_neg=int(sizes["n_neg"].median()),
        correlation=_correlation(comparisons, alpha),
        sd_trials=variance**0.5,
        trials=int(by_model.size().max()),
    )


def reject_on_one_set(
    typical: TypicalSet, alpha: float, repeats: int, rng: np.random.Generator
) -> tuple[Flags, Flags]:
    """Apply the published analysis to four models on one set, and DeLong's test to two of them.

    Scores are normal, and those of positives are shifted so that every model has the same true
    AUROC. A trial is the AUROC on the set plus a normal deviate, which imitates resampling or
    dropout. Trials ignore that the set itself is a sample.

    Returns
    -------
    tuple
        Whether the published analysis rejects and whether DeLong's test rejects; bool (repeats,).
    """
    shift = float(np.sqrt(2) * norm.ppf(typical.auroc))
    rho, size = typical.correlation, typical.n_pos + typical.n_neg
    aurocs = np.empty((repeats, PUBLISHED_MODELS))
    paired = np.empty(repeats, np.bool_)
    for repeat in range(repeats):
        noise = rng.normal(size=(PUBLISHED_MODELS + 1, size))
        scores = np.sqrt(rho) * noise[0] + np.sqrt(1 - rho) * noise[1:]
        found = delong(scores[:, : typical.n_pos] + shift, scores[:, typical.n_pos :])
        aurocs[repeat] = found.auroc
        paired[repeat] = paired_test(found, 0, 1, alpha).p < alpha
    deviates = rng.normal(size=(*aurocs.shape, typical.trials))
    trials = aurocs[..., None] + typical.sd_trials * deviates
    anova = f_oneway(*np.moveaxis(trials, 1, 0), axis=1).pvalue < alpha
    return anova, paired


def _row(head: dict[str, Any], rate: float, repeats: int, note: str) -> dict[str, Any]:
    """Return a row with the rate, its standard error and, in the note, a large deviation."""
    alpha = head["alpha"]
    off_by = rate - alpha
    if not note and abs(off_by) > CLOSE * alpha:
        how = "often" if off_by > 0 else "seldom"
        note = f"too {how}: {rate / alpha:.1f} times the level"
    error = (rate * (1 - rate) / repeats) ** 0.5 if repeats else np.nan
    rates = {"repeats": repeats, "false_positive_rate": rate, "standard_error": error}
    return dict.fromkeys(COLUMNS) | head | rates | {"off_by": off_by, "note": note}
