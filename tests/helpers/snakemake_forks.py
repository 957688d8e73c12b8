"""Run Snakemake many times and import it once, which takes most of a dry run's processor time.

As a program this file is the server: it imports Snakemake, and for each request forks a process
that is as new as `python -m snakemake` is. `Snakemakes` is the client, for the tests' fixture.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path


class Snakemakes:
    """The server of forks; `run` is like `subprocess.run([python, "-m", "snakemake", ...])`."""

    def __init__(self) -> None:
        self.server = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
        """Run Snakemake in a folder and return its exit status and what it printed."""
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
    """Make of a forked process one that was started as `python -m snakemake`."""
    os.environ.clear()
    os.environ.update(request["environment"])  # type: ignore[call-overload]
    os.chdir(str(request["folder"]))
    sys.path[0] = str(request["folder"])
    sys.argv = ["snakemake", *request["arguments"]]  # type: ignore[misc]
    paths = [os.devnull, *request["printed"]]  # type: ignore[misc]
    for number, path in enumerate(paths):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT
        os.dup2(os.open(path, flags, 0o600), number)


def serve() -> None:
    """Answer each line of standard input, a request, by the exit status of its process."""
    from snakemake.cli import main

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
