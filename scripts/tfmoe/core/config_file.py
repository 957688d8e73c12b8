"""Strict reader of config files: plain YAML or JSON of limited size, with lines in all messages.

Snakemake reads the config files of a command line before the Snakefile, and a profile before both.
The profiles therefore check these files with this reader. The Snakefile checks them again, because
a run may use another profile.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Hashable, Iterator, Mapping
from os import PathLike
from typing import Any

import yaml

from tfmoe.core.errors import ConfigError, InputError
from tfmoe.core.messages import odd_character, shorten
from tfmoe.core.regular_file import read_limited_text

MAX_BYTES = 200_000
MAX_DEPTH = 30
# nodes of the YAML tree after all aliases are expanded
MAX_NODES = 100_000
MAX_TEXT = 4_000
_MOST_FAULTS = 20
INTEGER_BITS = 63
TOP_LEVEL = "(top level)"
_INT = "tag:yaml.org,2002:int"
_FLOAT = "tag:yaml.org,2002:float"
_DATE = "tag:yaml.org,2002:timestamp"
_PLAIN_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
# keys that Snakemake evaluates before the config is validated
_RESERVED = {
    "__use_yte__": "templates are not supported; write the values themselves",
    "pathvars": "Snakemake would change the paths of the results; remove this key",
}


class _Loader(yaml.SafeLoader):
    """The loader whose rules Snakemake's own follows, without tags of Python."""


def read_config_file(path: str | PathLike[str]) -> dict[str, Any]:
    """Read a config file.

    Parameters
    ----------
    path
        A YAML or JSON file, UTF-8.

    Returns
    -------
    dict
        Its content.

    Raises
    ------
    ConfigError
        If the file is not plain YAML with keys at the top level: tags, several documents, repeated
        keys, aliases that refer to themselves or expand without bound, numbers that are not finite,
        integers beyond 64 bits, numbers in an ambiguous spelling, dates.
    """
    try:
        text = read_limited_text(path, MAX_BYTES, "the config file")
    except InputError as error:
        raise ConfigError(str(error)) from None
    # valid JSON has tabs between its tokens only, where YAML refuses them
    found = _parse_json(text, str(path))
    root = _compose(text if found is None else text.replace("\t", " "), str(path))
    if root is None:
        raise ConfigError(f"{path}: the config file is empty; start from config/config.yaml")
    if not isinstance(root, yaml.MappingNode):
        raise ConfigError(
            f"{path}, line {_line(root)}: found no `key: value` at the top level; start from "
            "config/config.yaml"
        )
    _check_size(root, str(path))
    faults = [
        f"{path}, {fault}"
        for fault in _node_faults(root, TOP_LEVEL, set(), is_json=found is not None)
    ]
    if not faults:
        content = _construct(root, str(path)) if found is None else found
        faults = [f"{path}: {fault}" for fault in value_faults(content)]
    if faults:
        raise ConfigError("\n".join([*dict.fromkeys(faults)][:_MOST_FAULTS]))
    return content


def value_faults(content: Any) -> list[str]:
    """Return one message per value that no config may contain, also on the command line.

    Parameters
    ----------
    content
        The merged config.
    """
    counted = itertools.count(1)

    def walk(value: Any, where: str, depth: int) -> Iterator[str]:
        if next(counted) > MAX_NODES:
            return
        if depth > MAX_DEPTH:
            yield f"{where[:100]}: found more than {MAX_DEPTH} nested sections"
        elif isinstance(value, Mapping):
            for key, part in value.items():
                yield from walk(part, join_key(where, str(key)), depth + 1)
        elif isinstance(value, list | tuple):
            for part in value:
                yield from walk(part, where, depth + 1)
        elif fault := _scalar_fault(value):
            yield f"{where}: {fault}"

    faults = list(dict.fromkeys(walk(content, TOP_LEVEL, 0)))
    if next(counted) > MAX_NODES:
        faults.append(f"{TOP_LEVEL}: found more than {MAX_NODES:,} values; remove some")
    return faults[:_MOST_FAULTS]


def join_key(section: str, key: str) -> str:
    """Return the full name of a key."""
    return key if section == TOP_LEVEL else f"{section}.{key}"


def _scalar_fault(value: Any) -> str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return f"found {value}, expected a finite number"
    if isinstance(value, int) and value.bit_length() > INTEGER_BITS:
        return "found an integer beyond 64 bits, expected a smaller one"
    if isinstance(value, str):
        odd = odd_character(value)
        if odd:
            return f"found {shorten(value)}, which contains {odd}"
        if len(value) > MAX_TEXT:
            return f"found {len(value):,} characters, expected at most {MAX_TEXT:,}"
    return None


def _parse_json(text: str, path: str) -> dict[str, Any] | None:
    """Return the content of a JSON object; nothing if the text is not one."""
    if not text.lstrip().startswith("{"):
        return None
    # the recursive parser of Python refuses deep nesting with an error of its own
    if _depth_of_brackets(text) > 10 * MAX_DEPTH:
        raise ConfigError(f"{path}: found more than {MAX_DEPTH} nested sections")
    try:
        content = json.loads(text)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _depth_of_brackets(text: str) -> int:
    depth = deepest = 0
    for letter in re.findall(r"[\[\]{}]", text):
        depth += 1 if letter in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _compose(text: str, path: str) -> yaml.Node | None:
    """Return the tree of the only document, whose depth and tags are checked first."""
    try:
        _check_events(text, path)
        return yaml.compose(text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = int(mark.line) + 1 if mark else 1
        raise ConfigError(f"{path}, {_yaml_fault(text, line, error)}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(
            f"{path}, line {line}: found the character U+{ord(text[error.position]):04X}, which "
            "YAML forbids; remove it"
        ) from None


def _yaml_fault(text: str, line: int, error: yaml.MarkedYAMLError) -> str:
    """Return the line and the reason of a syntax error; a tab is the usual one."""
    lines = text.splitlines()
    for number in range(max(1, line - 1), min(len(lines), line + 1) + 1):
        if re.match(r" *\t", lines[number - 1]):
            return f"line {number}: found a tab in the indentation; replace it by spaces"
    reason = (error.problem or "syntax error").replace("\n", " ")
    context = f" {error.context}" if error.context else ""
    return (
        f"line {line}: the config file is not valid YAML ({reason}{context}); check colons, "
        "quotes and brackets"
    )


def _check_events(text: str, path: str) -> None:
    """Check depth, tags and the number of documents without building the tree."""
    depth = documents = 0
    for event in yaml.parse(text, _Loader):
        where = f"{path}, line {_line(event)}"
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise ConfigError(f"{where}: found a second document after `---`; keep one")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise ConfigError(f"{where}: found more than {MAX_DEPTH} nested sections")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise ConfigError(
                f"{where}: found the tag {shorten(tag)}; remove it, a config has plain values only"
            )


def _check_size(root: yaml.Node, path: str) -> None:
    """Check that no alias refers to itself and that all aliases expand to few nodes."""
    sizes: dict[int, int] = {}
    above: set[int] = set()

    def size(node: yaml.Node) -> int:
        if id(node) in above:
            raise ConfigError(f"{path}, line {_line(node)}: found an alias within its own anchor")
        if isinstance(node, yaml.ScalarNode):
            return 1
        if id(node) not in sizes:
            above.add(id(node))
            sizes[id(node)] = 1 + sum(size(child) for child in _children(node))
            above.remove(id(node))
        return sizes[id(node)]

    found = size(root)
    if found > MAX_NODES:
        raise ConfigError(
            f"{path}: its aliases expand to more than {MAX_NODES:,} values; write the values "
            "themselves"
        )


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    for child in node.value:
        if isinstance(child, tuple):
            yield from child
        else:
            yield child


def _node_faults(node: yaml.Node, where: str, seen: set[int], *, is_json: bool) -> Iterator[str]:
    """Yield one message per repeated key and per unusable value, with its line."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        fault = _text_fault(node, is_json=is_json)
        if fault:
            yield f"line {_line(node)}: {where}: {fault}"
    elif isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _node_faults(child, where, seen, is_json=is_json)
    else:
        yield from _mapping_faults(node, where, seen, is_json=is_json)


def _mapping_faults(
    node: yaml.Node, section: str, seen: set[int], *, is_json: bool
) -> Iterator[str]:
    lines: dict[Hashable, int] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            yield f"line {_line(key)}: {section}: found a list or section as a key"
            continue
        name, line = join_key(section, str(key.value)), _line(key)
        if name in lines:
            yield f"line {line}: {name} is already set in line {lines[name]}; set it once"
        lines.setdefault(name, line)
        fault = None if is_json else _text_fault(key, is_json=is_json)
        if fault:
            yield f"line {line}: {section}: as a key, {fault}"
        if name in _RESERVED:
            yield f"line {line}: {name}: {_RESERVED[name]}"
        yield from _node_faults(value, name, seen, is_json=is_json)


def _text_fault(node: yaml.ScalarNode, *, is_json: bool) -> str | None:
    """Return why the text of a scalar cannot be used."""
    text = str(node.value)
    if node.tag == _INT and not _PLAIN_INTEGER.match(text) and not is_json:
        return (
            f"found {shorten(text)[1:-1]}, which YAML reads as another number; write an integer "
            f'without leading zeros and separators, and put a name in quotes: "{text[:50]}"'
        )
    if node.tag == _INT and (len(text) > 20 or int(text).bit_length() > INTEGER_BITS):
        return f"found an integer of {len(text)} digits, expected one within 64 bits"
    if node.tag == _FLOAT:
        if ":" in text:
            return f'found {text}, which YAML reads as another number; put it in quotes: "{text}"'
        if not math.isfinite(_float(text)):
            return f"found {text}, expected a finite number"
    if node.tag == _DATE:
        return f'found {text}, which YAML reads as a date; put it in quotes: "{text}"'
    return _scalar_fault(text)


def _float(text: str) -> float:
    try:
        return float(text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:
        return math.nan


def _construct(root: yaml.MappingNode, path: str) -> dict[str, Any]:
    loader = _Loader("")
    try:
        content: dict[str, Any] = loader.construct_document(root)
    except (yaml.MarkedYAMLError, ValueError, TypeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        reason = getattr(error, "problem", None) or error
        raise ConfigError(f"{path}{line}: the config file is not valid YAML ({reason})") from None
    finally:
        loader.dispose()
    return content


def _line(found: yaml.Node | yaml.Event) -> int:
    return int(found.start_mark.line) + 1 if found.start_mark else 1
