from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.dna import reverse_complement
from tfmoe.core.errors import InputError
from tfmoe.data.datasets import COLUMNS, SequenceSet
from tfmoe.data.intervals import write_bed
from tfmoe.data.kmers import index_kmers, write_index
from tfmoe.data.training_overlap import overlaps_training

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
            "rank": -1,
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
    # in any order
    turned = sequences.select(np.array([1, 2, 0]))
    assert overlaps_training(turned, index).tolist() == [True, False, True]


def test_by_coordinates(tmp_path: Path) -> None:
    peaks = pd.DataFrame(
        {
            "chrom": "I",
            "start": [10, 20, 20, 50],
            "end": [20, 30, 30, 60],
            "factor": ["Reb1", "Reb1", "Abf1", "Abf1"],
            "experiment": ["r", "r", "a", "a"],
        }
    )
    reference = tmp_path / "training_peaks.bed.gz"
    write_bed(peaks, reference)
    four = make_set(np.concatenate([OTHER, OTHER]))
    table = four.table.assign(
        chrom=["I", "I", "I", "II"], start=[12, 15, 40, 12], end=[15, 22, 50, 15]
    )
    sequences = SequenceSet(table, four.codes, four.flank)
    assert overlaps_training(sequences, reference).tolist() == [True, True, False, False]
    assert overlaps_training(sequences, reference, "REB1").tolist() == [False, True, False, False]
    assert overlaps_training(sequences, reference, "abf1").tolist() == [True, True, False, False]
    write_bed(peaks[:0], reference)
    assert not overlaps_training(sequences, reference).any()


def test_nothing_to_ask(index: Path) -> None:
    assert overlaps_training(make_set(OTHER[:0]), index).shape == (0,)


def test_missing_reference(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"kmers.npz: the file does not exist"):
        overlaps_training(make_set(OTHER), tmp_path / "kmers.npz")
