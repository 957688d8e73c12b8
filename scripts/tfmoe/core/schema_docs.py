"""Write config/README.md, the reference of config and experiment table, from the schemas.

``python -m tfmoe.core.schema_docs config/README.md``
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tfmoe.core.config import QUICK, SCHEMAS, load_schema
from tfmoe.core.files import write_text

_HEAD = """\
# Configuration

`make docs` writes this page from `workflow/schemas/`. Edit the schemas, not this page.

A run has one config file and one experiment table. The project comes with these:

| folder | run |
|---|---|
| `config/` itself | the embedded demo, the run if you name no other config |
| `config/yeast/` | the whole genome of *S. cerevisiae* and the ChIP-exo peaks of 24 factors |
| `config/encode/` | the human genome (hg38) and ENCODE's ChIP-seq peaks |
| `config/chr22/` | human chromosome 22 (hg19) and ENCODE-DREAM peaks of 13 factors |
| `config/paper/` | the paper's own data: ready sequences, which have no coordinates |
| `config/template/` | a template to copy for your own data |

```bash
snakemake --configfile config/yeast/config.yaml --cores 2
```

A config named on the command line replaces the demo's; the two are not merged. Missing keys take
the defaults listed here, and a key that is not listed is an error. Paths are relative to the folder
in which Snakemake runs.
"""
_FIRST_HEAD = """
## The six keys you will change first

`tfmoe init` writes them for your peaks.

```yaml
run: mine                                  # results are written to results/mine/
experiments: config/mine/experiments.tsv   # the table of peak files
genome:
  assembly: hg38
  fasta: hg38.fa
splits:                                    # all other chromosomes train the experts
  test: [chr8, chr9]
  validation: [chr7]
  gate: [chr10]
training:
  backbone: convnet                        # the kind of network
  seeds: 3                                 # networks per expert
```
"""
_USUAL_HEAD = """
## The keys you will change
"""
_ADVANCED_HEAD = """
## Advanced keys

Their defaults suit most runs.
"""
_QUICK_HEAD = """
## The quick preset

Defaults with `quick: true`. A key that you set yourself keeps your value. All other defaults stay.

| key | default | with `quick` |
|---|---|---|
"""
_REMOVED_HEAD = """
## Removed keys

Former keys, and how to replace them.

| key | remedy |
|---|---|
"""
_TABLE_HEAD = """
## The experiment table

A TSV with a header and these columns, in any order. You may omit columns with a default, or leave
cells of them empty. Lines that start with `#` are skipped.

| column | default | values | description |
|---|---|---|---|
"""
_KEYS_HEAD = ("| key | default | values | description |", "|---|---|---|---|")
_GENERAL = "General"
_BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "more than",
    "maximum": "at most",
    "exclusiveMaximum": "less than",
    "multipleOf": "multiple of",
}


@dataclass(frozen=True)
class Key:
    """One key of the config.

    Attributes
    ----------
    name
        The full name, such as ``splits.shares.test``.
    section
        The top-level section, or `General` for keys outside of one.
    schema
        The part of the schema that describes it.
    required
        Whether its section requires it.
    advanced
        Whether the key or a section around it is marked ``x-advanced``.
    """

    name: str
    section: str
    schema: Mapping[str, Any]
    required: bool
    advanced: bool


def schema_keys(schema: Mapping[str, Any]) -> list[Key]:
    """Return the keys of the config's schema, in its order.

    Sections are not among them, unless the default is ``null`` for the section as a whole.
    """
    return [
        key
        for name, part in schema["properties"].items()
        for key in _keys(name, name if "properties" in part else _GENERAL, part, schema, False)
    ]


def render() -> str:
    """Return the page as Markdown."""
    schema = load_schema(SCHEMAS / "config.schema.yaml")
    table = load_schema(SCHEMAS / "experiments.schema.yaml")
    keys = schema_keys(schema)
    usual = [key for key in keys if not key.advanced]
    advanced = [key for key in keys if key.advanced]
    described = {key.section for key in usual}
    columns = [
        _row(name, part, name in table["required"]) for name, part in table["properties"].items()
    ]
    return "".join(
        [
            _HEAD,
            _FIRST_HEAD,
            _USUAL_HEAD,
            *_sections(usual, schema, set()),
            _ADVANCED_HEAD,
            *_sections(advanced, schema, described),
            _QUICK_HEAD,
            *(_quick_row(key) for key in keys if QUICK in key.schema),
            _REMOVED_HEAD,
            *(f"| `{name}` | {_flat(remedy)} |\n" for name, remedy in removed_keys(schema)),
            _TABLE_HEAD,
            *(f"{row}\n" for row in columns),
        ]
    )


def removed_keys(schema: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the full name of each removed key, with its remedy."""
    for key, remedy in schema.get("x-removed", {}).items():
        yield f"{prefix}{key}", remedy
    for key, part in schema.get("properties", {}).items():
        yield from removed_keys(part, f"{prefix}{key}.")


def _keys(
    name: str, section: str, part: Mapping[str, Any], parent: Mapping[str, Any], advanced: bool
) -> Iterator[Key]:
    """Yield a key, or the keys of a section; subsections inherit ``x-advanced``."""
    advanced = part.get("x-advanced", advanced)
    nested = "." in name
    # a subsection that may be null instead has a row of its own
    if "properties" not in part or (nested and "default" in part):
        last = name.rpartition(".")[2]
        yield Key(name, section, part, last in parent.get("required", []), advanced)
    for key, child in part.get("properties", {}).items():
        yield from _keys(f"{name}.{key}", section, child, part, advanced)


def _sections(keys: Sequence[Key], schema: Mapping[str, Any], described: set[str]) -> Iterator[str]:
    """Yield one table per section, with the section's description unless it is in `described`."""
    for section in dict.fromkeys(key.section for key in keys):
        part = schema["properties"].get(section)
        yield f"\n### {section if part is None else f'`{section}`'}\n\n"
        if part is not None and section not in described:
            yield _flat(part["description"]) + _or_null(part) + "\n\n"
        yield "\n".join(_KEYS_HEAD) + "\n"
        for key in keys:
            if key.section == section:
                yield _row(key.name, key.schema, key.required) + "\n"


def _or_null(section: Mapping[str, Any]) -> str:
    """Return a sentence for a section that may be null: whether null is its default."""
    if "null" not in section["type"]:
        return ""
    return " The default is `null`." if "default" in section else " There is no default."


def _quick_row(key: Key) -> str:
    default, quick = (json.dumps(key.schema[kind]) for kind in ("default", QUICK))
    return f"| `{key.name}` | `{default}` | `{quick}` |\n"


def _row(name: str, part: Mapping[str, Any], required: bool) -> str:
    default = f"`{json.dumps(part['default'])}`" if "default" in part else ""
    default += f" (quick: `{json.dumps(part[QUICK])}`)" if QUICK in part else ""
    shown = default or ("**required**" if required else "")
    return f"| `{name}` | {shown} | {_values(part)} | {_flat(part['description'])} |"


def _values(part: Mapping[str, Any]) -> str:
    """Return the allowed values: a list, or the type with its bounds."""
    if "enum" in part:
        return ", ".join(f"`{json.dumps(value).strip(chr(34))}`" for value in part["enum"])
    kinds = part.get("type", "any")
    first, *others = kinds if isinstance(kinds, list) else [kinds]
    text = f"{first} of {_values(part['items'])}" if "items" in part else first
    text = " or ".join([text, *others])
    bounds = [f"{word} {part[name]}" for name, word in _BOUNDS.items() if name in part]
    return ", ".join([text, *bounds])


def _flat(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    write_text(render(), sys.argv[1])
