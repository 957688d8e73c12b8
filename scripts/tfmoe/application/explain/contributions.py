"""Contributions of the members of a mixture to its calibrated logit.

The logit of the conditioned mixture is a sum of the standardised scores of its kinds of members,
each times a slope, and a constant. The score of the networks is itself a sum over the pooled
networks and the experts of the factor asked about. So contributions add up to the logit exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tfmoe.core.errors import InputError
from tfmoe.core.vocabulary import EXPERT
from tfmoe.models.conditioned.evidence import Evidence
from tfmoe.models.conditioned.library import KmerLogits
from tfmoe.models.conditioned.scores import Floats, Member, MemberScores, kind_scores

if TYPE_CHECKING:
    from tfmoe.application.model.model import Model, Query, WindowScores
    from tfmoe.models.conditioned.columns import ConditionedModels

POOLED_NETWORKS = "pooled networks"
COLUMNS = ("level", "member", "score", "weight", "contribution", "sd")


@dataclass(frozen=True)
class KindSum:
    """The logit as a sum over kinds of members.

    Attributes
    ----------
    weights
        Gate weight of each kind, scaled to sum to 1.
    slopes
        Change of the calibrated logit per unit of each kind's score.
    constant
        The logit at scores of 0.
    """

    weights: dict[Member, float]
    slopes: dict[Member, float]
    constant: float

    def contributions(self, kinds: Mapping[Member, Floats]) -> dict[Member, Floats]:
        """Return the contribution of each kind to the logit, of the shape of its scores.

        Maps of scores, instead of scores, yield maps of the logit.
        """
        return {kind: self.slopes[kind] * values for kind, values in kinds.items()}


@dataclass(frozen=True)
class NetworkTerm:
    """A network, or the mean of the pooled networks, in the score of the networks.

    Attributes
    ----------
    name
        Name of the expert, or `POOLED_NETWORKS`.
    weight
        Weight of its standardised logit, relative to that of the pooled networks.
    slope
        Change of the networks' score per unit of its logit.
    mean
        Its mean logit on the background windows, at which it contributes nothing.
    """

    name: str
    weight: float
    slope: float
    mean: float


def kinds_of(model: Model, query: Query, scores: WindowScores) -> dict[Member, Floats]:
    """Return the scores of each kind of member, float64 (n, seeds).

    A mixture that is asked about no factor has one kind, the networks, whose score is its logit.

    Raises
    ------
    InputError
        If the question is answered by an adapted mixture.
    """
    if query.adapted:
        raise InputError(
            f"{model.folder}: the mixture that was adapted to {query.factor} weighs hundreds of "
            "scores, which are not separated by kind; ask the model that was adapted"
        )
    if query.evidence is None:
        return {Member.NETWORKS: scores.logits.astype(np.float64)}
    each = [scores.kinds[seed] for seed in model.seeds]
    return {kind: np.stack([kinds[kind] for kinds in each], axis=1) for kind in each[0]}


def kind_sum(model: Model, query: Query, kinds: Sequence[Member]) -> KindSum:
    """Return how the scores of `kinds` add up to the logit."""
    if query.evidence is None:
        return KindSum({Member.NETWORKS: 1.0}, {Member.NETWORKS: 1.0}, 0.0)
    mixture = _conditioned(model).mixture
    nothing = dict.fromkeys(kinds, np.zeros(1))
    constant = mixture.logits(nothing, query.evidence).item()
    slopes = {
        kind: mixture.logits(nothing | {kind: np.ones(1)}, query.evidence).item() - constant
        for kind in kinds
    }
    total = sum(mixture.gate.weights[kind] for kind in kinds)
    weights = {kind: mixture.gate.weights[kind] / total for kind in kinds}
    return KindSum(weights, slopes, constant)


def network_terms(model: Model, evidence: Evidence, seed: int) -> list[NetworkTerm]:
    """Return the terms of the networks' score for one factor and training seed."""
    background = _conditioned(model).background
    reference = background.members(seed, KmerLogits({}, None))
    used = [name for name in evidence.specialists if name in reference.networks]
    means = [reference.generalist.mean(), *(reference.networks[name].mean() for name in used)]
    # the first row is at the means; each further row raises one logit by 1
    probes = np.array(means) + np.vstack([np.zeros(len(means)), np.eye(len(means))])
    rows = MemberScores(
        np.zeros((len(probes), background.codes.shape[1]), dtype=np.uint8),
        dict(zip(used, probes.T[1:], strict=True)),
        probes[:, 0],
        {},
        None,
    )
    values = kind_scores(rows, reference, replace(evidence, matrices=()))[Member.NETWORKS]
    slopes = values[1:] - values[0]
    spreads = [reference.generalist.std(), *(reference.networks[name].std() for name in used)]
    scaled = slopes * spreads
    return [
        NetworkTerm(name, float(weight), float(slope), float(mean))
        for name, weight, slope, mean in zip(
            [POOLED_NETWORKS, *used], scaled / scaled[0], slopes, means, strict=True
        )
    ]


def member_table(model: Model, query: Query, scores: WindowScores) -> pd.DataFrame:
    """Return the contribution of each member to the logit of one window.

    Parameters
    ----------
    model, query
        The mixture and the factor asked about.
    scores
        Scores; the first row is the window.

    Returns
    -------
    DataFrame
        `COLUMNS`. By level, ``kind``: for each kind of member its standardised score, its gate
        weight, and its contribution to the logit; ``network``: for the networks of the mixture that
        knows the factor, each network's part of their contribution; ``constant``: that of the
        calibration; ``logit``: the sum of kinds and constant. Means over training seeds; `sd` is
        the standard deviation of the contribution over seeds, missing for one seed.
    """
    kinds = kinds_of(model, query, scores)
    parts = kind_sum(model, query, list(kinds))
    rows = []
    for kind, values in kinds.items():
        each = parts.slopes[kind] * values[0]
        rows.append(("kind", kind.value, values[0].mean(), parts.weights[kind], each))
        if kind == Member.NETWORKS and query.evidence is not None:
            rows += _network_rows(model, query.evidence, scores, each, parts.slopes[kind])
    if query.evidence is not None:
        constant = np.full(len(model.seeds), parts.constant)
        rows.append(("constant", "calibration", np.nan, np.nan, constant))
    rows.append(("logit", query.model, np.nan, np.nan, scores.logits[0].astype(np.float64)))
    return pd.DataFrame(
        [(*row[:4], row[4].mean(), deviation(row[4]).item()) for row in rows],
        columns=list(COLUMNS),
    )


def gate_table(scores: WindowScores) -> pd.DataFrame:
    """Return the gate weights of the mixture's networks for one window.

    Parameters
    ----------
    scores
        Scores; the first row is the window.

    Returns
    -------
    DataFrame
        member, weight (mean over training seeds) and sd, the largest weight first.
    """
    weights = pd.concat([gate.iloc[[0]] for gate in scores.gates.values()], ignore_index=True)
    table = pd.DataFrame(
        {
            "member": [str(name) for name in weights],
            "weight": weights.to_numpy(dtype=np.float64).mean(axis=0),
            "sd": deviation(weights.to_numpy(dtype=np.float64)),
        }
    )
    return table.sort_values("weight", ascending=False, kind="stable", ignore_index=True)


def deviation(values: Floats) -> Floats:
    """Return the standard deviation over the first axis; NaN for one value."""
    if len(values) < 2:
        return np.full(values.shape[1:], np.nan)
    spread: Floats = np.asarray(values.std(axis=0, ddof=1))
    return spread


def _network_rows(
    model: Model, evidence: Evidence, scores: WindowScores, networks: Floats, slope: float
) -> list[tuple[str, str, float, float, Floats]]:
    """Return the rows of the pooled networks and of each expert of the factor."""
    terms = {seed: network_terms(model, evidence, seed) for seed in model.seeds}
    rows = []
    rest = networks
    for position, first in enumerate(terms[model.seeds[0]]):
        if position == 0:
            continue
        columns = [f"{EXPERT}{first.name}_seed{seed}" for seed in model.seeds]
        logits = [float(scores.columns[column][0]) for column in columns]
        own = [terms[seed][position] for seed in model.seeds]
        parts = np.array([slope * t.slope * (z - t.mean) for t, z in zip(own, logits, strict=True)])
        weight = float(np.mean([term.weight for term in own]))
        rows.append(("network", f"expert {first.name}", np.nan, weight, parts))
        rest = rest - parts
    # the pooled networks contribute the remainder, because the terms add up
    return [("network", POOLED_NETWORKS, np.nan, 1.0, rest), *rows]


def _conditioned(model: Model) -> ConditionedModels:
    if model.conditioned is None:
        raise TypeError("the model has no mixture that knows the factor")
    return model.conditioned
