"""Settings of the evaluation, as the config's section `evaluation` gives them."""

from __future__ import annotations

from dataclasses import dataclass

from tfmoe.core.errors import ConfigError
from tfmoe.core.vocabulary import MIXTURE


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
    calibration_bins
        Equal-mass bins of the calibration error; not a key of the config.
    """

    bootstrap_resamples: int
    block_length: int
    alpha: float
    margin: float
    trials: int
    trials_from: str
    family: list[str]
    shuffled: list[str]
    null_repeats: int
    calibration_bins: int = 10

    def __post_init__(self) -> None:
        if MIXTURE not in self.family:
            raise ConfigError(
                f"evaluation.family: found {', '.join(self.family)}; `{MIXTURE}` has to be among "
                "them, it is the model that the others are compared with"
            )
