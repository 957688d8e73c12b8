"""Networks and their training, by the config's defaults."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from tfmoe.core.config import schema_defaults
from tfmoe.models.expert import Expert
from tfmoe.models.optimiser import OptimiserSettings
from tfmoe.models.registry import build_backbone
from tfmoe.models.robust import RobustSettings

BACKBONE = "convnet"
TRAINING: dict[str, Any] = schema_defaults("training")
HYPERPARAMETERS: dict[str, Any] = TRAINING["backbones"][BACKBONE]


def convnet(length: int) -> Expert:
    """Build a convnet with fresh weights for windows of `length` bases."""
    return network_of(BACKBONE, length)


def network_of(backbone: str, length: int) -> Expert:
    """Build a network with fresh weights for windows of `length` bases."""
    built = build_backbone(backbone, length, TRAINING["backbones"][backbone])
    return Expert(built, TRAINING["embedding"], TRAINING["dropout"])


def optimiser_settings(epochs: int, batch_size: int) -> OptimiserSettings:
    """Return the recipe's settings without early stopping."""
    names = [field.name for field in fields(OptimiserSettings)]
    robust = RobustSettings(**TRAINING["robust"])
    changes = {"epochs": epochs, "batch_size": batch_size, "patience": epochs, "robust": robust}
    return OptimiserSettings(**{**{name: TRAINING[name] for name in names}, **changes})
