from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.dna import Codes
from tfmoe.core.experiments import Experiment
from tfmoe.data.audit.homology import ANY
from tfmoe.data.audit.set_overlaps import overlap_rows, read_training_sets
from tfmoe.data.datasets import SequenceSet
from tfmoe.data.intervals import write_bed
from tfmoe.data.kmers import index_kmers, write_index

RNG = np.random.default_rng(1)


def experiment(name: str, factor: str, role: str) -> Experiment:
    stratum = "-" if role == "train" else "cross_family"
    return Experiment(name, factor, "cells", role, stratum, "-", "-", "-")


TABLE = {
    "reb": experiment("reb", "Reb1", "train"),
    "again": experiment("again", "REB1", "train"),
    "abf": experiment("abf", "Abf1", "train"),
    "new": experiment("new", "Fkh1", "ood"),
}
SHOWN = ["experiment", "stratum", "training_experiment", "training_factor", "n", "overlapping"]


def make_set(codes: Codes, starts: list[int], splits: list[str], label: int = 1) -> SequenceSet:
    number = len(codes)
    table = pd.DataFrame(
        {
            "name": [f"x:{row}" for row in range(number)],
            "chrom": "I",
            "start": starts,
            "end": [start + 40 for start in starts],
            "strand": ".",
            "label": label,
            "kind": "peak",
            "parent": None,
            "split": splits,
            "repeat_share": np.float32("nan"),
            "rank": -1,
        }
    )
    return SequenceSet(table, codes, 0)


@pytest.fixture
def sequences() -> SequenceSet:
    codes = RNG.integers(0, 4, (4, 40), dtype=np.uint8)
    return make_set(codes, [0, 100, 200, 300], ["test", "test", "test", "train"])


def test_by_coordinates(sequences: SequenceSet, tmp_path: Path) -> None:
    peaks = pd.DataFrame(
        {
            "chrom": "I",
            "start": [20, 30, 110, 310],
            "end": [30, 50, 120, 320],
            "factor": ["Reb1", "Abf1", "Abf1", "Reb1"],
            "experiment": ["reb", "abf", "abf", "reb"],
        }
    )
    write_bed(peaks, tmp_path / "training_peaks.bed.gz")
    trained = read_training_sets(tmp_path / "training_peaks.bed.gz", TABLE)
    found = overlap_rows("new", TABLE["new"], sequences, trained)
    assert found[SHOWN].to_numpy().tolist() == [
        ["new", "cross_family", "reb", "Reb1", 3, 1],
        ["new", "cross_family", "again", "REB1", 3, 0],  # no peak on the genome
        ["new", "cross_family", "abf", "Abf1", 3, 2],
        ["new", "cross_family", ANY, ANY, 3, 2],
    ]
    assert found["share"].tolist() == pytest.approx([1 / 3, 0, 2 / 3, 2 / 3])
    assert set(found["by"]) == {"coordinates"}
    own = overlap_rows("reb", TABLE["reb"], sequences, trained)
    assert own["training_experiment"].tolist() == ["abf", ANY]
    cells = replace(TABLE["reb"], role="ood", stratum="same_factor")
    found = overlap_rows("cells", cells, sequences, trained)
    assert found["training_experiment"].tolist() == ["reb", "again", "abf", ANY]
    assert found["overlapping"].tolist() == [1, 0, 2, 2]


def test_by_31_mers(sequences: SequenceSet, tmp_path: Path) -> None:
    codes = sequences.codes
    codes[1] = 3 - codes[3, ::-1]  # its own other split
    index = index_kmers(
        {"reb": codes[3:], "again": codes[:1], "abf": codes[2:3]},
        {name: TABLE[name].factor for name in ("reb", "again", "abf")},
    )
    write_index(index, tmp_path / "training_kmers.npz")
    trained = read_training_sets(tmp_path / "training_kmers.npz", TABLE)
    found = overlap_rows("reb", TABLE["reb"], sequences, trained)
    assert found[SHOWN[2:]].to_numpy().tolist() == [
        ["abf", "Abf1", 3, 1],
        ["reb", "Reb1", 3, 1],
        [ANY, ANY, 3, 1],
    ]
    assert set(found["by"]) == {"31-mers"}
    new = overlap_rows("new", TABLE["new"], sequences, trained)
    assert new["overlapping"].tolist() == [1, 1, 1, 3]


def test_a_set_without_test_positives(sequences: SequenceSet, tmp_path: Path) -> None:
    write_index(index_kmers({"abf": sequences.codes}, {"abf": "Abf1"}), tmp_path / "kmers.npz")
    trained = read_training_sets(tmp_path / "kmers.npz", {"abf": TABLE["abf"]})
    negatives = make_set(sequences.codes, [0] * 4, ["test"] * 4, label=0)
    found = overlap_rows("new", TABLE["new"], negatives, trained)
    assert found["n"].tolist() == [0, 0]
    assert found["share"].isna().all()
