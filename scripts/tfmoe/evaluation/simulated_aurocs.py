"""AUROCs of made-up runs that vary as those of a run do, with true differences that are known.

On the logit scale an AUROC is a mean, plus random effects: of the set on each model, of the seed,
of model and seed, of set and seed, and of all three (`tfmoe.evaluation.variance_components`); plus
the error of measuring it on as many sequences as the set has, part of which models share.
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
# an AUROC of 1, or next to it, says nothing about a variance on the logit scale
LARGEST = 0.999
# the effects of seeds: whether they differ by model, by set, and by seed
_SEED_EFFECTS = {SEED: (0, 0, 1), MODEL_SEED: (1, 0, 1), SET_SEED: (0, 1, 1), RESIDUAL: (1, 1, 1)}
# AUROCs of a model behind the mean that gives it a true AUROC
_PILOT = 50_000
_WIDEST = 30.0


@dataclass(frozen=True)
class Design:
    """What made-up runs of k models, N sets and S seeds are like.

    Attributes
    ----------
    auroc
        True AUROC of all models: the mean over sets like these, and seeds.
    covariance
        float64, (k, k): of the sets' effects on the models, on the logit scale.
    variances
        Of the effects of seeds, on the logit scale, by name.
    seeds
        S.
    n_pos, n_neg
        float64, (N,): positives and negatives of each set.
    correlation
        Of the errors of two models' AUROCs on the same sequences.
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
        """Variance of what a set does to all models alike; not below 0."""
        apart = ~np.eye(self.models, dtype=np.bool_)
        return max(0.0, float(self.covariance[apart].mean()))

    @property
    def set_model_variance(self) -> float:
        """Variance of what a set does to one model only, the mean over models; not below 0."""
        return max(0.0, float(np.diag(self.covariance).mean()) - self.set_variance)

    def with_models_alike(self, models: int) -> Design:
        """Return the same with so many models, which all vary and covary alike (sphericity)."""
        covariance = np.full((models, models), self.set_variance)
        return replace(self, covariance=covariance + self.set_model_variance * np.eye(models))

    def with_sets(self, sets: int, seeds: int) -> Design:
        """Return the same with so many sets and seeds; further sets are as large as the first."""
        n_pos, n_neg = np.resize(self.n_pos, sets), np.resize(self.n_neg, sets)
        return replace(self, seeds=seeds, n_pos=n_pos, n_neg=n_neg)


def estimate_design(cube: Floats, n_pos: Floats, n_neg: Floats, correlation: float) -> Design:
    """Estimate what a run is like: variances by moments, none below 0.

    The covariance of the models over sets holds the error of measuring their AUROCs too; that
    error's mean is taken off, for it is drawn for each set by its size. With one seed the
    covariance holds what chance did in training as well, and seeds do not vary.

    Parameters
    ----------
    cube
        float64, (k, N, S), AUROCs, at least two models and sets.
    n_pos, n_neg
        (N,), sizes of the sets.
    correlation
        Of the errors of two models' AUROCs on the same sequences.
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
    """Variance of the logit of an AUROC that is measured on so many sequences (delta method)."""
    bounded = np.clip(auroc, 1 - LARGEST, LARGEST)
    return hanley_mcneil(bounded, n_pos, n_neg) / (bounded * (1 - bounded)) ** 2


def hanley_mcneil(auroc: Floats, n_pos: Floats, n_neg: Floats) -> Floats:
    """Variance of an AUROC by Hanley and McNeil (1982, Radiology 143:29-36), equation 2."""
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
        (P,) each: AUROCs of the two models of a pair.
    width
        (P,), of DeLong's interval of the difference, which covers ``1 - alpha``.
    n_pos, n_neg
        (P,), sizes of the pair's set.
    alpha
        See `width`.

    Returns
    -------
    float
        From 0 to 0.99; 0 if there is no pair.
    """
    apart = float(np.sum([hanley_mcneil(one, n_pos, n_neg) for one in aurocs]))
    together = float(np.sum((width / (2 * norm.isf(alpha / 2))) ** 2))
    return min(0.99, max(0.0, 1 - together / apart)) if apart > 0 else 0.0


def logit_means(design: Design, difference: float, rng: np.random.Generator) -> Floats | None:
    """Return the means on the logit scale that give the models their true AUROCs.

    Parameters
    ----------
    design
        What the runs are like.
    difference
        By how much the true AUROC of the first model is above that of the others.
    rng
        Source of the draws that the means are found with.

    Returns
    -------
    ndarray
        float64, (k,); `None` if the first model's AUROC would not lie between 0 and 1.
    """
    if not 0 < design.auroc + difference <= max(design.auroc, design.auroc + difference) < 1:
        return None
    # the same draws for all models, so that chance in them is no difference between models
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
    """Draw AUROCs of made-up runs.

    Parameters
    ----------
    design
        What the runs are like.
    means
        Of `logit_means`, (k,).
    repeats
        Number of runs R.
    rng
        Source of the draws.

    Returns
    -------
    ndarray
        float64, (R, k, N, S).
    """
    return _draw(design, repeats, rng).aurocs(design, means)


@dataclass(frozen=True)
class _Drawn:
    """Effects of sets, (R, k, N, 1), and of seeds, (R, k, N, S); errors in their own units."""

    sets: Floats
    seeds: Floats
    error: Floats

    def aurocs(self, design: Design, means: Floats) -> Floats:
        typical = means[:, None, None] + self.sets
        variance = logit_error(expit(typical), design.n_pos[:, None], design.n_neg[:, None])
        result: Floats = expit(typical + self.seeds + np.sqrt(variance) * self.error)
        return result


def _find_mean(design: Design, drawn: _Drawn, target: float) -> float:
    """Return the mean on the logit scale that gives one model its true AUROC."""

    def excess(mean: float) -> float:
        return float(drawn.aurocs(design, np.array([mean])).mean()) - target

    return float(brentq(excess, -_WIDEST, _WIDEST, xtol=1e-6))


def _draw(design: Design, repeats: int, rng: np.random.Generator) -> _Drawn:
    models, sets = design.models, design.sets
    sizes = (models, sets, design.seeds)
    effects = np.einsum("km,rmn->rkn", _root(design), rng.normal(size=(repeats, models, sets)))
    of_seeds = np.zeros((repeats, *sizes))
    for name, axes in _SEED_EFFECTS.items():
        shape = [size if differs else 1 for size, differs in zip(sizes, axes, strict=True)]
        of_seeds += np.sqrt(design.variances[name]) * rng.normal(size=(repeats, *shape))
    shared = np.sqrt(design.correlation) * rng.normal(size=(repeats, 1, sets, 1))
    own = np.sqrt(1 - design.correlation) * rng.normal(size=(repeats, models, sets, 1))
    return _Drawn(effects[..., None], of_seeds, shared + own)


def _root(design: Design) -> Floats:
    """Square root of the covariance, without what is below 0 in it, as an estimate may have."""
    values, vectors = np.linalg.eigh(design.covariance)
    root: Floats = vectors * np.sqrt(np.maximum(values, 0.0))
    return root
