"""The config's section ``training``, as far as the training of one network reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from tfmoe.core.errors import ConfigError
from tfmoe.core.vocabulary import OWN_RECIPE
from tfmoe.models.optimiser import OptimiserSettings
from tfmoe.models.robust import RobustSettings


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of the training of one network.

    Attributes
    ----------
    recipe, backbone
        Names; the recipe is only part of the path.
    backbones
        Hyper-parameters by backbone.
    embedding, dropout
        As in `tfmoe.models.expert.Expert`.
    weight_std
        Standard deviation of the normal distribution from which the backbone's filters are
        initialised, with biases of 0; `None` keeps torch's initialisation.
    optimiser
        Settings of the optimiser, which are part of the same section.
    fit_splits, judge_splits
        Disjoint splits: those to train on, and those that each epoch is validated on.
    positives_per_epoch, shuffle, max_shift, reverse_complement
        As in `tfmoe.models.augmentation.EpochSettings`.
    average_strands
        Whether logits are averaged over both strands, in validation and in use.
    minimum_positives
        Minimum number of positives to train on.
    """

    backbone: str
    backbones: dict[str, dict[str, Any]]
    embedding: int
    dropout: float
    weight_std: float | None
    optimiser: OptimiserSettings
    fit_splits: list[str]
    judge_splits: list[str]
    positives_per_epoch: int
    shuffle: str
    max_shift: int
    reverse_complement: bool
    average_strands: bool
    minimum_positives: int
    recipe: str = OWN_RECIPE

    @classmethod
    def from_section(cls, section: Mapping[str, Any]) -> TrainingSettings:
        """Create the settings from the section, without the keys that list the run's networks.

        Raises
        ------
        ConfigError
            If a batch is shown more often in a row than the number of epochs.
        """
        names = [field.name for field in fields(OptimiserSettings)]
        values = {name: section[name] for name in names}
        values["robust"] = RobustSettings(**section["robust"])
        optimiser = OptimiserSettings(**values)
        if optimiser.robust.passes_per_batch > optimiser.epochs:
            raise ConfigError(
                f"training.robust.replays: found {optimiser.robust.replays}, expected at most "
                f"training.epochs = {optimiser.epochs}, which are divided by it"
            )
        others = {key: value for key, value in section.items() if key not in names}
        return cls(**{**others, "optimiser": optimiser})

    def section(self) -> dict[str, Any]:
        """Return the section that `from_section` reads."""
        section = asdict(self)
        optimiser: dict[str, Any] = section.pop("optimiser")
        return section | optimiser
