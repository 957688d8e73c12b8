"""Benchmark: gapped k-mers and banks of matrices, compared with the same in NumPy, SciPy and torch.

Needs tfmoe's environment only. The programs take turns, on one thread.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from running import report, result, run_worker, say

AGREEMENT = 1e-4
"""Largest difference from tfmoe's results; torch convolves in float32, which has 7 digits."""
PROGRAMS = {"tfmoe": "tfmoe", "numpy": "NumPy and SciPy", "scan": "loop of scan", "torch": "torch"}


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--windows", type=int, default=20_000, help="windows for gapped k-mers")
    parser.add_argument("--models", type=int, default=8, help="gapped k-mer models")
    parser.add_argument("--scanned", type=int, default=1_000, help="windows for matrices")
    parser.add_argument("--matrices", type=int, nargs="+", default=[200, 1000])
    parser.add_argument("--rounds", type=int, default=3, help="rounds of one timed call")
    parser.add_argument("--table", type=Path, help="TSV to which the results are added")
    options = parser.parse_args()
    windows = f"{options.windows:,} windows"
    gapped = options.windows, options.models
    measure(options, "count", f"gapped k-mers, counts of {windows}", gapped, ["tfmoe", "numpy"])
    name = f"gapped k-mers, scores of {windows} by {options.models} models"
    measure(options, "score", name, gapped, ["tfmoe", "numpy"])
    for number in options.matrices:
        name = f"best hits of {number} matrices in {options.scanned:,} windows"
        sizes = options.scanned, number
        measure(options, "scan", name, sizes, ["tfmoe", "scan", "torch"])


def measure(
    options: argparse.Namespace, task: str, name: str, sizes: tuple[int, int], programs: list[str]
) -> None:
    """Time programs at one task, report, and compare their results."""
    answers: dict[str, list[Any]] = {program: [] for program in programs}
    for _ in range(options.rounds):
        for program in programs:
            arguments = task, program, *sizes
            answers[program].append(run_worker(sys.executable, "library_scores", arguments, 1))
    rows = [
        result(
            name,
            PROGRAMS[program],
            sizes[0] * (1 if task == "count" else sizes[1]),
            1,
            [one["seconds"] for one in answers[program]],
            max(one["memory_mb"] for one in answers[program]),
        )
        for program in programs
    ]
    report(rows, options.table)
    own = np.array(answers["tfmoe"][0]["result"])
    for program in programs[1:]:
        apart = np.abs(own - answers[program][0]["result"]).max()
        say(f"largest difference from {PROGRAMS[program]}: {apart:.1e}")
        if apart > AGREEMENT:
            raise SystemExit(f"the results differ by more than {AGREEMENT:g}")


if __name__ == "__main__":
    main()
