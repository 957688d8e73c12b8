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

A run has one config file and one experiment table. These come with the project:

| folder | run |
|---|---|
| `config/` itself | the embedded demo, which runs when no other config is named |
| `config/yeast/` | the whole genome of *S. cerevisiae* and the ChIP-exo peaks of 24 factors |
| `config/encode/` | the human genome (hg38) and ENCODE's ChIP-seq peaks |
| `config/chr22/` | human chromosome 22 (hg19) and ENCODE-DREAM peaks of 13 factors |
| `config/paper/` | the paper's own data: ready sequences, which have no coordinates |
| `config/template/` | to be copied for your own data |

```bash
snakemake --configfile config/yeast/config.yaml --cores 2
```

A config named on the command line stands alone: nothing of the demo's is merged into it. A key that
it leaves out has the default given here; a key that is not listed here is an error. Paths are
relative to the folder in which Snakemake runs.
"""
_TABLE_HEAD = """
## The experiment table

A TSV with a header and these columns, in any order. Columns with a default may be left out, and
their cells left empty. Lines that start with `#` are skipped.

| column | default | values | what |
|---|---|---|---|
"""


def render() -> str:
    """Return the page as Markdown."""
    schema = load_schema(SCHEMAS / "config.schema.yaml")
    plain = {key: part for key, part in schema["properties"].items() if "properties" not in part}
    lines = ["\n## General\n", *_key_table("", plain, schema.get("required", []))]
    for section, part in schema["properties"].items():
        if "properties" in part:
            lines += [f"\n## `{section}`\n", _flat(part["description"]) + _or_null(part), ""]
            lines += _key_table("", part["properties"], part.get("required", []))
    table = load_schema(SCHEMAS / "experiments.schema.yaml")
    rows = _rows("", table["properties"], table["required"])
    return _HEAD + "\n".join(lines) + "\n" + _TABLE_HEAD + "\n".join(rows) + "\n"


def _or_null(section: Mapping[str, Any]) -> str:
    """Say of a section that may be null that it has to be chosen, or that it is null by default."""
    if "null" not in section["type"]:
        return ""
    return " The default is `null`." if "default" in section else " One of the two has to be given."


def _key_table(prefix: str, properties: Mapping[str, Any], required: list[str]) -> list[str]:
    head = ["| key | default | values | what |", "|---|---|---|---|"]
    return head + list(_rows(prefix, properties, required))


def _rows(prefix: str, properties: Mapping[str, Any], required: list[str]) -> Iterator[str]:
    for key, part in properties.items():
        # of keys that only hold others, those that may be null instead have a row of their own
        if "properties" not in part or "default" in part:
            default = json.dumps(part["default"]) if "default" in part else ""
            shown = f"`{default}`" if default else ("**required**" if key in required else "")
            yield f"| `{prefix}{key}` | {shown} | {_kind(part)} | {_flat(part['description'])} |"
        if "properties" in part:
            yield from _rows(f"{prefix}{key}.", part["properties"], part.get("required", []))


def _kind(part: Mapping[str, Any]) -> str:
    if "enum" in part:
        return ", ".join(f"`{json.dumps(value).strip(chr(34))}`" for value in part["enum"])
    kinds = part.get("type", "any")
    first, *others = kinds if isinstance(kinds, list) else [kinds]
    text = f"{first} of {_kind(part['items'])}" if "items" in part else first
    text = " or ".join([text, *others])
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
