"""Helpers of the Snakefile: config files, plain error messages, resources, closing words."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any, Protocol

from tfmoe.core.config_file import read_config_file
from tfmoe.core.errors import TfmoeError
from tfmoe.core.job import MARK
from tfmoe.core.shortage import LESS_MEMORY

# the script of a job that a signal has ended, in Snakemake's log; a shell adds 128 to its number.
# SIGABRT comes from libraries in C++ that get no memory for another thread
_KILLED = re.compile(
    r"(?:tmp\w+\.)?(\w+)\.py' "
    r"(?:died with <Signals\.(?:SIGKILL|SIGABRT)|returned non-zero exit status (?:137|134)\b)"
)

_PATHS = "PYTHONPATH"
_DEFAULT_RATE = (100, 1)  # jobs that Snakemake starts at most, and in how many seconds


@contextmanager
def plain_errors() -> Iterator[None]:
    """Print the message of a `TfmoeError` and end Snakemake with exit code 1.

    Snakemake would add the lines of the Snakefile through which the error came; they do not help a
    user whose config is at fault.
    """
    try:
        yield
    except TfmoeError as error:
        sys.stderr.write(f"{MARK}{error}\n")
        raise SystemExit(1) from None


def jobs_import_from(scripts: Path) -> None:
    """Have jobs import the package from a folder, even if their environment has another one.

    The environment may be that of another clone, whose code the recorded fingerprints do not name.
    """
    others = [path for path in os.environ.get(_PATHS, "").split(os.pathsep) if path]
    own = str(scripts.absolute())
    os.environ[_PATHS] = os.pathsep.join([own, *(path for path in others if path != own)])


class Scheduler(Protocol):
    """The part of Snakemake's scheduler that limits how many jobs start in a time."""

    job_rate_limiter: Any


def look_when_jobs_end(scheduler: Scheduler) -> None:
    """Have Snakemake look for jobs to start when a job ends, and not every second as well.

    By default Snakemake 9 starts at most 100 jobs per second, and looks again a second after each
    look. Each job that ends adds a look, so that it looks ever more often in a second: in 18
    minutes with 160 jobs, it used 6 processor minutes. Another limit than the default is kept.
    """
    limit = scheduler.job_rate_limiter
    if limit is not None and (limit.max_jobs, limit.timespan) == _DEFAULT_RATE:
        scheduler.job_rate_limiter = None


def check_config_files(paths: Iterable[str | Path] | None) -> None:
    """Check config files before Snakemake reads them; end with exit code 1 if one is faulty.

    Parameters
    ----------
    paths
        The config files of the command line, or `None`.
    """
    with plain_errors():
        for path in paths or ():
            read_config_file(path)


def grow(
    first: int | Callable[..., int], *, by_wildcards: bool = False
) -> Callable[[Any, Any, int], int]:
    """Return a resource of a rule that doubles with each attempt at a job.

    Parameters
    ----------
    first
        Megabytes of memory or minutes of the first attempt, or a function of the job's input files
        that returns them.
    by_wildcards
        Whether that function takes the job's wildcards too, as its second argument.

    Returns
    -------
    Callable
        Function of a job's wildcards, input files and attempt (from 1), as Snakemake calls it.
    """

    def grown(wildcards: Any, input: Any, attempt: int) -> int:
        arguments = (input, wildcards) if by_wildcards else (input,)
        amount = first(*arguments) if callable(first) else first
        return amount << (attempt - 1)

    return grown


def one_of(names: Iterable[str]) -> str:
    """Return a regular expression that matches these names and nothing else.

    Shared beginnings are written once: Snakemake repeats the expression in each path and searches
    all of it for each file of a job, so that it should be short where a run has many experiments.
    """
    rests: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        rests.setdefault(name[:1], []).append(name)
    found = []
    for first, alike in rests.items():
        equal = takewhile(lambda letters: len(set(letters)) == 1, zip(*alike, strict=False))
        shared = first and "".join(letters[0] for letters in equal)
        ends = [name.removeprefix(shared) for name in alike]
        found.append(re.escape(shared) + (f"(?:{one_of(ends)})" if len(alike) > 1 else ""))
    return "|".join(found)


class Job(Protocol):
    """A Snakemake job, as far as it is used here: the paths of its outputs."""

    output: Iterable[str]


def closing_words(summary: str, jobs: Iterable[Job]) -> str:
    """Return the text of a run's summary, or nothing if the requested targets do not include it.

    Other targets leave an existing summary alone, which may describe older results.

    Parameters
    ----------
    summary
        Its path.
    jobs
        All jobs that the targets need, including those that did not have to run.
    """
    asked = any(summary in job.output for job in jobs)
    return Path(summary).read_text(encoding="utf-8") if asked else ""


def faults(logs: Path, since: float) -> list[str]:
    """Collect the messages of failed jobs about their input, to repeat them at the end.

    Parameters
    ----------
    logs
        The folder of the jobs' logs.
    since
        Start of the run in seconds since the epoch; older logs belong to other runs.
    """
    recent = sorted(path for path in logs.rglob("*.log") if path.stat().st_mtime >= since)
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in recent)
    return [text[text.index(MARK) :].rstrip() for text in texts if MARK in text]


def killed(logs: Iterable[str]) -> list[str]:
    """Return a message about each script that a signal has ended during a run.

    Parameters
    ----------
    logs
        Snakemake's own logs of the run.
    """
    texts = (Path(path).read_text(encoding="utf-8", errors="replace") for path in logs)
    scripts = dict.fromkeys(script for text in texts for script in _KILLED.findall(text))
    return [
        f"{MARK}rule {script}: a job was killed or aborted by the system, probably because memory "
        f"ran out; {LESS_MEMORY}"
        for script in scripts
    ]
