"""The command `tfmoe info`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from tfmoe.cli.options import ModelPath

if TYPE_CHECKING:
    from tfmoe.application.card.text import Part


def info(
    model: ModelPath,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print card.json instead, for programs.")
    ] = False,
) -> None:
    """Print the card of a model: training data, metrics, thresholds, limits and licences.

    **Examples**

        tfmoe info results/demo/model

        tfmoe info model.zip --json
    """
    import json

    from tfmoe.application.card.read import read_card
    from tfmoe.application.card.text import card_parts

    card = read_card(model)
    if as_json:
        sys.stdout.write(json.dumps(card, indent=2, sort_keys=True) + "\n")
        return
    _write(f"tfmoe model {card['name']}", "bold")
    for part in card_parts(card):
        _write_part(part)


def _write_part(part: Part) -> None:
    from tfmoe.application.card.text import without_folders
    from tfmoe.cli.shell import table

    sys.stdout.write("\n")
    if part.title:
        _write(part.title, "bold")
    for paragraph in part.paragraphs:
        _write(paragraph)
    if part.table is not None:
        rows = [[without_folders(cell) for cell in row] for row in part.table.rows]
        table("", part.table.columns, rows)
    for item in part.items:
        _write(f"- {item}")
    if part.code:
        _write(part.code)


def _write(text: str, style: str | None = None) -> None:
    """Write a text to standard output, wrapped on a terminal."""
    from tfmoe.cli.shell import console
    from tfmoe.core.errors import printable

    console().print(printable(text), style=style)
