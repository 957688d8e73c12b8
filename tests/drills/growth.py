"""Memory, open files and temporary files of a long process, sampled while it runs, and its growth.

The first third of a process's samples is its warm-up: imports, caches and pools of memory. Growth
is the robust slope (Theil-Sen) of the rest, times its duration.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import NDArray
from scipy.stats import theilslopes

MIB = 1 << 20
SECONDS_BETWEEN = 3.0
MOST_POINTS = 500
"""Samples that the slope is computed from: their pairs take quadratic time."""
MEMORY_MIB, MEMORY_SHARE, OPEN_FILES, TEMPORARY_FILES = 16.0, 0.05, 2.0, 2.0
"""Growth that is tolerated: of memory whichever of the first two is larger."""


@dataclass(frozen=True)
class Sample:
    """A process at one moment.

    Attributes
    ----------
    subject
        Name of what runs.
    second
        Seconds since its start.
    memory
        Resident memory without that of its children, MiB.
    largest_child
        Resident memory of its largest descendant, MiB.
    open_files
        Open file descriptors.
    children, zombies
        Numbers of descendants, and of those that ended without being waited for.
    temporary
        Number of files and folders in the temporary folder.
    """

    subject: str
    second: float
    memory: float
    largest_child: float
    open_files: int
    children: int
    zombies: int
    temporary: int


COLUMNS = tuple(field.name for field in fields(Sample))


@dataclass(frozen=True)
class Growth:
    """Growth of one measure after the warm-up.

    Attributes
    ----------
    subject, measure
        What ran, and what was measured.
    samples
        Number of samples after the warm-up.
    minutes
        Their duration.
    median, growth, tolerated
        Median, growth over the duration, and the growth that is tolerated, in the measure's unit.
    """

    subject: str
    measure: str
    samples: int
    minutes: float
    median: float
    growth: float
    tolerated: float

    @property
    def passed(self) -> bool:
        """Return whether it grew no more than is tolerated."""
        return self.growth <= self.tolerated

    def row(self) -> list[str]:
        """Return the cells of a table."""
        cells = (f"{self.minutes:.1f}", f"{self.median:.1f}", f"{self.growth:+.2f}")
        verdict = "ok" if self.passed else "GROWS"
        tolerated = f"{self.tolerated:.1f}"
        return [self.subject, self.measure, str(self.samples), *cells, tolerated, verdict]


HEADER = ("subject", "measure", "samples", "minutes", "median", "growth", "tolerated", "verdict")


def watch(process: subprocess.Popen[bytes], subject: str, temporary: Path, table: Path) -> int:
    """Sample a process until it ends, append the samples to a table, and return the exit code."""
    started = time.monotonic()
    new = not table.exists()
    with table.open("a", encoding="utf-8") as file:
        if new:
            file.write("\t".join(COLUMNS) + "\n")
        while process.poll() is None:
            found = sample(process.pid, subject, time.monotonic() - started, temporary)
            if found is not None:
                file.write("\t".join(map(str, astuple(found))) + "\n")
                file.flush()
            time.sleep(SECONDS_BETWEEN)
    return process.returncode


def sample(pid: int, subject: str, second: float, temporary: Path) -> Sample | None:
    """Return the state of a process; `None` if it has just ended."""
    try:
        main = psutil.Process(pid)
        with main.oneshot():
            memory, open_files = main.memory_info().rss / MIB, main.num_fds()
        children = main.children(recursive=True)
    except psutil.Error:
        return None
    states = [_state(child) for child in children]
    zombies = sum(status == psutil.STATUS_ZOMBIE for _, status in states)
    largest = max((size for size, _ in states), default=0.0)
    files = sum(1 for _ in temporary.rglob("*"))
    return Sample(
        subject, round(second, 1), round(memory, 2), round(largest, 2), open_files,
        len(children), zombies, files,
    )  # fmt: skip


def _state(child: psutil.Process) -> tuple[float, str]:
    try:
        with child.oneshot():
            return child.memory_info().rss / MIB, child.status()
    except psutil.Error:
        return 0.0, ""


def read_samples(table: Path) -> list[Sample]:
    """Read the table that `watch` wrote."""
    rows = [line.split("\t") for line in table.read_text(encoding="utf-8").splitlines()[1:]]
    return [Sample(row[0], *map(float, row[1:4]), *map(int, row[4:])) for row in rows]  # type: ignore[arg-type]


def slope_growth(seconds: Sequence[float], values: Sequence[float]) -> float:
    """Return the robust growth from the first to the last moment; 0 for fewer than 4 points."""
    if len(seconds) < 4:
        return 0.0
    kept = np.unique(np.linspace(0, len(seconds) - 1, MOST_POINTS).astype(int))
    x: NDArray[np.float64] = np.asarray(seconds, float)[kept]
    slope = theilslopes(np.asarray(values, float)[kept], x).slope
    return float(slope * (x[-1] - x[0]))


def growths(samples: Sequence[Sample]) -> list[Growth]:
    """Return the growth of each measure of one subject after its warm-up."""
    kept = samples[len(samples) // 3 :]
    seconds = [one.second for one in kept]
    memory = [one.memory for one in kept]
    middle = float(np.median(memory)) if memory else 0.0
    measured = (
        ("memory, MiB", memory, max(MEMORY_MIB, MEMORY_SHARE * middle)),
        ("open files", [float(one.open_files) for one in kept], OPEN_FILES),
        ("temporary files", [float(one.temporary) for one in kept], TEMPORARY_FILES),
        ("zombies", [float(one.zombies) for one in kept], 0.5),
    )
    minutes = (seconds[-1] - seconds[0]) / 60 if seconds else 0.0
    return [
        Growth(
            samples[0].subject, name, len(kept), minutes, float(np.median(values)),
            slope_growth(seconds, values), tolerated,
        )
        for name, values, tolerated in measured
        if values
    ]  # fmt: skip
