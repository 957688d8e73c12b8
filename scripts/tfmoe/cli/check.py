"""`tfmoe check`: all faults of a config, and the jobs and hours of its run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tfmoe.cli.shell import FAILED, table

if TYPE_CHECKING:
    import pandas as pd

    from tfmoe.workflow.check import Check


def check(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="Config file of a run.")],
    quick: Annotated[
        bool, typer.Option("--quick", help="Do not read genome, peaks and matrices.")
    ] = False,
    plan: Annotated[
        bool, typer.Option("--plan/--no-plan", help="Estimate jobs and hours (some 10 s).")
    ] = True,
) -> None:
    """Find all faults of a run before it starts, and estimate its jobs and hours.

    Checks the config, the experiment table, contradicting keys, missing files and, unless
    `--quick`, checksums, formats, chromosome names, factors and the peaks of each split. Paths are
    relative to the present folder, as for Snakemake. The exit code is 1 if there is a fault.

    For example:

        tfmoe check config/mine/config.yaml

        tfmoe check --quick --no-plan config/mine/config.yaml
    """
    from tfmoe.workflow.check import check_config
    from tfmoe.workflow.project import find_project

    print_check(config, check_config(config, find_project(), contents=not quick, plan=plan))


def print_check(config: Path, found: Check) -> None:
    """Print the result of a check; end with exit code 1 if there are faults."""
    if found.table is not None and len(found.table):
        table("peaks", *_peaks(found.table))
    if found.estimate is not None:
        from tfmoe.workflow.costs import COLUMNS

        table("jobs and hours", COLUMNS, found.estimate.rows())
        typer.echo("\n".join(found.estimate.sums()))
    for kind, messages in (("not checked", found.unchecked), ("warning", found.warnings)):
        for message in messages:
            typer.echo(f"{kind}: {message}")
    for message in found.faults:
        typer.echo(message if message.startswith("(") else f"fault: {message}")
    number = sum(not message.startswith("(") for message in found.faults)
    typer.echo(f"{config}: {number or 'no'} fault{'s' * (number != 1)}")
    if number:
        raise typer.Exit(FAILED)


def _peaks(checked: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Return columns and rows: experiments and their usable peaks in each split."""
    columns = ["experiment", "factor", "role", "peaks", "train", "gate", "validation", "test"]
    return columns, [[str(value) for value in row] for row in checked[columns].to_numpy()]
