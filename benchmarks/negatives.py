"""Benchmark: from a million peaks on a human-sized genome to windows and GC-matched negatives.

Simulates genome, peaks and blacklist in the folder unless they exist (10 GB of disk), then runs
tfmoe and tangermeme in turns. Needs tfmoe's environment, and another one with tangermeme
(``requirements.txt``) as ``--peer-python``; without it, tfmoe runs alone.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from running import report, result, run_worker, say
from simulated_human import simulate


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="scratch folder for the simulated data")
    parser.add_argument("--peer-python", type=Path, help="Python with tangermeme")
    parser.add_argument("--peaks", type=int, default=1_000_000)
    parser.add_argument(
        "--scale", type=float, default=1.0, help="length of the genome, as a share of the human one"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer-jobs", type=int, default=2, help="processes of tangermeme")
    parser.add_argument("--match-repeats", action="store_true")
    parser.add_argument("--table", type=Path, help="TSV to which the results are added")
    options = parser.parse_args()
    prepare(options)
    folder, jobs = options.folder, options.peer_jobs
    matched = int(options.match_repeats)
    found: dict[str, list[Any]] = {"tfmoe": [], "tangermeme": []}
    for _ in range(options.rounds):
        found["tfmoe"].append(run_worker(sys.executable, "negatives_tfmoe", (folder, matched), 1))
        say(f"tfmoe: {found['tfmoe'][-1]}")
        if options.peer_python:
            worker = ("negatives_tangermeme", (folder, jobs), jobs)
            found["tangermeme"].append(run_worker(options.peer_python, *worker))
            say(f"tangermeme: {found['tangermeme'][-1]}")
    benchmark = f"windows and negatives, genome x {options.scale:g}"
    rows = [
        result(
            benchmark, name, options.peaks, 1 if name == "tfmoe" else jobs,
            [answer["seconds"] for answer in answers],
            max(answer["memory_mb"] for answer in answers),
        )
        for name, answers in found.items()
        if answers
    ]  # fmt: skip
    report(rows, options.table)
    if found["tangermeme"]:
        say(f"tangermeme's loci: {run_worker(sys.executable, 'describe_tangermeme', (folder,), 1)}")


def prepare(options: argparse.Namespace) -> None:
    """Simulate the data, and prepare the genome as tfmoe does."""
    options.folder.mkdir(parents=True, exist_ok=True)
    if not (options.folder / "blacklist.bed").exists():
        simulate(options.folder, options.peaks, options.scale)
    if not (options.folder / "chromosomes.tsv").exists():
        done = run_worker(sys.executable, "prepare_tfmoe", (options.folder,), 1)
        say(f"tfmoe: genome prepared in {done['seconds']:.1f} s, {done['memory_mb']:.0f} MB")


if __name__ == "__main__":
    main()
