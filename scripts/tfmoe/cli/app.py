"""The application of the command `tfmoe`; each command is a module of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from tfmoe import __version__
from tfmoe.cli.adapt import adapt
from tfmoe.cli.check import check
from tfmoe.cli.compare import compare
from tfmoe.cli.explain import explain
from tfmoe.cli.info import info
from tfmoe.cli.init import init
from tfmoe.cli.marginalize import marginalize
from tfmoe.cli.predict import predict
from tfmoe.cli.progress import progress
from tfmoe.cli.reproduce import reproduce
from tfmoe.cli.scan import scan
from tfmoe.cli.shell import guarded, show_log
from tfmoe.cli.variants import variants
from tfmoe.core.log_level import Level

app = typer.Typer(
    name="tfmoe",
    help="Mixtures of transcription-factor experts: predict binding, scan genomes, score variants.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
# in the order in which `tfmoe --help` lists them
COMMANDS: tuple[Callable[..., None], ...] = (
    predict,
    scan,
    variants,
    explain,
    marginalize,
    adapt,
    info,
    compare,
    init,
    check,
    progress,
    reproduce,
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"tfmoe {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[  # noqa: ARG001, its callback prints it
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
    log_level: Annotated[
        Level,
        typer.Option(
            help="Messages on standard error: `debug` adds times, memory and sizes of tables."
        ),
    ] = "warning",
) -> None:
    """Mixtures of transcription-factor experts: predict binding, scan genomes, score variants."""
    show_log(log_level)


for command in COMMANDS:
    app.command()(guarded(command))
