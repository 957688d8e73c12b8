"""A small run of yeast factors: a genome, peak files, a config and an experiment table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from tfmoe.core.config import schema_defaults
from tfmoe.jaspar.matrices import Matrix
from tfmoe.jaspar.release import JasparSettings, read_release

LENGTH = 100_000
FACTORS = ("Reb1", "Abf1", "Rap1", "Fkh2")
HEADER = "experiment\tfactor\tbiosample\trole\tstratum\tfamily\tpeaks\tsha256"
FAMILIES = {"Reb1": "Myb/SANT", "Rap1": "Myb/SANT", "Abf1": "Abf1", "Fkh2": "forkhead"}


@dataclass
class Files:
    """A folder with a run; `rows` are the lines of its table."""

    folder: Path
    config: dict[str, Any]
    rows: list[str]

    def write(self, **changes: Any) -> Path:
        """Write config and table, with changes of the config's keys; return the config's path."""
        table = "\n".join([HEADER, *self.rows]) + "\n"
        (self.folder / "experiments.tsv").write_text(table)
        path = self.folder / "config.yaml"
        path.write_text(yaml.safe_dump(self.config | changes))
        return path


@pytest.fixture(scope="session")
def fungi() -> list[Matrix]:
    """Return the matrices of JASPAR's fungi."""
    settings = schema_defaults("jaspar") | {"tax_groups": ["fungi"]}
    return read_release(JasparSettings(**settings))


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    """Write genome and peaks of a run that has no faults; the present folder is that of the run."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(3)
    bases = "".join(rng.choice(list("ACGT"), LENGTH))
    lines = [bases[at : at + 80] for at in range(0, LENGTH, 80)]
    (tmp_path / "genome.fa").write_text(">chrI\n" + "\n".join(lines) + "\n")
    for name in FACTORS:
        starts = np.sort(rng.choice(np.arange(200, LENGTH - 200, 300), 120, replace=False))
        peaks = [f"I\t{at}\t{at + 100}\n" for at in starts]
        (tmp_path / f"{name}_peaks.bed").write_text("".join(peaks))
    config = {
        "run": "small",
        "experiments": "experiments.tsv",
        "genome": {"assembly": "toy", "fasta": "genome.fa"},
        "splits": {"by": "blocks", "block_length": 2000},
        "jaspar": {"tax_groups": ["fungi"]},
    }
    roles = ("train\t-", "train\t-", "train\t-", "ood\tcross_family")
    rows = [
        f"{name}\t{name}\tx\t{role}\t{FAMILIES[name]}\t{name}_peaks.bed\t-"
        for name, role in zip(FACTORS, roles, strict=True)
    ]
    return Files(tmp_path, config, rows)
