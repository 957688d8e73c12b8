"""Read and check the search space, section ``search.space`` of the config.

This module imports neither torch nor Optuna, so that the config can be checked without them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tfmoe.core.config import SCHEMAS, load_schema, validation_messages
from tfmoe.core.errors import ConfigError
from tfmoe.core.recipes import RUN_KEYS, Recipe

OPTIMISER_OF = {"momentum": "sgd", "warm_up": "adamw"}
"""Keys that affect only one optimiser."""

Value = str | float | bool | None


@dataclass(frozen=True)
class Setting:
    """One hyper-parameter of the search space.

    Attributes
    ----------
    key
        Dotted key in the section ``training``.
    choices
        Values to draw from; `None` for a range.
    low, high
        Bounds of the range, inclusive.
    log
        Whether the logarithm of the value is drawn uniformly.
    whole
        Whether the value is an integer.
    """

    key: str
    choices: list[Value] | None = None
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False


def find_recipe(name: str | None, recipes: Mapping[str, Recipe]) -> Recipe:
    """Return the recipe named by ``search.recipe``; `None` is the run's own recipe.

    Raises
    ------
    ConfigError
        If the recipe does not exist; the message lists the recipes.
    """
    for recipe in recipes.values():
        if recipe.name == name or (recipe.own and name is None):
            return recipe
    raise ConfigError(f"search.recipe: found {name}, expected one of {', '.join(recipes)}")


def read_space(space: Mapping[str, Any], training: Mapping[str, Any]) -> list[Setting]:
    """Read a search space, without the keys that do not affect the recipe.

    Parameters
    ----------
    space
        ``search.space`` of the config: a range or choices by dotted key.
    training
        Section ``training`` of the recipe to search. Hyper-parameters of other backbones and of the
        other optimiser are omitted.

    Raises
    ------
    ConfigError
        If a key is unknown, cannot be searched, has invalid values, or is neither a range nor
        choices; the message lists all faults. Also if no key affects the recipe.
    """
    faults = [
        f"search.space.{key}{fault}" for key in space for fault in _faults(key, space[key], space)
    ]
    if faults:
        raise ConfigError("\n".join(faults))
    settings = [
        _setting(key, drawn) for key, drawn in space.items() if _has_effect(key, training, space)
    ]
    if not settings:
        raise ConfigError(
            f"search.space: found {', '.join(space) or 'no key'}, expected a key that affects a "
            f"recipe with backbone {training['backbone']} and optimiser {training['optimiser']}"
        )
    return settings


def with_settings(training: Mapping[str, Any], drawn: Mapping[str, Value]) -> dict[str, Any]:
    """Return a copy of a section ``training`` with drawn values at dotted keys."""
    result = dict(training)
    for key, value in drawn.items():
        first, _, rest = key.partition(".")
        result[first] = with_settings(result.get(first, {}), {rest: value}) if rest else value
    return result


def _has_effect(key: str, training: Mapping[str, Any], space: Mapping[str, Any]) -> bool:
    """Return whether a key affects a recipe."""
    section, _, rest = key.partition(".")
    if section == "backbones":
        return bool(rest.partition(".")[0] == training["backbone"])
    needed = OPTIMISER_OF.get(key)
    return needed is None or "optimiser" in space or bool(needed == training["optimiser"])


def _setting(key: str, drawn: Mapping[str, Any]) -> Setting:
    if "choices" in drawn:
        return Setting(key, choices=drawn["choices"])
    low, high = drawn["low"], drawn["high"]
    kinds = _schema_of(key).get("type", "any")
    # custom backbones do not declare the types of their hyper-parameters
    both = isinstance(low, int) and isinstance(high, int)
    whole = "integer" in kinds or (kinds == "any" and both)
    return Setting(key, low=low, high=high, log=drawn["log"], whole=whole)


def _faults(key: str, drawn: Mapping[str, Any], space: Mapping[str, Any]) -> Iterator[str]:
    """Yield the faults of one key, as text that follows its name."""
    try:
        schema = _schema_of(key)
    except ConfigError as error:
        yield f": {error}"
        return
    within = [other for other in space if other.startswith(f"{key}.")]
    if within:
        yield f": found also {', '.join(within)}; name each key once"
    ends = {name: drawn[name] for name in ("low", "high") if name in drawn}
    if len(ends) != (0 if "choices" in drawn else 2):
        found = ", ".join(name for name in drawn if name != "log") or "neither"
        yield f": found {found}, expected `low` and `high`, or `choices`"
        return
    values = ends or {f"choices.{index}": value for index, value in enumerate(drawn["choices"])}
    for name, value in values.items():
        for message in validation_messages(value, schema):
            yield message.replace("(top level)", f".{name}", 1)
    if ends and ends["low"] >= ends["high"]:
        yield f": found low {ends['low']} and high {ends['high']}, expected low below high"
    if drawn["log"] and (not ends or ends["low"] <= 0):
        yield ".log: found true, expected false unless the range is above 0"


def _schema_of(key: str) -> Mapping[str, Any]:
    """Return the schema of a dotted key of ``training``; empty for keys of custom backbones."""
    if key == "backbone" or key in RUN_KEYS:
        raise ConfigError("this key defines the set of networks and cannot be searched")
    schema: Mapping[str, Any] = load_schema(SCHEMAS / "config.schema.yaml")["properties"]
    schema = schema["training"]
    for part in key.split("."):
        known = schema.get("properties", {})
        if part not in known and schema.get("additionalProperties", True):
            return {}
        if part not in known:
            close = difflib.get_close_matches(part, known, n=1)
            hint = f"did you mean `{close[0]}`?" if close else f"expected one of {', '.join(known)}"
            raise ConfigError(f"`{part}` is not a key of the section `training`; {hint}")
        schema = known[part]
    if "properties" in schema:
        raise ConfigError(f"this is a section; name a key in it, such as `{key}.<key>`")
    return schema
