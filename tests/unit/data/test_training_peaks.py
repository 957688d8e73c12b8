from pathlib import Path

import pandas as pd

from tfmoe.data.genome import Chromosomes
from tfmoe.data.training_peaks import merge_training_peaks, place_by_factor

LENGTHS = {"II": 1000, "I": 1000}


def peaks(*rows: tuple[str, int, int]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["chrom", "start", "end"])
    return table.assign(summit=table["start"])


def test_segments_name_their_factors() -> None:
    merged = merge_training_peaks(
        {
            "Reb1": peaks(("I", 100, 130), ("I", 98, 99), ("II", 2, 3)),
            "Abf1": peaks(("I", 120, 121), ("I", 998, 1000)),
        },
        LENGTHS,
        11,
    )
    assert merged.to_numpy().tolist() == [
        ["II", 0, 8, "Reb1"],  # cut at the chromosome's start; in the genome's order
        ["I", 93, 115, "Reb1"],
        ["I", 115, 126, "Abf1,Reb1"],
        ["I", 126, 130, "Reb1"],
        ["I", 993, 1000, "Abf1"],
    ]


def test_one_factor() -> None:
    merged = merge_training_peaks({"Reb1": peaks(("I", 100, 101), ("I", 105, 106))}, LENGTHS, 11)
    assert merged.to_numpy().tolist() == [["I", 95, 111, "Reb1"]]


def test_experiments_of_one_factor_are_put_together(tmp_path: Path) -> None:
    (tmp_path / "a.bed").write_text("chr1\t5\t6\n")
    (tmp_path / "b.bed").write_text("1\t7\t9\n")
    chromosomes = Chromosomes({"1": 100}, ("1",))
    paths = [tmp_path / "a.bed", tmp_path / "b.bed", tmp_path / "b.bed"]
    found = place_by_factor(paths, ["A", "B", "A"], chromosomes, {}, "x")
    assert found["A"]["start"].tolist() == [5, 7]
    assert found["B"]["start"].tolist() == [7]
