"""Validate the config of a run against its schema, the only source of defaults, and fill it in."""

from __future__ import annotations

import difflib
import itertools
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from tfmoe.core.config_file import TOP_LEVEL, join_key, value_faults
from tfmoe.core.errors import ConfigError
from tfmoe.core.messages import shorten

# each job reads the schema; libyaml's loader, where available, takes a tenth of the time
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LONGEST_SCALAR = 100
_EXPONENT = re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+\Z")
_LONGEST_SHOWN = 200
QUICK = "x-quick"
"""Keyword of the schema: the value of a key in a run with ``quick: true``."""
SCHEMAS = Path(__file__).resolve().parents[3] / "workflow" / "schemas"


@cache
def load_schema(path: Path) -> dict[str, Any]:
    """Read a JSON schema written in YAML."""
    schema: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), LOADER)
    return schema


def schema_defaults(section: str, schema_path: Path = SCHEMAS / "config.schema.yaml") -> Any:
    """Return the defaults of one section of the config, such as ``negatives``."""
    schema = load_schema(schema_path)["properties"][section]
    return _with_defaults({} if "properties" in schema else None, schema, "default")


def quick_settings(config: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the keys that ``quick: true`` set in a validated config, in the schema's order.

    Parameters
    ----------
    config
        A validated config, or some sections of it with the key ``quick``.

    Returns
    -------
    dict
        For each full name, such as ``training.seeds``, its value and its default; keys that the
        user set to another value are not among them. Empty unless ``quick`` is true.
    """
    if not config["quick"]:
        return {}
    schema = load_schema(SCHEMAS / "config.schema.yaml")
    return {
        name: (part[QUICK], part["default"])
        for name, part, value in _present(config, schema, "")
        if QUICK in part and value == part[QUICK]
    }


def _present(
    content: Mapping[str, Any], schema: Mapping[str, Any], prefix: str
) -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    """Yield the full name, schema and value of each key that a config has."""
    for key, part in schema.get("properties", {}).items():
        if key in content:
            yield f"{prefix}{key}", part, content[key]
            if isinstance(content[key], Mapping):
                yield from _present(content[key], part, f"{prefix}{key}.")


def select_settings(section: Mapping[str, Any], kind: type) -> dict[str, Any]:
    """Return the keys of a section that a dataclass of settings has, so that others rerun nothing.

    Parameters
    ----------
    section
        A section of the config.
    kind
        The dataclass; its fields that are not keys of the section keep their defaults.
    """
    return {field.name: section[field.name] for field in fields(kind) if field.name in section}


def validate_config(config: Mapping[str, Any], schema_path: Path, label: str) -> dict[str, Any]:
    """Check a config against its schema and fill in the defaults of missing keys.

    Parameters
    ----------
    config
        The config as read; it is not changed.
    schema_path
        The JSON schema (YAML).
    label
        Name of the config file, for messages.

    Returns
    -------
    dict
        A copy with every default filled in.

    Raises
    ------
    ConfigError
        Listing each unknown key (with the most similar one), removed key (with its replacement),
        missing key, wrong type and value out of bounds, or each value that no config may contain,
        such as a number that is not finite.
    """
    schema = load_schema(schema_path)
    unusable = value_faults(config)
    if unusable:
        raise ConfigError("\n".join(f"{label}: {fault}" for fault in unusable))
    filled = _filled(config, schema)
    messages = validation_messages(filled, schema)
    if messages:
        raise ConfigError("\n".join(f"{label}: {message}" for message in messages))
    return filled


def usable_config(
    config: Mapping[str, Any], schema_path: Path
) -> tuple[dict[str, Any] | None, frozenset[str]]:
    """Return a faulty config with the defaults of its faulty keys, to find its other faults.

    Parameters
    ----------
    config, schema_path
        As for `validate_config`.

    Returns
    -------
    dict or None
        The config with every default; `None` if a key without a default is faulty.
    frozenset of str
        The faulty keys, such as ``training.seeds``.
    """
    schema = load_schema(schema_path)
    kept = deepcopy(dict(config))
    filled = _filled(kept, schema)
    faulty = set()
    for error in Draft202012Validator(schema).iter_errors(filled):
        keys = list(itertools.takewhile(lambda key: isinstance(key, str), error.absolute_path))
        known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
        instance: Any = error.instance
        unknown = error.validator == "additionalProperties"
        for path in [[*keys, key] for key in instance if key not in known] if unknown else [keys]:
            faulty.add(".".join(path))
            _remove(kept, path)
    try:
        return validate_config(kept, schema_path, ""), frozenset(faulty)
    except ConfigError:
        return None, frozenset(faulty)


def _remove(content: Any, path: Sequence[Any]) -> None:
    """Remove a value of nested mappings, if it is there."""
    for key in path[:-1]:
        content = content.get(key) if isinstance(content, dict) else None
    if isinstance(content, dict) and path:
        content.pop(path[-1], None)


def validation_messages(content: Any, schema: Mapping[str, Any]) -> list[str]:
    """Return one line per violation of `schema` in `content`, with the key and the reason."""
    validator = Draft202012Validator(dict(schema))
    errors = sorted(validator.iter_errors(content), key=lambda error: list(map(str, error.path)))
    # several missing keys of one section give one error each, and each error lists them all
    return list(dict.fromkeys(line for error in errors for line in _explain(error)))


def _typed(content: Any, schema: Mapping[str, Any]) -> Any:
    """Convert strings such as ``null`` or ``2`` where the schema expects another type.

    Snakemake passes every value of a section on the command line as a string
    (``--config 'background={md5: null}'``). Whole numbers become integers where the schema expects
    an integer. Keys become strings too, also those that YAML reads as numbers: the schema cannot
    check other keys.
    """
    properties, others = schema.get("properties", {}), schema.get("additionalProperties")
    others = others if isinstance(others, dict) else {}
    if isinstance(content, dict):
        named = {str(key): value for key, value in content.items()}
        return {key: _typed(value, properties.get(key, others)) for key, value in named.items()}
    if isinstance(content, list):
        return [_typed(value, schema.get("items", {})) for value in content]
    kinds = schema.get("type", ())
    expected = [kinds] if isinstance(kinds, str) else kinds
    return _converted(content, expected) if expected else content


def _converted(content: Any, expected: Sequence[str]) -> Any:
    """Return a scalar as one of the types that the schema expects, or as it is."""
    read = _read_scalar(content) if isinstance(content, str) else content
    if type(read) is float and "integer" in expected and "number" not in expected:
        read = int(read) if read.is_integer() else read
    fits = {
        "null": read is None,
        "boolean": type(read) is bool,
        "integer": type(read) is int,
        "number": type(read) in (int, float) and math.isfinite(read),
    }
    return read if any(fits.get(kind, False) for kind in expected) else content


def _read_scalar(text: str) -> Any:
    """Return what YAML reads from a short text; `1e-5` is a number here, and text in YAML 1.1."""
    if len(text) > _LONGEST_SCALAR:
        return text
    try:
        return float(text) if _EXPONENT.match(text) else yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        return text


def _filled(config: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a config with the type of each value converted and all defaults filled in.

    With ``quick: true``, a key's ``x-quick`` replaces its default.
    """
    typed = _typed(deepcopy(dict(config)), schema)
    filled: dict[str, Any] = _with_defaults(
        typed, schema, QUICK if typed.get("quick") is True else "default"
    )
    return filled


def _with_defaults(content: Any, schema: Mapping[str, Any], kind: str) -> Any:
    """Fill defaults into a mapping and its nested mappings.

    Parameters
    ----------
    content
        The value of a key; it is changed.
    schema
        The part of the schema that describes it.
    kind
        `QUICK` or ``default``: the keyword of the schema that is read first.
    """
    properties, others = schema.get("properties", {}), schema.get("additionalProperties")
    if not isinstance(content, dict) or not (properties or isinstance(others, dict)):
        return deepcopy(_default(schema, kind)) if content is None else content
    for key, part in properties.items():
        if key in content:
            content[key] = _fill(content[key], part, kind)
        elif "default" in part:
            content[key] = _with_defaults(deepcopy(_default(part, kind)), part, kind)
        elif part.get("type") == "object" and "properties" in part:
            content[key] = _with_defaults({}, part, kind)
    if isinstance(others, dict):
        named = {
            key: _fill(value, others, kind)
            for key, value in content.items()
            if key not in properties
        }
        content |= named
    # in the order of the schema: a default that is written out reruns nothing
    known = {key: content[key] for key in properties if key in content}
    return known | {key: value for key, value in content.items() if key not in known}


def _default(schema: Mapping[str, Any], kind: str) -> Any:
    return schema[kind] if kind in schema else schema.get("default")


def _fill(value: Any, schema: Mapping[str, Any], kind: str) -> Any:
    """Fill defaults into the value of a key; an empty section takes all its defaults.

    So does an empty key, unless ``null`` is one of its values.
    """
    if value is None and "null" in schema.get("type", ()):
        return None
    empty = value is None and schema.get("type") == "object"
    return _with_defaults({} if empty else value, schema, kind)


def _explain(error: ValidationError) -> list[str]:
    """Return the messages for one error of the schema's validator."""
    where = ".".join(map(str, error.absolute_path)) or TOP_LEVEL
    schema: Any = error.schema
    instance: Any = error.instance
    required: Any = error.validator_value
    if error.validator == "additionalProperties" and isinstance(schema, dict):
        unknown = sorted(set(instance) - set(schema.get("properties", {})))
        return [_unknown_key(where, key, schema) for key in unknown]
    if error.validator == "required":
        missing = [key for key in required if key not in instance]
        return [
            f"{join_key(where, key)}: this key is missing and has no default" for key in missing
        ]
    if "propertyNames" in error.absolute_schema_path:
        letter = "" if instance[:1].isalpha() else "; start the name with a letter"
        expected = f"expected {_expectation(error)}{_remedy(error)}{letter}"
        return [f"{where}: found the name {shorten(instance, _LONGEST_SHOWN)}, {expected}"]
    found = shorten(instance, _LONGEST_SHOWN)
    return [f"{where}: found {found}, expected {_expectation(error)}{_remedy(error)}"]


def _unknown_key(section: str, key: str, schema: Mapping[str, Any]) -> str:
    """Return the message for a key that the schema lacks, with the replacement of a removed key."""
    removed = schema.get("x-removed", {})
    if key in removed:
        return f"{join_key(section, key)}: this key was removed; {removed[key]}"
    known = sorted(schema.get("properties", {}))
    close = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean `{close[0]}`?" if close else f"expected one of {', '.join(known)}"
    return f"{join_key(section, key)}: unknown key; {hint}"


def _remedy(error: ValidationError) -> str:
    """Return a hint for common YAML mistakes, such as an unquoted number or a missing bracket."""
    found: Any = error.instance
    expected: Any = error.validator_value
    kinds = expected if isinstance(expected, list) else [expected]
    if error.validator == "type" and "string" in kinds and type(found) in (int, float):
        pattern = error.schema.get("pattern", "") if isinstance(error.schema, dict) else ""
        if not re.search(pattern, str(found)):
            return f" of the form {_shown(pattern)}"
        return f'; put a name that is a number in quotes: "{found}"'
    if error.validator == "type" and "array" in kinds and isinstance(found, str | int):
        return f"; put a list in brackets: [{json.dumps(str(found))}]"
    if error.validator == "pattern" and any(map(str.isspace, found)):
        return ", without white space"
    return ""


def _expectation(error: ValidationError) -> str:
    """Describe the value that the schema expects."""
    value: Any = error.validator_value
    words = {
        "type": f"{' or '.join(value) if isinstance(value, list) else value}",
        "enum": f"one of {', '.join(map(str, value))}" if isinstance(value, list) else "",
        "minimum": f"at least {value}",
        "maximum": f"at most {value}",
        "exclusiveMinimum": f"more than {value}",
        "exclusiveMaximum": f"less than {value}",
        "pattern": f"a value of the form {_shown(value)}",
        "minLength": "a non-empty value",
        "maxLength": f"at most {value} characters",
        "minItems": f"at least {value} entries",
        "uniqueItems": "distinct entries",
        "multipleOf": f"a multiple of {value}",
    }
    return words.get(str(error.validator), error.message)


def _shown(pattern: Any) -> str:
    """Return a pattern with the usual sign for the end of a value."""
    return str(pattern).replace(r"\Z", "$")
