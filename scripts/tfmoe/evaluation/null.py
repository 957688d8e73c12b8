"""How often each test calls models different that are equally good: a simulation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import f_oneway, norm

from tfmoe.core.seeds import generator
from tfmoe.core.vocabulary import kind_order
from tfmoe.evaluation.delong import delong, paired_test
from tfmoe.evaluation.panel import ALL, Panel
from tfmoe.evaluation.rejections import (
    MARGIN_TESTS,
    TESTS,
    left_out,
    margin_rates,
    rejection_rates,
)
from tfmoe.evaluation.settings import EvaluationSettings
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
"""The mixture and three experts, as published."""
CLOSE = 0.3
"""A rate is right if it is off by no more than this share of the level: .035 to .065 at .05."""
# scores of a model that are simulated for the tests on one set
_SCORES = 4_000_000


@dataclass(frozen=True)
class ScoredSets:
    """What the simulation of single sets is made like.

    Attributes
    ----------
    auroc
        True AUROC of all models.
    n_pos, n_neg
        Positives and negatives of a set.
    correlation
        Of any two models' scores within a class.
    sd_trials
        Standard deviation of a model's AUROC over trials on one set.
    trials
        Trials a model.
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
    settings: EvaluationSettings,
    seed: int,
) -> pd.DataFrame:
    """Apply every test to made-up runs in which all models have the same true AUROC.

    The runs have as many models, sets and seeds as this one, and vary as it does (estimated from
    it, on the first kind of negatives, by role): once with models that vary from set to set by
    themselves and alike (``alike``), as the F test and Tukey's take for granted, and once with the
    covariance that was found (``as_found``), where single experts follow their own sets. Seeds are
    drawn anew in each run, so that tests which know only of these seeds show what that does.
    Means are equal, but where models vary unequally medians are not, and ranks tell them apart.

    Parameters
    ----------
    panels
        The panels that were tested.
    comparisons, trials
        The tables of the evaluation.
    settings
        The settings.
    seed
        The run's seed.

    Returns
    -------
    DataFrame
        One row a test: `COLUMNS`. ``false_positive_rate`` is the share of runs in which it rejects,
        for any pair if it tests pairs; ``equivalence`` and ``not_worse`` are tested where the first
        of two models is worse by just the margin. ``off_by`` is the rate less ``alpha``, and
        ``note`` says so where that is more than `CLOSE` of it. The published analysis and DeLong's
        test see one made-up set and are the same for all roles.
    """
    chosen = [panel for panel in panels if (panel.subset, panel.stratum) == (ALL, ALL)]
    first = min((panel.negatives for panel in chosen), key=kind_order, default="genomic")
    chosen = [panel for panel in chosen if panel.negatives == first]
    scored = comparisons[(comparisons["subset"] == ALL) & (comparisons["negatives"] == first)]
    rows = [row for panel in chosen for row in _over_sets(panel, scored, settings, seed)]
    rows += _on_one_set(chosen, scored, trials, settings, seed)
    return pd.DataFrame(rows, columns=COLUMNS)


def design_of(panel: Panel, comparisons: pd.DataFrame, alpha: float) -> Design:
    """Estimate what made-up runs have to be like to vary as the models on a panel's sets do.

    Parameters
    ----------
    panel
        At least two models and sets.
    comparisons
        The comparisons of pairs on these sets, with their intervals.
    alpha
        Those cover ``1 - alpha``.
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
    panel: Panel, comparisons: pd.DataFrame, settings: EvaluationSettings, seed: int
) -> Iterator[dict[str, Any]]:
    """Give the rows of the tests over sets."""
    head = {"role": panel.role, "negatives": panel.negatives, "alpha": settings.alpha}
    head |= {"models": len(panel.models), "sets": len(panel.sets), "seeds": panel.seeds}
    if panel.fault:
        for test in (*TESTS, *MARGIN_TESTS):
            yield _row(head | {"test": test}, np.nan, 0, f"skipped: {panel.fault}")
        return
    found = design_of(panel, comparisons, settings.alpha)
    for kind, design in ((ALIKE, found.with_models_alike(found.models)), (AS_FOUND, found)):
        rng = generator(seed, "null_simulation", panel.role, kind)
        yield from design_rows(design, head | {"models_vary": kind}, settings, rng)


def design_rows(
    design: Design, head: dict[str, Any], settings: EvaluationSettings, rng: np.random.Generator
) -> Iterator[dict[str, Any]]:
    """Simulate one design and give a row a test.

    Parameters
    ----------
    design
        What the runs are like.
    head
        What the rows begin with.
    settings
        The level, the margin, and the number of repeats.
    rng
        Source of the draws.
    """
    repeats, alpha, margin = settings.null_repeats, settings.alpha, settings.margin
    head = head | _described(design) | {"alpha": alpha}
    missing = left_out(design.models, design.sets, design.seeds, alpha)
    equal = logit_means(design, 0.0, rng)
    rates = rejection_rates(design, equal, repeats, alpha, rng).any if equal is not None else {}
    for test in TESTS:
        row = head | {"test": test, "true_difference": 0.0}
        why = missing.get(test, "" if test in rates else "the true AUROC is 0 or 1")
        yield _row(row, rates.get(test, np.nan), repeats, f"not offered: {why}" if why else "")
    worse = logit_means(design, -margin, rng)
    sizes = margin_rates(design, worse, repeats, alpha, margin, rng) if worse is not None else {}
    for test in MARGIN_TESTS:
        row = head | {"test": test, "true_difference": -margin}
        note = "" if test in sizes else "skipped: no AUROC is lower by the margin"
        yield _row(row, sizes.get(test, np.nan), repeats, note)


def _described(design: Design) -> dict[str, Any]:
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
    settings: EvaluationSettings,
    seed: int,
) -> list[dict[str, Any]]:
    """Return the rows of the published analysis and of DeLong's test."""
    alpha = settings.alpha
    head = {"role": ALL, "alpha": alpha, "true_difference": 0.0}
    head |= {"negatives": next((panel.negatives for panel in panels), "")}
    own = trials[trials["negatives"] == head["negatives"]]
    scored = scored_sets(panels, comparisons, own, alpha)
    if isinstance(scored, str):
        why = f"skipped: {scored}"
        return [_row(head | {"test": test}, np.nan, 0, why) for test in (PUBLISHED, DELONG)]
    repeats = max(2, min(settings.null_repeats, _SCORES // (scored.n_pos + scored.n_neg)))
    rng = generator(seed, "null_simulation", PUBLISHED)
    anova, paired = reject_on_one_set(scored, alpha, repeats, rng)
    head |= {"n_pos": scored.n_pos, "n_neg": scored.n_neg, "true_auroc": scored.auroc}
    head |= {"correlation": scored.correlation, "sets": 1, "seeds": 1}
    published: dict[str, Any] = {"models": PUBLISHED_MODELS, "trials": scored.trials}
    published |= {"trials_from": own["trials_from"].iloc[0], "sd_trials": scored.sd_trials}
    return [
        _row(head | {"test": PUBLISHED} | published, float(anova.mean()), repeats, ""),
        _row(head | {"test": DELONG, "models": 2}, float(paired.mean()), repeats, ""),
    ]


def scored_sets(
    panels: Sequence[Panel], comparisons: pd.DataFrame, trials: pd.DataFrame, alpha: float
) -> ScoredSets | str:
    """Estimate what made-up sets have to be like to be scored as those of a run are.

    Parameters
    ----------
    panels
        The panels of the run.
    comparisons, trials
        The comparisons and trials on their sets.
    alpha
        The comparisons' intervals cover ``1 - alpha``.

    Returns
    -------
    ScoredSets or str
        The means and medians over sets; or why there is nothing to simulate.
    """
    usable = [panel.auroc.ravel() for panel in panels if panel.auroc.size]
    sizes = comparisons.groupby("experiment")[["n_pos", "n_neg"]].max().dropna()
    if not usable or not len(sizes):
        return "nothing was scored"
    by_model = trials.groupby(["experiment", "model"])["auroc"]
    variance = float(by_model.var(ddof=1).mean())
    if not variance > 0:
        return "no trials that differ"
    return ScoredSets(
        auroc=float(np.concatenate(usable).mean()),
        n_pos=int(sizes["n_pos"].median()),
        n_neg=int(sizes["n_neg"].median()),
        correlation=_correlation(comparisons, alpha),
        sd_trials=variance**0.5,
        trials=int(by_model.size().max()),
    )


def reject_on_one_set(
    scored: ScoredSets, alpha: float, repeats: int, rng: np.random.Generator
) -> tuple[Flags, Flags]:
    """Apply the analysis as published to four models of one set, and DeLong's test to two of them.

    Scores are normal, those of positives shifted so that every model has the same true AUROC. A
    trial is the AUROC on the set plus a normal deviate, as resampling or dropout gives; what trials
    cannot show is that the set itself is a sample.

    Returns
    -------
    tuple
        bool (repeats,) each: whether the published analysis rejects, and whether DeLong's does.
    """
    shift = float(np.sqrt(2) * norm.ppf(scored.auroc))
    rho, size = scored.correlation, scored.n_pos + scored.n_neg
    aurocs = np.empty((repeats, PUBLISHED_MODELS))
    paired = np.empty(repeats, np.bool_)
    for repeat in range(repeats):
        noise = rng.normal(size=(PUBLISHED_MODELS + 1, size))
        scores = np.sqrt(rho) * noise[0] + np.sqrt(1 - rho) * noise[1:]
        found = delong(scores[:, : scored.n_pos] + shift, scores[:, scored.n_pos :])
        aurocs[repeat] = found.auroc
        paired[repeat] = paired_test(found, 0, 1, alpha).p < alpha
    deviates = rng.normal(size=(*aurocs.shape, scored.trials))
    trials = aurocs[..., None] + scored.sd_trials * deviates
    anova = f_oneway(*np.moveaxis(trials, 1, 0), axis=1).pvalue < alpha
    return anova, paired


def _row(head: dict[str, Any], rate: float, repeats: int, note: str) -> dict[str, Any]:
    """Return a row with the rate, its standard error, and whether it is far off the level."""
    alpha = head["alpha"]
    off_by = rate - alpha
    if not note and abs(off_by) > CLOSE * alpha:
        how = "often" if off_by > 0 else "seldom"
        note = f"too {how}: {rate / alpha:.1f} times the level"
    error = (rate * (1 - rate) / repeats) ** 0.5 if repeats else np.nan
    rates = {"repeats": repeats, "false_positive_rate": rate, "standard_error": error}
    return dict.fromkeys(COLUMNS) | head | rates | {"off_by": off_by, "note": note}
