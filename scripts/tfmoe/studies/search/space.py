"""What a search of hyper-parameters draws from: the config's section ``search.space``, checked.

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

# the optimiser without which a key has no effect
OPTIMISER_OF = {"momentum": "sgd", "warm_up": "adamw"}

Value = str | float | bool | None


@dataclass(frozen=True)
class Setting:
    """One hyper-parameter that is drawn.

    Attributes
    ----------
    key
        Its place in the section ``training``, with dots.
    choices
        The values it is drawn from; `None` for a range.
    low, high
        The ends of the range, both of which may be drawn.
    log
        Whether the logarithm of the value is drawn evenly.
    whole
        Whether the value is a whole number.
    """

    key: str
    choices: list[Value] | None = None
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False


def find_recipe(name: str | None, recipes: Mapping[str, Recipe]) -> Recipe:
    """Return the recipe that ``search.recipe`` names; with `None` it is the run's own.

    Raises
    ------
    ConfigError
        Naming the recipes there are.
    """
    for recipe in recipes.values():
        if recipe.name == name or (recipe.own and name is None):
            return recipe
    raise ConfigError(f"search.recipe: found {name}, expected one of {', '.join(recipes)}")


def read_space(space: Mapping[str, Any], training: Mapping[str, Any]) -> list[Setting]:
    """Read a search space, without what has no effect on this recipe.

    Parameters
    ----------
    space
        The config's ``search.space``: for each dotted key a range or choices.
    training
        The section ``training`` of the recipe that is searched. Hyper-parameters of other backbones
        than its own, and settings of the other optimiser, are left out.

    Raises
    ------
    ConfigError
        Naming each key that the section ``training`` does not have, that cannot be searched, whose
        values it would not take, or that is neither a range nor choices; or if nothing is left.
    """
    faults = [
        f"search.space.{key}{fault}" for key in space for fault in _faults(key, space[key], space)
    ]
    if faults:
        raise ConfigError("\n".join(faults))
    settings = [
        _setting(key, drawn) for key, drawn in space.items() if _counts(key, training, space)
    ]
    if not settings:
        raise ConfigError(
            f"search.space: found {', '.join(space) or 'no key'}, expected a key with an effect on "
            f"a recipe of backbone {training['backbone']} and optimiser {training['optimiser']}"
        )
    return settings


def with_settings(training: Mapping[str, Any], drawn: Mapping[str, Value]) -> dict[str, Any]:
    """Return a section ``training`` with values at dotted keys; neither argument is changed."""
    result = dict(training)
    for key, value in drawn.items():
        first, _, rest = key.partition(".")
        result[first] = with_settings(result.get(first, {}), {rest: value}) if rest else value
    return result


def _counts(key: str, training: Mapping[str, Any], space: Mapping[str, Any]) -> bool:
    """Tell whether a key has an effect on a recipe."""
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
    # a backbone of the user's own says nothing of the kind of its hyper-parameters
    both = isinstance(low, int) and isinstance(high, int)
    whole = "integer" in kinds or (kinds == "any" and both)
    return Setting(key, low=low, high=high, log=drawn["log"], whole=whole)


def _faults(key: str, drawn: Mapping[str, Any], space: Mapping[str, Any]) -> Iterator[str]:
    """Say what is wrong with one key, in text that follows its name."""
    try:
        schema = _schema_of(key)
    except ConfigError as error:
        yield f": {error}"
        return
    within = [other for other in space if other.startswith(f"{key}.")]
    if within:
        yield f": found {', '.join(within)} beside it; name each key once"
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
        yield ".log: found true, expected false, unless it is for a range above 0"


def _schema_of(key: str) -> Mapping[str, Any]:
    """Return the schema of a dotted key of ``training``; a backbone of the user's own has none."""
    if key == "backbone" or key in RUN_KEYS:
        raise ConfigError("this says which networks there are, and cannot be searched")
    schema: Mapping[str, Any] = load_schema(SCHEMAS / "config.schema.yaml")["properties"]
    schema = schema["training"]
    for part in key.split("."):
        known = schema.get("properties", {})
        if part not in known and schema.get("additionalProperties", True):
            return {}
        if part not in known:
            close = difflib.get_close_matches(part, known, n=1)
            hint = f"did you mean `{close[0]}`?" if close else f"there are {', '.join(known)}"
            raise ConfigError(f"`{part}` is no key of the section `training`; {hint}")
        schema = known[part]
    if "properties" in schema:
        raise ConfigError(f"this is a section; name a key in it, such as `{key}.<key>`")
    return schema
