from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.errors import InputError
from tfmoe.data.datasets import SequenceSet, concatenate, read_sequences, write_sequences


def example() -> SequenceSet:
    table = pd.DataFrame(
        {
            "name": ["x:peak:I:10", "x:genomic:I:50", "x:dinucleotide:I:10"],
            "chrom": ["I", "I", "I"],
            "start": [10, 50, 10],
            "end": [13, 53, 13],
            "strand": ["+", ".", "+"],
            "label": [1, 0, 0],
            "kind": ["peak", "genomic", "dinucleotide"],
            "parent": [None, None, "x:peak:I:10"],
            "split": ["train", "test", "test"],
            "repeat_share": np.array([1 / 3, 0, np.nan], dtype=np.float32),
            "rank": [7, -1, 7],
        }
    )
    codes = np.array([[0, 1, 2, 3, 4], [3, 3, 3, 3, 3], [4, 0, 1, 2, 4]], dtype=np.uint8)
    return SequenceSet(table, codes, 1)


def test_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    write_sequences(example(), path)
    found = read_sequences(path)
    assert found.flank == 1
    np.testing.assert_array_equal(found.codes, example().codes)
    np.testing.assert_array_equal(found.windows, [[1, 2, 3], [3, 3, 3], [0, 1, 2]])
    np.testing.assert_array_equal(found.labels, np.array([1, 0, 0], dtype=np.float32))
    assert found.labels.dtype == np.float32
    assert found.table["name"].tolist() == example().table["name"].tolist()
    assert found.table["parent"].isna().tolist() == [True, True, False]
    assert found.table["repeat_share"].dtype == np.float32
    assert found.table["rank"].tolist() == [7, -1, 7]
    assert found.table["rank"].dtype == np.int64
    np.testing.assert_array_equal(found.table["repeat_share"], np.float32([1 / 3, 0, np.nan]))
    written = pd.read_parquet(path)
    assert written["sequence"].tolist() == ["CGT", "TTT", "ACG"]
    assert written["left_flank"].tolist() == ["A", "T", "N"]
    assert written["right_flank"].tolist() == ["N", "T", "N"]


def test_equal_sets_give_equal_bytes(tmp_path: Path) -> None:
    write_sequences(example(), tmp_path / "a")
    write_sequences(example(), tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_writing_leaves_the_table_alone(tmp_path: Path) -> None:
    sequences = example()
    write_sequences(sequences, tmp_path / "a")
    assert "sequence" not in sequences.table.columns


def test_read_part(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    write_sequences(example(), path)
    found = read_sequences(path, splits=["test"], kinds=["peak", "genomic"])
    assert found.table["name"].tolist() == ["x:genomic:I:50"]
    assert found.table.index.tolist() == [0]
    none = read_sequences(path, splits=["gate"])
    assert (len(none), none.codes.shape, none.flank) == (0, (0, 5), 1)


def test_no_flank(tmp_path: Path) -> None:
    bare = SequenceSet(example().table, example().windows.copy(), 0)
    write_sequences(bare, tmp_path / "x")
    found = read_sequences(tmp_path / "x")
    assert found.flank == 0
    np.testing.assert_array_equal(found.windows, bare.codes)


def test_empty_set(tmp_path: Path) -> None:
    write_sequences(example().select(np.zeros(3, dtype=bool)), tmp_path / "x")
    empty = read_sequences(tmp_path / "x")
    assert len(empty) == 0
    both = concatenate([empty, example()])
    assert both.codes.shape == (3, 5)


def test_select_by_mask_and_by_rows() -> None:
    masked = example().select(example().table["label"] == 0)
    assert masked.table["kind"].tolist() == ["genomic", "dinucleotide"]
    np.testing.assert_array_equal(masked.codes[0], [3, 3, 3, 3, 3])
    rows = example().select(np.array([2, 0]))
    assert rows.table["start"].tolist() == [10, 10]
    assert rows.table["kind"].tolist() == ["dinucleotide", "peak"]
    assert rows.table.index.tolist() == [0, 1]


def test_concatenate() -> None:
    both = concatenate([example(), example()])
    assert len(both) == 6
    assert both.table.index.tolist() == [0, 1, 2, 3, 4, 5]
    with pytest.raises(ValueError, match=r"differ in .*\[\(3, 1\), \(5, 0\)\]"):
        concatenate([example(), SequenceSet(example().table, example().codes, 0)])
    with pytest.raises(ValueError, match="no sequence set"):
        concatenate([])


def test_bad_sets() -> None:
    good = example()
    with pytest.raises(ValueError, match="expected uint8"):
        SequenceSet(good.table, good.codes.astype(np.int64), 1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="2 rows for 3 sequences"):
        SequenceSet(good.table[:2], good.codes, 1)
    with pytest.raises(ValueError, match="column parent, repeat_share is missing"):
        SequenceSet(good.table.drop(columns=["parent", "repeat_share"]), good.codes, 1)


def test_bad_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_sequences(tmp_path / "missing")
    frame = example().table.assign(
        sequence=["ACG", "AC", "ACG"], left_flank=["A"] * 3, right_flank=["A"] * 3
    )
    frame.to_parquet(tmp_path / "ragged")
    with pytest.raises(InputError, match=r"ragged: sequence 2 of 3 has 4 bases, but the first"):
        read_sequences(tmp_path / "ragged")
    frame.drop(columns="split").to_parquet(tmp_path / "lacking")
    with pytest.raises(InputError, match="column split is missing"):
        read_sequences(tmp_path / "lacking")
