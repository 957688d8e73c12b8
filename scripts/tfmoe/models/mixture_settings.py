"""The config's section ``mixture``, as far as the fit of a mixture reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from tfmoe.core.vocabulary import OWN_MIXTURE
from tfmoe.models.moe import HeadOptions


@dataclass(frozen=True)
class FineTuning:
    """How all of a mixture is fitted after its head: the section's ``fine_tune``.

    Attributes
    ----------
    epochs
        The most epochs; 0 leaves the experts frozen.
    learning_rate
        Of AdamW, constant.
    """

    epochs: int
    learning_rate: float


@dataclass(frozen=True)
class MixtureSettings:
    """How a mixture is fitted.

    Attributes
    ----------
    name
        The mixture's name; part of the path.
    head
        The shape of its head, which the section holds beside the others.
    fit_splits, judge_splits
        The splits of the training experiments that it is fitted on, and those that say when to stop
        and that it is calibrated on; no split is both.
    most_examples
        At most so many examples, drawn at random, are fitted on, and as many are judged by.
    epochs, batch_size, learning_rate
        Of Adam; the learning rate is constant.
    uniform_penalty
        Weight, in the loss, of the mean Kullback-Leibler divergence (nats) of the gate's weights
        from uniform ones.
    entropy_penalty
        Weight, in the loss, of the mean entropy (nats) of the gate's weights.
    start_penalty
        Weight, in the loss, of the squared distance of all parameters of the head from where they
        started.
    leave_own_out
        Share of the examples, drawn afresh each epoch, for which the gate may not use the experts
        that know the example's factor and no other.
    patience
        Fitting stops after so many epochs without a better validation loss.
    fine_tune
        What comes after the fit of the head.
    calibrate
        Whether the logits are calibrated.
    calibration_strongest
        Calibrate on positives up to this rank; `None` takes all.
    """

    head: HeadOptions
    fit_splits: list[str]
    judge_splits: list[str]
    most_examples: int
    epochs: int
    batch_size: int
    learning_rate: float
    uniform_penalty: float
    entropy_penalty: float
    start_penalty: float
    leave_own_out: float
    patience: int
    fine_tune: FineTuning
    calibrate: bool
    calibration_strongest: int | None
    name: str = OWN_MIXTURE

    @classmethod
    def from_section(cls, section: Mapping[str, Any]) -> MixtureSettings:
        """Take the settings from the config's section."""
        of_head = [field.name for field in fields(HeadOptions)]
        own = [field.name for field in fields(cls) if field.name not in ("head", "name")]
        values = {name: section[name] for name in own}
        values["name"] = section.get("name", OWN_MIXTURE)
        values["head"] = HeadOptions(**{name: section[name] for name in of_head})
        values["fine_tune"] = FineTuning(**section["fine_tune"])
        return cls(**values)

    def without_head(self) -> dict[str, Any]:
        """Return the section but for the keys of the head."""
        section = asdict(self)
        del section["head"]
        return section
