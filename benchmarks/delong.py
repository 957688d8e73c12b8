"""Benchmark: AUROCs and DeLong's covariance, compared with the definition and with another program.

Needs tfmoe's environment, and a checkout of github.com/yandexdataschool/roc_comparison. The
programs take turns, on one thread.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from running import report, result, run_worker, say

AIM, FASTER, AGREEMENT = 5.0, 20.0, 1e-12
"""Seconds with the most scores; ratio to the direct version; largest difference from it."""
PROGRAMS = {"tfmoe": "tfmoe", "direct": "every pair, numpy", "peer": "roc_comparison"}


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", type=Path, help="checkout of roc_comparison")
    parser.add_argument("--models", type=int, default=10)
    parser.add_argument(
        "--scores", type=int, default=500_000, help="scores per model, half of them of positives"
    )
    parser.add_argument(
        "--few", type=int, default=5_000, help="scores per model for the direct version"
    )
    parser.add_argument("--rounds", type=int, default=5, help="rounds of three timed calls")
    parser.add_argument("--table", type=Path, help="TSV to which the results are added")
    options = parser.parse_args()
    rows = measure(options, options.few, ["tfmoe", "direct", "peer"])
    if rows[1]["ratio"] < FASTER:
        say(f"less than the aim of {FASTER:.0f} times the speed of the direct version")
    rows = measure(options, options.scores, ["tfmoe", "peer"])
    if rows[0]["seconds"] > AIM:
        say(f"slower than the aim of {AIM:.0f} s")


def measure(options: argparse.Namespace, size: int, programs: list[str]) -> list[dict[str, Any]]:
    """Time programs at this number of scores, report, and compare their results."""
    answers: dict[str, list[Any]] = {name: [] for name in programs}
    for _ in range(options.rounds):
        for name in programs:
            arguments = name, options.models, size, 3, options.peer
            answers[name].append(run_worker(sys.executable, "delong", arguments, 1))
    rows = [
        result(
            f"DeLong, {options.models} models",
            PROGRAMS[name],
            size,
            1,
            [seconds for one in answers[name] for seconds in one["seconds"]],
            max(one["memory_mb"] for one in answers[name]),
        )
        for name in programs
    ]
    report(rows, options.table)
    own = np.array(answers["tfmoe"][0]["result"])
    for name in programs[1:]:
        apart = np.abs(own - answers[name][0]["result"]).max()
        say(f"largest difference from {PROGRAMS[name]}: {apart:.1e}")
        if apart > AGREEMENT:
            raise SystemExit(f"the results differ by more than {AGREEMENT:g}")
    return rows


if __name__ == "__main__":
    main()
