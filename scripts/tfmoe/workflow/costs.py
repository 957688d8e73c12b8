"""Estimated cost of a run: its jobs, their groups on a cluster, and the hours that they take.

``tfmoe check`` prints it. A dry-run of the whole run counts the jobs. Benchmark files of earlier
runs provide the time per job of each rule, scaled to this run; rules without a measurement are
listed and not estimated.
"""

from __future__ import annotations

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
from tfmoe.workflow.measured_costs import Cost, Costs, rank_costs, read_costs, read_shipped
from tfmoe.workflow.project import FOLDER

PROFILE = FOLDER / "profiles/slurm/config.yaml"
# the target, which requests files and computes nothing
TARGET = "all"
# jobs that Snakemake runs on its own machine instead of the cluster
LOCAL = ("fetch_file",)
# each job reads all networks of a recipe, so its time grows with their number
READ_ALL_NETWORKS = ("predict", "predict_recipe", "fit_mixture", "score_development")
# each job works on the positives of a set, or of several, and their negatives
GROW_WITH_POSITIVES = (
    "audit_sequences",
    "draw_test_negatives",
    "draw_training_negatives",
    "fit_mixture",
    "join_sequences",
    "predict",
    "select_windows",
    "train_expert",
)
# processor seconds to start Snakemake on a node: once per job of the cluster, once per job in it;
# from the accounting of a local SLURM on an AMD EPYC, since benchmark files do not contain them
START_OF_SUBMISSION = 3.2
START_OF_JOB = 4.5
SECONDS_AN_HOUR = 3600
COLUMNS = ("rule", "jobs", "group", "submitted", "seconds per job", "hours")


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


def read_groups(profile: Pathlike) -> tuple[dict[str, str], dict[str, int]]:
    """Read the group of each rule and the size of each group from a profile."""
    content = yaml.safe_load(Path(profile).read_text(encoding="utf-8"))
    groups = dict(entry.split("=") for entry in content.get("groups", []))
    sizes = dict(entry.split("=") for entry in content.get("group-components", []))
    return groups, {group: int(size) for group, size in sizes.items()}


def share_out(
    jobs: Mapping[str, int],
    costs: Sequence[Costs],
    groups: Mapping[str, str],
    sizes: Mapping[str, int],
    positives: float = 0,
) -> list[Share]:
    """Combine jobs, groups and costs.

    The time of a rule with a single job, which gathers all sets, scales with the number of sets;
    that of a job that reads all networks with the number of networks; that of a job that works on
    sequences of a set with the number of positives. Other times stay the same.

    Parameters
    ----------
    jobs
        Jobs by rule.
    costs
        Costs by rule of each run; the first run that has the rule counts.
    groups, sizes
        From `read_groups`.
    positives
        Mean number of positives per set; 0 if it is not known.
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
        if cost and rule in GROW_WITH_POSITIVES and positives and cost.positives:
            scale *= positives / cost.positives
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
    by_source: dict[str, list[Share]] = {}
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


def estimate(configfile: Path, positives: float = 0) -> Estimate:
    """Estimate the cost of a whole run by a dry-run of Snakemake in the present folder.

    Parameters
    ----------
    configfile
        The config file.
    positives
        Mean number of positives per set; 0 if it is not known.

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
        read_shipped(),
        positives,
    )
    groups, sizes = read_groups(PROFILE)
    shares = share_out(read_jobs(ended.stdout), costs, groups, sizes, positives)
    return Estimate(shares, groups)
