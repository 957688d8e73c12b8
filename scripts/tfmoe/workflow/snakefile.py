"""What only the Snakefile and the rule files need."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from tfmoe.core.errors import TfmoeError
from tfmoe.core.job import MARK


@contextmanager
def plain_errors() -> Iterator[None]:
    """Print the message of a `TfmoeError` and end Snakemake with exit code 1.

    Snakemake would add the lines of the Snakefile through which the error came, which say nothing
    to the user whose config is at fault.
    """
    try:
        yield
    except TfmoeError as error:
        sys.stderr.write(f"{MARK}{error}\n")
        raise SystemExit(1) from None


def grow(first: int | Callable[[Any], int]) -> Callable[[Any, Any, int], int]:
    """Return a resource of a rule that doubles with each attempt at a job.

    Parameters
    ----------
    first
        The megabytes of memory or minutes of the first attempt, or a function of the job's input
        files that gives them.

    Returns
    -------
    Callable
        The function that Snakemake calls with a job's wildcards, input files and attempt (from 1).
    """

    def grown(wildcards: Any, input: Any, attempt: int) -> int:  # noqa: ARG001, the names are Snakemake's
        amount = first(input) if callable(first) else first
        return amount << (attempt - 1)

    return grown


class Job(Protocol):
    """What is asked of Snakemake's jobs: the paths of their outputs."""

    output: Iterable[str]


def closing_words(summary: str, jobs: Iterable[Job]) -> str:
    """Return the text of a run's summary, if the targets asked for need it; otherwise nothing.

    A run of other targets leaves the summary as it was, which may be of older results.

    Parameters
    ----------
    summary
        Its path.
    jobs
        All jobs that the targets need, whether they had to run or not.
    """
    asked = any(summary in job.output for job in jobs)
    return Path(summary).read_text(encoding="utf-8") if asked else ""


def faults(logs: Path, since: float) -> list[str]:
    """Collect what jobs said of their input before they failed, to say it again at the end.

    Parameters
    ----------
    logs
        The folder of the jobs' logs.
    since
        When the run started, in seconds of the epoch; older logs are of other runs.
    """
    recent = sorted(path for path in logs.rglob("*.log") if path.stat().st_mtime >= since)
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in recent)
    return [text[text.index(MARK) :].rstrip() for text in texts if MARK in text]
