import gzip
from pathlib import Path

import pandas as pd
import pytest

from tfmoe.core.errors import InputError
from tfmoe.data.intervals import read_training_peaks, write_bed
from tfmoe.data.reading.genome import Chromosomes
from tfmoe.data.reading.peak_layout import ReadAs
from tfmoe.data.windows.training_peaks import merge_training_peaks, place_by_experiment

LENGTHS = {"II": 1000, "I": 1000}
FACTORS = {"reb": "Reb1", "again": "Reb1", "abf": "Abf1"}


def peaks(*rows: tuple[str, int, int]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["chrom", "start", "end"])
    return table.assign(summit=table["start"])


@pytest.fixture
def merged() -> pd.DataFrame:
    return merge_training_peaks(
        {
            "reb": peaks(("I", 100, 130), ("I", 98, 99), ("II", 2, 3)),
            "abf": peaks(("I", 120, 121), ("I", 998, 1000)),
            "again": peaks(("I", 500, 501)),
        },
        FACTORS,
        LENGTHS,
        11,
    )


def test_regions_name_factor_and_experiment(merged: pd.DataFrame) -> None:
    assert merged.to_numpy().tolist() == [
        ["II", 0, 8, "Reb1", "reb"],  # cut at the chromosome's start; in the genome's order
        ["I", 93, 130, "Reb1", "reb"],
        ["I", 115, 126, "Abf1", "abf"],
        ["I", 495, 506, "Reb1", "again"],
        ["I", 993, 1000, "Abf1", "abf"],
    ]


def test_written_and_read_again(merged: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "training_peaks.bed.gz"
    write_bed(merged, path)
    assert read_training_peaks(path).to_numpy().tolist() == merged.to_numpy().tolist()


def test_an_experiment_without_a_peak(tmp_path: Path) -> None:
    none = merge_training_peaks({"reb": peaks()}, FACTORS, LENGTHS, 11)
    assert none.empty
    write_bed(none, tmp_path / "training_peaks.bed.gz")
    assert read_training_peaks(tmp_path / "training_peaks.bed.gz").empty


def test_files_of_one_experiment_are_put_together(tmp_path: Path) -> None:
    (tmp_path / "a.bed").write_text("chr1\t5\t6\n")
    (tmp_path / "b.bed").write_text("1\t7\t9\n")
    # one file may have no peak on the chromosomes in use, as long as another one has
    (tmp_path / "c.bed").write_text("2\t7\t9\n")
    chromosomes = Chromosomes({"1": 100, "2": 100}, ("1",))
    paths = [tmp_path / f"{letter}.bed" for letter in "abbc"]
    found = place_by_experiment(paths, ["A", "B", "A", "A"], chromosomes, {}, "x")
    assert found["A"]["start"].tolist() == [5, 7]
    assert found["B"]["start"].tolist() == [7]


def test_training_peaks_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "training_peaks.bed.gz"
    with pytest.raises(InputError, match=r"bed\.gz: the file does not exist"):
        read_training_peaks(path)
    path.write_bytes(gzip.compress(b"I\t1\t2\tReb1\n"))
    with pytest.raises(InputError, match=r"training peaks cannot be read .*; remove the file"):
        read_training_peaks(path)
    path.write_bytes(gzip.compress(b"I\t1\t2\tReb1\treb\n" * 100)[:30])
    with pytest.raises(InputError, match=r"the merged training peaks cannot be read"):
        read_training_peaks(path)
    path.write_bytes(gzip.compress(b""))
    assert read_training_peaks(path).empty


def test_peaks_are_read_as_given_for_each_file(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).write_text("I\t101\t200\n")
    paths = [tmp_path / name for name in "abc"]
    given = [ReadAs(), ReadAs(coordinates="1"), ReadAs(coordinates="0")]
    placed = place_by_experiment(
        paths, ["x", "y", "x"], Chromosomes(LENGTHS, ("I", "II")), {}, "t", given
    )
    assert placed["x"]["start"].tolist() == [101, 101]
    assert placed["y"]["start"].tolist() == [100]
