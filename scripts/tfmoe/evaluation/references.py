"""The models that are compared with every other one: the mixtures, or adapted mixtures."""

from __future__ import annotations

from collections.abc import Collection

from tfmoe.core.vocabulary import (
    ADAPTED,
    CONDITIONED,
    MIXTURE,
    EvaluationRole,
    learned_from,
    model_order,
)


def reference_models(models: Collection[str], role: str) -> list[str]:
    """Return the models of a set whose pairs are a family of tests each.

    Parameters
    ----------
    models
        Models with scores.
    role
        Role of the set. Among models that learned from peaks of a new factor, each adapted mixture
        is a reference for the models with the same number of peaks and for those with none.
        Elsewhere, the mixture and the conditioned mixture are references for all models.

    Returns
    -------
    list
        The references among `models`, sorted; without any, the mixture.
    """
    if role == EvaluationRole.ADAPTED:
        found = [model for model in models if (learned_from(model) or ("",))[0] == ADAPTED]
    else:
        found = [model for model in (MIXTURE, CONDITIONED) if model in models]
    return sorted(found, key=model_order) or [MIXTURE]


def main_reference(models: Collection[str]) -> str:
    """Return the reference that reports describe: the conditioned mixture, else the mixture."""
    return CONDITIONED if CONDITIONED in models else MIXTURE


def comparable(model: str, other: str) -> bool:
    """Return whether two models learned from equally many peaks of a factor, or one from none."""
    one, two = learned_from(model), learned_from(other)
    return one is None or two is None or one[1] == two[1]
