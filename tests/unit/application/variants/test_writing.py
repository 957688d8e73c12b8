import io
from pathlib import Path

import pysam
import pytest

from tfmoe.application.variants.reading import Record, Survey
from tfmoe.application.variants.writing import (
    ScoredRecord,
    TableWriter,
    check_name,
    header,
    open_writer,
    vcf_line,
)
from tfmoe.core.errors import InputError

HEADER = (
    "##fileformat=VCFv4.2\n##contig=<ID=1>\n##contig=<ID=2>\n"
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
)
FIELDS = ["EFFECT", "SD"]


def scored(
    chrom: str, pos: int, *alts: str, info: str = ".", name: str = ".", skipped: bool = False
) -> ScoredRecord:
    """Return a record whose allele number k has the effect k + 0.5, unless it is skipped."""
    alt = ",".join(alts) or "."
    line = f"{chrom}\t{pos}\t{name}\tA\t{alt}\t.\tPASS\t{info}"
    record = Record(chrom, pos - 1, name, "A", alts, line)
    if skipped or not alts:
        return ScoredRecord(record, {}, {}, {0: "symbolic allele"})
    numbers = range(len(alts))
    values = {number: {"EFFECT": number + 0.5, "SD": float("nan")} for number in numbers}
    return ScoredRecord(record, dict.fromkeys(numbers, "snv"), values, {})


def survey(is_sorted: bool = True) -> Survey:
    return Survey("in.vcf", Path("in.vcf"), HEADER, 3, ("2", "1"), is_sorted)


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        (".", "TFMOE_EFFECT=0.5,1.5;TFMOE_SD=.,."),
        ("DP=3;DB", "DP=3;DB;TFMOE_EFFECT=0.5,1.5;TFMOE_SD=.,."),
        # fields of an earlier run are replaced
        ("TFMOE_P=1;DP=3;TFMOE_EFFECT=9,9", "DP=3;TFMOE_EFFECT=0.5,1.5;TFMOE_SD=.,."),
        ("MY_TFMOE_P=1", "MY_TFMOE_P=1;TFMOE_EFFECT=0.5,1.5;TFMOE_SD=.,."),
    ],
)
def test_our_fields_follow_those_of_the_input(info: str, expected: str) -> None:
    line = vcf_line(scored("1", 7, "C", "T", info=info, name="rs1"), FIELDS)
    assert line == f"1\t7\trs1\tA\tC,T\t.\tPASS\t{expected}"


def test_alleles_without_score_have_points() -> None:
    one = scored("1", 7, "C", "T")
    partly = ScoredRecord(one.record, {1: "snv"}, {1: {"EFFECT": -0.25, "SD": 0.1}}, {0: "x"})
    assert vcf_line(partly, FIELDS).endswith("\tTFMOE_EFFECT=.,-0.25;TFMOE_SD=.,0.1")
    assert vcf_line(scored("1", 7, "<DEL>", skipped=True), FIELDS).endswith("\tPASS\t.")
    assert vcf_line(scored("1", 7, info="DP=1"), FIELDS).endswith("\tPASS\tDP=1")


def test_columns_of_samples_are_kept() -> None:
    record = Record("1", 6, ".", "A", ("C",), "1\t7\t.\tA\tC\t50\tPASS\t.\tGT:DP\t0/1:3\t./.")
    line = vcf_line(ScoredRecord(record, {0: "snv"}, {0: {"EFFECT": 1.0}}, {}), ["EFFECT"])
    assert line == "1\t7\t.\tA\tC\t50\tPASS\tTFMOE_EFFECT=1\tGT:DP\t0/1:3\t./."


def test_the_header_declares_our_fields_once() -> None:
    once = header(HEADER, "version 1; factor CTCF", FIELDS)
    lines = once.splitlines()
    assert "##tfmoe=version 1; factor CTCF" in lines
    assert any(
        line.startswith("##INFO=<ID=TFMOE_EFFECT,Number=A,Type=Float,Description=")
        for line in lines
    )
    assert lines[-1].startswith("#CHROM")
    again = header(once, "version 2", ["EFFECT"])
    assert again.count("ID=TFMOE_") == 1
    assert again.count("##tfmoe=") == 1


def read(path: Path) -> list[tuple[str, int, str | None, tuple[float, ...]]]:
    with pysam.VariantFile(str(path)) as file:
        return [(one.chrom, one.pos, one.id, one.info["TFMOE_EFFECT"]) for one in file]


def test_an_unsorted_vcf_is_sorted_before_it_is_indexed(tmp_path: Path) -> None:
    path = tmp_path / "out.vcf.gz"
    with open_writer(path, survey(is_sorted=False), "x", FIELDS) as writer:
        writer.write([scored("2", 9, "C"), scored("1", 5, "C", name="first")])
        writer.write([scored("2", 3, "C", "T"), scored("1", 5, "T", name="second")])
    # the chromosomes keep their order, and so do records of one position
    assert read(path) == [
        ("2", 3, None, (0.5, 1.5)), ("2", 9, None, (0.5,)),
        ("1", 5, "first", (0.5,)), ("1", 5, "second", (0.5,)),
    ]  # fmt: skip
    with pysam.VariantFile(str(path)) as file:
        assert [one.pos for one in file.fetch("2", 5, 10)] == [9]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["out.vcf.gz", "out.vcf.gz.tbi"]


def test_a_sorted_vcf_is_indexed(tmp_path: Path) -> None:
    path = tmp_path / "out.vcf.gz"
    with open_writer(path, survey(), "x", FIELDS) as writer:
        writer.write([scored("2", 3, "C"), scored("2", 9, "C"), scored("1", 1, "C")])
    assert [place[:2] for place in read(path)] == [("2", 3), ("2", 9), ("1", 1)]
    with pysam.VariantFile(str(path)) as file:
        assert [one.pos for one in file.fetch("1", 0, 10)] == [1]


def test_positions_beyond_the_limit_of_tabix_have_an_index_of_the_other_kind(
    tmp_path: Path,
) -> None:
    path = tmp_path / "out.vcf.gz"
    path.with_name("out.vcf.gz.tbi").write_text("of an earlier run")
    with open_writer(path, survey(), "x", FIELDS) as writer:
        writer.write([scored("2", 2**29 + 5, "C")])
    assert sorted(file.name for file in tmp_path.iterdir()) == ["out.vcf.gz", "out.vcf.gz.csi"]


def test_no_records(tmp_path: Path) -> None:
    with open_writer(tmp_path / "out.vcf.gz", survey(), "x", FIELDS):
        pass
    assert read(tmp_path / "out.vcf.gz") == []
    assert (tmp_path / "out.vcf.gz.tbi").exists()


@pytest.mark.parametrize("name", ["out.vcf.gz", "out.vcf", "out.tsv"])
@pytest.mark.parametrize("is_sorted", [True, False])
def test_nothing_is_left_after_an_error(tmp_path: Path, name: str, is_sorted: bool) -> None:
    with (
        pytest.raises(InputError, match="another assembly"),
        open_writer(tmp_path / name, survey(is_sorted), "x", FIELDS) as writer,
    ):
        writer.write([scored("2", 3, "C")])
        raise InputError("another assembly")
    assert list(tmp_path.iterdir()) == []


def test_a_plain_vcf_keeps_the_order(tmp_path: Path) -> None:
    path = tmp_path / "out.vcf"
    with open_writer(path, survey(is_sorted=False), "x", FIELDS) as writer:
        writer.write([scored("2", 9, "C"), scored("1", 5, "C"), scored("2", 3, "C")])
    assert [place[:2] for place in read(path)] == [("2", 9), ("1", 5), ("2", 3)]


def test_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    with open_writer(Path("-"), survey(), "x", ["EFFECT"]) as writer:
        writer.write([scored("2", 9, "C")])
    out = capsys.readouterr().out
    assert out.startswith("##fileformat=VCFv4.2\n")
    assert out.endswith("\n2\t9\t.\tA\tC\t.\tPASS\tTFMOE_EFFECT=0.5\n")


def test_a_table_has_a_row_per_allele() -> None:
    out = io.StringIO()
    writer = TableWriter(out, ["EFFECT", "SD", "MAX"])
    writer.write([scored("1", 7, "C", "T", name="rs1"), scored("2", 1)])
    assert out.getvalue().splitlines() == [
        "chrom\tpos\tid\tref\talt\tkind\teffect\tsd\tmax_effect\tskipped",
        "1\t7\trs1\tA\tC\tsnv\t0.5\t\t\t",
        "1\t7\trs1\tA\tT\tsnv\t1.5\t\t\t",
        "2\t1\t.\tA\t.\t\t\t\t\tsymbolic allele",
    ]


def test_names_of_outputs() -> None:
    for name in ("-", "a.vcf", "a.vcf.gz", "a.vcf.bgz", "a.tsv"):
        check_name(Path(name))
    with pytest.raises(InputError, match=r"a\.bcf: expected a name that ends in \.vcf\.gz"):
        check_name(Path("a.bcf"))
