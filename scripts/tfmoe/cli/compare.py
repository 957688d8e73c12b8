"""The command `tfmoe compare`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tfmoe.application.card.text import ROLES
from tfmoe.cli.shell import table
from tfmoe.core.messages import shorten
from tfmoe.core.text import decimals, interval, signed
from tfmoe.core.vocabulary import MODELS

if TYPE_CHECKING:
    from tfmoe.application.card.compare import Comparison
    from tfmoe.core.run_record import Difference

_LONGEST = 60
_CHECKSUM = 64
_DIGITS = 12


def compare(
    first: Annotated[
        Path, typer.Argument(metavar="FIRST", help="Results of a run, or a model (folder or zip).")
    ],
    second: Annotated[Path, typer.Argument(metavar="SECOND", help="The other one.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Compare two runs or models: config, data, versions, and metrics on shared experiments.

    Differences of AUROCs are those of the second minus the first, on the test split.

    **Examples**

        tfmoe compare results/chr22 results/chr22_legnet

        tfmoe compare old/model.zip results/chr22/model
    """
    from dataclasses import asdict

    from tfmoe.application.card.compare import compare as find

    found = find(first, second)
    if as_json:
        content = asdict(found)
        for side in ("first", "second"):
            content[side] = {key: content[side][key] for key in ("path", "kind", "name")}
        sys.stdout.write(json.dumps(content, indent=2) + "\n")
        return
    _write(found)


def _write(found: Comparison) -> None:
    sides = (found.first, found.second)
    table(
        "Compared",
        ["", "name", "kind", "path", "tfmoe", "negatives"],
        [
            [
                place,
                side.name,
                side.kind,
                side.path,
                str(side.versions.get("tfmoe", "-")),
                side.negatives or "no metrics",
            ]
            for place, side in zip(("first", "second"), sides, strict=True)
        ],
    )
    for title, rows in (
        ("Config", found.config),
        ("Data", found.data),
        ("Versions", found.versions),
    ):
        _write_differences(title, rows)
    lists = {
        "Scripts whose code differs": found.code,
        f"Experiments only in {found.first.path}": found.only_first,
        f"Experiments only in {found.second.path}": found.only_second,
    }
    for title, names in lists.items():
        if names:
            sys.stdout.write(f"\n{title}: {', '.join(names)}\n")
    _write_metrics(found)


def _write_differences(title: str, rows: list[Difference]) -> None:
    if not rows:
        sys.stdout.write(f"\n{title}: no differences\n")
        return
    sys.stdout.write("\n")
    shown = [
        [row.key.removeprefix(f"{title.lower()}."), _shown(row.first), _shown(row.second)]
        for row in rows
    ]
    table(title, ["key", "first", "second"], shown)


def _shown(value: Any) -> str:
    """Return a value in few characters; the first digits of a checksum."""
    if value is None:
        return "-"
    if isinstance(value, str):
        is_checksum = len(value) == _CHECKSUM and value.isalnum()
        return value[:_DIGITS] if is_checksum else value
    return shorten(value, _LONGEST)


def _write_metrics(found: Comparison) -> None:
    sys.stdout.write("\n")
    if not found.sets:
        sys.stdout.write("AUROC: no experiment was evaluated in both\n")
        return
    table(
        "AUROC on shared experiments",
        ["experiment", "factor", "role", "model", "first", "second", "difference", "note"],
        [
            [
                row.experiment,
                row.factor,
                ROLES[row.role],
                MODELS[row.model],
                decimals(row.first),
                decimals(row.second),
                signed(row.difference),
                row.note,
            ]
            for row in found.sets
        ],
    )
    sys.stdout.write("\n")
    table(
        "Mean AUROC by role, with the 95 % t interval of the difference over sets",
        ["role", "model", "sets", "first", "second", "difference"],
        [
            [
                ROLES[row.role],
                MODELS[row.model],
                str(row.sets),
                decimals(row.first),
                decimals(row.second),
                interval(row.difference, row.low, row.high, sign=True),
            ]
            for row in found.means
        ],
    )
