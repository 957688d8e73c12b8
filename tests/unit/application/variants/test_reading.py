import bz2
import gzip
import io
import lzma
import sys
from collections.abc import Callable
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


LINE = "1\t5\t.\tA\tC\t.\t.\t.\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "{path}: the file is empty, expected a VCF"),
        (
            ">chr1\nACGT\n",
            "{path}, line 1: found '>chr1', expected a VCF, whose first line begins with "
            "##fileformat=VCF",
        ),
        (
            HEAD,
            "{path}: the header is incomplete, expected lines that begin with ##, and then a line "
            "#CHROM with the columns' names, separated by tabs",
        ),
        (
            f"{HEAD}{COLUMNS}\n{LINE}1\t6\t.\tA\n",
            "{path}, line 4: found '1\\t6\\t.\\tA', with 4 columns, expected at least 8 columns "
            "separated by tabs",
        ),
        (
            f"{HEAD}{COLUMNS}\n{LINE}1 6 . A C . . .\n",
            "{path}, line 4: found '1 6 . A C . . .', with 1 columns, expected at least 8 columns "
            "separated by tabs; replace the spaces with tabs",
        ),
        (
            f"{HEAD}{COLUMNS}\n1\tx\t.\tA\tC\t.\t.\t.\n",
            "{path}, line 3: found the position 'x', expected a whole number of 0 or more",
        ),
        (
            f"{HEAD}{COLUMNS}\n1\t-5\t.\tA\tC\t.\t.\t.\n",
            "{path}, line 3: found the position '-5', expected a whole number of 0 or more",
        ),
        (f"{HEAD}{COLUMNS}\n{LINE}\n{LINE}", "{path}, line 4: the line is empty; remove it"),
        (
            TEXT.replace("DP=3\tGT\t0/1", "DP=3\tGT"),
            "{path}, line 3: found 9 columns, expected 10, as in the line #CHROM",
        ),
    ],
)
def test_bad_files(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "in.vcf"
    path.write_text(text)
    with pytest.raises(InputError) as error, surveyed(path):
        pass
    assert str(error.value) == message.format(path=path)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_file_that_htslib_cannot_read_twice(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "in.vcf.gz"
    path.write_bytes(pack(TEXT.encode()))
    with surveyed(path) as survey:
        assert all_records(survey) == RECORDS
        assert survey.name == str(path)
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(InputError, match="file is truncated or damaged"), surveyed(path):
        pass


def test_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "in.vcf"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    with surveyed(path) as survey:
        assert all_records(survey) == RECORDS
    path.write_text(TEXT, encoding="utf-16")
    message = (
        f"{path}: the file is UTF-16 text, expected UTF-8; convert it, for example with: iconv -f "
        "UTF-16 -t UTF-8"
    )
    with pytest.raises(InputError) as error, surveyed(path):
        pass
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (TEXT.replace("DP=3", "NOTE=\u00e9"), "the record at 1:5"),
        (TEXT.replace("rs1", "\u00e9"), "the record at 1:5"),
        (TEXT.replace(HEAD, f"{HEAD}##source=\u00e9\n"), "the header"),
    ],
)
def test_text_that_is_not_utf_8(tmp_path: Path, text: str, place: str) -> None:
    path = tmp_path / "in.vcf"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(InputError) as error, surveyed(path) as survey:
        all_records(survey)
    assert str(error.value) == (
        f"{path}: {place} has bytes that are not UTF-8; convert it, for example with: iconv -f "
        "WINDOWS-1252 -t UTF-8"
    )


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
    with (
        pytest.raises(InputError, match=r"in\.vcf\.gz: the bgzip file is truncated"),
        surveyed(path),
    ):
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
