"""The gate of the conditioned mixture: one weight per kind of member, shared by all factors.

It starts at equal weights and is drawn towards them. It is fitted on training factors that were
left out one by one, so that no member has seen the factor whose windows it scores. Unless the
fitted weights are ahead of equal weights on factors left out of the fit too, equal weights stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from tfmoe.core.paired_interval import paired_interval
from tfmoe.models.conditioned.scores import Floats, Member
from tfmoe.models.training_loop import auroc

EQUAL = dict.fromkeys(Member, 1.0)
"""Equal weights."""
FEWEST_FACTORS = 3
"""Below this number of left-out factors, a kind of member keeps its equal weight."""
# Each factor counts as much as `_FACTOR_WEIGHT` windows, however many it has, and the log of each
# weight has a normal prior with this standard deviation.
_FACTOR_WEIGHT = 40.0
_PRIOR_SPREAD = 0.5
_ALPHA = 0.05


@dataclass(frozen=True)
class LeftOutScores:
    """Windows of a training factor, scored by members that have not seen it.

    Attributes
    ----------
    factor
        Its name.
    kinds
        Standardised score (n,) of each kind of member that can score the factor.
    labels
        float32, (n,): 1 for a peak.
    independent
        Whether its matrix comes from other data than the run. Otherwise the fit ignores its matrix.
    """

    factor: str
    kinds: Mapping[Member, Floats]
    labels: NDArray[np.float32]
    independent: bool


@dataclass(frozen=True)
class Gate:
    """Weights of the kinds of members, and how they were chosen.

    Attributes
    ----------
    weights
        Weight of each kind; their mean is 1.
    fitted
        Whether these are fitted weights; otherwise they are equal.
    difference, low, high
        Mean over factors of the AUROC with fitted weights minus that with equal weights, each
        factor left out of the fit, and its 95 % t interval; NaN for fewer than three factors.
    """

    weights: Mapping[Member, float]
    fitted: bool
    difference: float
    low: float
    high: float


def combine(kinds: Mapping[Member, Floats], weights: Mapping[Member, float]) -> Floats:
    """Return the weighted mean (n,) over the kinds that can score; missing kinds are masked."""
    total = sum(weights[kind] for kind in kinds)
    mean: Floats = np.sum([weights[kind] * values for kind, values in kinds.items()], axis=0)
    return mean / total


def choose_gate(left_out: Sequence[LeftOutScores]) -> tuple[Gate, list[Mapping[Member, float]]]:
    """Fit the weights and decide between them and equal weights.

    Returns
    -------
    gate
        The gate.
    nested
        For each factor the weights that would have been chosen without it.
    """
    if len(left_out) < FEWEST_FACTORS:
        return Gate(EQUAL, False, np.nan, np.nan, np.nan), [EQUAL] * len(left_out)
    without = [fit_weights([other for other in left_out if other is not one]) for one in left_out]
    gains = np.array(
        [
            _auroc(one, weights) - _auroc(one, EQUAL)
            for one, weights in zip(left_out, without, strict=True)
        ]
    )
    low, high = paired_interval(gains, _ALPHA)
    ahead = low > 0
    weights = fit_weights(left_out) if ahead else EQUAL
    gate = Gate(weights, ahead, float(gains.mean()), low, high)
    return gate, list(without) if ahead else [EQUAL] * len(left_out)


def fit_weights(left_out: Sequence[LeftOutScores]) -> dict[Member, float]:
    """Fit the weights by penalised logistic regression, with an intercept per factor.

    Returns
    -------
    dict
        Weight of each kind, with mean 1. A kind that fewer than `FEWEST_FACTORS` factors can
        inform, such as the matrix if most matrices were built from the run's own data, has the
        weight 1 before scaling.
    """
    informative = [_informative_kinds(one) for one in left_out]
    free = [
        kind for kind in Member if sum(kind in kinds for kinds in informative) >= FEWEST_FACTORS
    ]

    def objective(point: Floats) -> tuple[float, Floats]:
        """Negative log posterior and its gradient, by log weights, log scale and intercepts."""
        logs, scale, intercepts = (
            point[: len(free)],
            np.exp(point[len(free)]),
            point[-len(left_out) :],
        )
        value = float(logs @ logs) / (2 * _PRIOR_SPREAD**2)
        gradient = np.zeros_like(point)
        gradient[: len(free)] = logs / _PRIOR_SPREAD**2
        for row, (one, kinds) in enumerate(zip(left_out, informative, strict=True)):
            weights = dict.fromkeys(kinds, 1.0)
            weights |= {kind: float(np.exp(log)) for kind, log in zip(free, logs, strict=True)}
            score = combine(kinds, weights)
            logit, share = intercepts[row] + scale * score, _FACTOR_WEIGHT / len(score)
            value += share * float(np.sum(np.logaddexp(0, logit) - one.labels * logit))
            residual = share * (expit(logit) - one.labels)
            total = sum(weights[kind] for kind in kinds)
            for place, kind in enumerate(free):
                if kind in kinds:
                    slope = scale * weights[kind] / total * (kinds[kind] - score)
                    gradient[place] += float(residual @ slope)
            gradient[len(free)] += float(residual @ (scale * score))
            gradient[len(free) + 1 + row] += float(residual.sum())
        return value, gradient

    start = np.zeros(len(free) + 1 + len(left_out))
    # imported here, because a model in use fits nothing
    from scipy.optimize import minimize

    found = minimize(objective, start, jac=True, method="L-BFGS-B")
    weights = EQUAL | {
        kind: float(np.exp(log)) for kind, log in zip(free, found.x[: len(free)], strict=True)
    }
    mean = sum(weights.values()) / len(weights)
    return {kind: weight / mean for kind, weight in weights.items()}


def _informative_kinds(one: LeftOutScores) -> dict[Member, Floats]:
    """Return the kinds whose weight a factor can inform."""
    return {
        kind: values
        for kind, values in one.kinds.items()
        if kind != Member.MATRIX or one.independent
    }


def _auroc(one: LeftOutScores, weights: Mapping[Member, float]) -> float:
    return auroc(combine(one.kinds, weights), one.labels)
