"""A run that `tfmoe init` wrote can be planned as it is, by Snakemake and by `tfmoe check`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tfmoe.cli.app import app

LENGTH = 20_000
FACTORS = ("Reb1", "Abf1", "Cbf1", "Fkh2")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a genome of many chromosomes, and peak files."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(6)
    names = [f"chr{number}" for number in range(1, 13)]
    with (tmp_path / "genome.fa").open("w") as genome:
        for name in names:
            genome.write(f">{name}\n{''.join(rng.choice(list('ACGT'), LENGTH))}\n")
    for factor in FACTORS:
        lines = [
            f"{name}\t{at}\t{at + 100}\n"
            for name in names
            for at in np.sort(rng.choice(np.arange(200, LENGTH - 300, 200), 10, replace=False))
        ]
        (tmp_path / f"{factor}_peaks.bed").write_text("".join(lines))
    return tmp_path


def test_what_init_writes_is_planned_without_an_edit(snakemake, folder: Path):
    peaks = [f"{factor}_peaks.bed" for factor in FACTORS]
    given = ["--genome", "genome.fa", "--species", "yeast", "--ood", "Fkh2"]
    made = CliRunner().invoke(app, ["init", "mine", *given, *peaks])
    assert made.exit_code == 0, made.output
    ended = snakemake(folder, "--dry-run", "--configfile", "mine/config.yaml")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "train_expert" in ended.stdout
    checked = CliRunner().invoke(app, ["check", "mine/config.yaml"])
    assert checked.exit_code == 0, checked.output
    lines = checked.stdout.splitlines()
    assert "predict\t4\tpredictions\t1\t" in checked.stdout
    assert any(line.startswith("expected: ") and "node-hours" in line for line in lines)
    assert lines[-1] == "mine/config.yaml: no faults"
