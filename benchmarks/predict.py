"""Benchmark: `tfmoe predict` on many sequences, compared with its networks alone.

Needs tfmoe's environment only. Model and sequences are simulated, in a temporary folder. Both take
turns; each is a process of its own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from running import report, result, run_worker, say

PROGRAMS = {"tfmoe": "tfmoe predict", "networks": "its networks on tensors in memory"}


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sequences", type=int, default=1_000_000)
    parser.add_argument("--experts", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--members", type=int, default=20_000, help="windows for other members")
    parser.add_argument("--matrices", type=int, default=2, help="matrices of a factor")
    parser.add_argument("--table", type=Path, help="TSV to which the results are added")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sizes = options.experts, options.sequences
        run_worker(sys.executable, "predict_prepare", (folder, *sizes), 1)
        measure_networks(options, folder)
    measure_members(options)


def measure_networks(options: argparse.Namespace, folder: str) -> None:
    """Predict, and run the networks alone, in turns, and report."""
    answers: dict[str, list[dict[str, Any]]] = {program: [] for program in PROGRAMS}
    for _ in range(options.rounds):
        for program in PROGRAMS:
            arguments = folder, program, options.threads, options.sequences, time.time()
            answers[program].append(
                run_worker(sys.executable, "predict", arguments, options.threads)
            )
    name = f"predict, convnet, {options.experts} experts and a pooled network"
    rows = [
        result(
            name,
            PROGRAMS[program],
            options.sequences,
            options.threads,
            [one["seconds"] for one in found],
            max(one["memory_mb"] for one in found),
        )
        for program, found in answers.items()
    ]
    report(rows, options.table)
    say(f"time of predict: {rows[0]['seconds'] / rows[1]['seconds']:.2f} times its networks'")
    firsts = sorted(one["first"] for one in answers["tfmoe"])
    say(f"first rows after {firsts[len(firsts) // 2]:.1f} s, from the start of the process")


def measure_members(options: argparse.Namespace) -> None:
    """Score windows by gapped k-mer models and by matrices, and report."""
    kmers = f"predict, {options.experts + 1} gapped k-mer models"
    matrices = f"predict, {options.matrices} matrices"
    for name, task, number in (
        (kmers, "score", options.experts + 1),
        (matrices, "scan", options.matrices),
    ):
        arguments = task, "tfmoe", options.members, number
        found = [
            run_worker(sys.executable, "library_scores", arguments, 1)
            for _ in range(options.rounds)
        ]
        seconds = [one["seconds"] for one in found]
        memory_mb = max(one["memory_mb"] for one in found)
        report([result(name, "tfmoe", options.members, 1, seconds, memory_mb)], options.table)


if __name__ == "__main__":
    main()
