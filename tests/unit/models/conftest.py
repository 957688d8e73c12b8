"""Small sequence sets with a planted motif, and settings to train on them in a second."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.config import schema_defaults
from tfmoe.core.dna import encode_text
from tfmoe.data.datasets import COLUMNS, SequenceSet, write_sequences
from tfmoe.data.intervals import write_bed
from tfmoe.models.device import Compute
from tfmoe.models.training import Member, TrainingSettings, train_expert

LENGTH, FLANK = 41, 4
MOTIFS = {"Alpha": "TGACTCA", "Beta": "CCACGTGG", "Gamma": "GGAAGTGC"}


def make_set(
    experiment: str, motif: str, counts: dict[str, int], ratio: int = 2, length: int = LENGTH
) -> SequenceSet:
    """Positives with `motif` and `ratio` genomic negatives each, on a stretch of chromosome 1."""
    place_on_genome = sum(map(ord, experiment))
    rng = np.random.default_rng(place_on_genome)
    rows, codes = [], []
    start = 100_000 * place_on_genome
    for split, positives in counts.items():
        for index in range(positives * (1 + ratio)):
            window = rng.integers(0, 4, length + 2 * FLANK, dtype=np.uint8)
            label = int(index < positives)
            if label:
                place = FLANK + int(rng.integers(5, length - 5 - len(motif)))
                window[place : place + len(motif)] = encode_text(motif)
            kind = "peak" if label else "genomic"
            start += 100
            rows.append(
                (
                    f"{experiment}:{kind}:1:{start}",
                    *("1", start, start + length, ".", label, kind, None, split, 0.0, -1),
                )
            )
            codes.append(window)
    return SequenceSet(pd.DataFrame(rows, columns=list(COLUMNS)), np.array(codes), FLANK)


def training_settings(**changes: object) -> TrainingSettings:
    """The schema's defaults made small."""
    settings = schema_defaults("training")
    left_out = ("seeds", "expert_per", "pooled_ensemble", "background_vs_shuffle")
    settings = {key: value for key, value in settings.items() if key not in left_out}
    small = {
        "backbones": {"convnet": {"filters": 8, "kernel_width": 8, "pool": "max"}},
        "embedding": 8,
        "epochs": 12,
        "learning_rate": 0.02,
        "weight_average": 0.8,
        "batch_size": 32,
        "positives_per_epoch": 60,
        "minimum_positives": 10,
        "max_shift": 3,
    }
    return TrainingSettings.from_section({**settings, **small, **changes})


@pytest.fixture
def settings() -> Callable[..., TrainingSettings]:
    """The function that makes small training settings."""
    return training_settings


@pytest.fixture
def sequences() -> Callable[..., SequenceSet]:
    """The function that makes a sequence set with a planted motif."""
    return make_set


@pytest.fixture
def compute() -> Compute:
    """One thread of the CPU."""
    return COMPUTE


COMPUTE = Compute(device="cpu", threads=1, batch_size=64)
NEGATIVES = {"genomic": 2, "dinucleotide": 0.5}
COUNTS = {"train": 40, "gate": 20, "validation": 20, "test": 20}
# experts whose scores are looked at have to be good ones, wherever the tests run
WELL_TRAINED = {
    "backbones": {"convnet": {"filters": 16, "kernel_width": 8, "pool": "max"}},
    "epochs": 25,
    "positives_per_epoch": 120,
}


def train_on(name: str, project: Path, settings: TrainingSettings, folder: Path) -> None:
    """Train an expert of one factor of the project, with seed 0 of the run's seed 1."""
    member = Member(name, [name], {name: project / f"{name}.parquet"})
    train_expert(name, [member], None, NEGATIVES, settings, 1, 0, COMPUTE, folder)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with sequences, training peaks and one trained expert for each of three factors."""
    folder = tmp_path_factory.mktemp("project")
    peaks = []
    for name, motif in MOTIFS.items():
        sequences = make_set(name, motif, COUNTS)
        write_sequences(sequences, folder / f"{name}.parquet")
        bound = sequences.table[sequences.table["label"] == 1][["chrom", "start", "end"]]
        peaks.append(bound.assign(factor=name, experiment=name))
        train_on(name, folder, training_settings(**WELL_TRAINED), folder / "experts" / name)
    table = pd.concat(peaks).sort_values("start", ignore_index=True)
    write_bed(table, folder / "training_peaks.bed.gz")
    return folder


@pytest.fixture(scope="session")
def reference(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an expert of Alpha, trained without a break by the small settings."""
    folder = tmp_path_factory.mktemp("reference")
    train_on("Alpha", project, training_settings(), folder)
    return folder
