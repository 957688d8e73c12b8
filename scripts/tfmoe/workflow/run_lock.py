"""Lock of a run's results: one Snakemake at a time, also from several working directories.

The file ``results/<run>/.state/lock`` is locked by `flock` as long as a run lasts, which the system
ends with the process, however that dies. Its content names the holder and is emptied at the end, so
that a file that has content and is not locked was left over. Snakemake's own lock compares paths
relative to the working directory, and outlives a killed process.
"""

from __future__ import annotations

import atexit
import fcntl
import json
import os
import sys
import time
from argparse import Namespace
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path
from platform import node
from typing import TYPE_CHECKING

from tfmoe.core.errors import InputError, ResourceError
from tfmoe.core.field_types import make_record
from tfmoe.core.job import MARK
from tfmoe.core.shortage import KEPT, disk_fault
from tfmoe.workflow.future_times import set_back_times
from tfmoe.workflow.stopping import SECONDS, kill_tree

if TYPE_CHECKING:
    import psutil

LOCK = ".state/lock"
VARIABLE = "TFMOE_RUN_HOLDER"
"""Environment variable by which jobs are recognised after their Snakemake was killed."""
_BOOT = Path("/proc/sys/kernel/random/boot_id")
# options under which Snakemake computes nothing, by the name of their value
_READS = (
    "containerize",
    "d3dag",
    "dag",
    "detailed_summary",
    "dryrun",
    "filegraph",
    "lint",
    "list_changes",
    "list_input_changes",
    "list_params_changes",
    "list_rules",
    "list_target_rules",
    "list_untracked",
    "rulegraph",
    "summary",
)


@dataclass(frozen=True)
class Holder:
    """Process that holds a lock.

    Attributes
    ----------
    process
        Its number.
    host, boot
        Name of its machine, and the identity of that machine's system since it was started.
    folder
        Its working directory.
    started
        Seconds since the epoch.
    local
        Whether its jobs run on its machine; without, they may outlive it on a cluster.
    """

    process: int
    host: str
    boot: str
    folder: str
    started: float
    local: bool = True

    @property
    def key(self) -> str:
        """Value of `VARIABLE` in the environment of its jobs."""
        return f"{self.boot}.{self.process}.{self.started}"

    @property
    def here(self) -> bool:
        """Whether it ran on this machine, since or before its last start."""
        return self.host == node() or (bool(self.boot) and self.boot == _boot())

    @property
    def alive(self) -> bool:
        """Whether it still runs on this machine."""
        import psutil

        # a younger process has only inherited the number
        with suppress(psutil.Error):
            return self.here and psutil.Process(self.process).create_time() <= self.started
        return False

    def __str__(self) -> str:
        return f"process {self.process} on {self.host}, in {self.folder}"


class RunLock:
    """Lock of the results of one run.

    Parameters
    ----------
    results
        Folder of the run's results; it is made where it is missing.
    """

    def __init__(self, results: Path) -> None:
        self.results = results
        self._file: FileIO | None = None
        self._holder: Holder | None = None

    def take(self, local: bool = True) -> None:
        """Take the lock until the process ends; free what a killed run has left over.

        Left over are jobs on this machine, temporary files, and Snakemake's lock.

        Parameters
        ----------
        local
            Whether jobs run on this machine, unless `note_jobs` corrects it.

        Raises
        ------
        InputError
            If another run holds the lock, or may hold it; the message names it and the remedy.
        """
        _end_jobs_of(self._open())
        for path in self.results.rglob(".*.partial"):
            _remove_abandoned(path)
        remove_snakemake_locks(self.results, Path(".snakemake/locks"))
        self._holder = Holder(os.getpid(), node(), _boot(), str(Path.cwd()), time.time(), local)
        self._write(self._holder)
        os.environ[VARIABLE] = self._holder.key
        atexit.register(self.release)

    def note_jobs(self, local: bool) -> None:
        """Note where jobs run, before the first one is started."""
        if self._holder is not None and not local:
            self._write(Holder(**{**asdict(self._holder), "local": False}))

    def release(self) -> None:
        """Empty and unlock the file, so that it does not count as left over."""
        if self._file is not None:
            self._write(None)
            self._file.close()
            self._file = None

    def free(self) -> None:
        """Free a lock that was left over, and end jobs on this machine (``--unlock``).

        Raises
        ------
        InputError
            If another run holds the lock.
        """
        if (self.results / LOCK).exists():
            _end_jobs_of(self._open(freeing=True))
            self.release()

    def _open(self, freeing: bool = False) -> Holder | None:
        """Lock the file and return the holder that left its content there, or raise."""
        path = self.results / LOCK
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("ab+", buffering=0)
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}; correct its permissions") from None
        with ExitStack() as stack:
            stack.enter_context(file)
            file.seek(0)
            known = _holder(file.read())
            proven = self._lock(file, known)
            if known is not None and not freeing and not (proven and known.here and known.local):
                raise InputError(
                    f"{self.results}: a run did not end properly ({known}); once none of its "
                    "processes or jobs is left, run the same command with --unlock added, then "
                    "without"
                )
            stack.pop_all()
        self._file = file
        return known

    def _lock(self, file: FileIO, known: Holder | None) -> bool:
        """Lock a file; return `False` if its file system has no locks, and raise if it is held."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError as error:
            if isinstance(error, BlockingIOError) or (known is not None and known.alive):
                raise InputError(
                    f"{self.results}: another run of this name computes these results "
                    f"({known or 'an unknown process'}); wait until it has ended, or give this one "
                    "another `run` in its config"
                ) from None
            return False

    def _write(self, holder: Holder | None) -> None:
        assert self._file is not None
        try:
            self._file.truncate(0)
            if holder is not None:
                self._file.write(json.dumps(asdict(holder)).encode())
        except OSError as error:
            fault = disk_fault(error) or f"{error.strerror}; correct it and {KEPT}"
            raise ResourceError(f"{self.results / LOCK}: {fault}") from None


def lock_run(results: Path, hooks: bool = True) -> RunLock:
    """Take the lock of a run as far as the options of Snakemake's command line need it.

    Who holds it may change results: times in the future are set back.

    Parameters
    ----------
    results
        Folder of the run's results.
    hooks
        Whether Snakemake runs the hooks of the Snakefile, which note where jobs run. Without them,
        as in a module of another workflow, jobs may run on a cluster.

    Raises
    ------
    InputError
        If another run holds it.
    """
    from snakemake.cli import get_argument_parser

    given, _ = get_argument_parser().parse_known_args()
    lock = RunLock(results)
    if given.unlock:
        lock.free()
    elif not _reads(given):
        lock.take(local=hooks and not given.no_hooks)
        if changed := set_back_times(results):
            sys.stderr.write(f"{MARK}{changed}\n")
    return lock


def _reads(given: Namespace) -> bool:
    """Return whether Snakemake computes nothing under its options."""
    reports = given.report is not None and not given.report_after_run
    return reports or any(getattr(given, name, None) for name in _READS)


def _end_jobs_of(known: Holder | None) -> None:
    """End the jobs of a killed run on this machine, if a lock names one."""
    # in a copied folder, the lock may name a run that goes on elsewhere
    if known is not None and known.here and not known.alive:
        end_left_over(known.key)


def end_left_over(key: str) -> None:
    """End the jobs of a Snakemake that was killed: they would write the files of their successors.

    Parameters
    ----------
    key
        The value of `VARIABLE` in their environment.
    """
    import psutil

    left = [process for process in psutil.process_iter() if _variable(process) == key]
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    for process in psutil.wait_procs(left, timeout=SECONDS)[1]:
        with suppress(psutil.NoSuchProcess):
            kill_tree(process)
    psutil.wait_procs(left, timeout=SECONDS)


def remove_snakemake_locks(results: Path, locks: Path) -> None:
    """Remove Snakemake's locks of a run whose own lock is held, so that nobody else can use them.

    Parameters
    ----------
    results
        Folder of the run's results, as in the paths of its files.
    locks
        Snakemake's folder of locks; locks of other runs stay.
    """
    for path in locks.glob("*.lock"):
        lines = path.read_text(encoding="utf-8").splitlines()
        if any(line.startswith(f"{results.as_posix()}/") for line in lines):
            path.unlink()


def _remove_abandoned(path: Path) -> None:
    """Remove a temporary file, unless the process that its name names may be writing it."""
    import psutil

    number = path.name.split(".")[-2]
    # without a number, it is not one of `tfmoe.core.files.atomic_path`
    if path.is_file() and number.isdecimal() and not psutil.pid_exists(int(number)):
        path.unlink(missing_ok=True)


def _variable(process: psutil.Process) -> str:
    import psutil

    with suppress(psutil.Error):
        return str(process.environ().get(VARIABLE))
    return ""


def _holder(text: bytes) -> Holder | None:
    """Return the holder that the content of a lock file names; `None` if it is empty or damaged."""
    with suppress(ValueError, InputError):
        return make_record(Holder, json.loads(text), LOCK, "")
    return None


def _boot() -> str:
    """Return the identity of this machine's system since its start, or nothing (not on Linux)."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""
