from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.data.bedtools import merge_intervals, overlaps_any
from tfmoe.data.intervals import by_chromosome, overlaps_table


def intervals(number: int, seed: int, names: tuple[str, ...] = ("chr2", "1", "II")) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, 3000, number)
    return pd.DataFrame(
        {
            "chrom": rng.choice(names, number),
            "start": starts,
            "end": starts + rng.integers(1, 60, number),
            "note": "x",
        },
        index=np.arange(number) + 7,
    )


def test_merged_regions_are_those_of_the_test_in_memory() -> None:
    table = intervals(200, 1)
    merged = merge_intervals(table)
    assert list(merged.columns) == ["chrom", "start", "end"]
    assert merged["chrom"].tolist() == sorted(merged["chrom"])
    for chrom, (starts, ends) in by_chromosome(table).items():
        part = merged[merged["chrom"] == chrom]
        assert part["start"].tolist() == starts.tolist()
        assert part["end"].tolist() == ends.tolist()


def test_overlaps_are_those_of_the_test_in_memory() -> None:
    table, others = intervals(300, 2), intervals(40, 3, ("chr2", "II", "chrM"))
    found = overlaps_any(table, others)
    assert 0 < found.sum() < 300
    np.testing.assert_array_equal(found, overlaps_table(table, others))


def test_intervals_that_touch_are_merged_and_do_not_overlap() -> None:
    first = pd.DataFrame({"chrom": ["I"], "start": [5], "end": [9]})
    second = pd.DataFrame({"chrom": ["I"], "start": [9], "end": [12]})
    assert overlaps_any(first, second).tolist() == [False]
    assert merge_intervals(pd.concat([first, second])).to_numpy().tolist() == [["I", 5, 12]]


def test_no_intervals_and_no_files_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    table = intervals(5, 1)
    assert merge_intervals(table[:0]).empty
    assert overlaps_any(table[:0], table).shape == (0,)
    assert overlaps_any(table, table[:0]).tolist() == [False] * 5
    assert overlaps_any(table, table).all()
    assert len(merge_intervals(table)) <= 5
    assert list(tmp_path.iterdir()) == []
