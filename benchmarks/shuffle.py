"""Benchmark: exact dinucleotide shuffles, compared with tangermeme's.

Needs tfmoe's environment, and another one with tangermeme (``requirements.txt``) as
``--peer-python``. The programs take turns, so that other work on the machine slows all of them
alike.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from running import report, result, run_worker


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer-python", type=Path, required=True, help="Python with tangermeme")
    parser.add_argument("--sequences", type=int, default=100_000)
    parser.add_argument("--length", type=int, default=101)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of three timed calls")
    parser.add_argument("--table", type=Path, help="TSV to which the results are added")
    options = parser.parse_args()
    sizes = (options.sequences, options.length, options.threads, 3)
    programs = {
        "tfmoe": (Path(sys.executable), "shuffle_tfmoe", sizes),
        "tangermeme, one-hot": (options.peer_python, "shuffle_tangermeme", (*sizes, "one_hot")),
        "tangermeme, packed": (options.peer_python, "shuffle_tangermeme", (*sizes, "packed")),
    }
    answers: dict[str, list[Any]] = {name: [] for name in programs}
    for _ in range(options.rounds):
        for name, program in programs.items():
            answers[name].append(run_worker(*program, options.threads))
    rows = [
        result(
            f"shuffle, {options.length} bases", name, options.sequences, options.threads,
            [seconds for one in found for seconds in one["seconds"]],
            max(one["memory_mb"] for one in found),
        )
        for name, found in answers.items()
    ]  # fmt: skip
    report(rows, options.table)


if __name__ == "__main__":
    main()
