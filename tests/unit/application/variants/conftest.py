"""A model that is a function of the bases, and a small genome."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tfmoe.core.dna import Codes
from tfmoe.data.reading.genome import Genome

WINDOW = 11
# 40 bases; positions counted from 0:  0         10        20        30
CHR1 = "ACGTTGCAAC" + "GGATCCATTA" + "GCCGTAnRAC" + "TTGACGTCAA"
CHR2 = "ttttacgttt" + "GGGG"


@dataclass(frozen=True)
class FakeModel:
    """Logit of seed k: sum over positions of (code + 1) * (position + 1 + k), an N counts 0."""

    folder: Path
    window: int = WINDOW
    seeds: tuple[int, ...] = (0, 1)
    manifest: Any = field(default_factory=lambda: SimpleNamespace(run="fake"))
    conditioned: Any = None
    calls: list[tuple[int, ...]] = field(default_factory=list)

    def score(self, codes: Codes, query: Any) -> Any:
        self.calls.append(codes.shape)
        return SimpleNamespace(
            logits=np.stack([logit(codes, seed) for seed in self.seeds], axis=1).astype(np.float32)
        )


def logit(codes: Codes, seed: int) -> Any:
    values = np.where(codes == 4, 0, codes.astype(np.int64) + 1)
    return (values * (np.arange(codes.shape[1]) + 1 + seed)).sum(axis=1)


@pytest.fixture
def model(tmp_path: Path) -> FakeModel:
    folder = tmp_path / "model"
    folder.mkdir()
    return FakeModel(folder)


@pytest.fixture
def query() -> Any:
    return SimpleNamespace(factor=None, own_expert=None, evidence=None, model="moe")


def write_genome(folder: Path, sequences: dict[str, str]) -> Path:
    """Write a FASTA with one line per sequence, and its index."""
    text, index = "", ""
    for name, bases in sequences.items():
        text += f">{name}\n"
        index += f"{name}\t{len(bases)}\t{len(text)}\t{len(bases)}\t{len(bases) + 1}\n"
        text += f"{bases}\n"
    path = folder / "genome.fa"
    path.write_text(text)
    path.with_name("genome.fa.fai").write_text(index)
    return path


@pytest.fixture
def genome(tmp_path: Path) -> Iterator[Genome]:
    with Genome(write_genome(tmp_path, {"chr1": CHR1, "chr2": CHR2})) as opened:
        yield opened
