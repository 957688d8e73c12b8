"""The config of a run: validated against its schema, which is also the only source of defaults."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from tfmoe.core.errors import ConfigError

# libyaml's, where it was built in, reads the schema in a tenth of the time, and each job reads it
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SCHEMAS = Path(__file__).resolve().parents[3] / "workflow" / "schemas"


@cache
def load_schema(path: Path) -> dict[str, Any]:
    """Read a JSON schema written in YAML."""
    schema: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), LOADER)
    return schema


def schema_defaults(section: str, schema_path: Path = SCHEMAS / "config.schema.yaml") -> Any:
    """Return the defaults of one section of the config, such as ``negatives``."""
    schema = load_schema(schema_path)["properties"][section]
    return _with_defaults({} if "properties" in schema else None, schema)


def validate_config(config: Mapping[str, Any], schema_path: Path, where: str) -> dict[str, Any]:
    """Check a config against its schema and fill in what it leaves out.

    Parameters
    ----------
    config
        The config as read; it is not changed.
    schema_path
        The JSON schema (YAML).
    where
        Name of the config file, for messages.

    Returns
    -------
    dict
        A copy with every default filled in.

    Raises
    ------
    ConfigError
        Naming each unknown key (and the one most like it), missing key, wrong type and value that
        is out of bounds.
    """
    schema = load_schema(schema_path)
    filled: dict[str, Any] = _with_defaults(_typed(deepcopy(dict(config)), schema), schema)
    messages = validation_messages(filled, schema)
    if messages:
        raise ConfigError("\n".join(f"{where}: {message}" for message in messages))
    return filled


def check_keys_once(path: Path) -> None:
    """Check that no key stands twice in one section of a config file: YAML would take the last.

    Parameters
    ----------
    path
        The config file (YAML or JSON), which can be read.

    Raises
    ------
    ConfigError
        Naming each such key and both its lines.
    """
    with path.open(encoding="utf-8") as text:
        faults = list(_keys_twice(yaml.compose(text, yaml.SafeLoader)))
    if faults:
        raise ConfigError("\n".join(f"{path}, {fault}" for fault in faults))


def _keys_twice(node: yaml.Node | None, place: str = "(top level)") -> Iterator[str]:
    """Name the keys that stand twice in a mapping, or in one of those in it."""
    lines: dict[str, int] = {}
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        name, line = _join(place, str(key.value)), key.start_mark.line + 1
        if name in lines:
            yield f"line {line}: {name} stands in line {lines[name]} already; write it once"
        lines[name] = line
        yield from _keys_twice(value, name)


def validation_messages(content: Any, schema: Mapping[str, Any]) -> list[str]:
    """Say, one line a fault, where and why `content` breaks `schema`."""
    validator = Draft202012Validator(dict(schema))
    errors = sorted(validator.iter_errors(content), key=lambda error: list(map(str, error.path)))
    # of several keys that are missing in one place each error explains them all
    return list(dict.fromkeys(line for error in errors for line in _explain(error)))


def _typed(content: Any, schema: Mapping[str, Any]) -> Any:
    """Read texts that can be none by the schema as what they say, such as ``null`` or ``2``.

    Of a section on the command line (``--config 'background={md5: null}'``) Snakemake reads every
    value as text. Keys are names, and stay text where YAML reads a number, which no schema checks.
    """
    properties, others = schema.get("properties", {}), schema.get("additionalProperties")
    others = others if isinstance(others, dict) else {}
    if isinstance(content, dict):
        named = {str(key): value for key, value in content.items()}
        return {key: _typed(value, properties.get(key, others)) for key, value in named.items()}
    if isinstance(content, list):
        return [_typed(value, schema.get("items", {})) for value in content]
    kinds = schema.get("type", ())
    if not isinstance(content, str) or not kinds:
        return content
    try:
        read = yaml.safe_load(content)
    except yaml.YAMLError:
        return content
    fits = {
        "null": read is None,
        "boolean": type(read) is bool,
        "integer": type(read) is int,
        "number": type(read) in (int, float),
    }
    wanted = [kinds] if isinstance(kinds, str) else kinds
    return read if any(fits.get(kind, False) for kind in wanted) else content


def _with_defaults(content: Any, schema: Mapping[str, Any]) -> Any:
    """Fill defaults into a mapping, and into the mappings in it."""
    properties, others = schema.get("properties", {}), schema.get("additionalProperties")
    if not isinstance(content, dict) or not (properties or isinstance(others, dict)):
        return deepcopy(schema.get("default")) if content is None else content
    for key, part in properties.items():
        if key in content:
            content[key] = _fill(content[key], part)
        elif "default" in part:
            content[key] = _with_defaults(deepcopy(part["default"]), part)
        elif part.get("type") == "object" and "properties" in part:
            content[key] = _with_defaults({}, part)
    if isinstance(others, dict):
        named = {
            key: _fill(value, others) for key, value in content.items() if key not in properties
        }
        content |= named
    return content


def _fill(value: Any, schema: Mapping[str, Any]) -> Any:
    """Fill defaults into what a key is given; with nothing after it, it means a section's."""
    return _with_defaults({} if value is None and schema.get("type") == "object" else value, schema)


def _explain(error: ValidationError) -> list[str]:
    place = ".".join(map(str, error.absolute_path)) or "(top level)"
    schema: Any = error.schema
    instance: Any = error.instance
    needed: Any = error.validator_value
    if error.validator == "additionalProperties" and isinstance(schema, dict):
        known = sorted(schema.get("properties", {}))
        unknown = sorted(set(instance) - set(known))
        return [_unknown_key(place, key, known) for key in unknown]
    if error.validator == "required":
        missing = [key for key in needed if key not in instance]
        return [f"{_join(place, key)}: this key is missing and has no default" for key in missing]
    if "propertyNames" in error.absolute_schema_path:
        letter = "" if instance[:1].isalpha() else "; a name begins with a letter"
        expected = f"expected {_expectation(error)}{_remedy(error)}{letter}"
        return [f"{place}: found the name {instance!r}, {expected}"]
    return [f"{place}: found {instance!r}, expected {_expectation(error)}{_remedy(error)}"]


def _unknown_key(place: str, key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean `{close[0]}`?" if close else f"the keys here are {', '.join(known)}"
    return f"{_join(place, key)}: unknown key; {hint}"


def _join(place: str, key: str) -> str:
    return key if place == "(top level)" else f"{place}.{key}"


def _remedy(error: ValidationError) -> str:
    """Say how to write what was probably meant, where that is easily got wrong in YAML."""
    found: Any = error.instance
    wanted: Any = error.validator_value
    kinds = wanted if isinstance(wanted, list) else [wanted]
    if error.validator == "type" and "string" in kinds and type(found) in (int, float):
        pattern = error.schema.get("pattern", "") if isinstance(error.schema, dict) else ""
        if not re.search(pattern, str(found)):
            return f" of the form {pattern}"
        return f'; a name that is a number is written in quotes: "{found}"'
    if error.validator == "type" and "array" in kinds and isinstance(found, str | int):
        return f"; a list is written in brackets: [{json.dumps(str(found))}]"
    if error.validator == "pattern" and any(map(str.isspace, found)):
        return ", in which no white space stands"
    return ""


def _expectation(error: ValidationError) -> str:
    value: Any = error.validator_value
    words = {
        "type": f"{' or '.join(value) if isinstance(value, list) else value}",
        "enum": f"one of {', '.join(map(str, value))}" if isinstance(value, list) else "",
        "minimum": f"at least {value}",
        "maximum": f"at most {value}",
        "exclusiveMinimum": f"more than {value}",
        "exclusiveMaximum": f"less than {value}",
        "pattern": f"a value of the form {value}",
        "minLength": "a value that is not empty",
        "minItems": f"at least {value} entries",
        "uniqueItems": "entries that differ",
        "multipleOf": f"a multiple of {value}",
    }
    return words.get(str(error.validator), error.message)
