from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.unit.data.adaptation.conftest import LENGTH, SETTINGS

from tfmoe.core.errors import InputError
from tfmoe.data.adaptation.peak_file import LabelledPeaks, PeakSettings, PeakSource, label_peaks
from tfmoe.data.intervals import overlaps_table
from tfmoe.data.reading.genome import Genome

PEAKS = PeakSettings(LENGTH, 300, 3, 0.1, SETTINGS)


def narrow_peaks(path: Path, starts: range, chroms: str = "ab") -> Path:
    """Write peaks of 100 bases whose summits are their 30th base; the first are the weakest."""
    rows = [
        f"{chrom}\t{start}\t{start + 100}\t.\t0\t.\t{rank}\t-1\t-1\t30\n"
        for chrom in chroms
        for rank, start in enumerate(starts)
    ]
    path.write_text("".join(rows))
    return path


def label(
    genome: Genome, peaks: Path, settings: PeakSettings = PEAKS, **changes: object
) -> LabelledPeaks:
    source = PeakSource("F", peaks, "genome.fa")
    return label_peaks(replace(source, **changes), genome, settings, 1)


def test_windows_are_centred_on_summits_and_have_no_flanks(genome: Genome, tmp_path: Path) -> None:
    found = label(genome, narrow_peaks(tmp_path / "p.narrowPeak", range(500, 9500, 900)))
    assert (found.read, found.positives, found.negatives) == (20, 20, 60)
    table = found.sequences.table
    assert table["start"].tolist()[:2] == [500 + 30 - 20, 1400 + 30 - 20]
    assert (table["end"] - table["start"] == LENGTH).all()
    assert found.sequences.codes.shape == (80, LENGTH)
    assert set(table["split"]) == {"train"}
    assert table["name"].is_unique


def test_the_strongest_are_used_and_negatives_avoid_all(genome: Genome, tmp_path: Path) -> None:
    path = narrow_peaks(tmp_path / "p.narrowPeak", range(500, 9500, 900))
    found = label(genome, path, replace(PEAKS, max_peaks=6))
    table = found.sequences.table
    positives, negatives = table[table["label"] == 1], table[table["label"] == 0]
    assert positives["start"].tolist() == [6800 + 10, 7700 + 10, 8600 + 10] * 2
    every = label(genome, path).sequences.table
    assert not overlaps_table(negatives, every[every["label"] == 1], SETTINGS.margin).any()
    assert set(negatives["chrom"]) <= {"a", "b"}


def test_the_seed_and_the_factor_decide_about_negatives(genome: Genome, tmp_path: Path) -> None:
    path = narrow_peaks(tmp_path / "p.narrowPeak", range(500, 9500, 900))
    first, second, other = (label(genome, path, factor=name).sequences for name in ("F", "F", "G"))
    np.testing.assert_array_equal(first.codes, second.codes)
    assert not np.array_equal(first.codes, other.codes)


def test_windows_avoid_excluded_regions(genome: Genome, tmp_path: Path) -> None:
    path = narrow_peaks(tmp_path / "p.narrowPeak", range(500, 9500, 900))
    (tmp_path / "black.bed").write_text("a\t0\t3000\n")
    (tmp_path / "evaluated.bed").write_text("a\t5000\t6000\nd\t0\t100\n")
    found = label(
        genome, path, blacklist=tmp_path / "black.bed",
        exclude=["b", str(tmp_path / "evaluated.bed")],
    )  # fmt: skip
    table = found.sequences.table
    assert set(table["chrom"]) == {"a"}
    assert (table["end"] > 3000).all()
    assert ((table["end"] <= 5000) | (table["start"] >= 6000)).all()


def test_the_strength_can_be_named(genome: Genome, tmp_path: Path) -> None:
    rows = [f"a\t{start}\t{start + 100}\tx\ty\t{start}\n" for start in range(500, 9500, 900)]
    (tmp_path / "p.bed").write_text("".join(rows))
    few = replace(PEAKS, max_peaks=5)
    with pytest.raises(InputError, match=r"found 10 peaks, of which the strongest 5 are used, but"):
        label(genome, tmp_path / "p.bed", few)
    found = label(genome, tmp_path / "p.bed", few, strength="6").sequences.table
    assert found["start"].min() >= 500
    assert found.loc[found["label"] == 1, "start"].min() == 5000 + 50 - 20
    # all are used without it
    assert label(genome, tmp_path / "p.bed").positives == 10


def test_too_few_negatives_are_an_error(genome: Genome, tmp_path: Path) -> None:
    path = narrow_peaks(tmp_path / "p.narrowPeak", range(500, 9500, 900))
    (tmp_path / "black.bed").write_text("a\t9000\t20000\nb\t9000\t20000\n")
    with pytest.raises(InputError, match=r"^F: \d+ of 2000 negatives .*; give more peaks, or ex"):
        label(genome, path, replace(PEAKS, ratio=100), blacklist=tmp_path / "black.bed")


def test_of_a_large_genome_only_blocks_are_searched(
    genome: Genome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = narrow_peaks(tmp_path / "p.narrowPeak", range(500, 18500, 900))
    module = "tfmoe.data.adaptation.peak_file."
    monkeypatch.setattr(module + "_LEAST_SEARCHED", 10_000)
    monkeypatch.setattr(module + "_SEARCHED_PER_NEGATIVE", 10)
    monkeypatch.setattr(module + "_BLOCK", 3_000)
    found = label(genome, path)
    table = found.sequences.table
    negatives = table[table["label"] == 0]
    blocks = set(zip(negatives["chrom"], negatives["start"] // 3000, strict=True))
    # 14 blocks of two chromosomes, of which 10,000 bases take 4
    assert 1 < len(blocks) <= 4
    assert ((negatives["end"] - 1) // 3000 == negatives["start"] // 3000).all()
    assert found.negatives == 120
    monkeypatch.setattr(module + "_SEARCHED_PER_NEGATIVE", 1000)
    whole = label(genome, path).sequences.table
    assert len(set(whole["start"] // 3000)) > 4
