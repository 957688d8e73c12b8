"""Benchmark: training of the paper's network, compared with its authors' loop and with bare passes.

Needs tfmoe's environment, and a checkout of the authors' repository. The programs take turns, so
that other work on the machine slows all of them alike.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from running import report, result, run_worker

NAMES = {"steps": "validation excluded", "fit": "validation included"}


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "checkout", type=Path, help="checkout of https://github.com/lab-rasool/TFBS"
    )
    parser.add_argument("--positives", type=Path, help="a file of its data/train, or a similar one")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[96, 128])
    parser.add_argument("--epochs", type=int, default=3, help="timed epochs per program and round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--table", type=Path, help="TSV to which the results are added")
    options = parser.parse_args()
    positives = options.positives or next((options.checkout / "data" / "train").glob("ARID3A_*"))
    for threads in options.threads:
        for batch_size in options.batch_sizes:
            sizes = (positives, threads, batch_size, options.epochs)
            measure(options, sizes)


def measure(options: argparse.Namespace, sizes: tuple[Any, ...]) -> None:
    """Run the programs in turns with this number of threads and batch size, and report."""
    _, threads, batch_size, _ = sizes
    ours, theirs = [], []
    for _ in range(options.rounds):
        ours.append(run_worker(sys.executable, "training_tfmoe", sizes, threads))
        peer = ("training_authors", (options.checkout, *sizes))
        theirs.append(run_worker(sys.executable, *peer, threads))
    for kind, name in NAMES.items():
        programs = {"tfmoe": (ours, kind), "the authors' loop": (theirs, kind)}
        if kind == "steps":
            programs["bare passes"] = (ours, "bare")
        rows = [
            result(
                f"training, convnet, batches of {batch_size}, {name}", program,
                answers[0]["examples"], threads,
                [seconds for one in answers for seconds in one[part]],
            )
            for program, (answers, part) in programs.items()
        ]  # fmt: skip
        report(rows, options.table)


if __name__ == "__main__":
    main()
