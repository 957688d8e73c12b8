"""Write docs/reference/commands.md, the reference of the command `tfmoe`, from the commands.

``python -m tfmoe.cli.reference docs/reference/commands.md``
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer
from typer.core import TyperArgument, TyperOption

from tfmoe.cli.app import app
from tfmoe.core.files import write_text

_HEAD = """\
# Commands

`make docs` writes this page from the commands; `tfmoe COMMAND --help` shows the same text.

"""
_TABLE_HEAD = "| option | values | default | description |\n|---|---|---|---|\n"
_KINDS = {Path: "path", int: "integer", float: "number"}


def render() -> str:
    """Return the page as Markdown."""
    group: Any = typer.main.get_command(app)
    commands: dict[str, Any] = group.commands
    listed = "".join(
        f"| [`{name}`](#tfmoe-{name}) | {_first_line(command)} |\n"
        for name, command in commands.items()
    )
    common = [one for one in group.params if isinstance(one, TyperOption)]
    return "".join(
        [
            _HEAD,
            "| command | purpose |\n|---|---|\n",
            listed,
            "\nThese options come before the name of a command:\n\n",
            _TABLE_HEAD,
            *(_option(one) for one in common),
            *(part for name, command in commands.items() for part in _command(name, command)),
        ]
    )


def _command(name: str, command: Any) -> Iterator[str]:
    """Yield the section of one command."""
    arguments = [one for one in command.params if isinstance(one, TyperArgument)]
    options = [one for one in command.params if isinstance(one, TyperOption)]
    usage = " ".join(["tfmoe", name, *(_argument(one) for one in arguments)])
    yield f"\n## tfmoe {name}\n\n```\n{usage} [OPTIONS]\n```\n\n{_text(command)}\n\n"
    if arguments:
        yield "| argument | description |\n|---|---|\n"
    yield from (f"| `{_argument(one)}` | {_flat(one.help)} |\n" for one in arguments)
    if options:
        yield ("\n" if arguments else "") + _TABLE_HEAD
    yield from (_option(one) for one in options)


def _argument(one: TyperArgument) -> str:
    return one.metavar or str(one.name).upper()


def _first_line(command: Any) -> str:
    return _flat(cleandoc(command.help or "").split("\n\n")[0])


def _text(command: Any) -> str:
    """Return the help, with its examples as a block of code."""
    text, _, examples = cleandoc(command.help or "").partition("**Examples**")
    lines = [line.strip().strip("`") for line in examples.splitlines() if line.strip()]
    block = "\n\n```bash\n" + "\n".join(lines) + "\n```" if lines else ""
    return text.strip() + block


def _option(one: TyperOption) -> str:
    names = ", ".join(f"`{name}`" for name in one.opts)
    default = "" if one.default in (None, False) else f"`{one.default}`"
    shown = "**required**" if one.required else default
    return f"| {names} | {_values(one)} | {shown} | {_flat(one.help)} |\n"


def _values(one: TyperOption) -> str:
    """Return the allowed values: a list, a placeholder, or the type and its bounds."""
    kind = getattr(one.type_descriptor, "annotation", str)
    if one.is_flag:
        return ""
    if get_origin(kind) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(kind))
    bounds = [("at least", one.min), ("at most", one.max)]
    parts = [f"`{one.metavar}`" if one.metavar else _KINDS.get(kind, "text")]
    parts += [f"{word} {bound:g}" for word, bound in bounds if bound is not None]
    return ", ".join([*parts, "may be repeated"] if one.multiple else parts)


def _flat(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


if __name__ == "__main__":
    write_text(render(), sys.argv[1])
