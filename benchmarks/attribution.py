"""Benchmark: ShiftSmooth and in-silico mutagenesis, compared with other programs.

Needs tfmoe's environment, a checkout of the authors' repository and an environment of the peers.
The programs take turns, so that other work on the machine slows all of them alike.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from running import report, result, run_worker, say

PEERS = ("tangermeme", "captum")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "checkout", type=Path, help="checkout of https://github.com/lab-rasool/TFBS"
    )
    parser.add_argument(
        "--peer-python", required=True, help="Python of an environment with the peers"
    )
    parser.add_argument("--sequences", type=int, default=1000)
    parser.add_argument(
        "--authors-sequences",
        type=int,
        default=20,
        help="sequences for the authors' loop, whose time is extrapolated",
    )
    parser.add_argument("--mutated", type=int, default=50, help="sequences for the mutagenesis")
    parser.add_argument("--length", type=int, default=101)
    parser.add_argument("--shifts", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="+", default=[1])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--table", type=Path, help="TSV to which the results are added")
    options = parser.parse_args()
    for threads in options.threads:
        measure(options, threads)


def measure(options: argparse.Namespace, threads: int) -> None:
    """Run the programs in turns with this number of threads, and report."""
    own, peers = [], []
    with tempfile.TemporaryDirectory() as folder:
        sizes = (options.sequences, options.authors_sequences, options.mutated, options.length)
        for _ in range(options.rounds):
            arguments = (options.checkout, folder, *sizes, options.shifts, threads)
            own.append(run_worker(sys.executable, "attribution_tfmoe", arguments, threads))
            peers.append(
                run_worker(options.peer_python, "attribution_peers", [folder, threads], threads)
            )
    for backbone in own[0]["shiftsmooth"]:
        programs = [one["shiftsmooth"][backbone] for one in own]
        title = f"ShiftSmooth n = {options.shifts}, {backbone}"
        say_all(title, programs, own[0]["sizes"][backbone], threads, options.table)
    for backbone in own[0]["ism"]:
        programs = [
            mine["ism"][backbone] | other[backbone] for mine, other in zip(own, peers, strict=True)
        ]
        apart = {name: max(found.pop(f"apart {name}") for found in programs) for name in PEERS}
        say(
            ", ".join(
                f"{name} differs from tfmoe by at most {value:.1e}" for name, value in apart.items()
            )
        )
        say_all(f"mutagenesis, {backbone}", programs, options.mutated, threads, options.table)


def say_all(
    title: str, found: list[dict[str, Any]], size: int, threads: int, table: Path | None
) -> None:
    """Report the seconds of each program over all rounds, by name."""
    rows = [
        result(title, program, size, threads, [one[program] for one in found])
        for program in found[0]
    ]
    report(rows, table)


if __name__ == "__main__":
    main()
