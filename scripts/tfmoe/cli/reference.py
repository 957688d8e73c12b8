"""Write docs/reference/commands.md, the reference of the command `tfmoe`, from the commands.

``python -m tfmoe.cli.reference docs/reference/commands.md``
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from inspect import cleandoc
from typing import Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperOption

from tfmoe.cli.app import app
from tfmoe.core.files import write_text

_HEAD = """\
# Commands

`make docs` writes this page from the commands; `tfmoe COMMAND --help` shows the same text.

"""
_TABLE_HEAD = "| option | values | default | description |\n|---|---|---|---|\n"
_ARGUMENTS_HEAD = "| argument | description |\n|---|---|\n"


def render() -> str:
    """Return the page as Markdown."""
    group: Any = typer.main.get_command(app)
    commands: dict[str, TyperCommand] = group.commands
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


def _command(name: str, command: TyperCommand) -> Iterator[str]:
    arguments = [one for one in command.params if isinstance(one, TyperArgument)]
    options = [one for one in command.params if isinstance(one, TyperOption)]
    usage = " ".join(["tfmoe", name, *(str(one.make_metavar(_context(command))) for one in arguments)])
    yield f"\n## tfmoe {name}\n\n```\n{usage} [OPTIONS]\n```\n\n{_text(command)}\n\n"
    yield _ARGUMENTS_HEAD
    for one in arguments:
        yield f"| `{one.make_metavar(_context(command))}` | {_flat(one.help)} |\n"
    yield "\n" + _TABLE_HEAD
    yield from (_option(one) for one in options)


def _context(command: TyperCommand) -> Any:
    return typer.Context(command)  # type: ignore[arg-type]


def _first_line(command: TyperCommand) -> str:
    return _flat(cleandoc(command.help or "").split("\n\n")[0])


def _text(command: TyperCommand) -> str:
    """Return the help, with its examples as a block of code."""
    text, _, examples = cleandoc(command.help or "").partition("**Examples**")
    lines = [line.strip() for line in examples.splitlines() if line.strip()]
    block = "\n\n```bash\n" + "\n".join(lines) + "\n```" if lines else ""
    return text.strip() + block


def _option(one: TyperOption) -> str:
    names = ", ".join(f"`{name}`" for name in (*one.opts, *one.secondary_opts))
    choices = getattr(one.type, "choices", None)
    values = ", ".join(f"`{value}`" for value in choices) if choices else ""
    if not values and not one.is_flag:
        values = one.metavar or one.type.name
    default = "**required**" if one.required else _default(one)
    return f"| {names} | {values} | {default} | {_flat(one.help)} |\n"


def _default(one: TyperOption) -> str:
    if one.default in (None, False) or callable(one.default):
        return ""
    return f"`{one.default}`"


def _flat(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


if __name__ == "__main__":
    write_text(render(), sys.argv[1])
