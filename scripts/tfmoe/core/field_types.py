"""Types of the values of a dataclass that is read from JSON."""

from __future__ import annotations

import math
import types
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from tfmoe.core.errors import InputError
from tfmoe.core.messages import shorten

# larger integers are beyond the 64 bits of a tensor
_LARGEST = 1 << 62

Record = TypeVar("Record")


def make_record(kind: type[Record], content: Any, where: str, remedy: str) -> Record:
    """Return a dataclass from an entry of a JSON file.

    Parameters
    ----------
    kind
        The dataclass, whose fields are plain JSON types.
    content
        The entry, as `tfmoe.core.files.read_json` returns it.
    where, remedy
        File and key of the entry, and the remedy of a fault, for messages.

    Raises
    ------
    InputError
        If the entry is no object, has other keys than the dataclass has fields, or a value of
        another type.
    """
    expected = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    if not isinstance(content, dict) or set(content) != expected:
        keys = ", ".join(sorted(content)) if isinstance(content, dict) else type(content).__name__
        raise InputError(
            f"{where}: found the keys {keys or '(none)'}, expected {', '.join(sorted(expected))}; "
            f"{remedy}"
        )
    if fault := field_fault(kind, content):
        raise InputError(f"{where}: {fault}; {remedy}")
    return kind(**content)


def field_fault(kind: type, content: Mapping[str, Any]) -> str | None:
    """Return the first value whose type is not that of its field, with the type expected.

    Parameters
    ----------
    kind
        A dataclass whose fields are plain JSON types.
    content
        The value of each field.
    """
    for name, hint in get_type_hints(kind).items():
        if not _fits(content[name], hint):
            expected = getattr(hint, "__name__", str(hint)) if not get_args(hint) else str(hint)
            return f"{name}: found {shorten(content[name])}, expected {expected}"
    return None


def _fits(value: Any, hint: Any) -> bool:
    """Return whether a value has a type; numbers have to be finite and of usual size."""
    if hint is Any:
        return _is_usual(value)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return any(_fits(value, part) for part in arguments)
    if origin is list:
        return isinstance(value, list) and all(_fits(item, arguments[0]) for item in value)
    if origin is dict:
        return isinstance(value, dict) and all(_fits(item, arguments[1]) for item in value.values())
    if hint is type(None):
        return value is None
    if hint is float:
        return type(value) in (int, float) and _is_usual(value)
    return type(value) is hint and _is_usual(value)


def _is_usual(value: Any) -> bool:
    if type(value) is float:
        return math.isfinite(value)
    return type(value) is not int or abs(value) < _LARGEST
