"""A finished run that drills disturb, and what they find."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import tiny

# how a line of ours begins, and Snakemake's folder of records
MARK = "tfmoe: "
RECORDS = Path(".snakemake")
NOTHING = "Nothing to be done"


@dataclass(frozen=True)
class Drill:
    """A finished run and the means to disturb copies of it.

    Attributes
    ----------
    base
        Folder of the finished run.
    work
        Folder for copies.
    library
        The compiled `faulty_disk.c`.
    options
        Further options of Snakemake.
    seed
        Decides where a file fails.
    """

    base: Path
    work: Path
    library: Path
    options: tuple[str, ...]
    seed: int

    @contextmanager
    def copy(self, name: str) -> Iterator[Path]:
        """Copy the finished run, with times, for a ``with`` block."""
        folder = self.work / name
        shutil.copytree(self.base, folder, symlinks=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def run(self, folder: Path, *options: str, **changes: str) -> tuple[int, str]:
        """Run the pipeline; return its exit code and what it printed."""
        command = tiny.command(folder, 2, *self.options, *options)
        ended = subprocess.run(
            command,
            cwd=folder,
            env=tiny.environment(**changes),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        return ended.returncode, ended.stdout

    def disturbed(self, root: Path, plan: Path | None = None, **more: str) -> dict[str, str]:
        """Return the environment in which files below a folder fail."""
        done = self.work / "done"
        done.mkdir(exist_ok=True)
        planned = {} if plan is None else {"FAULTY_PLAN": str(plan), "FAULTY_DONE": str(done)}
        return {"LD_PRELOAD": str(self.library), "FAULTY_ROOT": str(root), **planned, **more}


@dataclass(frozen=True)
class Faults:
    """Outcome of a case.

    Attributes
    ----------
    tried
        Number of faults that were injected.
    wrong
        A line for each thing that is not as it has to be.
    outcome
        The result in a few words.
    """

    tried: int
    wrong: tuple[str, ...]
    outcome: str


@contextmanager
def mounted(drill: Drill, name: str, megabytes: int) -> Iterator[Path]:
    """Mount a file system of some size for a ``with`` block."""
    folder = drill.work / name
    folder.mkdir()
    size = f"size={megabytes}m"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "none", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
        folder.rmdir()
