"""Estimated cost of a run: its jobs, their groups on a cluster, and the hours that they take.

``tfmoe check`` prints it. A dry-run of the whole run counts the jobs. Benchmark files of earlier
runs provide the time per job of each rule, scaled to this run; rules without a measurement are
listed and not estimated.
"""

from __future__ import annotations

import csv
import math
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.core.job import MARK
from tfmoe.workflow.project import FOLDER

PROFILE = FOLDER / "profiles/slurm/config.yaml"
# measured costs of a run of config/yeast, used until there is a run of one's own
SHIPPED = FOLDER / "resources/measured_costs.tsv"
# the target, which requests files and computes nothing
TARGET = "all"
# jobs that Snakemake runs on its own machine instead of the cluster
LOCAL = ("fetch_file",)
# each job reads all networks of a recipe, so its time grows with their number
READ_ALL_NETWORKS = ("predict", "predict_recipe", "fit_mixture", "score_development")
# processor seconds to start Snakemake on a node: once per job of the cluster, once per job in it;
# from the accounting of a local SLURM on an AMD EPYC, since benchmark files do not contain them
START_OF_SUBMISSION = 3.2
START_OF_JOB = 4.5
SECONDS_AN_HOUR = 3600
COLUMNS = ("rule", "jobs", "group", "submitted", "seconds per job", "hours")


@dataclass(frozen=True)
class Cost:
    """Measured cost of a rule's jobs in one finished run.

    Attributes
    ----------
    source
        Folder of the benchmark files.
    jobs
        Number of measured jobs.
    seconds
        Mean per job. Pooled networks take many times as long as the others, but are the same share
        of the jobs in a run of another size.
    processor_seconds
        Processor time per job; less than `seconds` on a busy machine.
    sets, networks
        Numbers of scored sets and trained networks.
    """

    source: Path
    jobs: int
    seconds: float
    processor_seconds: float
    sets: int
    networks: int


@dataclass(frozen=True)
class Share:
    """A rule's part of a run.

    Attributes
    ----------
    rule, jobs
        Name and number of jobs.
    submissions
        Number of cluster jobs; 0 for local rules.
    scale
        Factor from the measured time per job to the time in this run.
    cost
        Measured cost; `None` without a measurement.
    """

    rule: str
    jobs: int
    submissions: int
    scale: float
    cost: Cost | None


def read_jobs(printed: str) -> dict[str, int]:
    """Read Snakemake's table of jobs: the number per rule, without the target.

    Raises
    ------
    InputError
        If the output has no such table.
    """
    found = dict(re.findall(r"^(\w+) +(\d+)$", printed, re.MULTILINE))
    if "total" not in found:
        raise InputError(f"Snakemake's dry-run: found no table of jobs in its output:\n{printed}")
    return {rule: int(number) for rule, number in found.items() if rule not in ("total", TARGET)}


def read_costs(folder: Path) -> dict[str, Cost]:
    """Read the costs of a run from its benchmark files, by rule."""
    rows: dict[str, list[dict[str, str]]] = {}
    for path in sorted(folder.rglob("*.tsv")):
        with path.open() as lines:
            rule = path.relative_to(folder).parts[0].removesuffix(".tsv")
            rows.setdefault(rule, []).extend(csv.DictReader(lines, delimiter="\t"))
    sets, networks = (len(rows.get(rule, [])) for rule in ("predict", "train_expert"))
    return {
        rule: Cost(folder, len(found), _mean(found, "s"), _mean(found, "cpu_time"), sets, networks)
        for rule, found in rows.items()
        if found
    }


def read_shipped(path: Path) -> dict[str, Cost]:
    """Read the table of costs that comes with the project; its header names the measured run."""
    with path.open(encoding="utf-8") as lines:
        rows = csv.DictReader((line for line in lines if line[0] != "#"), delimiter="\t")
        return {
            row["rule"]: Cost(
                path,
                int(row["jobs"]),
                float(row["seconds"]),
                float(row["processor_seconds"]),
                int(row["sets"]),
                int(row["networks"]),
            )
            for row in rows
        }


def _mean(rows: Sequence[Mapping[str, str]], column: str) -> float:
    # a very short job has no measured processor time
    return sum(float(row[column]) for row in rows if row[column] not in ("NA", "-")) / len(rows)


def rank_costs(
    own: Mapping[str, Cost], others: Sequence[Mapping[str, Cost]], shipped: Mapping[str, Cost]
) -> list[Mapping[str, Cost]]:
    """Order costs by how well they predict this run.

    First come measurements of this run, however far it got; then finished runs on real genomes,
    the one with the most networks first; then the project's own table; last, runs on simulated
    genomes, whose jobs are short.

    Parameters
    ----------
    own, others
        Costs by rule of this run and of each other run.
    shipped
        Costs that come with the project.
    """
    finished = [costs for costs in others if "write_report" in costs]
    finished.sort(key=lambda costs: costs["write_report"].networks, reverse=True)
    real = [costs for costs in finished if "simulate_genome" not in costs]
    simulated = [costs for costs in finished if "simulate_genome" in costs]
    return [own, *real, shipped, *simulated]


def read_groups(profile: Pathlike) -> tuple[dict[str, str], dict[str, int]]:
    """Read the group of each rule and the size of each group from a profile."""
    content = yaml.safe_load(Path(profile).read_text(encoding="utf-8"))
    groups = dict(entry.split("=") for entry in content.get("groups", []))
    sizes = dict(entry.split("=") for entry in content.get("group-components", []))
    return groups, {group: int(size) for group, size in sizes.items()}


def share_out(
    jobs: Mapping[str, int],
    costs: Sequence[Mapping[str, Cost]],
    groups: Mapping[str, str],
    sizes: Mapping[str, int],
) -> list[Share]:
    """Combine jobs, groups and costs.

    The time of a rule with a single job, which gathers all sets, scales with the number of sets;
    that of a job that reads all networks with the number of networks; other times stay the same.

    Parameters
    ----------
    jobs
        Jobs by rule.
    costs
        Costs by rule of each run; the first run that has the rule counts.
    groups, sizes
        From `read_groups`.
    """
    shares = []
    for rule, number in jobs.items():
        cost = next((known[rule] for known in costs if rule in known), None)
        size = sizes.get(groups.get(rule, ""), 1)
        submissions = 0 if rule in LOCAL else math.ceil(number / size)
        scale = 1.0
        if cost and rule in READ_ALL_NETWORKS and cost.networks:
            scale = jobs.get("train_expert", cost.networks) / cost.networks
        elif cost and number == cost.jobs == 1 and cost.sets:
            scale = jobs.get("predict", cost.sets) / cost.sets
        shares.append(Share(rule, number, submissions, scale, cost))
    return shares


@dataclass(frozen=True)
class Estimate:
    """Jobs and hours of a run.

    Attributes
    ----------
    shares
        The rules of the run.
    groups
        Group of each rule on a cluster, from `read_groups`.
    """

    shares: Sequence[Share]
    groups: Mapping[str, str]

    def rows(self) -> list[list[str]]:
        """Return one row of `COLUMNS` per rule; ``?`` for an unknown time."""
        rows = []
        for share in self.shares:
            group = self.groups.get(share.rule, "(local)" if share.rule in LOCAL else "-")
            row = [share.rule, str(share.jobs), group, str(share.submissions)]
            if share.cost is None:
                rows.append([*row, "?", "?"])
                continue
            seconds = share.cost.seconds * share.scale
            rows.append([*row, f"{seconds:.1f}", f"{seconds * share.jobs / SECONDS_AN_HOUR:.2f}"])
        return rows

    def sums(self) -> list[str]:
        """Return the sums over all rules and the sources of the costs, one per line."""
        shares = self.shares
        # consecutive rules in a group without a size share one cluster job
        sizeless = [s for s in shares if s.rule in self.groups and s.jobs == s.submissions]
        joined = sum(share.submissions for share in sizeless) - len(
            {self.groups[share.rule] for share in sizeless}
        )
        known = [(s.cost, s.scale * s.jobs / SECONDS_AN_HOUR) for s in shares if s.cost]
        hours = sum(cost.seconds * scale for cost, scale in known)
        processor = sum(cost.processor_seconds * scale for cost, scale in known)
        submitted = sum(share.submissions for share in shares) - joined
        on_nodes = sum(share.jobs for share in shares if share.submissions)
        starts = (submitted * START_OF_SUBMISSION + on_nodes * START_OF_JOB) / SECONDS_AN_HOUR
        return [
            f"{sum(share.jobs for share in shares):,} jobs, about {submitted:,} on a cluster",
            f"expected: {processor:,.1f} node-hours where each job has a core of its own, "
            f"{hours:,.1f} on cores as busy as when they were measured",
            f"on a cluster, starting Snakemake for each job adds {starts:,.1f} processor hours",
            *_sources(shares),
        ]


def _sources(shares: Sequence[Share]) -> list[str]:
    """Name the run in which each cost was measured, and the rules without a measurement."""
    by_source: dict[Path, list[Share]] = {}
    for share in shares:
        if share.cost:
            by_source.setdefault(share.cost.source, []).append(share)
    lines = [
        f"measured in {source} ({found[0].cost.sets} sets, {found[0].cost.networks} networks): "  # type: ignore[union-attr]
        f"{', '.join(share.rule for share in found)}"
        for source, found in by_source.items()
    ]
    unknown = [share.rule for share in shares if share.cost is None]
    if unknown:
        lines.append(f"not measured in any run and not in the sums: {', '.join(unknown)}")
    return lines


def estimate(configfile: Path) -> Estimate:
    """Estimate the cost of a whole run by a dry-run of Snakemake in the present folder.

    Raises
    ------
    InputError
        With one line per fault that stops the dry-run, or with Snakemake's own output.
    """
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(FOLDER / "Snakefile")]
    command += ["--configfile", str(configfile), "--cores", "1", "--dry-run", "--forceall"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        _, mark, faults = ended.stderr.partition(MARK)
        raise InputError(faults.strip() if mark else f"{ended.stdout}{ended.stderr}".strip())
    own = Path("results") / yaml.safe_load(configfile.read_text(encoding="utf-8"))["run"]
    found = sorted(Path("results").glob("*/benchmarks"))
    costs = rank_costs(
        read_costs(own / "benchmarks"),
        [read_costs(folder) for folder in found if folder.parent != own],
        read_shipped(SHIPPED),
    )
    groups, sizes = read_groups(PROFILE)
    return Estimate(share_out(read_jobs(ended.stdout), costs, groups, sizes), groups)
