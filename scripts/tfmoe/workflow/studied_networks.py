"""Select the networks of the attribution study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tfmoe.core.errors import ConfigError
from tfmoe.core.recipes import Recipe


def studied_networks(
    config: Mapping[str, Any], own: Recipe, recipes: Mapping[str, Recipe]
) -> list[tuple[str, str]]:
    """Return recipe and backbone of the networks in the attribution study.

    Parameters
    ----------
    config
        The validated config.
    own
        The run's own recipe.
    recipes
        Recipes by name.

    Returns
    -------
    list of tuple
        Recipe and backbone: the run's own recipe with each backbone of
        ``attribution.study.backbones``, then each recipe of ``attribution.study.recipes`` with its
        own backbone.

    Raises
    ------
    ConfigError
        If a recipe does not exist.
    """
    study = config["attribution"]["study"]
    unknown = [name for name in study["recipes"] if name not in recipes]
    if unknown:
        raise ConfigError(
            f"attribution.study.recipes: found {', '.join(unknown)}, expected names from "
            f"the section `recipes`: {', '.join(config['recipes']) or 'none'}"
        )
    chosen = [(own.networks, backbone) for backbone in study["backbones"] or own.backbones[:1]]
    named = [recipes[name] for name in study["recipes"]]
    chosen += [(recipe.networks, recipe.backbones[0]) for recipe in named]
    return list(dict.fromkeys(chosen))
