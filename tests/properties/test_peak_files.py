"""Peak files: what is written in a format is read as the same peaks, counted from 0."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tfmoe.data.reading.peaks import read_peaks


@dataclass(frozen=True)
class Peak:
    chrom: str
    start: int
    size: int
    offset: int
    score: int
    signal: float
    strand: str

    @property
    def end(self) -> int:
        return self.start + self.size

    @property
    def summit(self) -> int:
        return self.start + (self.size // 2 if self.offset == -1 else self.offset)


@st.composite
def peak(draw: st.DrawFn) -> Peak:
    size = draw(st.integers(2, 400))
    return Peak(
        draw(st.sampled_from(["I", "chr2", "chrX", "7"])),
        draw(st.integers(0, 10**8)),
        size,
        draw(st.integers(-1, size - 1)),
        draw(st.integers(0, 1000)),
        draw(st.integers(1, 10**6)) / 1000 + 0.0004,
        draw(st.sampled_from(["+", "-", "."])),
    )


PEAKS = st.lists(peak(), min_size=3, max_size=8)
BREAKS = st.sampled_from(["\n", "\r\n"])


def write(path: Path, lines: list[str], end: str = "\n") -> Path:
    path.write_bytes((end.join(lines) + end).encode())
    return path


def places(path: Path) -> list[list[object]]:
    return read_peaks(path)[["chrom", "start", "end", "summit"]].to_numpy().tolist()


@given(PEAKS, BREAKS)
def test_narrow_peak(folder: Path, peaks: list[Peak], end: str) -> None:
    lines = [
        f"{p.chrom}\t{p.start}\t{p.end}\tpeak{number}\t{p.score}\t{p.strand}\t{p.signal:.4f}\t2.5"
        f"\t1.25\t{p.offset}"
        for number, p in enumerate(peaks)
    ]
    table = read_peaks(write(folder / "x.narrowPeak", lines, end))
    assert table["chrom"].tolist() == [p.chrom for p in peaks]
    assert table["start"].tolist() == [p.start for p in peaks]
    assert table["end"].tolist() == [p.end for p in peaks]
    assert table["summit"].tolist() == [p.summit for p in peaks]
    assert table["score"].tolist() == [p.score for p in peaks]
    assert table["signal"].tolist() == [float(f"{p.signal:.4f}") for p in peaks]
    assert table["strand"].tolist() == [p.strand for p in peaks]


@given(PEAKS, st.booleans())
def test_bed(folder: Path, peaks: list[Peak], six: bool) -> None:
    lines = [
        f"{p.chrom}\t{p.start}\t{p.end}" + f"\tpeak{number}\t{p.score}\t{p.strand}" * six
        for number, p in enumerate(peaks)
    ]
    expected = [[p.chrom, p.start, p.end, p.start + p.size // 2] for p in peaks]
    assert places(write(folder / "x.bed", lines)) == expected


@given(PEAKS)
def test_macs_counts_from_1(folder: Path, peaks: list[Peak]) -> None:
    head = (
        "chr\tstart\tend\tlength\tabs_summit\tpileup\t-log10(pvalue)\tfold_enrichment"
        "\t-log10(qvalue)\tname"
    )
    lines = [
        f"{p.chrom}\t{p.start + 1}\t{p.end}\t{p.size}\t{p.summit + 1}\t9.5\t8.5\t{p.signal:.4f}"
        f"\t6.5\tpeak{number}"
        for number, p in enumerate(peaks)
    ]
    path = write(folder / "x.xls", ["# MACS", "", head, *lines])
    assert places(path) == [[p.chrom, p.start, p.end, p.summit] for p in peaks]


@given(PEAKS)
def test_gff_counts_from_1_and_includes_the_last_base(folder: Path, peaks: list[Peak]) -> None:
    lines = [
        f"{p.chrom}\tcaller\tpeak\t{p.start + 1}\t{p.end}\t{p.score}\t{p.strand}\t.\tID={number}"
        for number, p in enumerate(peaks)
    ]
    expected = [[p.chrom, p.start, p.end, p.start + p.size // 2] for p in peaks]
    assert places(write(folder / "x.gff", lines)) == expected


@given(PEAKS)
def test_broad_peak(folder: Path, peaks: list[Peak]) -> None:
    lines = [
        f"{p.chrom}\t{p.start}\t{p.end}\tpeak{number}\t{p.score}\t{p.strand}\t{p.signal:.4f}\t2.5"
        "\t1.25"
        for number, p in enumerate(peaks)
    ]
    expected = [[p.chrom, p.start, p.end, p.start + p.size // 2] for p in peaks]
    assert places(write(folder / "x.broadPeak", lines)) == expected
