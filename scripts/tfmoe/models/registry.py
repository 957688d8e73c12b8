"""The registry of backbones: each file of `tfmoe.models.backbones` is one, under its own name.

A backbone's file has a function ``build(length, **hyperparameters)`` that returns a module which
maps one-hot sequences (B, 4, length) to features (B, F) and says F in its attribute ``features``.
Its hyper-parameters are the config's section ``training.backbones.<name>``. Nothing else has to be
changed to add one. This module does not import torch, so that the config can be checked without it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tfmoe.core.errors import ConfigError
from tfmoe.models import backbones

if TYPE_CHECKING:
    from torch import nn

    from tfmoe.core.recipes import Recipe


def available() -> list[str]:
    """Return the names of all backbones, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(backbones.__path__))


def check_backbone(name: str, key: str = "training.backbone") -> None:
    """Check that a backbone exists.

    Parameters
    ----------
    name
        The backbone.
    key
        The place in the config that names it, for the message.

    Raises
    ------
    ConfigError
        Naming the backbones there are.
    """
    if name not in available():
        raise ConfigError(
            f"{key}: {name!r} is no backbone; there are {', '.join(available())} "
            "(one file each in scripts/tfmoe/models/backbones)"
        )


def check_backbones(recipe: Recipe, section: str) -> None:
    """Check that all backbones that a recipe names exist, those that it does not train too.

    Parameters
    ----------
    recipe
        The recipe, with the run's settings where it changes none.
    section
        Its place in the config, such as ``recipes.robust``; empty for the run's own.

    Raises
    ------
    ConfigError
        As `check_backbone`, naming the key.
    """
    place = f"{section}." if section else ""
    check_backbone(recipe.training["backbone"], f"{place}training.backbone")
    for name in recipe.training["backbones"]:
        check_backbone(name, f"{place}training.backbones")
    for name in recipe.mixture["backbones"] or []:
        check_backbone(name, f"{place}mixture.backbones")


def build_backbone(name: str, length: int, hyperparameters: Mapping[str, Any]) -> nn.Module:
    """Build a backbone with fresh weights from torch's current random state.

    Parameters
    ----------
    name
        One of `available`.
    length
        Length L of the windows, in bases.
    hyperparameters
        The arguments of the backbone's ``build``.

    Returns
    -------
    nn.Module
        It maps (B, 4, L) to (B, features).

    Raises
    ------
    ConfigError
        If there is no such backbone, or it does not take these hyper-parameters.
    """
    check_backbone(name)
    build = importlib.import_module(f"{backbones.__name__}.{name}").build
    try:
        backbone: nn.Module = build(length, **hyperparameters)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"training.backbones.{name}: the backbone cannot be built: {error}"
        ) from error
    return backbone
