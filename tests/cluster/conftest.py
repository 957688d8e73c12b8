"""Fixtures for a real SLURM, and a run that is small enough for it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

SCRIPT = Path(__file__).with_name("slurm.sh")
CANNOT_RUN_HERE = 77
TARGET = "results/mini/evaluation/metrics.tsv"
TRAINED = ("ARID3A", "FOXM1")
SCORED = ("CTCF",)
# the commented lines of the profile, as a user would fill them in
FILLED_IN = {
    "default-resources": [
        *("slurm_account=test", "slurm_partition=cpu"),
        *("mem_mb=2000", "runtime=30", "group_slot=1"),
    ],
    "set-resources": ["train_expert:gpu=1", "train_expert:slurm_partition=gpu"],
}
# outputs of a run that are reproducible byte for byte
TABLES = ("**/*.parquet", "**/*.safetensors", "**/*.tsv", "regions/*.bed.gz", "jaspar/*.meme")


def write_mini(folder: Path, root: Path, **sections: object) -> None:
    """Write a run of two training factors, with two epochs each, and an OOD factor."""
    (folder / "config").mkdir(parents=True)
    config = yaml.safe_load((root / "config/config.yaml").read_text())
    cofactors = config["simulation"]["cofactors"]
    config["run"] = "mini"
    config["simulation"] |= {
        "chromosome_length": 200_000,
        "training_peaks": 300,
        "ood_peaks": 100,
        "cofactors": {name: cofactors[name] for name in TRAINED + SCORED},
    }
    config["training"] = {"seeds": 1, "epochs": 2, "background_vs_shuffle": False}
    config["gkm"] = {"fit": False}
    config["mixture"] = {"epochs": 3}
    config |= sections
    (folder / "config/config.yaml").write_text(yaml.safe_dump(config))
    lines = (root / "config/experiments.tsv").read_text().splitlines()
    kept = [line for line in lines if line.startswith(("#", "experiment", *TRAINED, *SCORED))]
    (folder / "config/experiments.tsv").write_text("\n".join(kept) + "\n")


def contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of the reproducible outputs: tables and weights."""
    results = folder / "results/mini"
    files = {path for pattern in TABLES for path in results.glob(pattern)}
    named = {str(path.relative_to(results)): path.read_bytes() for path in sorted(files)}
    return {name: text for name, text in named.items() if not name.startswith("benchmarks")}


@dataclass(frozen=True)
class Job:
    """A job in SLURM's accounting: its rule or group, and the resources that it requested."""

    name: str
    state: str
    cpus: int
    megabytes: int
    gpus: int
    minutes: int


class Slurm:
    """The SLURM that `slurm.sh` has started."""

    def __init__(self, root: Path, environment: dict[str, str]) -> None:
        self.root = root
        self.environment = environment
        self.script = SCRIPT

    def command(self, *arguments: str) -> list[str]:
        """Return the command that runs the pipeline through the profile for SLURM."""
        options = [part for name, values in FILLED_IN.items() for part in (f"--{name}", *values)]
        snakemake = [sys.executable, "-m", "snakemake", "--snakefile", str(self.root / "Snakefile")]
        profile = ["--workflow-profile", str(self.root / "profiles/slurm")]
        return [*snakemake, *profile, *options, *arguments]

    def snakemake(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the pipeline; interrupt Snakemake after ten minutes, so that it cancels its jobs."""
        return self.call("timeout", "-s", "INT", "600", *self.command(*arguments), folder=folder)

    def call(self, *command: str, folder: Path) -> subprocess.CompletedProcess[str]:
        """Run a command in the environment of this SLURM."""
        return subprocess.run(
            command, cwd=folder, env=self.environment, capture_output=True, text=True, check=False
        )

    def jobs(self, folder: Path) -> list[Job]:
        """Return the jobs submitted from a folder, from the accounting."""
        fields = "Comment,State,ReqTRES,TimelimitRaw,WorkDir"
        command = ("sacct", "-X", "-n", "-P", "--units=M", "-S", "now-1days", "--format", fields)
        lines = self.call(*command, folder=folder).stdout.splitlines()
        rows = [line.split("|") for line in lines]
        return [_job(*row[:-1]) for row in rows if Path(row[-1]).resolve() == folder.resolve()]


def _job(comment: str, state: str, requested: str, minutes: str) -> Job:
    asked = dict(part.split("=") for part in requested.split(","))
    name = comment.removeprefix("rule_").split("_wildcards_")[0]
    megabytes = int(float(asked["mem"].removesuffix("M")))
    return Job(
        name, state, int(asked["cpu"]), megabytes, int(asked.get("gres/gpu", 0)), int(minutes)
    )


@pytest.fixture(scope="session")
def slurm(root: Path) -> Iterator[Slurm]:
    """Start SLURM, and stop it afterwards if it was not running before; skip if it cannot run."""
    before = subprocess.run([SCRIPT, "status"], check=False).returncode == 0
    started = subprocess.run([SCRIPT, "up"], capture_output=True, text=True, check=False)
    if started.returncode == CANNOT_RUN_HERE:
        pytest.skip(started.stderr.splitlines()[-1])
    assert started.returncode == 0, started.stderr
    shown = subprocess.run([SCRIPT, "env"], capture_output=True, text=True, check=True).stdout
    named = dict(re.findall(r"^export (\w+)=(.*)$", shown, re.MULTILINE))
    # the programs of this virtual environment, even if it is not activated
    own = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    path = named["PATH"].replace("$PATH", own)
    yield Slurm(root, os.environ | named | {"PATH": path})
    if not before:
        subprocess.run([SCRIPT, "down"], capture_output=True, check=True)
