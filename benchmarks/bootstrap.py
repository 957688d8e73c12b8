"""Benchmark: bootstrap intervals of AUROC and average precision, compared with a scikit-learn loop.

Needs tfmoe's environment only. The programs take turns; scikit-learn runs fewer resamples.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from running import report, result, run_worker, say

AIM = 20.0
"""Seconds that 10 models on 9 sets with 1,000 resamples may take."""
PROGRAMS = {
    "sequences": "tfmoe",
    "blocks": "tfmoe, AUROC by stretches",
    "scikit-learn": "scikit-learn, loop",
}


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=10)
    parser.add_argument("--sets", type=int, default=9)
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument(
        "--share", type=int, default=50, help="the loop runs one of this many resamples"
    )
    parser.add_argument(
        "--sizes", nargs="+", default=["500+500", "2000+10000"], help="positives+negatives of a set"
    )
    parser.add_argument("--rounds", type=int, default=3, help="rounds of three timed calls")
    parser.add_argument("--table", type=Path, help="TSV to which the results are added")
    options = parser.parse_args()
    for size in options.sizes:
        measure(options, *map(int, size.split("+")))


def measure(options: argparse.Namespace, positives: int, negatives: int) -> None:
    """Measure at one size, and report the seconds for all sets and resamples."""
    answers: dict[str, list[Any]] = {name: [] for name in PROGRAMS}
    resamples = dict.fromkeys(PROGRAMS, options.resamples)
    resamples["scikit-learn"] = max(1, options.resamples // options.share)
    for _ in range(options.rounds):
        for name in PROGRAMS:
            sizes = name, options.models, positives, negatives, resamples[name]
            answers[name].append(run_worker(sys.executable, "bootstrap", sizes, 1))
    rows = [
        result(
            f"bootstrap, {options.models} models, {options.sets} sets of {positives} + {negatives}",
            program,
            options.models * options.sets * options.resamples,
            1,
            [
                seconds * options.sets * options.resamples / resamples[name]
                for one in answers[name] for seconds in one["seconds"]
            ],
            max(one["memory_mb"] for one in answers[name]),
        )
        for name, program in PROGRAMS.items()
    ]  # fmt: skip
    report(rows, options.table)
    ours, theirs = (
        np.mean([one["spread"] for one in answers[name]]) for name in ("sequences", "scikit-learn")
    )
    say(f"mean standard deviation of the resamples: tfmoe {ours:.4f}, scikit-learn {theirs:.4f}")
    if rows[0]["seconds"] > AIM:
        say(f"slower than the aim of {AIM:.0f} s")


if __name__ == "__main__":
    main()
