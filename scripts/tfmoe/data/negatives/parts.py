"""Parts of an experiment's sequences, training and test, which separate rules draw.

Networks are trained on the training part alone, so that the settings of the test negatives never
affect a trained network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tfmoe.core.vocabulary import Role, Split


class Part(StrEnum):
    """A part of an experiment's sequences."""

    TRAINING = "training"
    TEST = "test"

    @property
    def splits(self) -> tuple[Split, ...]:
        """The splits in this part, in their usual order."""
        if self is Part.TEST:
            return (Split.TEST,)
        return (Split.TRAIN, Split.GATE, Split.VALIDATION)

    @property
    def config_key(self) -> str:
        """Key in the section `negatives` of the config that sets the numbers of negatives."""
        return "evaluation" if self is Part.TEST else "training"

    def splits_with_negatives(self, role: str) -> tuple[Split, ...]:
        """Return the splits that get negatives: an OOD experiment has some in the test only."""
        return self.splits if role == Role.TRAIN or self is Part.TEST else ()


def part_of(split: str) -> Part:
    """Return the part that contains a split."""
    return Part.TEST if split == Split.TEST else Part.TRAINING


def config_path(split: str) -> str:
    """Return the path in the config of the numbers of negatives of a split, for messages."""
    return f"negatives.{part_of(split).config_key}"


@dataclass(frozen=True)
class NegativeSettings:
    """Settings of the negatives of one part; the config's schema explains each key.

    Attributes
    ----------
    ratios
        Negatives per positive, by kind.
    """

    margin: int
    neighbour_distance: int
    gc_tolerance: float
    match_repeats: bool
    min_share: float
    ratios: Mapping[str, float] = field(default_factory=dict)


def matching_section(section: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config's section `negatives` without the numbers of negatives."""
    numbers = {part.config_key for part in Part}
    return {key: value for key, value in section.items() if key not in numbers}


def part_section(section: Mapping[str, Any], part: Part) -> dict[str, Any]:
    """Return the keys of the config's section `negatives` that one part depends on.

    Parameters
    ----------
    section
        The whole section.
    part
        The part.

    Returns
    -------
    dict
        The arguments of `NegativeSettings`.
    """
    return {**matching_section(section), "ratios": dict(section[part.config_key])}
