"""Runs on the same genome: one prepares it, the others link it, and none disturbs another."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
import yaml

from tfmoe.data.reading.shared_genome import FOLDER

FILES = ("genome/genome.fa", "genome/genome.fa.fai", "genome/chromosomes.tsv")
WINDOWS = ("regions/A_x.bed.gz", "regions/A_x.filters.tsv")
LINKED = "which an earlier run prepared"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a small genome and the peaks of one experiment; return their folder."""
    folder = tmp_path / "work"
    folder.mkdir()
    rng = random.Random(3)
    fasta = "".join(f">chr{n}\n{''.join(rng.choices('ACGTacgt', k=9_000))}\n" for n in range(1, 5))
    (folder / "source.fa").write_text(fasta)
    peaks = [f"chr{n}\t{at}\t{at + 150}\n" for n in range(1, 5) for at in range(500, 8_000, 700)]
    (folder / "A.bed").write_text("".join(peaks))
    (folder / "experiments.tsv").write_text(
        "experiment\tfactor\tbiosample\trole\tstratum\tfamily\tpeaks\tsha256\n"
        "A_x\tGATA3\tx\ttrain\t-\t-\tA.bed\t-\n"
    )
    return folder


def write_config(folder: Path, run: str, **genome: object) -> str:
    """Write the config of a run; return its path."""
    settings = {
        "run": run,
        "experiments": "experiments.tsv",
        "genome": {"assembly": "toy", "fasta": "source.fa", **genome},
        "splits": {"test": ["chr1"], "validation": ["chr2"], "gate": ["chr3"]},
        "training": {"seeds": 1, "minimum_positives": 5},
    }
    (folder / f"{run}.yaml").write_text(yaml.safe_dump(settings))
    return f"{run}.yaml"


def command(folder: Path, run: str, *options: str, **genome: object) -> list[str]:
    """Return Snakemake's options that make the genome and the windows of a run."""
    config = write_config(folder, run, **genome)
    targets = [f"results/{run}/{name}" for name in (*FILES, *WINDOWS)]
    return ["--configfile", config, *options, "--", *targets]


def compute(snakemake, folder: Path, run: str, **genome: object) -> str:
    """Make the genome and the windows of a run; return the log of the genome's preparation."""
    ended = snakemake(folder, *command(folder, run, **genome))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return (folder / f"results/{run}/logs/prepare_genome.log").read_text()


def planned(snakemake, folder: Path, run: str) -> str:
    """Return what a dry-run plans for the genome and the windows of a run."""
    ended = snakemake(folder, *command(folder, run, "--dry-run"))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def content(folder: Path, run: str) -> list[bytes]:
    return [(folder / "results" / run / name).read_bytes() for name in (*FILES, *WINDOWS)]


def inode(folder: Path, run: str) -> int:
    return (folder / "results" / run / FILES[0]).stat().st_ino


def test_a_second_run_links_the_genome_of_the_first(snakemake, folder: Path, root: Path):
    assert LINKED not in compute(snakemake, folder, "first")
    assert LINKED in compute(snakemake, folder, "second")
    assert inode(folder, "first") == inode(folder, "second")
    assert content(folder, "first") == content(folder, "second")
    # Snakemake has set the time of the file that both have
    genome, index, windows = (
        (folder / "results/first" / name).stat().st_mtime for name in (*FILES[:2], WINDOWS[0])
    )
    assert index < windows < genome
    assert "Nothing to be done" in planned(snakemake, folder, "first")

    # other sequences are another genome
    listed = [f"chr{number}" for number in range(1, 5)]
    assert LINKED not in compute(snakemake, folder, "third", chromosomes=listed)
    assert content(folder, "third") == content(folder, "first")

    # a damaged file is not used
    path = folder / "results/first" / FILES[0]
    before = content(folder, "third")
    path.write_bytes(path.read_bytes()[:-1] + b"\t")
    log = compute(snakemake, folder, "fourth")
    assert "the file is damaged and is prepared again" in log
    assert content(folder, "fourth") == before

    # results are whole without the shared folder, and in another place
    shutil.rmtree(folder / FOLDER)
    moved = folder.with_name("moved")
    shutil.copytree(folder, moved, ignore=shutil.ignore_patterns(".snakemake"))
    assert "Nothing to be done" in planned(snakemake, moved, "fourth")
    assert LINKED not in compute(snakemake, moved, "fifth")
    assert content(moved, "fifth") == before


def test_runs_that_start_together_prepare_the_genome_once(folder: Path, root: Path):
    options = ["-m", "snakemake", "--snakefile", str(root / "Snakefile"), "--cores", "1"]
    runs = [
        subprocess.Popen(
            [sys.executable, *options, *command(folder, run)],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for run in ("first", "second")
    ]
    for run in runs:
        printed, _ = run.communicate()
        assert run.returncode == 0, printed
    logs = [(folder / f"results/{run}/logs/prepare_genome.log") for run in ("first", "second")]
    assert sum(LINKED in log.read_text() for log in logs) == 1
    assert inode(folder, "first") == inode(folder, "second")
    assert content(folder, "first") == content(folder, "second")


def test_a_damaged_download_of_an_earlier_run_is_noticed(snakemake, folder: Path):
    source = (folder / "source.fa").read_bytes()
    checksum = sha256(source).hexdigest()
    place = folder / "resources/downloads" / checksum / "genome.fa"
    place.parent.mkdir(parents=True)
    place.write_bytes(source[:-1])
    genome = {"fasta": "https://example.org/genome.fa", "sha256": checksum}
    ended = snakemake(folder, *command(folder, "first", **genome))
    assert ended.returncode == 1
    assert f"{checksum}/genome.fa: its sha256 is " in ended.stderr
    assert "remove it, if the pipeline downloaded it, and run again" in ended.stderr
