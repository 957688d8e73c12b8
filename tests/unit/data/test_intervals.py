from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest

from tfmoe.core.errors import InputError
from tfmoe.data.intervals import (
    merge,
    overlaps_disjoint,
    overlaps_table,
    read_bed,
    read_regions,
    write_bed,
)


def frame(*rows: tuple[str, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["chrom", "start", "end"])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("I\t5", "line 2: 2 fields, expected at least chromosome, start and end"),
        ("I\tx\t9", "line 2: found start 'x' and end '9', expected whole numbers"),
        ("I\t-3\t9", "line 2: start -3 is negative"),
        ("I\t1.5\t9", "line 2: found start '1.5' and end '9', expected whole numbers"),
        ("I\t1\t1e+05", r"line 2: found start '1' and end '1e\+05', expected whole numbers"),
        ("I\t250\t100", "line 2: end 100 is not greater than start 250"),
        ("\t5\t9", "line 2: the chromosome's name is missing"),
        ("I\t7\t7", "line 2: end 7 is not greater than start 7"),
    ],
)
def test_malformed_lines(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "x.bed"
    path.write_text(f"I\t1\t2\n{line}\n")
    with pytest.raises(InputError, match=f"x.bed, {message}"):
        read_bed(path)


def test_bed_without_regions(tmp_path: Path) -> None:
    (tmp_path / "x.bed").write_text("# nothing\n")
    assert read_bed(tmp_path / "x.bed").empty
    (tmp_path / "y.bed").write_text("I 5 9 by white space\n")
    assert read_bed(tmp_path / "y.bed").to_numpy().tolist() == [["I", 5, 9]]


def test_bed_with_a_header_and_lines_of_any_width(tmp_path: Path) -> None:
    (tmp_path / "x.bed").write_text("chrom\tstart\tend\nI\t5\t9\tlow mappability\nII\t1\t2\n")
    assert read_bed(tmp_path / "x.bed").to_numpy().tolist() == [["I", 5, 9], ["II", 1, 2]]


def test_merge() -> None:
    starts, ends = merge(np.array([50, 0, 5, 20]), np.array([60, 10, 8, 30]))
    assert (starts.tolist(), ends.tolist()) == ([0, 20, 50], [10, 30, 60])
    # intervals that touch are one
    starts, ends = merge(np.array([0, 10]), np.array([10, 20]))
    assert (starts.tolist(), ends.tolist()) == ([0], [20])
    none = np.zeros(0, dtype=np.int64)
    assert len(merge(none, none)[0]) == 0


def test_overlap_is_at_least_one_base() -> None:
    of = np.array([10, 30]), np.array([20, 40])
    starts = np.array([0, 0, 20, 19, 12, 39, 40, 0])
    ends = np.array([10, 11, 30, 20, 13, 50, 50, 99])
    found = overlaps_disjoint(starts, ends, *of)
    assert found.tolist() == [False, True, False, True, True, True, False, True]
    none = np.zeros(0, dtype=np.int64)
    assert not overlaps_disjoint(starts, ends, none, none).any()


def test_overlaps_agree_with_brute_force() -> None:
    rng = np.random.default_rng(1)
    starts = rng.integers(0, 2000, 300)
    table = pd.DataFrame(
        {"chrom": rng.choice(["I", "II"], 300), "start": starts, "end": starts + 30}
    )
    others = rng.integers(0, 2000, 25)
    other = pd.DataFrame(
        {"chrom": rng.choice(["I", "III"], 25), "start": others, "end": others + 1 + others % 50}
    )
    for margin in (0, 17):
        expected = [
            bool(
                (
                    (other["chrom"] == row.chrom)
                    & (other["start"] - margin < row.end)
                    & (other["end"] + margin > row.start)
                ).any()
            )
            for row in table.itertuples()
        ]
        assert overlaps_table(table, other, margin).tolist() == expected
    assert not overlaps_table(table, other[:0]).any()
    assert overlaps_table(table[:0], other).shape == (0,)


def test_written_bed_is_indexed_and_the_same_each_time(tmp_path: Path) -> None:
    table = frame(("II", 5, 9), ("II", 7, 8), ("I", 1, 3)).assign(signal=[1.5, 2.0, 1 / 3])
    for name in ("a.bed.gz", "b.bed.gz"):
        write_bed(table, tmp_path / name)
    assert (tmp_path / "a.bed.gz").read_bytes() == (tmp_path / "b.bed.gz").read_bytes()
    assert (tmp_path / "a.bed.gz.tbi").read_bytes() == (tmp_path / "b.bed.gz.tbi").read_bytes()
    with pysam.TabixFile(str(tmp_path / "a.bed.gz")) as tabix:
        assert list(tabix.fetch("II", 8, 9)) == ["II\t5\t9\t1.5"]
    found = read_regions(tmp_path / "a.bed.gz", ("chrom", "start", "end", "signal"))
    assert found["start"].tolist() == [5, 7, 1]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a.bed.gz",
        "a.bed.gz.tbi",
        "b.bed.gz",
        "b.bed.gz.tbi",
    ]
    with pytest.raises(InputError, match="line 1: 4 fields, expected 3"):
        read_regions(tmp_path / "a.bed.gz", ("chrom", "start", "end"))
    write_bed(table[:0], tmp_path / "none.bed.gz")
    found = read_regions(tmp_path / "none.bed.gz", ("chrom", "start", "end", "signal"))
    assert found.empty
    assert found["start"].dtype == np.int64
