"""Settings of the evaluation: the section `evaluation` of the config."""

from __future__ import annotations

from dataclasses import dataclass

from tfmoe.core.errors import ConfigError
from tfmoe.core.vocabulary import MIXTURE


@dataclass(frozen=True)
class EvaluationSettings:
    """Settings of the user; the config's schema describes each key.

    Attributes
    ----------
    bootstrap_resamples
        Resamples per interval of an AUROC or AUPRC.
    block_length
        Bases per block of chromosome, for the AUROC interval that resamples whole blocks.
    alpha
        Level of all tests; intervals cover ``1 - alpha``.
    margin
        Largest difference of two AUROCs that counts as irrelevant, for tests of equivalence.
    trials
        Trials per model and set in the published ANOVA.
    trials_from
        Kind of trial: ``dropout``, a pass with active dropout, or ``bootstrap``, a resample.
    family
        Models that the tests over sets compare. ``experts`` means all experts;
        ``background_vs_shuffle`` is only compared on shuffles.
    shuffled
        The kinds of negatives that are shuffles.
    null_repeats
        Simulated runs for the false-positive rate of each test.
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
                f"evaluation.family: found {', '.join(self.family)}; add `{MIXTURE}`, the model "
                "with which all others are compared"
            )
