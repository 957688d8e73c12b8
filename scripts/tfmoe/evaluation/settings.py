"""Settings of the evaluation, from the section `evaluation` of the config."""

from __future__ import annotations

from dataclasses import dataclass

from tfmoe.core.errors import ConfigError
from tfmoe.core.vocabulary import MIXTURE


@dataclass(frozen=True, kw_only=True)
class ScoringSettings:
    """Settings of metrics and of comparisons on single sets; the schema describes each key.

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
    shuffled
        The kinds of negatives that are shuffles.
    calibration_bins
        Equal-mass bins of the calibration error; not a key of the config.
    """

    bootstrap_resamples: int
    block_length: int
    alpha: float
    margin: float
    trials: int
    shuffled: list[str]
    calibration_bins: int = 10


@dataclass(frozen=True, kw_only=True)
class StatisticsSettings:
    """Settings of the tests over sets; the schema describes each key.

    Attributes
    ----------
    alpha, margin, shuffled
        As in `ScoringSettings`.
    trials_from
        Kind of trial: ``dropout``, a pass with active dropout, or ``bootstrap``, a resample.
    family
        Models that the tests over sets compare. ``experts`` means all experts;
        ``background_vs_shuffle`` is only compared on shuffles.
    null_repeats
        Simulated runs for the false-positive rate of each test.
    """

    alpha: float
    margin: float
    shuffled: list[str]
    trials_from: str
    family: list[str]
    null_repeats: int

    def __post_init__(self) -> None:
        if MIXTURE not in self.family:
            raise ConfigError(
                f"evaluation.family: found {', '.join(self.family)}; add `{MIXTURE}`, the model "
                "with which all others are compared"
            )


@dataclass(frozen=True, kw_only=True)
class EvaluationSettings(StatisticsSettings, ScoringSettings):
    """All settings of the evaluation."""
