"""Relation of experiments to the training factors: role in the results, and own expert."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tfmoe.core.vocabulary import EvaluationRole, Role, Stratum


def evaluation_role(role: str, stratum: str) -> EvaluationRole:
    """Return the role in tables of results of an experiment, from two columns of its table."""
    if role == Role.TRAIN:
        return EvaluationRole.IN_DISTRIBUTION
    if stratum == Stratum.SAME_FACTOR:
        return EvaluationRole.SAME_FACTOR
    return EvaluationRole.OOD


def experts_of(training: Mapping[str, str], expert_per: str) -> dict[str, list[str]]:
    """Return the training experiments of each expert.

    Parameters
    ----------
    training
        Factor of each training experiment, in the order of the table.
    expert_per
        The config's ``training.expert_per``: with ``factor``, experiments whose factors differ only
        in case share an expert, which has the first spelling.
    """
    experts: dict[str, list[str]] = {}
    for name, factor in training.items():
        if expert_per != "factor":
            experts[name] = [name]
            continue
        known = next((other for other in experts if other.upper() == factor.upper()), factor)
        experts.setdefault(known, []).append(name)
    return experts


def own_experts(factors: Mapping[str, str], experts: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the expert of each experiment's own factor, where there is one.

    Parameters
    ----------
    factors
        Factor of each experiment.
    experts
        Training experiments of each expert.

    Returns
    -------
    dict
        By experiment: the expert that it trains, or, for a training factor in other cells, the
        factor's first expert in the order of `experts`. Unseen factors are missing.
    """
    trained = {name: expert for expert, names in experts.items() for name in names}
    of_factor: dict[str, str] = {}
    for name, expert in trained.items():
        of_factor.setdefault(factors[name].upper(), expert)
    return {
        name: trained.get(name, of_factor[factor.upper()])
        for name, factor in factors.items()
        if factor.upper() in of_factor
    }
