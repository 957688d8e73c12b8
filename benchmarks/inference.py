"""Benchmark: predictions of the paper's network, compared with its bare convolution and pooling.

Needs tfmoe's environment only. Both take turns within one process.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from running import report, result, run_worker


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sequences", type=int, default=20_000)
    parser.add_argument("--length", type=int, default=101)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[128, 1024])
    parser.add_argument("--rounds", type=int, default=3, help="rounds of five timed passes")
    parser.add_argument("--table", type=Path, help="TSV to which the results are added")
    options = parser.parse_args()
    for threads in options.threads:
        for batch_size in options.batch_sizes:
            measure(options, threads, batch_size)


def measure(options: argparse.Namespace, threads: int, batch_size: int) -> None:
    """Measure with this number of threads and batch size, and report."""
    sizes = (options.sequences, options.length, threads, batch_size, 5)
    found = [
        run_worker(sys.executable, "inference", sizes, threads)["seconds"]
        for _ in range(options.rounds)
    ]
    for strands in ("one strand", "both strands"):
        rows = [
            result(
                f"inference, convnet, batches of {batch_size}, {strands}", program,
                options.sequences, threads,
                [seconds for one in found for seconds in one[strands][name]],
            )
            for name, program in {"tfmoe": "tfmoe", "bare": "bare convolution and pool"}.items()
        ]  # fmt: skip
        report(rows, options.table)


if __name__ == "__main__":
    main()
