"""Benchmark: from a million peaks on a human-sized genome to windows and GC-matched negatives.

Simulates genome, peaks and blacklist in the folder unless they exist (10 GB of disk), then runs
tfmoe and its peers in turns. Needs tfmoe's environment, and another one with tangermeme
(``requirements.txt``) as ``--peer-python``; without it, tfmoe runs alone. For chrombpnet also a
checkout of it as ``--chrombpnet``, and bedtools.
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
    parser.add_argument(
        "--chrombpnet", type=Path, help="checkout of https://github.com/kundajelab/chrombpnet"
    )
    parser.add_argument("--stride", type=int, default=1000, help="of chrombpnet's windows")
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
    programs = programs_of(options)
    found: dict[str, list[Any]] = {name: [] for name in programs}
    for _ in range(options.rounds):
        for name, (program, cores) in programs.items():
            found[name].append(run_worker(*program, cores))
            say(f"{name}: {found[name][-1]}")
    rows = [
        result(
            f"windows and negatives, genome x {options.scale:g}", name, options.peaks,
            programs[name][1], [answer["seconds"] for answer in answers],
            max(answer["memory_mb"] for answer in answers),
        )
        for name, answers in found.items()
    ]  # fmt: skip
    report(rows, options.table)
    for name in list(programs)[1:]:
        loci = run_worker(sys.executable, "describe_loci", (options.folder, name), 1)
        say(f"{name}'s loci: {loci}")


def programs_of(options: argparse.Namespace) -> dict[str, tuple[tuple[Any, ...], int]]:
    """Return the programs to run, by name: Python, worker and its arguments; number of cores."""
    folder, jobs, peer = options.folder, options.peer_jobs, options.peer_python
    ours = (sys.executable, "negatives_tfmoe", (folder, int(options.match_repeats)))
    programs: dict[str, tuple[tuple[Any, ...], int]] = {"tfmoe": (ours, 1)}
    if peer:
        programs["tangermeme"] = ((peer, "negatives_tangermeme", (folder, jobs)), jobs)
    if peer and options.chrombpnet:
        # its windows have an even number of bases
        arguments = (options.chrombpnet, folder, 100, options.stride)
        programs["chrombpnet"] = ((peer, "negatives_chrombpnet", arguments), 1)
    return programs


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
