"""Benchmark: every backbone on a GPU, compared with one core of the CPU of the same machine.

Needs tfmoe's environment with a CUDA build of torch. Without a GPU, only the CPU's part runs, and
the script lists what it skipped. Rows are printed and written as soon as they are known, and what
does not fit into the time is skipped.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from running import FOLDER, SCRIPTS, say

BACKBONES = ("convnet", "legnet", "explainn", "deepsea", "danq")
COLUMNS = (
    "backbone", "device", "task", "precision", "batch", "size", "runs", "seconds", "per_second",
    "ratio", "utilisation", "memory_mb", "value", "verdict", "note",
)  # fmt: skip
# on the CPU and on a GPU: positives per epoch, sequences, bases, maps, factors of the batch sizes
SIZES: dict[str, tuple[int, int, int, int, tuple[int, ...]]] = {
    "cpu": (500, 4_000, 4_000, 100, (1,)),
    "cuda": (4_000, 200_000, 100_000, 4_000, (1, 16)),
}
NAMES = ("positives", "sequences", "bases", "maps", "batches")
REFERENCE = 2_000
HELD, WAITED = 3.0, 120.0
"""Seconds for which each of two jobs holds the GPU, and for which both together may take."""
PROBE = """
import json, os, torch
print(json.dumps({"gpu": torch.cuda.is_available(), "build": torch.version.cuda or "CPU only",
                  "torch": torch.__version__, "visible": os.environ.get("CUDA_VISIBLE_DEVICES")}))
"""
SKIPPED = (
    "training, prediction, scan and attribution on a GPU, in float32 and in bfloat16",
    "utilisation and memory of the GPU",
    "agreement of logits, scans and maps with the CPU",
    "whether a training on the GPU can be repeated to the last bit",
    "two jobs on one GPU",
)


@dataclass
class Table:
    """The rows so far, printed and written one by one.

    Attributes
    ----------
    path
        TSV to write, or `None`.
    rows
        The rows.
    """

    path: Path | None
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, row: dict[str, Any]) -> None:
        """Add a row, with its speed relative to the CPU's in the same task."""
        if "seconds" in row and "size" in row:
            row["per_second"] = round(row["size"] / row["seconds"])
            row["ratio"] = self._ratio(row)
            row["seconds"] = round(row["seconds"], 4)
        self.rows.append(row)
        shown = (f"{name} {row[name]}" for name in COLUMNS[3:] if row.get(name) is not None)
        say(f"{row['backbone']}, {row['device']}, {row['task']}: {', '.join(shown)}")
        if self.path is not None:
            new = len(self.rows) == 1
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("w" if new else "a", encoding="utf-8", newline="") as handle:
                writer = csv.DictWriter(
                    handle, COLUMNS, restval="-", delimiter="\t", lineterminator="\n"
                )
                if new:
                    writer.writeheader()
                writer.writerow({name: value for name, value in row.items() if value is not None})

    def _ratio(self, row: dict[str, Any]) -> float | None:
        task = "scan, both strands" if row["task"].startswith("scan") else row["task"]
        own = [other for other in self.rows if other["backbone"] == row["backbone"]]
        for other in own:
            if (other["device"], other["task"]) == ("cpu", task) and "per_second" in other:
                return round(row["per_second"] / other["per_second"], 2)
        return None

    @property
    def failed(self) -> list[dict[str, Any]]:
        """The rows that a user has to look at."""
        return [row for row in self.rows if str(row.get("verdict")).startswith(("FAILED", "NOT"))]


def main() -> int:
    """Run the benchmark; return 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbones", nargs="+", default=list(BACKBONES))
    parser.add_argument("--minutes", type=float, default=7, help="time after which no part starts")
    parser.add_argument("--seconds", type=float, default=1, help="least time per measurement")
    parser.add_argument("--scale", type=float, default=1, help="factor of all sizes")
    parser.add_argument("--table", type=Path, help="TSV to write")
    options = parser.parse_args()
    end, table = time.monotonic() + 60 * options.minutes, Table(options.table)
    found = json.loads(_output([sys.executable, "-c", PROBE]))
    say(f"torch {found['torch']}, build {found['build']}, GPU: {'yes' if found['gpu'] else 'no'}")
    if found["gpu"]:
        claim_together(table)
    with tempfile.TemporaryDirectory() as folder:
        for backbone in options.backbones:
            for device in ("cpu", "cuda") if found["gpu"] else ("cpu",):
                task = task_of(backbone, device, folder, options.seconds, options.scale)
                measure(task, end, table)
    if not found["gpu"]:
        say(f"No GPU that torch can use (CUDA_VISIBLE_DEVICES: {found['visible']}). Not measured:")
        for line in SKIPPED:
            say(f"- {line}")
    for row in table.failed:
        say(f"{row['verdict']}: {row['backbone']}, {row['device']}, {row['task']}")
    return 1 if table.failed else 0


def task_of(
    backbone: str, device: str, folder: str, seconds: float, scale: float
) -> dict[str, Any]:
    """Return the argument of ``workers/gpu_task.py``."""
    *sizes, batches = SIZES[device]
    scaled = [max(round(size * scale), 200) for size in sizes]
    task = dict(zip(NAMES, [*scaled, batches], strict=True))
    reference = max(round(REFERENCE * scale), 50)
    task |= {"backbone": backbone, "device": device, "folder": folder}
    return task | {"seconds": seconds, "reference": reference}


def measure(task: dict[str, Any], end: float, table: Table) -> None:
    """Run one task in its own process, which ends when the time is over."""
    named = {"backbone": task["backbone"], "device": task["device"]}
    left = end - time.monotonic()
    if left <= 0:
        table.add({**named, "task": "all", "verdict": "skipped: out of time"})
        return
    command = [sys.executable, str(FOLDER / "workers" / "gpu_task.py"), json.dumps(task)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=_environment()) as worker:
        timer = threading.Timer(left, worker.kill)
        timer.start()
        for line in worker.stdout or ():
            if line.startswith("{"):
                table.add(named | json.loads(line))
        status = worker.wait()
        late = not timer.is_alive()
        timer.cancel()
    if late:
        table.add({**named, "task": "the rest", "verdict": "skipped: out of time"})
    elif status:
        verdict = f"FAILED: exit status {status}"
        table.add({**named, "task": "the rest", "verdict": verdict})


def claim_together(table: Table) -> None:
    """Check that of two jobs that see one GPU, the second waits for the first."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0]
    command = [sys.executable, str(FOLDER / "workers" / "gpu_claim.py"), str(HELD)]
    variables = _environment() | {"CUDA_VISIBLE_DEVICES": visible}
    jobs = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=variables)
        for _ in range(2)
    ]
    row = {"backbone": "-", "device": "cuda", "task": "two jobs on one GPU"}
    timers = [threading.Timer(WAITED, job.kill) for job in jobs]
    for timer in timers:
        timer.start()
    answers = [job.communicate()[0] for job in jobs]
    for timer in timers:
        timer.cancel()
    if any(job.returncode for job in jobs):
        table.add(row | {"verdict": f"FAILED: exit status {[job.returncode for job in jobs]}"})
        return
    table.add(row | apart([json.loads(answer.splitlines()[-1]) for answer in answers]))


def apart(jobs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return whether two jobs held the GPU one after the other, and the seconds in between."""
    first, second = sorted(jobs, key=lambda job: float(job["claimed"]))
    gap = float(second["claimed"]) - float(first["released"])
    return {"value": round(gap, 2), "verdict": "ok" if gap >= 0 else "FAILED: they overlap"}


def _environment() -> dict[str, str]:
    variables = ("OMP", "MKL", "OPENBLAS", "NUMEXPR", "NUMBA")
    threads = {f"{name}_NUM_THREADS": "1" for name in variables}
    return {**os.environ, **threads, "PYTHONPATH": str(SCRIPTS)}


def _output(command: Sequence[str]) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main())
