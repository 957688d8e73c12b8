"""The config's section ``mixture``, as far as the fit of one mixture reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from tfmoe.core.vocabulary import OWN_MIXTURE
from tfmoe.models.moe import HeadOptions


@dataclass(frozen=True)
class FineTuning:
    """Settings of the fine-tuning after the fit of the head, the section's ``fine_tune``.

    Attributes
    ----------
    epochs
        Maximum number of epochs; 0 leaves the experts frozen.
    learning_rate
        Constant learning rate of AdamW.
    """

    epochs: int
    learning_rate: float


@dataclass(frozen=True)
class MixtureSettings:
    """Settings of the fit of a mixture.

    Attributes
    ----------
    name
        Name of the mixture, part of the path.
    head
        Options of the head, which are part of the same section.
    fit_splits, judge_splits
        Disjoint splits of the training experiments: those to fit on, and those for early stopping
        and calibration.
    most_examples
        Maximum number of randomly drawn examples, both to fit on and to validate on.
    epochs, batch_size, learning_rate
        Settings of Adam; the learning rate is constant.
    uniform_penalty
        Weight, in the loss, of the mean Kullback-Leibler divergence (nats) of the gate's weights
        from uniform ones.
    entropy_penalty
        Weight, in the loss, of the mean entropy (nats) of the gate's weights.
    start_penalty
        Weight, in the loss, of the squared distance of all parameters of the head from their start.
    leave_own_out
        Share of the examples, drawn again in each epoch, for which the gate may not use the experts
        trained only on the example's factor.
    patience
        Number of epochs without a lower validation loss after which the fit stops.
    fine_tune
        Settings of the fine-tuning after the fit of the head.
    calibrate
        Whether the logits are calibrated.
    calibration_strongest
        Calibrate on positives up to this rank; `None` uses all positives.
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
        """Create the settings from the config's section."""
        of_head = [field.name for field in fields(HeadOptions)]
        own = [field.name for field in fields(cls) if field.name not in ("head", "name")]
        values = {name: section[name] for name in own}
        values["name"] = section.get("name", OWN_MIXTURE)
        values["head"] = HeadOptions(**{name: section[name] for name in of_head})
        values["fine_tune"] = FineTuning(**section["fine_tune"])
        return cls(**values)

    def without_head(self) -> dict[str, Any]:
        """Return the section without the keys of the head."""
        section = asdict(self)
        del section["head"]
        return section
