from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.dna import reverse_complement
from tfmoe.core.errors import InputError
from tfmoe.data.datasets import COLUMNS, SequenceSet
from tfmoe.data.intervals import write_bed
from tfmoe.data.kmers import index_kmers, write_index
from tfmoe.data.overlap import overlaps_training

RNG = np.random.default_rng(1)
FIRST = RNG.integers(0, 4, (2, 41), dtype=np.uint8)
SECOND = RNG.integers(0, 4, (2, 41), dtype=np.uint8)
OTHER = RNG.integers(0, 4, (2, 41), dtype=np.uint8)


def make_set(windows: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> SequenceSet:
    number = len(windows)
    table = pd.DataFrame(
        {
            "name": [f"x:peak:{rank}" for rank in range(number)],
            "chrom": ".",
            "start": -1,
            "end": -1,
            "strand": ".",
            "label": 1,
            "kind": "peak",
            "parent": None,
            "split": "test",
            "repeat_share": np.float32("nan"),
        }
    )
    assert set(COLUMNS) <= set(table.columns)
    flank = np.full((number, 3), 4, dtype=np.uint8)
    return SequenceSet(table, np.concatenate([flank, windows, flank], axis=1), 3)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    path = tmp_path / "training_kmers.npz"
    write_index(
        index_kmers({"a": FIRST, "b": SECOND}, {"a": "Ctcf", "b": "GATA3"}),
        path,
    )
    return path


def test_by_shared_31_mers(index: Path) -> None:
    shifted = np.concatenate([OTHER[1:, :10], FIRST[:1, :31]], axis=1)  # one 31-mer in common
    short = np.concatenate([OTHER[1:, :11], FIRST[:1, :30]], axis=1)  # 30 bases in common
    windows = np.concatenate([FIRST[:1], reverse_complement(SECOND[1:]), shifted, short, OTHER[:1]])
    found = overlaps_training(make_set(windows), index, None)
    assert found.tolist() == [True, True, True, False, False]
    found = overlaps_training(make_set(windows), index, "CTCF")
    assert found.tolist() == [False, True, False, False, False]


def test_a_shuffle_goes_with_its_parent(index: Path) -> None:
    sequences = make_set(np.concatenate([FIRST[:1], OTHER]))
    sequences.table.loc[1, "parent"] = "x:peak:0"
    sequences.table.loc[2, "parent"] = "x:peak:elsewhere"
    assert overlaps_training(sequences, index).tolist() == [True, True, False]
    # whatever order they come in
    turned = sequences.select(np.array([1, 2, 0]))
    assert overlaps_training(turned, index).tolist() == [True, False, True]


def test_by_coordinates(tmp_path: Path) -> None:
    peaks = pd.DataFrame(
        {
            "chrom": "I",
            "start": [10, 50, 50],
            "end": [20, 60, 60],
            "factor": ["Reb1", "Abf1", "Reb1"],
            "experiment": ["r", "a", "r"],
        }
    )
    write_bed(peaks, tmp_path / "training_peaks.bed.gz")
    sequences = make_set(OTHER)
    sequences = SequenceSet(
        sequences.table.assign(chrom="I", start=[15, 55], end=[56, 96]), sequences.codes, 3
    )
    reference = tmp_path / "training_peaks.bed.gz"
    assert overlaps_training(sequences, reference).tolist() == [True, True]
    assert overlaps_training(sequences, reference, "ABF1").tolist() == [True, True]
    alone = sequences.select(np.array([1]))
    assert overlaps_training(alone, reference, "Abf1").tolist() == [True]


def test_nothing_to_ask(index: Path) -> None:
    assert overlaps_training(make_set(OTHER[:0]), index).shape == (0,)


def test_missing_reference(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"kmers.npz: the file does not exist"):
        overlaps_training(make_set(OTHER), tmp_path / "kmers.npz")
