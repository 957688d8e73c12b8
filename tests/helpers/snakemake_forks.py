"""Run Snakemake many times but import it once, because the import takes most of a dry-run's time.

Run as a program, this file is the server: it imports Snakemake and forks a process per request.
Each process starts in the same state as `python -m snakemake`, with one exception: `--touch` also
records each job (`make_touch_record`). `Snakemakes` is the client (fixture `snakemakes`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any


class Snakemakes:
    """Client that starts the server; `run` replaces `subprocess.run` of `python -m snakemake`."""

    def __init__(self) -> None:
        self.server = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
        """Run Snakemake in a folder; return its exit status and its output."""
        with tempfile.TemporaryDirectory() as temporary:
            printed = [Path(temporary, name) for name in ("stdout", "stderr")]
            request = {
                "arguments": arguments,
                "folder": str(folder),
                "environment": dict(os.environ),
                "printed": [str(path) for path in printed],
            }
            assert self.server.stdin is not None
            assert self.server.stdout is not None
            self.server.stdin.write(json.dumps(request) + "\n")
            self.server.stdin.flush()
            status = int(self.server.stdout.readline())
            return subprocess.CompletedProcess(
                ["snakemake", *arguments], status, *(path.read_text() for path in printed)
            )

    def close(self) -> None:
        """End the server."""
        self.server.communicate()


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

    make_touch_record()

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            become(json.loads(line))
            sys.exit(main())
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
