"""A small run of the whole pipeline, which the drills disturb, move and repeat.

It simulates a genome of eight chromosomes of 100 kb and the peaks of three experiments. It has some
65 jobs, of nearly every rule of the target `all`, and spends most of its time on starts of Python.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
RUN = "tiny"
RESULTS = Path("results", RUN)
EXPERIMENTS = ("ARID3A", "FOXM1", "CTCF")
# traces of the way to the results, which are not results
NOT_COMPARED = ("logs", "benchmarks", ".state")


def write_project(folder: Path, **changes: object) -> None:
    """Write the demo's config and experiment table, made smaller, into a folder.

    Parameters
    ----------
    folder
        Folder of the project; it is made where it is missing.
    **changes
        Top-level keys of the config that replace those of the small run.
    """
    (folder / "config").mkdir(parents=True, exist_ok=True)
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    simulation = config["simulation"]
    simulation |= {"chromosome_length": 100_000, "training_peaks": 200, "ood_peaks": 60}
    simulation["cofactors"] = {name: simulation["cofactors"][name][:2] for name in EXPERIMENTS}
    config |= {"run": RUN, "training": {"seeds": 1, "epochs": 2}, **changes}
    (folder / "config/config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    table = (ROOT / "config/experiments.tsv").read_text(encoding="utf-8").splitlines()
    kept = [line for line in table if line.startswith(("experiment\t", *EXPERIMENTS))]
    (folder / "config/experiments.tsv").write_text("\n".join(kept) + "\n", encoding="utf-8")


def command(folder: Path, cores: int, *options: str) -> list[str]:
    """Return the command that runs the pipeline in a folder."""
    snakemake = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    return [*snakemake, "--directory", str(folder), "--cores", str(cores), *options]


def environment(**changes: str) -> Mapping[str, str]:
    """Return the environment of such a command, with changes."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    return {**os.environ, "PATH": path, **changes}


def digests(results: Path) -> dict[str, str]:
    """Return the SHA-256 of each result by its path, without traces such as logs."""
    files = (path for path in results.rglob("*") if path.is_file())
    named = ((path.relative_to(results), path) for path in sorted(files))
    return {
        name.as_posix(): sha256(path.read_bytes()).hexdigest()
        for name, path in named
        if name.parts[0] not in NOT_COMPARED
    }


def differing(first: Mapping[str, str], second: Mapping[str, str]) -> list[str]:
    """Return the results that two runs do not share byte for byte."""
    return sorted(name for name in {*first, *second} if first.get(name) != second.get(name))
