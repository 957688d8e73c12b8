"""Write config/README.md from the schemas.

``python -m tfmoe.core.schema_docs config/README.md``
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from tfmoe.core.config import SCHEMAS, load_schema
from tfmoe.core.files import write_text

_HEAD = """\
# Configuration

This page is written from `workflow/schemas/` by `make docs`; edit the schemas, not this page.

A run has one config file and one experiment table. `config/config.yaml` is the embedded demo, which
runs when no other is named; `config/yeast/` is a whole genome; `config/template/` is for your own
data:

```bash
snakemake --configfile config/yeast/config.yaml --cores 2
```

A config named on the command line stands alone: nothing of the demo's is merged into it. A key that
it leaves out has the default given here; a key that is not listed here is an error. Paths are
relative to the folder in which Snakemake runs.
"""
_TABLE_HEAD = """
## The experiment table

A TSV with a header and these columns; lines that start with `#` are skipped.

| column | what | values |
|---|---|---|
"""


def render() -> str:
    """Return the page as Markdown."""
    schema = load_schema(SCHEMAS / "config.schema.yaml")
    plain = {key: part for key, part in schema["properties"].items() if "properties" not in part}
    lines = ["\n## General\n", *_key_table("", plain, schema.get("required", []))]
    for section, part in schema["properties"].items():
        if "properties" in part:
            lines += [f"\n## `{section}`\n", _flat(part["description"]), ""]
            lines += _key_table("", part["properties"], part.get("required", []))
    rows = load_schema(SCHEMAS / "experiments.schema.yaml")["properties"]
    table = [
        f"| `{key}` | {_flat(part['description'])} | {_kind(part)} |" for key, part in rows.items()
    ]
    return _HEAD + "\n".join(lines) + "\n" + _TABLE_HEAD + "\n".join(table) + "\n"


def _key_table(prefix: str, properties: Mapping[str, Any], required: list[str]) -> list[str]:
    head = ["| key | default | values | what |", "|---|---|---|---|"]
    return head + list(_rows(prefix, properties, required))


def _rows(prefix: str, properties: Mapping[str, Any], required: list[str]) -> Iterator[str]:
    for key, part in properties.items():
        if "properties" in part and part.get("type") == "object":
            yield from _rows(f"{prefix}{key}.", part["properties"], part.get("required", []))
            continue
        default = json.dumps(part["default"]) if "default" in part else ""
        shown = f"`{default}`" if default else ("**required**" if key in required else "")
        yield f"| `{prefix}{key}` | {shown} | {_kind(part)} | {_flat(part['description'])} |"


def _kind(part: Mapping[str, Any]) -> str:
    if "enum" in part:
        return ", ".join(f"`{json.dumps(value).strip(chr(34))}`" for value in part["enum"])
    kinds = part.get("type", "any")
    text = " or ".join(kinds) if isinstance(kinds, list) else kinds
    if "items" in part:
        text += f" of {_kind(part['items'])}"
    words = {
        "minimum": "at least",
        "exclusiveMinimum": "more than",
        "maximum": "at most",
        "exclusiveMaximum": "less than",
        "multipleOf": "multiple of",
    }
    bounds = [f"{word} {part[name]}" for name, word in words.items() if name in part]
    return ", ".join([text, *bounds])


def _flat(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    write_text(render(), sys.argv[1])
