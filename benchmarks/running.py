"""Shared by the benchmarks: workers in separate processes, medians, and the table."""

from __future__ import annotations

import csv
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
SCRIPTS = FOLDER.parent / "scripts"
COLUMNS = ("benchmark", "program", "size", "cores", "runs", "seconds", "fastest", "slowest",
           "per_second", "memory_mb", "ratio")  # fmt: skip


def say(text: str) -> None:
    """Write a line without buffering."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def run_worker(python: str | Path, worker: str, arguments: Sequence[object], cores: int) -> Any:
    """Run ``workers/<worker>.py`` and return the JSON in its last line of output."""
    variables = ("OMP", "MKL", "OPENBLAS", "NUMEXPR", "NUMBA")
    threads = {f"{name}_NUM_THREADS": str(cores) for name in variables}
    command = [str(python), str(FOLDER / "workers" / f"{worker}.py"), *map(str, arguments)]
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        env={**os.environ, **threads, "PYTHONPATH": str(SCRIPTS)},
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: failed with exit status {done.returncode}")
    return json.loads(done.stdout.splitlines()[-1])


def result(
    benchmark: str,
    program: str,
    size: int,
    cores: int,
    seconds: Sequence[float],
    memory_mb: float | None = None,
) -> dict[str, Any]:
    """Return a row of the table without its ratio."""
    median = statistics.median(seconds)
    return {
        "benchmark": benchmark,
        "program": program,
        "size": size,
        "cores": cores,
        "runs": len(seconds),
        "seconds": round(median, 4),
        "fastest": round(min(seconds), 4),
        "slowest": round(max(seconds), 4),
        "per_second": round(size / median),
        "memory_mb": "-" if memory_mb is None else round(memory_mb),
    }


def report(rows: Sequence[dict[str, Any]], table: Path | None) -> None:
    """Report times relative to the first row, and add all rows to the table if there is one."""
    for row in rows:
        row["ratio"] = round(row["seconds"] / rows[0]["seconds"], 2)
        say(
            f"{row['program']}: median {row['seconds']:.3f} s of {row['runs']} runs "
            f"({row['fastest']:.3f} to {row['slowest']:.3f}), {row['per_second']:,} a second, "
            f"memory {row['memory_mb']} MB, {row['ratio']} times the time of {rows[0]['program']}"
        )
    if table is not None:
        new = not table.exists()
        with table.open("a", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, COLUMNS, delimiter="\t", lineterminator="\n")
            if new:
                writer.writeheader()
            writer.writerows(rows)
