"""The jobs that a start of Snakemake has to run, in a file from which `tfmoe progress` reads them.

The Snakefile writes ``results/<run>/logs/jobs.json`` before the first job and notes there how the
run ended. Whatever happens to Snakemake in between, logs and benchmark files, which are newer than
this file, show which of its jobs have started and which are done. Where another workflow uses this
one as a module, Snakemake runs no hooks of it, and there is no such file.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from tfmoe.core.errors import InputError, ResourceError, TfmoeError
from tfmoe.core.field_types import make_record
from tfmoe.core.files import read_json, write_json

NAME = "logs/jobs.json"
_REMEDY = "start the run again, which writes it"


class _Rule(Protocol):
    snakefile: str


class _Job(Protocol):
    """A Snakemake job, as far as it is used here."""

    name: str
    rule: _Rule
    log: Iterable[str]
    benchmark: str | None
    input: Iterable[str]
    threads: int
    is_norun: bool


class _Dag(Protocol):
    """Snakemake's graph of jobs, as far as it is used here."""

    jobs: Iterable[_Job]
    dependencies: Mapping[_Job, Iterable[_Job]]

    def needrun_jobs(self) -> Iterable[_Job]: ...

    def toposorted(self) -> Iterable[Iterable[_Job]]: ...


class _Limits(Protocol):
    """Snakemake's settings of resources, as far as they are used here."""

    cores: int | None
    nodes: int | None


@dataclass(frozen=True)
class PlannedJob:
    """A job that has to run.

    Attributes
    ----------
    rule, stage
        Names of its rule and of its stage.
    log, benchmark
        Their paths, relative to the run's results.
    inputs
        Number of input files.
    threads
        Number of slots that it takes.
    needs
        The jobs, by their place in the list, that have to end before it starts.
    """

    rule: str
    stage: str
    log: str
    benchmark: str
    inputs: int
    threads: int
    needs: list[int]


@dataclass(frozen=True)
class PlannedJobs:
    """All jobs of a start of Snakemake.

    Attributes
    ----------
    slots
        Cores of one machine, or the number of jobs at a time on a cluster.
    jobs
        The jobs that have to run.
    rules
        Number of jobs of each rule, with those whose results existed.
    succeeded
        How the run ended; `None` while it goes on, and where Snakemake was killed.
    """

    slots: int
    jobs: list[PlannedJob]
    rules: dict[str, int]
    succeeded: bool | None = None

    @property
    def earlier(self) -> int:
        """Number of jobs whose results existed before."""
        return sum(self.rules.values()) - len(self.jobs)


@dataclass(frozen=True)
class _File:
    """Contents of the file."""

    slots: int
    jobs: list[Any]
    rules: dict[str, int]
    succeeded: bool | None


def plan_jobs(dag: _Dag, results: Path, limits: _Limits) -> PlannedJobs:
    """Return the jobs of Snakemake's graph.

    Parameters
    ----------
    dag
        The graph.
    results
        Folder of the run's results.
    limits
        Snakemake's limits of cores and, on a cluster, of jobs at a time.
    """
    cores, nodes = limits.cores, limits.nodes
    # a target has no log, as it runs nothing
    needed = {job for job in dag.needrun_jobs() if not job.is_norun}
    levels = (sorted(needed & set(level), key=_log_of) for level in dag.toposorted())
    planned = [job for level in levels for job in level]
    places = {job: place for place, job in enumerate(planned)}
    jobs = [
        PlannedJob(
            rule=job.name,
            stage=Path(job.rule.snakefile).stem.split("_")[0],
            log=os.path.relpath(_log_of(job), results),
            benchmark=os.path.relpath(job.benchmark, results) if job.benchmark else "",
            inputs=sum(1 for _ in job.input),
            threads=1 if nodes else min(job.threads, cores or job.threads),
            needs=sorted(places[other] for other in dag.dependencies[job] if other in places),
        )
        for job in planned
    ]
    rules = Counter(job.name for job in dag.jobs if not job.is_norun)
    return PlannedJobs(nodes or cores or 1, jobs, dict(rules))


def _log_of(job: _Job) -> str:
    return next(iter(job.log))


def write_jobs(planned: PlannedJobs, results: Path) -> None:
    """Write the jobs into the folder of the run's results."""
    write_json(asdict(planned), results / NAME)


def note_start(dag: _Dag, results: Path, limits: _Limits) -> None:
    """Note the jobs of a run before the first starts; a full disk is reported by that job."""
    with suppress(OSError, ResourceError):
        write_jobs(plan_jobs(dag, results, limits), results)


def read_jobs(results: Path) -> PlannedJobs:
    """Read the jobs of the last start of a run.

    Raises
    ------
    InputError
        If the folder is not that of a run which was started, or if the file is damaged.
    """
    path = results / NAME
    if not path.is_file():
        raise InputError(
            f"{results}: found no {NAME}, expected the folder of a run, such as results/demo; "
            "Snakemake writes the file before the first job"
        )
    found = make_record(_File, read_json(path, _REMEDY), str(path), _REMEDY)
    jobs = [make_record(PlannedJob, job, str(path), _REMEDY) for job in found.jobs]
    if not all(0 <= other < len(jobs) for job in jobs for other in job.needs):
        raise InputError(f"{path}: a job needs one that does not exist; {_REMEDY}")
    return PlannedJobs(found.slots, jobs, found.rules, found.succeeded)


def note_end(results: Path, succeeded: bool) -> None:
    """Note how a run ended; nothing is noted if its jobs cannot be read, or the disk is full.

    The file keeps its time, since logs that are newer belong to this run.
    """
    path = results / NAME
    with suppress(OSError, TfmoeError):
        before = path.stat()
        write_jobs(replace(read_jobs(results), succeeded=succeeded), results)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
