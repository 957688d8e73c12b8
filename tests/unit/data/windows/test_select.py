from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.errors import InputError
from tfmoe.data.reading.chromosomes import Naming
from tfmoe.data.reading.genome import Genome, prepare_genome
from tfmoe.data.reading.peak_formats import PeakFormat
from tfmoe.data.reading.peaks import PeakFile, PlacedPeaks
from tfmoe.data.windows.select import (
    WindowSettings,
    footprints,
    inside_chromosomes,
    read_windows,
    select_windows,
    window_starts,
    write_windows,
)

SETTINGS = WindowSettings(length=11, flank=2, max_n_share=0.2, max_peaks=None)
NOTHING = pd.DataFrame({"chrom": [], "start": [], "end": []})
WHOLE = pd.DataFrame(
    {"chrom": ["II", "I"], "start": [0, 0], "end": [100, 99], "split": ["train", "test"]}
)


@pytest.fixture
def genome(tmp_path: Path) -> Genome:
    source = tmp_path / "source.fa"
    source.write_text(">II\n" + "ACGT" * 25 + "\n>I\n" + "ACGT" * 10 + "NNN" + "ACGT" * 14 + "\n")
    prepare_genome(source, None, tmp_path / "genome.fa", tmp_path / "chromosomes.tsv")
    return Genome(tmp_path / "genome.fa")


def peaks(*rows: tuple[str, int, float]) -> PlacedPeaks:
    table = pd.DataFrame(rows, columns=["chrom", "summit", "signal"])
    table = table.assign(start=table["summit"], end=table["summit"] + 1, score=1200.0, strand="+")
    return PlacedPeaks(table, len(table), Naming({}, {}, (), ()))


def test_the_summit_is_in_the_middle() -> None:
    assert window_starts(pd.Series([50]), 101).tolist() == [0]
    assert window_starts(pd.Series([50]), 100).tolist() == [0]
    assert window_starts(pd.Series([7]), 11).tolist() == [2]


def test_footprint_is_the_peak_and_its_window() -> None:
    table = pd.DataFrame(
        {"chrom": ["I", "I"], "start": [100, 50], "end": [101, 90], "summit": [100, 52]}
    )
    assert footprints(table, 11).to_numpy().tolist() == [["I", 95, 106], ["I", 47, 90]]


def test_edges() -> None:
    table = pd.DataFrame({"chrom": "I", "summit": [4, 5, 94, 95]})
    assert inside_chromosomes(table, {"I": 100}, 11).tolist() == [False, True, True, False]


def test_windows_are_sorted_and_named(genome: Genome) -> None:
    rows = peaks(("I", 80, 3), ("II", 30, 9), ("I", 20, 5))
    found = select_windows("x", rows, genome, NOTHING, SETTINGS, WHOLE)
    # in the genome's order, in which II comes first
    assert found.table["chrom"].tolist() == ["II", "I", "I"]
    assert found.table["start"].tolist() == [25, 15, 75]
    assert (found.table["end"] - found.table["start"]).tolist() == [11, 11, 11]
    assert found.table["summit"].tolist() == [30, 20, 80]
    assert found.table["name"].tolist() == ["x:peak:II:25", "x:peak:I:15", "x:peak:I:75"]
    assert found.table["score"].tolist() == [1000, 1000, 1000]


def test_each_filter_counts(genome: Genome) -> None:
    blacklist = pd.DataFrame({"chrom": ["II"], "start": [55], "end": [56]})
    settings = WindowSettings(length=11, flank=2, max_n_share=0.2, max_peaks=2)
    rows = [
        ("II", 2, 50.0),  # edge
        ("II", 98, 50.0),  # edge
        ("I", 41, 50.0),  # three unknown bases of eleven
        ("I", 47, 8.0),  # one unknown base of eleven: kept
        ("II", 50, 50.0),  # its last base is the blacklist's
        ("II", 49, 6.0),  # one base before the blacklist: kept, then cut by max_peaks
        ("I", 70, 1.0),  # weaker duplicate
        ("I", 70, 7.0),
    ]
    found = select_windows("x", peaks(*rows), genome, blacklist, settings, WHOLE)
    assert found.counts == {
        "peaks": 8,
        "chromosome": 0,
        "edge": 2,
        "split_gap": 0,
        "unknown_bases": 1,
        "blacklist": 1,
        "duplicate": 1,
        "merged": 0,
        "max_peaks": 1,
        "kept": 2,
    }
    assert found.table["summit"].tolist() == [47, 70]
    assert found.table["signal"].tolist() == [8.0, 7.0]
    assert found.filters("x").to_numpy().tolist() == [["x", 8, 0, 2, 0, 1, 1, 1, 0, 1, 2]]


def test_of_equal_signals_the_first_in_the_file_stay(genome: Genome) -> None:
    settings = WindowSettings(length=11, flank=2, max_n_share=0.2, max_peaks=2)
    found = select_windows(
        "x", peaks(("II", 60, 1), ("II", 20, 1), ("II", 40, 1)), genome, NOTHING, settings, WHOLE
    )
    assert found.table["summit"].tolist() == [20, 60]


def test_no_window_left(genome: Genome) -> None:
    with pytest.raises(InputError, match=r"experiment x: no window is left .*peaks 1.*edge 1"):
        select_windows("x", peaks(("II", 1, 1)), genome, NOTHING, SETTINGS, WHOLE)


def test_round_trip(genome: Genome, tmp_path: Path) -> None:
    found = select_windows(
        "x", peaks(("I", 80, 1 / 3), ("I", 20, 5)), genome, NOTHING, SETTINGS, WHOLE
    )
    write_windows(found, tmp_path / "x.bed.gz")
    read = read_windows(tmp_path / "x.bed.gz")
    assert read.drop(columns="signal").equals(found.table.drop(columns="signal"))
    np.testing.assert_allclose(read["signal"], found.table["signal"], rtol=1e-8)


def test_windows_across_a_gap_between_splits_are_dropped(genome: Genome) -> None:
    regions = pd.DataFrame(
        {
            "chrom": ["II", "II", "I"],
            "start": [0, 50, 0],
            "end": [40, 100, 99],
            "split": ["train", "test", "gate"],
        }
    )
    rows = peaks(("II", 34, 1), ("II", 35, 1), ("II", 45, 1), ("II", 54, 1), ("II", 55, 1))
    found = select_windows("x", rows, genome, NOTHING, SETTINGS, regions)
    assert found.table["summit"].tolist() == [34, 55]
    assert found.counts["split_gap"] == 3
    with pytest.raises(InputError, match=r"no window is left .*split_gap 1, unknown_bases 0"):
        select_windows("x", peaks(("II", 45, 1)), genome, NOTHING, SETTINGS, regions)


@pytest.mark.parametrize("length", [201, 1001])
def test_long_windows(tmp_path: Path, length: int) -> None:
    (tmp_path / "source.fa").write_text(">I\n" + "ACGTN" * 600 + "\n")
    prepare_genome(tmp_path / "source.fa", None, tmp_path / "g.fa", tmp_path / "chromosomes.tsv")
    regions = pd.DataFrame({"chrom": ["I"], "start": [0], "end": [3000], "split": ["train"]})
    settings = WindowSettings(length=length, flank=25, max_n_share=0.2, max_peaks=None)
    middle = length // 2
    rows = peaks(("I", middle - 1, 1), ("I", middle, 1), ("I", 1500, 1), ("I", 3000 - middle, 1))
    with Genome(tmp_path / "g.fa") as opened:
        found = select_windows("x", rows, opened, NOTHING, settings, regions)
        assert found.table["start"].tolist() == [0, 1500 - middle]
        strict = WindowSettings(length=length, flank=25, max_n_share=0.19, max_peaks=None)
        with pytest.raises(InputError, match="unknown_bases 2"):
            select_windows("x", rows, opened, NOTHING, strict, regions)


def test_counts_of_each_file(genome: Genome) -> None:
    table = pd.DataFrame({"chrom": "II", "summit": [30, 30, 2, 60], "file": [0, 1, 1, 1]})
    table = table.assign(
        start=table["summit"], end=table["summit"] + 1, signal=[2.0, 5.0, 9.0, 1.0], score=7.0,
        strand="+",
    )  # fmt: skip
    files = (PeakFile("a.bed", PeakFormat(signal=4), 3), PeakFile("b.bed", PeakFormat(), 3))
    placed = PlacedPeaks(table, 6, Naming({}, {}, (), ()), files)
    found = select_windows("x", placed, genome, NOTHING, SETTINGS, WHOLE)
    filters = found.filters("x")
    assert filters["file"].tolist() == ["a.bed", "b.bed"]
    assert filters["strength"].tolist() == ["column 5", "unknown"]
    assert filters["summits"].tolist() == ["middle of the peak"] * 2
    counts = ["peaks", "chromosome", "edge", "duplicate", "kept"]
    # of the identical windows, the second file's is the stronger
    assert filters[counts].to_numpy().tolist() == [[3, 2, 0, 1, 0], [3, 0, 1, 0, 2]]
    assert {name: found.counts[name] for name in counts} == {
        "peaks": 6, "chromosome": 2, "edge": 1, "duplicate": 1, "kept": 2,
    }  # fmt: skip


def test_the_strongest_of_peaks_of_unknown_strength(genome: Genome) -> None:
    settings = WindowSettings(length=11, flank=2, max_n_share=0.2, max_peaks=1)
    unknown = peaks(("II", 60, 0), ("II", 20, 0))
    layout = PeakFormat("BED4", candidates=(3,))
    placed = replace(unknown, files=(PeakFile("a.bed", layout, 2),))
    with pytest.raises(InputError, match=r"^a.bed: windows.max_peaks = 1 .* are column 4; name"):
        select_windows("x", placed, genome, NOTHING, settings, WHOLE)
    # all peaks are kept, so that their strengths do not matter
    all_kept = replace(settings, max_peaks=2)
    assert len(select_windows("x", placed, genome, NOTHING, all_kept, WHOLE).table) == 2
