"""`tfmoe progress`: how far a run is, and when it is expected to finish."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tfmoe.cli.shell import console, table
from tfmoe.core.errors import printable
from tfmoe.workflow.durations import duration, roughly

if TYPE_CHECKING:
    from tfmoe.workflow.run_progress import JobProgress, RunProgress

SECONDS_BETWEEN = 10.0
COLUMNS = ("stage", "done", "running", "failed", "left", "time taken", "expected in all")
_LONGEST_LINE = 100
_EARLY = 0.1
"""Share of the expected work below which the expected finish is too uncertain to be shown."""
_RANGE = 2.0
"""Factor by which the time left may differ; 82 % of nine replayed runs was within it."""
_SILENCE = 900.0
"""Seconds without a written log after which a run may have been killed, unless jobs take longer."""


def progress(
    results: Annotated[
        Path, typer.Argument(metavar="RESULTS", help="Folder of the run, such as `results/demo`.")
    ],
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Show it again every 10 s until the run ends.")
    ] = False,
) -> None:
    """Show how far a run is, and when it is expected to finish.

    Reads the logs and benchmark files of the run, so that it works from another terminal or
    machine, and on a cluster. Running jobs are listed with the last line of their logs: a training
    logs each epoch. The expected finish comes from the jobs that are done. It is shown when a tenth
    of the expected work is done, as a range that held in four of five cases.

    For example:

        tfmoe progress results/demo

        tfmoe progress --watch results/demo
    """
    from tfmoe.workflow.run_progress import read_progress

    while True:
        found = read_progress(results)
        if watch and sys.stdout.isatty():
            console().clear()
        print_progress(str(results), found)
        if not watch or found.left is None:
            break
        sys.stdout.flush()
        time.sleep(SECONDS_BETWEEN)


def print_progress(name: str, found: RunProgress) -> None:
    """Print the state of a run: its stages, running and failed jobs, and the expected finish."""
    stages = list(dict.fromkeys(job.job.stage for job in found.jobs))
    table("", COLUMNS, [_stage_row(stage, found) for stage in stages])
    for job in (*found.of_state("running"), *found.of_state("failed")):
        typer.echo(printable(describe_job(job)))
    typer.echo(f"{printable(name)}: {describe_run(found)}")


def _stage_row(stage: str, found: RunProgress) -> list[str]:
    pairs = zip(found.jobs, found.expected, strict=True)
    own = [(job, seconds) for job, seconds in pairs if job.job.stage == stage]
    states = [job.state for job, _ in own]
    numbers = [str(states.count(state)) for state in ("done", "running", "failed", "left")]
    taken = sum(job.seconds for job, _ in own if job.state != "failed")
    expected = sum(
        job.seconds if job.state == "done" else max(job.seconds, seconds) for job, seconds in own
    )
    return [stage, *numbers, duration(taken), duration(expected)]


def describe_job(job: JobProgress) -> str:
    """Return a line about a running or failed job: its name, its time and the end of its log."""
    name = job.job.log.removeprefix("logs/").removesuffix(".log")
    line = job.line if len(job.line) <= _LONGEST_LINE else f"{job.line[:_LONGEST_LINE]}..."
    when = f"for {duration(job.seconds)}" if job.state == "running" else "see its log"
    return f"{job.state}: {name}, {when}{f': {line}' if line else ''}"


def describe_run(found: RunProgress) -> str:
    """Return a line about the whole run: jobs, time passed and expected finish."""
    done, number = found.count("done"), len(found.jobs)
    earlier = f" ({found.planned.earlier} were done before)" if found.planned.earlier else ""
    head = f"{done} of {number} jobs done{earlier}"
    if found.planned.succeeded or done == number:
        return f"{head}; finished {clock(found.last, found.now)}"
    if found.left is None:
        return f"{head}; stopped with a fault {clock(found.last, found.now)}"
    text = f"{head} in {duration(found.now - found.started)}; {_describe_finish(found, found.left)}"
    silent = found.now - found.last
    if silent > max(_SILENCE, 2 * max(found.expected)):
        text += f"; nothing was written for {duration(silent)}: does Snakemake still run?"
    return text


def _describe_finish(found: RunProgress, left: float) -> str:
    if found.share < _EARLY:
        return f"too early to foretell the finish ({found.share:.0%} of the expected work is done)"
    between = f"{roughly(left / _RANGE)} to {roughly(left * _RANGE)}"
    when = clock(found.now + left, found.now)
    return f"expected to finish in {between}, best guess {when}"


def clock(moment: float, now: float) -> str:
    """Return a time of day, with the date unless it is today's."""
    same = time.localtime(moment)[:3] == time.localtime(now)[:3]
    return time.strftime("at %H:%M" if same else "on %Y-%m-%d at %H:%M", time.localtime(moment))
