"""The workflow as a Snakemake module, and through its second entry point."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from snakemake_forks import Snakemakes

MODULE = """
import yaml

module tfmoe:
    snakefile: "{snakefile}"
    config: yaml.safe_load(open("mine.yaml"))

use rule * from tfmoe as tfmoe_*

rule all:
    default_target: True
    input: "results/small/regions/A_x.bed.gz"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a toy genome, peaks, a table and a config."""
    (tmp_path / "genome.fa").write_text(
        "".join(f">chr{n}\n{'ACGTTGCA' * 500}\n" for n in range(1, 5))
    )
    peaks = [f"chr{n}\t{start}\t{start + 100}\n" for n in range(1, 5) for start in (500, 2000)]
    (tmp_path / "A.bed").write_text("".join(peaks))
    header = "experiment\tfactor\tbiosample\trole\tstratum\tfamily\tpeaks\tsha256\n"
    (tmp_path / "table.tsv").write_text(f"{header}A_x\tGATA3\tx\ttrain\t-\t-\tA.bed\t-\n")
    settings = {
        "run": "small",
        "experiments": "table.tsv",
        "genome": {"assembly": "toy", "fasta": "genome.fa"},
        "splits": {"test": ["chr1"], "validation": ["chr2"], "gate": ["chr3"]},
    }
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(settings))
    return tmp_path


def run(snakemakes: Snakemakes, folder: Path, *arguments: str) -> str:
    ended = snakemakes.run(["--cores", "1", *arguments], folder)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


@pytest.mark.parametrize("entry", ["Snakefile", "workflow/Snakefile"])
def test_another_workflow_can_use_it_as_a_module(
    entry: str, folder: Path, root: Path, snakemakes: Snakemakes
) -> None:
    (folder / "Snakefile").write_text(MODULE.format(snakefile=root / entry))
    printed = run(snakemakes, folder, "--dry-run")
    assert "tfmoe_select_windows" in printed
    if entry == "Snakefile":
        run(snakemakes, folder)
        assert (folder / "results/small/regions/A_x.bed.gz.tbi").is_file()
        assert (folder / "results/small/run.json").is_file()


def test_both_entry_points_plan_the_same_jobs(
    folder: Path, root: Path, snakemakes: Snakemakes
) -> None:
    plans = []
    for entry in ("Snakefile", "workflow/Snakefile"):
        shutil.rmtree(folder / ".snakemake", ignore_errors=True)
        arguments = ("--snakefile", str(root / entry), "--configfile", "mine.yaml", "--dry-run")
        printed = run(snakemakes, folder, *arguments, "--quiet", "rules")
        plans.append([line for line in printed.splitlines() if line.startswith(("train", "write"))])
    assert plans[0] == plans[1] != []


def test_the_catalog_of_workflows_finds_its_files(root: Path) -> None:
    # its "standardized usage" needs these, and snakedeploy copies the folder config
    for name in ("workflow/Snakefile", "config/README.md", "config/config.yaml"):
        assert (root / name).is_file()
    entry = yaml.safe_load((root / ".snakemake-workflow-catalog.yml").read_text())
    assert entry["usage"]["software-stack-deployment"]["conda"] is True
    citation = yaml.safe_load((root / "CITATION.cff").read_text())
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
