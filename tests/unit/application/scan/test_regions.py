from pathlib import Path

import pytest

from tfmoe.application.scan.regions import Region, find_regions
from tfmoe.core.errors import InputError

LENGTHS = {"chr2": 50, "chr1": 100, "chrEmpty": 0}


def regions(tmp_path: Path, text: str, *chromosomes: str) -> list[tuple[str, int, int]]:
    bed = tmp_path / "r.bed"
    bed.write_text(text)
    found = find_regions(LENGTHS, "g.fa", bed, chromosomes)
    return [(one.chrom, one.start, one.end) for one in found]


def test_without_regions_all_chromosomes_are_scanned() -> None:
    assert find_regions(LENGTHS, "g.fa") == [Region("chr2", 0, 50), Region("chr1", 0, 100)]
    assert find_regions(LENGTHS, "g.fa", None, ["1"]) == [Region("chr1", 0, 100)]


def test_intervals_are_sorted_and_merged(tmp_path: Path) -> None:
    text = "track name=x\n1\t40\t60\tb\nchr1\t5\t10\nchr2\t0\t50\n1\t50\t70\nchr1\t10\t12\n"
    assert regions(tmp_path, text) == [("chr2", 0, 50), ("chr1", 5, 12), ("chr1", 40, 70)]
    assert regions(tmp_path, text, "chr1") == [("chr1", 5, 12), ("chr1", 40, 70)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chr1\t90\t101\n", r"r\.bed, line 1: the interval ends at 101, but chr1 has 100 bases"),
        ("# x\nchr9\t0\t5\n", r"r\.bed, line 2: chr9 is no sequence of g\.fa"),
        ("chr1\t9\t9\n", r"r\.bed, line 1"),
        ("", r"r\.bed: the file is empty|no intervals"),
        ("# nothing\n", r"r\.bed: the file has no intervals, expected BED"),
    ],
)
def test_faulty_regions(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        regions(tmp_path, text)


def test_nothing_to_scan(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"r\.bed: found no interval on chr2"):
        regions(tmp_path, "chr1\t0\t5\n", "chr2")
    with pytest.raises(InputError, match=r"chromosome chrX is no sequence of g\.fa, which has"):
        find_regions(LENGTHS, "g.fa", None, ["chr1", "chrX"])
