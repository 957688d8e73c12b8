"""Run Snakemake many times but import it, and analyse the package's modules, once.

Both take most of a dry-run's time: what `tfmoe.workflow.fingerprint` finds out about a module
depends on its content only, so that each new folder gets the cache of the first.

Run as a program, this file is the server: it imports Snakemake and forks a process per request.
Each process starts in the same state as `python -m snakemake`, with one exception: `--touch` also
records each job (`make_touch_record`). `Snakemakes` is the client (fixture `snakemakes`).
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

MODULES = Path(".snakemake/tfmoe/modules.json")


class Snakemakes:
    """Client that starts the server; `run` replaces `subprocess.run` of `python -m snakemake`."""

    def __init__(self) -> None:
        self.server = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.analysed = tempfile.TemporaryDirectory()

    def run(
        self, arguments: list[str], folder: Path, record_touched: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run Snakemake in a folder; return its exit status and its output.

        Without `record_touched`, ``--touch`` records nothing, as outside of tests.
        """
        known = Path(self.analysed.name, MODULES.name)
        if known.is_file():
            _copy_missing(known, folder / MODULES)
        with tempfile.TemporaryDirectory() as temporary:
            printed = [Path(temporary, name) for name in ("stdout", "stderr")]
            request = {
                "arguments": arguments,
                "folder": str(folder),
                "environment": dict(os.environ),
                "printed": [str(path) for path in printed],
                "record_touched": record_touched,
            }
            assert self.server.stdin is not None
            assert self.server.stdout is not None
            self.server.stdin.write(json.dumps(request) + "\n")
            self.server.stdin.flush()
            status = int(self.server.stdout.readline())
            _copy_missing(folder / MODULES, known)
            return subprocess.CompletedProcess(
                ["snakemake", *arguments], status, *(path.read_text() for path in printed)
            )

    def close(self) -> None:
        """End the server."""
        self.server.communicate()
        self.analysed.cleanup()


def _copy_missing(source: Path, target: Path) -> None:
    """Copy a cache; one that cannot be copied costs time only."""
    with contextlib.suppress(OSError):
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


def become(request: dict[str, object]) -> None:
    """Give a forked process the state of one that was started as `python -m snakemake`."""
    os.environ.clear()
    os.environ.update(request["environment"])  # type: ignore[call-overload]
    os.chdir(str(request["folder"]))
    sys.path[0] = str(request["folder"])
    sys.argv = ["snakemake", *request["arguments"]]  # type: ignore[misc]
    paths = [os.devnull, *request["printed"]]  # type: ignore[misc]
    for number, path in enumerate(paths):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT
        os.dup2(os.open(path, flags, 0o600), number)


def make_touch_record() -> None:
    """Make `--touch` also record the params and inputs of each job, as for a computed job.

    Tests create a finished run by `--touch`. Without records, Snakemake would compare only times.
    """
    from snakemake.executors.touch import Executor

    touch = Executor.run_job

    def touch_and_record(executor: Any, job: Any) -> None:
        executor.workflow.async_run(executor.workflow.persistence.finished(job))
        touch(executor, job)

    Executor.run_job = touch_and_record
    Executor.SLEEPING_TIME = 0.0


def serve() -> None:
    """Read one request per line from standard input; answer with the exit status of its process."""
    from snakemake.cli import main

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            request = json.loads(line)
            become(request)
            if request["record_touched"]:
                make_touch_record()
            sys.exit(main())
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
