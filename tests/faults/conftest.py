"""A small project of a user: a genome, three peak files, a config and an experiment table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

CHROMOSOMES = ("chr1", "chr2", "chr3", "chr4")
LENGTH = 20_000
ROWS = (
    ("GATA3_x", "GATA3", "train", "-"),
    ("FOXM1_x", "FOXM1", "train", "-"),
    ("CTCF_x", "CTCF", "ood", "cross_family"),
)


@dataclass
class Project:
    """A folder to break one thing in."""

    folder: Path

    @property
    def config(self) -> dict[str, Any]:
        """Return the config as it stands in the folder."""
        config: dict[str, Any] = yaml.safe_load((self.folder / "config.yaml").read_text())
        return config

    def write_config(self, **changes: Any) -> None:
        """Change top-level keys of the config."""
        (self.folder / "config.yaml").write_text(yaml.safe_dump(self.config | changes))

    def peaks(self, name: str = "GATA3_x") -> Path:
        """Return the path of a peak file."""
        return self.folder / f"{name}.bed"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Write a project that would run."""
    rng = np.random.default_rng(1)
    with (tmp_path / "genome.fa").open("w") as fasta:
        for chromosome in CHROMOSOMES:
            bases = "".join(rng.choice(list("ACGT"), LENGTH))
            fasta.write(f">{chromosome}\n")
            fasta.writelines(bases[at : at + 60] + "\n" for at in range(0, LENGTH, 60))
    for name, *_ in ROWS:
        starts = np.sort(rng.choice(np.arange(200, LENGTH - 200, 400), 8, replace=False))
        lines = [f"{chrom}\t{at}\t{at + 100}\n" for chrom in CHROMOSOMES for at in starts]
        (tmp_path / f"{name}.bed").write_text("".join(lines))
    table = ["experiment\tfactor\tbiosample\trole\tstratum\tfamily\tpeaks\tsha256"]
    table += [
        f"{name}\t{factor}\tx\t{role}\t{stratum}\t-\t{name}.bed\t-"
        for name, factor, role, stratum in ROWS
    ]
    (tmp_path / "experiments.tsv").write_text("\n".join(table) + "\n")
    config = {
        "run": "test",
        "experiments": "experiments.tsv",
        "genome": {"assembly": "toy", "fasta": "genome.fa"},
        "splits": {"test": ["chr1"], "validation": ["chr2"], "gate": ["chr3"]},
        "training": {"minimum_positives": 5},
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    return Project(tmp_path)
