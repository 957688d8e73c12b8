"""Measured costs of a run's jobs: of own runs, and of the runs that come with the project.

    python -m tfmoe.workflow.measured_costs results/yeast results/encode_quick

writes `resources/measured_costs.tsv` from these finished runs.
"""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfmoe.core.errors import InputError
from tfmoe.core.files import write_text
from tfmoe.workflow.project import FOLDER

SHIPPED = FOLDER / "resources/measured_costs.tsv"


@dataclass(frozen=True)
class Cost:
    """Measured cost of a rule's jobs in one finished run.

    Attributes
    ----------
    source
        Folder of the benchmark files, or the project's table and the name of its run.
    jobs
        Number of measured jobs.
    seconds
        Mean per job. Pooled networks take many times as long as the others, but are the same share
        of the jobs in a run of another size.
    processor_seconds
        Processor time per job; less than `seconds` on a busy machine.
    sets, networks
        Numbers of scored sets and trained networks.
    positives
        Mean number of positives per set; 0 if it is not known.
    """

    source: str
    jobs: int
    seconds: float
    processor_seconds: float
    sets: int
    networks: int
    positives: float = 0


Costs = Mapping[str, Cost]


def read_costs(folder: Path) -> dict[str, Cost]:
    """Read the costs of a run from its benchmark files, by rule."""
    rows: dict[str, list[dict[str, str]]] = {}
    for path in sorted(folder.rglob("*.tsv")):
        with path.open() as lines:
            rule = path.relative_to(folder).parts[0].removesuffix(".tsv")
            rows.setdefault(rule, []).extend(csv.DictReader(lines, delimiter="\t"))
    sets, networks = (len(rows.get(rule, [])) for rule in ("predict", "train_expert"))
    size = sets, networks, read_positives(folder.parent)
    return {
        rule: Cost(str(folder), len(found), _mean(found, "s"), _mean(found, "cpu_time"), *size)
        for rule, found in rows.items()
        if found
    }


def read_positives(results: Path) -> float:
    """Return the mean number of positives per set of a run; 0 while its peaks are not checked."""
    try:
        config = json.loads((results / "run.json").read_text(encoding="utf-8"))["config"]
        with (results / "inputs/check.tsv").open(encoding="utf-8") as lines:
            checked = list(csv.DictReader(lines, delimiter="\t"))
        return mean_positives(checked, config["windows"]["max_peaks"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def mean_positives(checked: Sequence[Mapping[Any, Any]], most: int | None) -> float:
    """Return the mean number of positives per set.

    Parameters
    ----------
    checked
        Rows of `inputs/check.tsv`.
    most
        Maximum number per set, ``windows.max_peaks`` of the config; `None` without one.
    """
    splits = ("train", "gate", "validation", "test")
    totals = [sum(float(row[name]) for name in splits) for row in checked]
    return sum(min(total, most or total) for total in totals) / max(1, len(totals))


def read_shipped(path: Path = SHIPPED) -> list[dict[str, Cost]]:
    """Read the costs that come with the project, by rule, of each of its measured runs."""
    runs: dict[str, dict[str, Cost]] = {}
    with path.open(encoding="utf-8") as lines:
        for row in csv.DictReader((line for line in lines if line[0] != "#"), delimiter="\t"):
            cost = Cost(
                f"{path} ({row['run']})",
                int(row["jobs"]),
                float(row["seconds"]),
                float(row["processor_seconds"]),
                int(row["sets"]),
                int(row["networks"]),
                float(row["positives"]),
            )
            runs.setdefault(row["run"], {})[row["rule"]] = cost
    return list(runs.values())


def rank_costs(
    own: Costs, others: Sequence[Costs], shipped: Sequence[Costs], positives: float
) -> list[Costs]:
    """Order costs by how well they predict this run.

    First come measurements of this run, however far it got; then finished runs on real genomes,
    then those of the project; last, runs on simulated genomes, whose jobs are short. Of each kind,
    the run whose sets have nearly as many positives is first.

    Parameters
    ----------
    own, others
        Costs by rule of this run and of each other run.
    shipped
        Costs that come with the project, one mapping per run.
    positives
        Mean number of positives per set; 0 if it is not known.
    """

    def distance(costs: Costs) -> float:
        known = next(iter(costs.values())).positives
        return abs(math.log(known / positives)) if known and positives else 0

    finished = [costs for costs in others if "write_report" in costs]
    finished.sort(key=lambda costs: (distance(costs), -costs["write_report"].networks))
    real = [costs for costs in finished if "simulate_genome" not in costs]
    simulated = [costs for costs in finished if "simulate_genome" in costs]
    return [own, *real, *sorted(shipped, key=distance), *simulated]


def _mean(rows: Sequence[Mapping[str, str]], column: str) -> float:
    # a very short job has no measured processor time
    return sum(float(row[column]) for row in rows if row[column] not in ("NA", "-")) / len(rows)


def _rows(runs: Sequence[Path]) -> Iterator[Sequence[object]]:
    """Yield the rows of the project's table."""
    for results in runs:
        costs = read_costs(results / "benchmarks")
        if "write_report" not in costs:
            raise InputError(f"{results}: found no finished run in this folder")
        for rule, cost in sorted(costs.items()):
            times = f"{cost.seconds:.1f}", f"{cost.processor_seconds:.1f}"
            size = cost.sets, cost.networks, f"{cost.positives:.0f}"
            yield results.name, rule, cost.jobs, *times, *size


def main(folders: Sequence[str]) -> None:
    """Write the costs of finished runs into the project's table, below its comment."""
    header = ("run", "rule", "jobs", "seconds", "processor_seconds", "sets", "networks")
    comment = [line for line in SHIPPED.read_text(encoding="utf-8").splitlines() if line[0] == "#"]
    rows = [(*header, "positives"), *_rows([*map(Path, folders)])]
    lines = [*comment, *("\t".join(map(str, row)) for row in rows)]
    write_text("\n".join(lines) + "\n", SHIPPED)


if __name__ == "__main__":
    main(sys.argv[1:])
