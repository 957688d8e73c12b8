"""Benchmark: training of networks, compared with the paper's authors, bpnet-lite and bare passes.

Needs tfmoe's environment and a checkout of the authors' repository; for bpnet-lite also an
environment with it (``requirements.txt``) as ``--peer-python``. The programs take turns, so that
other work on the machine slows all of them alike.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from running import report, result, run_worker

NAMES = {"steps": "validation excluded", "fit": "validation included"}
AUTHORS = "the authors' loop"
# dilated layers of BPNet, and its heads: the default, the same without the profile, and the fewest
# layers whose receptive field covers 101 bases
BPNETS = {
    "bpnet-lite, 8 dilated layers": (8, "both"),
    "bpnet-lite, 8 dilated layers, counts only": (8, "counts"),
    "bpnet-lite, 5 dilated layers, counts only": (5, "counts"),
}
Answers = dict[str, list[Any]]
Sizes = tuple[Path, int, int, int]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "checkout", type=Path, help="checkout of https://github.com/lab-rasool/TFBS"
    )
    parser.add_argument("--positives", type=Path, help="a file of its data/train, or a similar one")
    parser.add_argument("--backbones", nargs="+", default=["convnet"])
    parser.add_argument("--peer-python", type=Path, help="Python with bpnet-lite")
    parser.add_argument(
        "--limit", type=int, default=0, help="positives to use (default: all), not by the authors"
    )
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
            for rows in measure(options, sizes):
                report(rows, options.table)


def measure(options: argparse.Namespace, sizes: Sizes) -> list[list[dict[str, Any]]]:
    """Run the programs in turns with this number of threads and batch size; return their rows."""
    positives, threads, batch_size, epochs = sizes
    with tempfile.TemporaryDirectory() as folder:
        programs: dict[str, tuple[Any, ...]] = {
            backbone: (sys.executable, "training_tfmoe", (*sizes, backbone, options.limit))
            for backbone in options.backbones
        }
        if "convnet" in options.backbones and not options.limit:
            programs[AUTHORS] = (sys.executable, "training_authors", (options.checkout, *sizes))
        if options.peer_python:
            examples = Path(folder) / "examples.npz"
            run_worker(sys.executable, "training_prepare", (positives, options.limit, examples), 1)
            for name, kind in BPNETS.items():
                arguments = (examples, threads, batch_size, epochs, *kind)
                programs[name] = (options.peer_python, "training_bpnetlite", arguments)
        answers: Answers = {name: [] for name in programs}
        for _ in range(options.rounds):
            for name, program in programs.items():
                answers[name].append(run_worker(*program, threads))
    return tables(answers, options.backbones, threads, batch_size)


def tables(
    answers: Answers, backbones: list[str], threads: int, batch_size: int
) -> list[list[dict[str, Any]]]:
    """Return the rows to compare: per backbone, and of all, bpnet-lite included if it was run.

    A backbone without another program to compare with has none.
    """

    def row(title: str, program: str, name: str, kind: str, part: str = "") -> dict[str, Any]:
        seconds = [second for answer in answers[name] for second in answer[part or kind]]
        benchmark = f"training, {title}, batches of {batch_size}, {NAMES[kind]}"
        return result(benchmark, program, answers[name][0]["examples"], threads, seconds)

    found = []
    peers = [name for name in answers if name in BPNETS]
    for kind in NAMES:
        for backbone in backbones:
            rows = [row(backbone, "tfmoe", backbone, kind)]
            if backbone == "convnet" and AUTHORS in answers:
                rows.append(row(backbone, AUTHORS, AUTHORS, kind))
            if kind == "steps":
                rows.append(row(backbone, "bare passes", backbone, kind, "bare"))
            if len(rows) > 1:
                found.append(rows)
        if peers or len(backbones) > 1:
            rows = [row("windows", f"tfmoe, {name}", name, kind) for name in backbones]
            found.append(rows + [row("windows", name, name, kind) for name in peers])
    return found


if __name__ == "__main__":
    main()
