"""Simulated AUROCs with the variances of a run and known true differences.

On the logit scale, an AUROC is the sum of a mean, random effects and a measurement error. The
random effects are those of the set on each model, of the seed, of model and seed, of set and seed,
and of all three (`tfmoe.evaluation.variance_components`). The measurement error depends on the
number of sequences in the set and is correlated between models.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import norm

from tfmoe.evaluation.mean_squares import mean_squares
from tfmoe.evaluation.variance_components import (
    MODEL_SEED,
    RESIDUAL,
    SEED,
    SET_SEED,
    estimate_by_moments,
    to_scale,
)

Floats = NDArray[np.float64]
# AUROCs are clipped here, since values close to 1 are uninformative on the logit scale
LARGEST = 0.999
# whether each effect of seeds differs by model, by set and by seed
_SEED_EFFECTS = {SEED: (0, 0, 1), MODEL_SEED: (1, 0, 1), SET_SEED: (0, 1, 1), RESIDUAL: (1, 1, 1)}
# AUROCs drawn to find the mean at which a model has its true AUROC
_PILOT = 50_000
_WIDEST = 30.0


@dataclass(frozen=True)
class Design:
    """Parameters of simulated runs with k models, N sets and S seeds.

    Attributes
    ----------
    auroc
        True AUROC of all models: the mean over such sets and seeds.
    covariance
        float64, (k, k): covariance of the effects of sets on the models, on the logit scale.
    variances
        Variances of the effects of seeds on the logit scale, by name.
    seeds
        Number S of seeds.
    n_pos, n_neg
        float64, (N,): numbers of positives and negatives of each set.
    correlation
        Correlation of the errors of two models' AUROCs on the same sequences.
    """

    auroc: float
    covariance: Floats
    variances: dict[str, float]
    seeds: int
    n_pos: Floats
    n_neg: Floats
    correlation: float

    @property
    def models(self) -> int:
        """Number k of models."""
        return len(self.covariance)

    @property
    def sets(self) -> int:
        """Number N of sets."""
        return len(self.n_pos)

    @property
    def set_variance(self) -> float:
        """Variance of the effect of a set that all models share; not below 0."""
        apart = ~np.eye(self.models, dtype=np.bool_)
        return max(0.0, float(self.covariance[apart].mean()))

    @property
    def set_model_variance(self) -> float:
        """Mean variance of the effect of a set on a single model; not below 0."""
        return max(0.0, float(np.diag(self.covariance).mean()) - self.set_variance)

    def with_models_alike(self, models: int) -> Design:
        """Return the design with `models` models of equal variance and covariance (sphericity)."""
        covariance = np.full((models, models), self.set_variance)
        return replace(self, covariance=covariance + self.set_model_variance * np.eye(models))

    def with_sets(self, sets: int, seeds: int) -> Design:
        """Return the design with other numbers of sets and seeds; sizes of sets are recycled."""
        n_pos, n_neg = np.resize(self.n_pos, sets), np.resize(self.n_neg, sets)
        return replace(self, seeds=seeds, n_pos=n_pos, n_neg=n_neg)


def estimate_design(cube: Floats, n_pos: Floats, n_neg: Floats, correlation: float) -> Design:
    """Estimate the design of a run: variances by moments, truncated at 0.

    The covariance of the models over sets includes the error of measuring their AUROCs. The mean of
    this error is subtracted, because the simulation draws it for each set according to its size.
    With one seed, the covariance also includes the variation between trainings, and the variances
    of seeds are 0.

    Parameters
    ----------
    cube
        float64, (k, N, S): AUROCs of at least two models on at least two sets.
    n_pos, n_neg
        Numbers of positives and negatives of the sets, (N,).
    correlation
        Correlation of the errors of two models' AUROCs on the same sequences.
    """
    models, _, seeds = cube.shape
    logits = to_scale(np.clip(cube, 1 - LARGEST, LARGEST), "logit")
    variances = dict.fromkeys(_SEED_EFFECTS, 0.0)
    if seeds > 1:
        moments = estimate_by_moments(mean_squares(logits))
        variances = {name: max(0.0, moments[name]) for name in _SEED_EFFECTS}
    sizes = np.asarray(n_pos, np.float64), np.asarray(n_neg, np.float64)
    error = float(logit_error(expit(logits.mean(axis=(0, 2))), *sizes).mean())
    own = (1 - correlation) * error + variances[RESIDUAL] / seeds
    shared = correlation * error + variances[SET_SEED] / seeds
    covariance = np.cov(logits.mean(axis=2)) - own * np.eye(models) - shared
    return Design(float(cube.mean()), covariance, variances, seeds, *sizes, correlation)


def logit_error(auroc: Floats, n_pos: Floats, n_neg: Floats) -> Floats:
    """Return the variance of the logit of an AUROC for given class sizes, by the delta method."""
    bounded = np.clip(auroc, 1 - LARGEST, LARGEST)
    return hanley_mcneil(bounded, n_pos, n_neg) / (bounded * (1 - bounded)) ** 2


def hanley_mcneil(auroc: Floats, n_pos: Floats, n_neg: Floats) -> Floats:
    """Return the variance of an AUROC by equation 2 of Hanley and McNeil (1982).

    Radiology 143:29-36.
    """
    q1, q2 = auroc / (2 - auroc), 2 * auroc**2 / (1 + auroc)
    within = (n_pos - 1) * (q1 - auroc**2) + (n_neg - 1) * (q2 - auroc**2)
    result: Floats = (auroc * (1 - auroc) + within) / (n_pos * n_neg)
    return result


def error_correlation(
    aurocs: tuple[Floats, Floats], width: Floats, n_pos: Floats, n_neg: Floats, alpha: float
) -> float:
    """Estimate the correlation of two models' errors from intervals of their difference.

    Parameters
    ----------
    aurocs
        AUROCs of the first and the second model of each pair, (P,) each.
    width
        Width of DeLong's interval of the difference, (P,).
    n_pos, n_neg
        Numbers of positives and negatives of the pair's set, (P,).
    alpha
        The intervals cover ``1 - alpha``.

    Returns
    -------
    float
        A value from 0 to 0.99; 0 without any pair.
    """
    apart = float(np.sum([hanley_mcneil(one, n_pos, n_neg) for one in aurocs]))
    together = float(np.sum((width / (2 * norm.isf(alpha / 2))) ** 2))
    return min(0.99, max(0.0, 1 - together / apart)) if apart > 0 else 0.0


def logit_means(design: Design, difference: float, rng: np.random.Generator) -> Floats | None:
    """Find the means on the logit scale at which the models have their true AUROCs.

    Parameters
    ----------
    design
        Design of the runs.
    difference
        True AUROC of the first model minus that of the others.
    rng
        Random generator of the draws over which AUROCs are averaged.

    Returns
    -------
    ndarray
        float64, (k,); `None` unless the true AUROCs lie between 0 and 1.
    """
    if not 0 < design.auroc + difference <= max(design.auroc, design.auroc + difference) < 1:
        return None
    # all models share the draws, so that chance causes no difference between models
    one = replace(design, covariance=np.eye(1), seeds=1)
    drawn = _draw(one, max(1, _PILOT // design.sets), rng)
    spreads = np.linalg.norm(_root(design), axis=1).tolist()
    targets = [design.auroc + difference, *[design.auroc] * (design.models - 1)]
    found: dict[tuple[float, float], float] = {}
    for spread, target in zip(spreads, targets, strict=True):
        if (spread, target) not in found:
            scaled = replace(drawn, sets=spread * drawn.sets)
            found[spread, target] = _find_mean(design, scaled, target)
    return np.array([found[key] for key in zip(spreads, targets, strict=True)])


def draw_aurocs(design: Design, means: Floats, repeats: int, rng: np.random.Generator) -> Floats:
    """Draw the AUROCs of simulated runs.

    Parameters
    ----------
    design
        Design of the runs.
    means
        Result of `logit_means`, (k,).
    repeats
        Number of runs R.
    rng
        Random generator.

    Returns
    -------
    ndarray
        float64, (R, k, N, S).
    """
    return _draw(design, repeats, rng).aurocs(design, means)


@dataclass(frozen=True)
class _Drawn:
    """Effects of sets, (R, k, N, 1), and seeds, (R, k, N, S); errors in standard deviations."""

    sets: Floats
    seeds: Floats
    error: Floats

    def aurocs(self, design: Design, means: Floats) -> Floats:
        typical = means[:, None, None] + self.sets
        variance = logit_error(expit(typical), design.n_pos[:, None], design.n_neg[:, None])
        result: Floats = expit(typical + self.seeds + np.sqrt(variance) * self.error)
        return result


def _find_mean(design: Design, drawn: _Drawn, target: float) -> float:
    """Find the mean on the logit scale at which one model has its true AUROC."""

    def excess(mean: float) -> float:
        return float(drawn.aurocs(design, np.array([mean])).mean()) - target

    return float(brentq(excess, -_WIDEST, _WIDEST, xtol=1e-6))


def _draw(design: Design, repeats: int, rng: np.random.Generator) -> _Drawn:
    models, sets = design.models, design.sets
    sizes = (models, sets, design.seeds)
    effects = np.einsum("km,rmn->rkn", _root(design), rng.normal(size=(repeats, models, sets)))
    seed_effects = np.zeros((repeats, *sizes))
    for name, axes in _SEED_EFFECTS.items():
        shape = [size if differs else 1 for size, differs in zip(sizes, axes, strict=True)]
        seed_effects += np.sqrt(design.variances[name]) * rng.normal(size=(repeats, *shape))
    shared = np.sqrt(design.correlation) * rng.normal(size=(repeats, 1, sets, 1))
    own = np.sqrt(1 - design.correlation) * rng.normal(size=(repeats, models, sets, 1))
    return _Drawn(effects[..., None], seed_effects, shared + own)


def _root(design: Design) -> Floats:
    """Return a square root of the covariance, with negative eigenvalues set to 0.

    An estimated covariance may have negative eigenvalues.
    """
    values, vectors = np.linalg.eigh(design.covariance)
    root: Floats = vectors * np.sqrt(np.maximum(values, 0.0))
    return root
