import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pysam
import pytest

from tfmoe.application.variants.reading import (
    Record,
    Skip,
    Survey,
    allele_fault,
    has_bases,
    surveyed,
)
from tfmoe.core.errors import InputError

HEAD = "##fileformat=VCFv4.2\n"
COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
TEXT = (
    f"{HEAD}{COLUMNS}\tFORMAT\tS1\n"
    "1\t5\trs1\tA\tC,<DEL>,*\t.\tPASS\tDP=3\tGT\t0/1\n"
    "1\t5\t.\tac\tA\t.\t.\t.\tGT\t./.\n"
    "X\t0\t.\tA\t.\t.\t.\t.\tGT\t0/0\n"
)
RECORDS = [
    Record("1", 4, "rs1", "A", ("C", "<DEL>", "*"),
           "1\t5\trs1\tA\tC,<DEL>,*\t.\tPASS\tDP=3\tGT\t0/1"),
    Record("1", 4, ".", "ac", ("A",), "1\t5\t.\tac\tA\t.\t.\t.\tGT\t./."),
    Record("X", -1, ".", "A", (), "X\t0\t.\tA\t.\t.\t.\t.\tGT\t0/0"),
]  # fmt: skip


def all_records(survey: Survey) -> list[Record]:
    return [record for chunk in survey.chunks(2) for record in chunk]


def vcf(path: Path, *lines: str) -> Path:
    path.write_text("\n".join([HEAD + COLUMNS, *lines]) + "\n")
    return path


def test_a_plain_vcf_without_contigs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "in.vcf"
    path.write_text(TEXT)
    with surveyed(path) as survey:
        assert (survey.records, survey.chromosomes, survey.is_sorted) == (3, ("1", "X"), True)
        # undeclared names are declared, so that other programs can read the output
        assert "##contig=<ID=1>" in survey.header
        assert "##INFO=<ID=DP" in survey.header
        assert [len(chunk) for chunk in survey.chunks(2)] == [2, 1]
        assert all_records(survey) == RECORDS
    assert capfd.readouterr().err == ""


def test_chromosomes_are_in_the_order_of_the_header(tmp_path: Path) -> None:
    path = tmp_path / "in.vcf"
    contigs = "##contig=<ID=2>\n##contig=<ID=3>\n##contig=<ID=1>\n"
    lines = "1\t5\t.\tA\tC\t.\t.\t.\n2\t5\t.\tA\tC\t.\t.\t.\n"
    path.write_text(f"{HEAD}{contigs}{COLUMNS}\n{lines}")
    with surveyed(path) as survey:
        assert survey.chromosomes == ("2", "1")


def test_a_bgzipped_vcf(tmp_path: Path) -> None:
    path = tmp_path / "in.vcf.gz"
    with pysam.BGZFile(str(path), "wb", None) as file:
        file.write(TEXT.encode())
    with surveyed(path) as survey:
        assert all_records(survey) == RECORDS


def test_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(TEXT.encode())))
    with surveyed("-") as survey:
        assert all_records(survey) == RECORDS
        assert survey.name == "standard input"
        copy = survey.path
    assert not copy.exists()


def test_windows_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "in.vcf"
    path.write_bytes(TEXT.replace("\n", "\r\n").encode())
    with surveyed(path) as survey:
        assert all_records(survey) == RECORDS


def test_no_records(tmp_path: Path) -> None:
    with surveyed(vcf(tmp_path / "in.vcf")) as survey:
        assert (survey.records, survey.chromosomes, survey.is_sorted) == (0, (), True)
        assert all_records(survey) == []


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([("1", 5), ("1", 5), ("2", 1)], True),
        ([("2", 1), ("1", 5)], True),
        ([("1", 5), ("1", 4)], False),
        # a tabix index needs the records of a chromosome together
        ([("1", 1), ("2", 1), ("1", 5)], False),
    ],
)
def test_order(tmp_path: Path, places: list[tuple[str, int]], expected: bool) -> None:
    lines = [f"{chrom}\t{pos}\t.\tA\tC\t.\t.\t." for chrom, pos in places]
    with surveyed(vcf(tmp_path / "in.vcf", *lines)) as survey:
        assert survey.is_sorted is expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a VCF that begins with ##fileformat"),
        (">chr1\nACGT\n", "expected a VCF that begins with ##fileformat"),
        (HEAD, "expected a VCF that begins with ##fileformat"),
        (f"{HEAD}{COLUMNS}\n1\t5\t.\tA\tC\t.\t.\t.\n1\t6\t.\tA\n", "record 2 after the header"),
        (f"{HEAD}{COLUMNS}\n1\tx\t.\tA\tC\t.\t.\t.\n", "record 1 after the header"),
    ],
)
def test_bad_files(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "in.vcf"
    path.write_text(text)
    with pytest.raises(InputError, match=rf"in\.vcf: {message}"), surveyed(path):
        pass


def test_a_missing_file(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match=r"no\.vcf: the file does not exist"),
        surveyed(tmp_path / "no.vcf"),
    ):
        pass


def test_a_truncated_file(tmp_path: Path) -> None:
    path = tmp_path / "in.vcf.gz"
    with pysam.BGZFile(str(path), "wb", None) as file:
        file.write(TEXT.encode())
    path.write_bytes(path.read_bytes()[:-28])
    with pytest.raises(InputError, match=r"in\.vcf\.gz: .*may be truncated"), surveyed(path):
        pass


@pytest.mark.parametrize(
    ("alt", "reason"),
    [
        ("ACGT", None),
        ("acgt", None),
        (".", Skip.NO_ALTERNATIVE),
        ("*", Skip.SPANNING_DELETION),
        ("<DEL>", Skip.SYMBOLIC),
        ("<*>", Skip.SYMBOLIC),
        ("A]22:5]", Skip.BREAKEND),
        ("[chr1:7[G", Skip.BREAKEND),
        ("A.", Skip.BREAKEND),
        (".A", Skip.BREAKEND),
        ("AN", Skip.UNKNOWN_BASES),
        ("R", Skip.UNKNOWN_BASES),
        ("A-", Skip.UNKNOWN_BASES),
    ],
)
def test_alleles_are_told_apart(alt: str, reason: Skip | None) -> None:
    assert allele_fault(alt) == reason


def test_references_of_bases() -> None:
    assert has_bases("acGT")
    assert not has_bases("ACN")
    assert not has_bases(".")


def test_a_record_names_its_place() -> None:
    assert RECORDS[0].where == "1:5 (rs1)"
    assert RECORDS[1].where == "1:5"
