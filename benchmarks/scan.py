"""Benchmark: a network at every start of a sequence, compared with the same network per window.

Needs tfmoe's environment only. Both take turns within one process, on one thread.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from running import report, result, run_worker, say

AGREEMENT = 1e-5
"""Largest difference of logits."""


@dataclass(frozen=True)
class Case:
    """A network, or a mixture of several, and the bases that it scans."""

    backbone: str
    pool: str = "-"
    networks: int = 1
    bases: int = 4_000


# the slower backbones scan fewer bases
CASES = (
    Case("convnet", bases=100_000),
    Case("convnet", "max_average", bases=100_000),
    Case("convnet", networks=6, bases=40_000),
    Case("explainn", bases=20_000),
    Case("danq"),
    Case("deepsea"),
    Case("legnet"),
)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fasta", type=Path, help="genome; without it, random bases")
    parser.add_argument("--backbones", nargs="+", help="only these backbones")
    parser.add_argument("--strides", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--batch-size", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--table", type=Path, help="TSV to which the results are added")
    options = parser.parse_args()
    for case in CASES:
        if not options.backbones or case.backbone in options.backbones:
            for stride in options.strides:
                measure(options, case, stride)


def measure(options: argparse.Namespace, case: Case, stride: int) -> None:
    """Time both ways, report, and compare the logits."""
    bases = case.bases * (1 if stride == 1 else 2)
    found = run_worker(
        sys.executable,
        "scan",
        (
            case.backbone, case.pool, case.networks, bases, stride, options.batch_size,
            options.rounds, options.fasta or "-",
        ),
        1,
    )  # fmt: skip
    pool = "" if case.pool == "-" else f" with pool {case.pool}"
    name = case.backbone + pool
    if case.networks > 1:
        name = f"mixture of {case.networks} {name}"
    programs = {"tfmoe": "tfmoe", "windows": "window by window"}
    rows = [
        result(
            f"scan, {name}, stride {stride}", program, found["windows"], 1,
            found["seconds"][key], found["memory_mb"],
        )
        for key, program in programs.items()
    ]  # fmt: skip
    report(rows, options.table)
    say(f"largest difference of logits: {found['apart']:.1e}")
    if found["apart"] > AGREEMENT:
        raise SystemExit(f"the logits differ by more than {AGREEMENT:g}")


if __name__ == "__main__":
    main()
