"""How far a run is: its jobs by their logs and benchmark files, and when it is expected to finish.

Only files in the folder of the results are read, so that the progress of a run can be watched from
any machine that sees them.
"""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from tfmoe.core.job import MARK, TIME
from tfmoe.workflow.costs import share_out
from tfmoe.workflow.finish import expected_seconds, left_of, seconds_left
from tfmoe.workflow.measured_costs import rank_costs, read_costs, read_positives, read_shipped
from tfmoe.workflow.planned_jobs import NAME, PlannedJob, PlannedJobs, read_jobs

State = Literal["done", "running", "failed", "left"]
_STARTED = re.compile(r"started (\S+) on (\S+)")
_EPOCH = re.compile(r"epoch (\d+) of (\d+): (?:step (\d+) of (\d+)|training loss)")
_TAIL = 4096
"""Bytes at the end of a log that are read: enough for its last lines."""


@dataclass(frozen=True)
class JobProgress:
    """How far a job is.

    Attributes
    ----------
    job, state
        The job; whether it is done, running, failed or left to do. A failed job may be tried again.
    seconds
        Seconds that it took, or since its start; 0 for a job that is left.
    line
        Last line of the log of a running or failed job.
    share
        Share of its epochs that is done; `None` unless it is a running training.
    """

    job: PlannedJob
    state: State
    seconds: float = 0.0
    line: str = ""
    share: float | None = None


@dataclass(frozen=True)
class RunProgress:
    """How far a run is.

    Attributes
    ----------
    planned
        All its jobs.
    jobs
        How far each is.
    started, now
        Start of the run and the time of reading, in seconds since the epoch.
    last
        Time of the newest log or benchmark file, or of the start.
    left
        Expected seconds to the end; `None` if the run has ended.
    expected
        Seconds that each job is expected to take.
    """

    planned: PlannedJobs
    jobs: Sequence[JobProgress]
    started: float
    now: float
    last: float
    left: float | None
    expected: Sequence[float]

    @property
    def share(self) -> float:
        """Share of the expected work that is done, from 0 to 1."""
        pairs = list(zip(self.jobs, self.expected, strict=True))
        done = sum(job.seconds for job, _ in pairs if job.state == "done")
        running = sum(min(job.seconds, own) for job, own in pairs if job.state == "running")
        left = sum(seconds for job, seconds in pairs if job.state != "done")
        return (done + running) / (done + left) if done + left else 1.0

    def count(self, *states: State) -> int:
        """Return the number of jobs in some states."""
        return sum(job.state in states for job in self.jobs)

    def of_state(self, state: State) -> list[JobProgress]:
        """Return the jobs in a state."""
        return [job for job in self.jobs if job.state == state]


def read_progress(results: Path, now: float | None = None) -> RunProgress:
    """Read how far a run is.

    Parameters
    ----------
    results
        Folder of its results.
    now
        Time in seconds since the epoch; by default the present.

    Raises
    ------
    InputError
        As for `tfmoe.workflow.planned_jobs.read_jobs`.
    """
    now = time.time() if now is None else now
    planned = read_jobs(results)
    # by the clock of the file system, as the times of the logs are
    started = (results / NAME).stat().st_mtime
    ended = planned.succeeded is not None
    jobs = [_progress_of(job, results, started, now, ended) for job in planned.jobs]
    newest = [
        _modified(results / name) for job in planned.jobs for name in (job.log, job.benchmark)
    ]
    done = [place for place, job in enumerate(jobs) if job.state == "done"]
    done.sort(key=lambda place: _modified(results / jobs[place].job.benchmark))
    taken = {place: jobs[place].seconds for place in done}
    expected = expected_seconds(planned.jobs, taken, earlier_seconds(results, planned))
    running = {
        place: (job.seconds, left_of(expected[place], job.seconds, job.share))
        for place, job in enumerate(jobs)
        if job.state == "running"
    }
    left = None
    if not ended and len(taken) < len(jobs):
        passed = now - started
        left = seconds_left(planned.jobs, taken, running, expected, planned.slots, passed)
    return RunProgress(planned, jobs, started, now, max(started, *newest), left, expected)


def earlier_seconds(results: Path, planned: PlannedJobs) -> dict[str, float]:
    """Return the seconds per job of each rule in other runs, scaled to the size of this one."""
    others = [
        read_costs(folder)
        for folder in sorted(results.resolve().parent.glob("*/benchmarks"))
        if folder.parent != results.resolve()
    ]
    positives = read_positives(results)
    costs = rank_costs({}, others, read_shipped(), positives)
    shares = share_out(planned.rules, costs, {}, {}, positives)
    return {share.rule: share.cost.seconds * share.scale for share in shares if share.cost}


def _progress_of(
    job: PlannedJob, results: Path, started: float, now: float, ended: bool
) -> JobProgress:
    """Return how far a job is; files that are older than the run belong to another one."""
    log, benchmark = results / job.log, results / job.benchmark
    if job.benchmark and _modified(benchmark) >= started:
        seconds = _measured(benchmark)
        if seconds is not None:
            return JobProgress(job, "done", seconds)
    if _modified(log) < started:
        return JobProgress(job, "left")
    first, lines = _ends_of(log)
    failed = any(line.startswith((MARK, "Traceback")) for line in lines)
    begin = _STARTED.match(first)
    since = now - datetime.strptime(begin[1], TIME).timestamp() if begin else 0.0
    if failed or ended:
        return JobProgress(job, "failed", max(0.0, since), lines[-1] if lines else "")
    epochs = [found for found in map(_EPOCH.search, lines) if found]
    share = _share(epochs[-1]) if epochs else None
    return JobProgress(job, "running", max(0.0, since), lines[-1] if lines else "", share)


def _share(found: re.Match[str]) -> float:
    epoch, epochs = int(found[1]), int(found[2])
    within = int(found[3]) / int(found[4]) - 1 if found[3] else 0.0
    return (epoch + within) / epochs


def _modified(path: Path) -> float:
    """Return the time of a file, in seconds since the epoch; 0 if it is missing."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _measured(benchmark: Path) -> float | None:
    """Return the seconds in a benchmark file; `None` while it is being written."""
    try:
        with benchmark.open(encoding="utf-8") as lines:
            rows: list[Mapping[str, str]] = list(csv.DictReader(lines, delimiter="\t"))
        return float(rows[-1]["s"])
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return None


def _ends_of(log: Path) -> tuple[str, list[str]]:
    """Return the first line of a log, and the last lines after it without empty ones."""
    try:
        with log.open("rb") as file:
            first = file.readline()
            size = file.seek(0, 2)
            file.seek(max(len(first), size - _TAIL))
            rest = file.read()
    except OSError:
        return "", []
    lines = rest.decode("utf-8", "replace").splitlines()
    return first.decode("utf-8", "replace"), [line for line in lines if line.strip()]
