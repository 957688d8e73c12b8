"""A small run through a real SLURM: results, requested resources, and overhead.

These tests are drills, because they take minutes and install SLURM's packages.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from .conftest import TARGET, Job, Slurm, contents, write_mini

pytestmark = pytest.mark.drill
MOST_SECONDS_MORE = 6.0
"""Seconds per job through SLURM beyond those of a local run."""


@dataclass(frozen=True)
class Runs:
    """The same run, through SLURM and locally."""

    slurm: Path
    local: Path
    slurm_seconds: float
    local_seconds: float


@pytest.fixture(scope="module")
def runs(slurm: Slurm, snakemake, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    folders = tmp_path_factory.mktemp("slurm"), tmp_path_factory.mktemp("local")
    for folder in folders:
        folder.rmdir()
        write_mini(folder, root)
    seconds = []
    for folder, run in zip(folders, (slurm.snakemake, snakemake), strict=True):
        began = time.monotonic()
        ended: subprocess.CompletedProcess[str] = run(folder, "--", TARGET)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        seconds.append(time.monotonic() - began)
    return Runs(*folders, *seconds)


@dataclass(frozen=True)
class Declared:
    """Resources that the rule of a job declares."""

    threads: int
    mem_mb: int
    runtime: int
    gpu: int


def declared(snakemake, folder: Path) -> dict[str, list[Declared]]:
    """Return the resources that rules declare for existing inputs: a list per rule."""
    arguments = ("--dry-run", "--forceall", "--quiet", "host", "--", TARGET)
    printed = snakemake(folder, *arguments).stdout
    found: dict[str, list[Declared]] = {}
    for rule, text in re.findall(r"^(?:local)?rule (\w+):\n((?: +.*\n)+)", printed, re.MULTILINE):
        numbers = {key: int(value) for key, value in re.findall(r"(\w+)[=:] ?(\d+)(?=[,\n])", text)}
        own = Declared(
            threads=numbers.get("threads", 1),
            mem_mb=numbers["mem_mb"],
            runtime=numbers["runtime"],
            gpu=numbers.get("gpu", 0),
        )
        found.setdefault(rule, []).append(own)
    return found


def test_the_results_are_those_of_a_local_run(runs: Runs):
    expected = contents(runs.local)
    assert len(expected) > 20
    assert contents(runs.slurm) == expected


def test_each_job_asked_for_what_its_rule_declares(runs: Runs, slurm: Slurm, snakemake):
    rules = declared(snakemake, runs.local)
    jobs = {job.name: job for job in slurm.jobs(runs.slurm)}
    assert {job.state for job in jobs.values()} == {"COMPLETED"}
    for rule in ("fit_mixture", "evaluate_models"):
        (own,) = rules[rule]
        job = jobs[rule]
        assert (job.cpus, job.megabytes) == (own.threads, own.mem_mb)
        assert (job.minutes, job.gpus) == (own.runtime, 0)
    for group, rule in [
        ("windows", "select_windows"),
        ("training_negatives", "draw_training_negatives"),
        ("predictions", "predict"),
    ]:
        job, own = jobs[f"{group}_{rule}"], rules[rule]
        assert len(own) == 3
        assert (job.cpus, job.megabytes) == (1, max(one.mem_mb for one in own))
        assert (job.minutes, job.gpus) == (sum(one.runtime for one in own), 0)
    chain = ["export_jaspar", "simulate_genome", "prepare_genome", "merge_training_peaks"]
    own = [one for rule in chain for one in rules[rule]]
    job = jobs["inputs_" + "_".join(sorted(chain))]
    assert (job.cpus, job.megabytes) == (1, max(one.mem_mb for one in own))
    assert job.minutes == sum(one.runtime for one in own)


def test_training_has_a_gpu_of_its_own(runs: Runs, slurm: Slurm, snakemake):
    rules = declared(snakemake, runs.local)["train_expert"]
    jobs = [job for job in slurm.jobs(runs.slurm) if job.name == "train_expert"]
    own = [(one.threads, one.mem_mb, one.runtime) for one in rules]
    assert [(job.cpus, job.megabytes, job.minutes) for job in jobs] == own
    assert [job.gpus for job in jobs] == [1, 1, 1]
    logs = sorted((runs.slurm / "results/mini/logs/train_expert").iterdir())
    given = [re.findall(r"this job was given GPU (\d) ", path.read_text()) for path in logs]
    assert {number for numbers in given for number in numbers} == {"0", "1"}
    assert [len(numbers) for numbers in given] == [1, 1, 1], "one warning that torch sees none"


def test_a_job_through_slurm_takes_little_longer(
    runs: Runs, slurm: Slurm, snakemake, capsys: pytest.CaptureFixture[str]
):
    rules = declared(snakemake, runs.local)
    jobs = sum(len(one) for one in rules.values())
    submitted: list[Job] = slurm.jobs(runs.slurm)
    more = (runs.slurm_seconds - runs.local_seconds) / jobs
    measured = (
        f"{jobs} jobs in {len(submitted)} of SLURM: {runs.slurm_seconds:.0f} s, "
        f"locally {runs.local_seconds:.0f} s, {more:.1f} s a job more"
    )
    with capsys.disabled():
        sys.stdout.write(f"\n{measured}\n")
    assert more <= MOST_SECONDS_MORE, measured
