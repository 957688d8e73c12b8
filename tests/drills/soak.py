"""Soak: hours of work in few processes, without growth of memory, open and temporary files.

Three kinds of long work are watched from outside, one after another, on one core at low priority:

1. one Snakemake process that takes many small experiments through the whole pipeline;
2. many short runs with changing configs in one folder, in which only the results may grow;
3. loops within one process: the commands of `tfmoe`, opened models, opened genomes.

Run by ``make soak``; ``--folder`` keeps all files, among them ``samples.tsv`` with one row per
sample, which can be read while the soak runs.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from growth import HEADER, Growth, Sample, growths, read_samples, slope_growth, watch
from soak_loops import LOOPS
from tiny import RESULTS, ROOT, command, environment, write_project

TRAINED = ("ARID3A", "FOXM1", "CTCF")
UNSEEN = ("FOXA1", "GATA2", "STAT3", "GATA3")
STRATA = {"FOXA1": "within_family"}
ALTERNATED = ({"length": 101}, {"length": 81})
"""Section `windows` of the two configs that the short runs alternate between."""
JOBS_OF_A_RULE = 8
"""A rule with fewer jobs has too few to see a trend."""
JOB_SHARE, JOB_MIB = 0.15, 24.0
"""Tolerated growth of a rule's peak memory from first to last job: the larger of the two."""


@dataclass(frozen=True)
class Soak:
    """Where and how long a soak runs.

    Attributes
    ----------
    folder
        Folder of all files.
    experiments
        Number of experiments of the long run.
    repeats
        Number of short runs.
    minutes
        Least duration of each loop.
    rows
        Least number of rows of the loops `predict`, `scan` and `variants`.
    """

    folder: Path
    experiments: int
    repeats: int
    minutes: float
    rows: int

    @property
    def temporary(self) -> Path:
        """Folder that TMPDIR names, empty before and after."""
        return self.folder / "tmp"

    @property
    def samples(self) -> Path:
        """Table of all samples."""
        return self.folder / "samples.tsv"

    def start(self, arguments: Sequence[str], log: str) -> subprocess.Popen[bytes]:
        """Start a process at low priority that uses the soak's temporary folder."""
        paths = {"PYTHONPATH": str(ROOT / "scripts"), "TMPDIR": str(self.temporary)}
        with (self.folder / log).open("ab") as output:
            return subprocess.Popen(
                ["nice", "-n", "15", *arguments],
                env={**environment(), **paths, "OMP_NUM_THREADS": "1"},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def run(self, arguments: Sequence[str], subject: str, log: str) -> list[str]:
        """Run and watch a process; return its fault, if any."""
        code = watch(self.start(arguments, log), subject, self.temporary, self.samples)
        left = sorted(path.name for path in self.temporary.iterdir())
        faults = [f"{subject}: exit code {code}; see {self.folder / log}"] if code else []
        if left:
            faults.append(f"{subject}: left in the temporary folder: {', '.join(left)}")
        return faults


def write_experiments(folder: Path, number: int) -> None:
    """Write a project with many small experiments: three that train, and all others unseen."""
    simulation = {
        "chromosome_length": 400_000,
        "training_peaks": 200,
        "ood_peaks": 60,
        "cofactors": {name: [] for name in TRAINED},
    }
    write_project(folder, simulation=simulation)
    header = ["experiment", "factor", "biosample", "role", "stratum", "family", "peaks", "sha256"]
    families = {"ARID3A": "ARID", "FOXM1": "forkhead", "CTCF": "C2H2", "FOXA1": "forkhead"}
    families |= {"GATA2": "GATA", "STAT3": "STAT", "GATA3": "GATA"}
    rows = [[name, name, "simulated", "train", "-"] for name in TRAINED]
    for count in range(number - len(TRAINED)):
        factor = UNSEEN[count % len(UNSEEN)]
        stratum = STRATA.get(factor, "cross_family")
        rows.append([f"{factor}_{count + 1}", factor, f"cells{count + 1}", "ood", stratum])
    lines = [header, *([*row, families[row[1]], "simulated", "-"] for row in rows)]
    text = "".join("\t".join(line) + "\n" for line in lines)
    (folder / "config/experiments.tsv").write_text(text, encoding="utf-8")


def soak_pipeline(soak: Soak) -> Iterator[str]:
    """Take many experiments through the pipeline in one Snakemake process; yield its faults."""
    folder = soak.folder / "many"
    write_experiments(folder, soak.experiments)
    yield from soak.run(command(folder, 1), "pipeline", "many.log")


def soak_repeats(soak: Soak) -> Iterator[str]:
    """Alternate two configs in one folder; yield faults.

    From the third run on, Snakemake's records and the states of trainings may not grow.
    """
    folder = soak.folder / "repeats"
    sizes: list[dict[str, int]] = []
    for number in range(soak.repeats):
        write_project(folder, windows=ALTERNATED[number % 2])
        yield from soak.run(command(folder, 1, "data"), "repeats", "repeats.log")
        sizes.append(
            {
                name: sum(1 for path in (folder / name).rglob("*") if path.is_file())
                for name in (".snakemake/metadata", ".snakemake/tfmoe", f"{RESULTS}/.state")
            }
            | {"all results": sum(1 for path in (folder / RESULTS).rglob("*") if path.is_file())}
        )
    sys.stdout.write("files after each short run: " + yaml.safe_dump(sizes, width=200))
    for name in sizes[0] if len(sizes) > 3 else ():
        if sizes[-1][name] > sizes[-3][name]:
            yield f"repeats: {name}: {sizes[-3][name]} files, two runs later {sizes[-1][name]}"


def soak_loops(soak: Soak) -> Iterator[str]:
    """Run each loop in a process of its own; yield faults."""
    model = soak.folder / "many" / RESULTS / "model"
    script = str(Path(__file__).with_name("soak_loops.py"))
    for name in LOOPS:
        rows = soak.rows if name in ("predict", "scan", "variants") else 0
        arguments = [str(model), str(soak.folder / name), str(soak.minutes), str(rows)]
        yield from soak.run([sys.executable, script, name, *arguments], name, f"{name}.log")


def rule_growths(benchmarks: Path) -> list[Growth]:
    """Return the growth of each rule's peak memory over its jobs, in the order of their ends."""
    found: dict[str, list[tuple[float, float]]] = {}
    for path in benchmarks.rglob("*.tsv"):
        rule = path.relative_to(benchmarks).parts[0].removesuffix(".tsv")
        with path.open(encoding="utf-8") as lines:
            peaks = [row["max_rss"] for row in csv.DictReader(lines, delimiter="\t")]
        ended = path.stat().st_mtime
        found.setdefault(rule, []).extend((ended, float(x)) for x in peaks if x not in ("-", "NA"))
    grown = []
    for rule, jobs in sorted(found.items()):
        if len(jobs) < JOBS_OF_A_RULE:
            continue
        jobs.sort()
        values = [value for _, value in jobs]
        middle = sorted(values)[len(values) // 2]
        minutes = (jobs[-1][0] - jobs[0][0]) / 60
        growth = slope_growth(range(len(values)), values)
        tolerated = max(JOB_MIB, JOB_SHARE * middle)
        measure = "peak memory, MiB"
        grown.append(Growth(rule, measure, len(values), minutes, middle, growth, tolerated))
    return grown


def all_growths(soak: Soak) -> list[Growth]:
    """Return the growth of all subjects; the short runs are too short for a trend."""
    by_subject: dict[str, list[Sample]] = {}
    for one in read_samples(soak.samples):
        by_subject.setdefault(one.subject, []).append(one)
    by_subject.pop("repeats", None)
    found = [growth for samples in by_subject.values() for growth in growths(samples)]
    return found + rule_growths(soak.folder / "many" / RESULTS / "benchmarks")


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


PARTS: Mapping[str, Callable[[Soak], Iterator[str]]] = {
    "pipeline": soak_pipeline,
    "repeats": soak_repeats,
    "loops": soak_loops,
}


def main() -> int:
    """Run the soak, print its table, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="keep all files here")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--experiments", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=6)
    parser.add_argument("--minutes", type=float, default=6, help="least duration of each loop")
    parser.add_argument("--rows", type=int, default=1_000_000, help="least rows of each command")
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="tfmoe-soak-"))
    soak = Soak(folder.resolve(), given.experiments, given.repeats, given.minutes, given.rows)
    soak.temporary.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    faults = [fault for part in given.parts for fault in PARTS[part](soak)]
    found = all_growths(soak)
    print_table([HEADER, *(growth.row() for growth in found)])
    minutes = (time.monotonic() - started) / 60
    failed = faults or not all(growth.passed for growth in found)
    sys.stdout.write("".join(f"fault: {fault}\n" for fault in faults))
    sys.stdout.write(f"{minutes:.0f} minutes, {'FAILED' if failed else 'no growth'}\n")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
