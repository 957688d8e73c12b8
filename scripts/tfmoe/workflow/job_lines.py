"""One line per finished job in place of Snakemake's messages on the terminal.

A line has the jobs that are done, the time left, and the job's work and subject: the first line of
its rule's docstring and the values of its wildcards. Snakemake's file in ``.snakemake/log`` gets
the complete messages instead.

The lines replace Snakemake's messages only where its settings are quiet about rules alone, as in
``profiles/default``: ``--quiet host`` shows Snakemake's own messages, and ``--quiet progress`` or
``--quiet all`` nothing. Plans, such as those of ``--dry-run``, remain as they are.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from snakemake.logging import DefaultFilter, DefaultFormatter, logger
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

from tfmoe.core.errors import TfmoeError, printable
from tfmoe.core.log_level import QUIET
from tfmoe.workflow.durations import duration, roughly
from tfmoe.workflow.run_progress import RunProgress, read_progress

TERMINAL, FILE = "DefaultStreamHandler", "DefaultLogFileHandler"
"""Snakemake's names of its handlers."""
EARLY = 0.1
"""Share of the expected work below which the time left is too uncertain to be shown."""
LONG = 60.0
"""Expected seconds of a job above which its start gets a line, too."""
_BETWEEN, _MOST = 10.0, 0.01
"""Seconds between two estimates of the time left, and their largest share of the run's time."""
_HIDDEN = {
    LogEvent.JOB_INFO,
    LogEvent.RUN_INFO,
    LogEvent.SHELLCMD,
    LogEvent.GROUP_INFO,
    LogEvent.RESOURCES_INFO,
    LogEvent.PROGRESS,
}
# messages without an event that repeat what every run does
_USUAL = (
    "Assuming unrestricted shared filesystem usage",
    "Building DAG of jobs",
    "Using shell:",
    "Provided resources:",
    "Group jobs: inactive",
    "Conda environments: ignored",
    "Select jobs to execute",
)


class _Rule(Protocol):
    docstring: str | None


class _Job(Protocol):
    """A Snakemake job, as far as it is used here."""

    name: str
    rule: _Rule
    wildcards_dict: Mapping[str, str]
    log: Iterable[str]
    is_norun: bool


class _Dag(Protocol):
    """Snakemake's graph of jobs, as far as it is used here."""

    def needrun_jobs(self) -> Iterable[_Job]: ...

    def jobid(self, job: _Job) -> int: ...


class _Limits(Protocol):
    """Snakemake's settings of resources, as far as they are used here."""

    cores: int | None
    nodes: int | None


class _Workflow(Protocol):
    """Snakemake's workflow, as far as it is used here."""

    dag: _Dag
    resource_settings: _Limits
    local_exec: bool


@dataclass(frozen=True)
class Work:
    """A job for its line: its work and subject, and its log."""

    text: str
    log: str


def describe_job(job: _Job, factors: Mapping[str, str]) -> str:
    """Return the work and the subject of a job.

    Parameters
    ----------
    job
        The job.
    factors
        Factor of each experiment; it follows the name of an experiment that does not contain it.
    """
    lines = (job.rule.docstring or "").splitlines()
    work = lines[0].removesuffix(".") if lines else job.name
    values = []
    for name, value in job.wildcards_dict.items():
        factor = factors.get(value, value)
        known = factor.upper() in value.upper()
        named = f"seed {value}" if name == "seed" else value
        values.append(named if known else f"{value} ({factor})")
    return printable(f"{work}: {', '.join(values)}" if values else work)


class JobLines(logging.Formatter):
    """Formats Snakemake's messages as lines about jobs, and hides the others.

    Parameters
    ----------
    own
        Snakemake's formatter, for warnings, errors and other messages.
    show_failed_logs
        Whether a failed job is described with its log, as Snakemake does.
    """

    def __init__(self, own: logging.Formatter, show_failed_logs: bool) -> None:
        super().__init__()
        self._own = own
        self._show_failed_logs = show_failed_logs
        self._works: dict[int, Work] = {}
        self._expected: dict[str, float] = {}
        self._since: dict[int, float] = {}
        self._dag: _Dag | None = None
        self._results = Path()
        self._factors: Mapping[str, str] = {}
        self._done = 0
        self._left = ""
        self._next = 0.0
        self._local = True

    def start(self, workflow: _Workflow, results: Path, factors: Mapping[str, str]) -> None:
        """Learn the jobs of a run before the first starts, and log a line about the run.

        Parameters
        ----------
        workflow
            Snakemake's workflow, whose jobs are planned.
        results
            Folder of the run's results.
        factors
            See `describe_job`.
        """
        self._dag, self._results, self._factors = workflow.dag, results, factors
        # elsewhere, a started job is only submitted
        self._local = workflow.local_exec
        self._learn()
        limits = workflow.resource_settings
        slots = limits.nodes or limits.cores or 1
        where = f"{slots} core{'s' * (slots > 1)}" if self._local else f"up to {slots} at a time"
        jobs = f"{len(self._works)} job{'s' * (len(self._works) != 1)}"
        # Snakemake's formatters take no arguments
        logger.info(
            f"{printable(str(results))}: {jobs}, {where}; logs: {results}/logs; running jobs: "
            f"`tfmoe progress {results}`"
        )

    def _learn(self) -> None:
        """Learn the jobs of the graph; a target, which runs nothing, has no line."""
        if self._dag is None:  # hooks are not run
            return
        self._read()
        for job in self._dag.needrun_jobs():
            if not job.is_norun:
                work = Work(describe_job(job, self._factors), next(iter(job.log), ""))
                self._works.setdefault(self._dag.jobid(job), work)

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of a message; an empty one is not shown."""
        event = getattr(record, "event", None)
        if event == LogEvent.JOB_STARTED:
            return self._started(record.__dict__.get("jobs", []))
        if event == LogEvent.JOB_FINISHED:
            return self._finished(record.__dict__["job_id"])
        if event == LogEvent.JOB_ERROR and not self._show_failed_logs:
            return self._failed(record)
        text = self._own.format(record)
        if record.levelno < logging.WARNING and event is None and text.startswith(_USUAL):
            return ""
        return text

    def _started(self, jobs: Iterable[int]) -> str:
        lines = []
        for job in jobs:
            self._since[job] = time.monotonic()
            work = self._works.get(job)
            expected = self._expected_of(work) if work and self._local else 0.0
            if work and expected >= LONG:
                lines.append(f"{_clock()} started: {work.text}; expected: {roughly(expected)}")
        return "\n".join(lines)

    def _finished(self, job: int) -> str:
        if job not in self._works:  # a checkpoint has added jobs, or it is a target
            self._learn()
        work = self._works.get(job)
        if work is None:
            return ""
        self._done += 1
        width, number = len(str(len(self._works))), len(self._works)
        seconds = time.monotonic() - self._since.get(job, time.monotonic())
        took = f" ({duration(seconds)})" if self._local else ""
        done = f"{self._done:{width}} of {number} done{self._time_left()}"
        return f"{_clock()} {done}: {work.text}{took}"

    def _failed(self, record: logging.LogRecord) -> str:
        work = self._works.get(record.__dict__["jobid"])
        text = work.text if work else f"rule {record.__dict__['rule_name']}"
        log = f"; see {work.log}" if work and work.log else ""
        return f"{_clock()} failed: {text}{log}"

    def _time_left(self) -> str:
        """Return the time left, which is estimated anew only now and then."""
        begin = time.monotonic()
        if begin >= self._next:
            self._left = self._estimate()
            spent = time.monotonic() - begin
            self._next = time.monotonic() + max(_BETWEEN, spent / _MOST)
        return self._left if self._done < len(self._works) else ""

    def _estimate(self) -> str:
        found = self._read()
        if found is None or found.left is None or found.share < EARLY:
            return ""
        return f", about {roughly(found.left)} left"

    def _read(self) -> RunProgress | None:
        """Read how far the run is, and keep the expected seconds of each job by its log."""
        try:
            found = read_progress(self._results)
        except (OSError, TfmoeError):  # such as a full disk, which jobs report
            return None
        pairs = zip(found.planned.jobs, found.expected, strict=True)
        self._expected = {job.log: seconds for job, seconds in pairs}
        return found

    def _expected_of(self, work: Work) -> float:
        """Return the expected seconds of a job, which finished jobs of the run make better."""
        if not work.log:
            return 0.0
        return self._expected.get(os.path.relpath(work.log, self._results), 0.0)


class _Events(logging.Filter):
    """Lets errors, and events that have a line, pass."""

    def __init__(self, quiet: Collection[Quietness]) -> None:
        super().__init__()
        self._quiet = quiet

    def filter(self, record: logging.LogRecord) -> bool:
        hidden = getattr(record, "event", None) in _HIDDEN
        return not hidden and getattr(record, "quietness", None) not in self._quiet


def show_lines() -> JobLines | None:
    """Replace Snakemake's messages on the terminal by lines about jobs, if it is quiet about rules.

    Returns
    -------
    JobLines
        The formatter of the lines; `None` if Snakemake's messages remain.
    """
    handlers = {handler.name: handler for handler in logger.handlers}
    terminal = handlers.get(TERMINAL)
    own = _own_filter(terminal)
    if terminal is None or own is None or not _wanted(own):
        return None
    formatter = terminal.formatter
    shown = isinstance(formatter, DefaultFormatter) and formatter.show_failed_logs
    lines = JobLines(formatter or logging.Formatter(), shown)
    terminal.removeFilter(own)
    terminal.addFilter(_Events(own.quiet))
    terminal.setFormatter(lines)
    _complete(handlers.get(FILE))
    # jobs print warnings and errors only; their logs have the rest
    os.environ[QUIET] = "1"
    return lines


def _own_filter(handler: logging.Handler | None) -> Any:
    filters = handler.filters if handler else []
    return next((found for found in filters if isinstance(found, DefaultFilter)), None)


def _wanted(own: DefaultFilter) -> bool:
    plain = not (own.dryrun or own.verbose or own.debug_dag or own.printshellcmds)
    loud = not {Quietness.ALL, Quietness.PROGRESS} & set(own.quiet)
    return plain and loud and Quietness.RULES in own.quiet


def _complete(file: logging.Handler | None) -> None:
    """Have Snakemake's log file hold all messages."""
    own = _own_filter(file)
    if own is not None and file is not None:
        own.quiet = frozenset()
        if isinstance(file.formatter, DefaultFormatter):
            file.formatter.quiet = frozenset()


def _clock() -> str:
    return time.strftime("%H:%M:%S")
