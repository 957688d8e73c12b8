"""Registry of backbones: each file of `tfmoe.models.backbones` is one, under its own name.

The file of a backbone has a function ``build(length, **hyperparameters)``. It returns a module that
maps one-hot sequences (B, 4, length) to features (B, F) and has the attribute ``features`` = F. Its
hyper-parameters are the config's section ``training.backbones.<name>``. Adding the file is all that
a new backbone takes. This module does not import torch, so that the config can be checked without
it.
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
        The config key that names it, for messages.

    Raises
    ------
    ConfigError
        Naming the available backbones.
    """
    if name not in available():
        raise ConfigError(
            f"{key}: {name!r} is not a backbone; expected one of {', '.join(available())} "
            "(one file each in scripts/tfmoe/models/backbones)"
        )


def check_backbones(recipe: Recipe, section: str) -> None:
    """Check that all backbones named by a recipe exist, including those that it does not train.

    Parameters
    ----------
    recipe
        The recipe, including the settings that it inherits from the run.
    section
        Its section in the config, such as ``recipes.robust``; empty for the run's own recipe.

    Raises
    ------
    ConfigError
        As for `check_backbone`, naming the key.
    """
    prefix = f"{section}." if section else ""
    check_backbone(recipe.training["backbone"], f"{prefix}training.backbone")
    for name in recipe.training["backbones"]:
        check_backbone(name, f"{prefix}training.backbones")
    for name in recipe.mixture["backbones"] or []:
        check_backbone(name, f"{prefix}mixture.backbones")


def build_backbone(name: str, length: int, hyperparameters: Mapping[str, Any]) -> nn.Module:
    """Build a backbone with fresh weights from torch's current random state.

    Parameters
    ----------
    name
        One of `available`.
    length
        Length L of the windows, in bases.
    hyperparameters
        Arguments of the backbone's ``build``.

    Returns
    -------
    nn.Module
        Maps (B, 4, L) to (B, features).

    Raises
    ------
    ConfigError
        If the backbone does not exist or does not accept these hyper-parameters.
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
