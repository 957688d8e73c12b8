"""Benchmark: time of a mixture's fit and predictions by number of experts, and memory.

Needs tfmoe's environment only. Experts and sequences are simulated, in a temporary folder. Mixtures
of all sizes take turns.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from running import report, result, run_worker, say

Answers = list[dict[str, float]]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experts", type=int, nargs="+", default=[10, 50, 100, 200])
    parser.add_argument(
        "--sequences", type=int, default=2000, help="sequences to predict, and per split"
    )
    parser.add_argument("--batch-sizes", type=int, nargs=2, default=[128, 512])
    parser.add_argument("--epochs", type=int, default=10, help="epochs of the fit")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--table", type=Path, help="TSV to which the results are added")
    options = parser.parse_args()
    most = max(options.experts)
    with tempfile.TemporaryDirectory() as folder:
        run_worker(sys.executable, "experts_prepare", (folder, most, options.sequences), 1)
        measure_cost(options, folder)
        measure_memory(options, folder, most)


def measure_cost(options: argparse.Namespace, folder: str) -> None:
    """Fit and predict with each number of experts, in turns, and report."""
    batch_size, number = options.batch_sizes[-1], options.sequences
    fits: dict[int, Answers] = {experts: [] for experts in options.experts}
    predictions: dict[int, Answers] = {experts: [] for experts in options.experts}
    for _ in range(options.rounds):
        for experts in options.experts:
            sizes = (folder, experts, options.threads, batch_size)
            fits[experts].append(run(options, "experts_fit", (*sizes, options.epochs)))
            predictions[experts].append(run(options, "experts_predict", (*sizes, number)))
    for benchmark, found, examples in (
        (f"mixture's fit, {options.epochs} epochs", fits, 2 * number),
        ("mixture's predictions", predictions, number),
    ):
        rows = [
            row(options, f"{benchmark}, {examples:,} sequences", f"{experts} experts",
                experts * examples, answers)
            for experts, answers in found.items()
        ]  # fmt: skip
        report(rows, options.table)
        for experts, one in zip(options.experts, rows, strict=True):
            straight = rows[0]["seconds"] * experts / options.experts[0]
            say(f"{experts} experts: {one['seconds'] / straight:.2f} times the linear cost")


def measure_memory(options: argparse.Namespace, folder: str, experts: int) -> None:
    """Predict a few and four times as many sequences with the largest mixture, and report."""
    for batch_size in options.batch_sizes:
        rows = []
        for number in (options.sequences, 4 * options.sequences):
            sizes = (folder, experts, options.threads, batch_size, number)
            found = [run(options, "experts_predict", sizes)]
            benchmark = f"memory of {experts} experts, batches of {batch_size}"
            rows.append(row(options, benchmark, f"{number:,} sequences", experts * number, found))
            say(f"{benchmark}: {found[0]['taken_mb']:.0f} MB more than before predicting")
        report(rows, options.table)


def run(options: argparse.Namespace, worker: str, sizes: tuple[Any, ...]) -> dict[str, float]:
    """Run one worker of this benchmark."""
    found: dict[str, float] = run_worker(sys.executable, worker, sizes, options.threads)
    return found


def row(
    options: argparse.Namespace, benchmark: str, program: str, size: int, answers: Answers
) -> dict[str, Any]:
    """Return a row of the table."""
    seconds = [one["seconds"] for one in answers]
    memory_mb = max(one["memory_mb"] for one in answers)
    return result(benchmark, program, size, options.threads, seconds, memory_mb)


if __name__ == "__main__":
    main()
