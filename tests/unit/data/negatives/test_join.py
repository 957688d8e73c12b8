from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.files import write_tsv
from tfmoe.data.datasets import COLUMNS, SequenceSet, write_sequences
from tfmoe.data.negatives.join import (
    join_sequences,
    join_summaries,
    read_positive_names,
    read_summary,
)
from tfmoe.data.negatives.summary import KindSummary, summary_table


def sequences(*rows: tuple[str, str, str]) -> SequenceSet:
    """Make sequences of name, kind and split."""
    table = pd.DataFrame(rows, columns=["name", "kind", "split"]).astype("str")
    table = table.assign(
        chrom=".", start=-1, end=-1, strand=".", label=(table["kind"] == "peak").astype("int8"),
        parent=pd.Series(None, index=table.index, dtype="str"), repeat_share=np.float32(0),
        rank=np.int64(-1),
    )  # fmt: skip
    codes = np.array([[ord(name) % 4] * 5 for name in table["name"]], dtype=np.uint8)
    return SequenceSet(table[list(COLUMNS)], codes.reshape(len(table), 5), 1)


TRAINING = sequences(
    ("b", "peak", "train"), ("d", "peak", "gate"),
    ("g", "genomic", "train"), ("h", "genomic", "gate"), ("s", "dinucleotide", "gate"),
    ("f", "file", "train"),
)  # fmt: skip
TEST = sequences(
    ("a", "peak", "test"), ("c", "peak", "test"), ("i", "genomic", "test"),
    ("t", "dinucleotide", "test"), ("n", "neighbour", "test"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("shuffles_last", "order"), [(False, "abcdghistnf"), (True, "abcdghinfst")]
)
def test_positives_in_their_order_then_kind_by_kind(shuffles_last: bool, order: str) -> None:
    joined = join_sequences(TRAINING, TEST, list("abcd"), shuffles_last)
    assert "".join(joined.table["name"]) == order
    assert joined.codes[:, 0].tolist() == [ord(name) % 4 for name in order]
    assert joined.flank == 1


def test_a_positive_without_a_place() -> None:
    with pytest.raises(ValueError, match="positives: 1 names are missing"):
        join_sequences(TRAINING, TEST, list("abc"), False)


def test_names_of_ready_positives(tmp_path: Path) -> None:
    write_sequences(TRAINING, tmp_path / "x.parquet")
    assert read_positive_names(tmp_path / "x.parquet") == ["b", "d"]


def row(kind: str, split: str, number: float, chromosomes: str) -> KindSummary:
    return KindSummary(
        "x", kind, split, 3, 4, 2, "too few", number, float("nan"), 0, 1, 1e-7, 0, 1, 2, 3,
        chromosomes,
    )  # fmt: skip


def test_summaries_are_joined_by_kind_and_split_without_a_change(tmp_path: Path) -> None:
    # a column of one part alone could be taken for numbers: 01 is a chromosome
    training = [row("genomic", "train", 1 / 3, "01"), row("file", "train", 2, "01")]
    test = [row("genomic", "test", 0.1 + 0.2, "-"), row("neighbour", "test", 5, "-")]
    for name, rows in (("training", training), ("test", test), ("empty", [])):
        write_tsv(summary_table(rows), tmp_path / name)
    joined = join_summaries([read_summary(tmp_path / name) for name in ("training", "test")])
    write_tsv(joined, tmp_path / "joined")
    write_tsv(summary_table([training[0], test[0], test[1], training[1]]), tmp_path / "expected")
    assert (tmp_path / "joined").read_bytes() == (tmp_path / "expected").read_bytes()
    only = join_summaries([read_summary(tmp_path / name) for name in ("empty", "test")])
    write_tsv(only, tmp_path / "joined")
    assert (tmp_path / "joined").read_bytes() == (tmp_path / "test").read_bytes()
