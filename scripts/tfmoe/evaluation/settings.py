"""Settings of the evaluation, as the config's section `evaluation` gives them."""

from __future__ import annotations

from dataclasses import dataclass

from tfmoe.core.errors import ConfigError

MIXTURE = "moe"
EXPERT = "expert_"
BEST_EXPERT = "best_expert"
KINDS = {
    "genomic": "genomic negatives",
    "dinucleotide": "dinucleotide shuffles",
    "neighbour": "neighbouring windows",
    "other_factor": "peaks of other factors",
    "file": "the negatives supplied",
}
"""Kinds of negatives and what they are called; the first that a run has is its primary one."""


@dataclass(frozen=True)
class ExperimentLabels:
    """What the tables say of an experiment.

    Attributes
    ----------
    experiment, factor
        Its name, and the factor.
    role
        ``in_distribution`` for a factor that has an expert, else ``ood``.
    stratum
        For ``ood``, how the factor relates to the training factors; else ``-``.
    """

    experiment: str
    factor: str
    role: str
    stratum: str


@dataclass(frozen=True)
class EvaluationSettings:
    """What the user may set; the config's schema describes each key.

    Attributes
    ----------
    bootstrap_resamples
        Resamples behind an interval of the AUROC or AUPRC.
    block_length
        Bases of the stretches of chromosome that are drawn whole for the AUROC's second interval.
    alpha
        Level of all tests; intervals cover ``1 - alpha``.
    margin
        Difference of two AUROCs that does not matter, for the tests of equivalence.
    calibration_bins
        Equal-mass bins of the calibration error.
    trials
        Trials a model and set in the ANOVA as published.
    trials_from
        What a trial is: ``dropout``, a pass with dropout on, or ``bootstrap``, a resample.
    family
        Models that the tests over sets compare; ``experts`` stands for every expert, and
        ``background_vs_shuffle`` is compared on shuffles only.
    shuffled
        The kinds of negatives that are shuffles.
    null_repeats
        Repeats of the simulation that shows the false-positive rate of every test.
    """

    bootstrap_resamples: int
    block_length: int
    alpha: float
    margin: float
    calibration_bins: int
    trials: int
    trials_from: str
    family: list[str]
    shuffled: list[str]
    null_repeats: int

    def __post_init__(self) -> None:
        if MIXTURE not in self.family:
            raise ConfigError(
                f"evaluation.family: found {', '.join(self.family)}; `{MIXTURE}` has to be among "
                "them, it is the model that the others are compared with"
            )


def is_expert(model: str) -> bool:
    """Say whether a model is a single expert of the run's own recipe."""
    return model.startswith(EXPERT)


def is_other_expert(model: str) -> bool:
    """Say whether a model is a single expert of another recipe, ``<recipe>_expert_<name>``."""
    return f"_{EXPERT}" in model and not is_expert(model)


def model_order(model: str) -> tuple[int, str]:
    """Sort key of models: the mixture, single experts, what averages or pools, then the rest."""
    fixed = {
        MIXTURE: 0,
        BEST_EXPERT: 1,
        "mean_of_experts": 3,
        "mean_of_pool": 3,
        "pooled": 4,
        "pooled_ensemble": 5,
        "background_vs_shuffle": 8,
        "gkm": 6,
        "pwm": 7,
    }
    return (2 if is_expert(model) else fixed.get(model, 6), model)


def kind_order(kind: str) -> tuple[int, str]:
    """Sort key of the kinds of negatives: genomic first."""
    return (list(KINDS).index(kind) if kind in KINDS else len(KINDS), kind)
