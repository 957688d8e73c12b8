from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pysam
import pytest
import typer
from tests.fixtures.variants import CHR1, FakeModel
from typer.testing import CliRunner, Result

import tfmoe
from tfmoe.cli.app import app
from tfmoe.cli.variants import parse_offsets

VCF = (
    "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    "1\t11\trs1\tG\tT,<DEL>\t.\t.\tDP=3\n1\t2\t.\tC\tG\t.\t.\t.\n"
)
Run = Callable[..., Result]


class AskedModel(FakeModel):
    """The fake model, which can be asked about factors."""

    def query(self, factor: str | None, matrix: Path | None) -> Any:
        return SimpleNamespace(factor=factor, own_expert=None, evidence=None, model="moe")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs the command in a folder, with a model that needs no files."""
    monkeypatch.chdir(tmp_path)
    # not by `setattr`, which would import the real one first
    monkeypatch.setitem(vars(tfmoe), "load", lambda *_, **__: AskedModel(tmp_path))
    monkeypatch.setattr("tfmoe.cli.variants.prepare", lambda threads: threads or 1)
    Path("g.fa").write_text(f">chr1\n{CHR1}\n")
    Path("in.vcf").write_text(VCF)

    def call(*arguments: str, text: str | bytes | None = None) -> Result:
        return CliRunner().invoke(app, ["variants", "model", *arguments, "-g", "g.fa"], input=text)

    return call


def test_a_file(run: Run) -> None:
    done = run("in.vcf", "-o", "out.vcf.gz", "--factor", "CTCF", "--offsets", "-2:2:2")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.splitlines() == [
        "tfmoe: records: 2; alleles scored: 2",
        "tfmoe: alleles not scored: 1 (1 symbolic allele)",
        "tfmoe: the model has no background variants, so there are no p values",
    ]
    with pysam.VariantFile("out.vcf.gz") as file:
        # sorted, because the index needs it
        assert [record.pos for record in file.fetch("1")] == [2, 11]
        assert "factor CTCF" in str(file.header)
        (record,) = file.fetch("1", 10, 11)
        assert record.info["TFMOE_EFFECT"] == (6.5, None)
        assert record.info["TFMOE_MAX"] == (8.5, None)


def test_standard_input_and_output(run: Run) -> None:
    done = run("-", "-o", "-", text=VCF)
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "##fileformat=VCFv4.2"
    assert [line.split("\t")[1] for line in lines[-2:]] == ["11", "2"]


def test_skipped_alleles_and_outputs_that_exist(run: Run) -> None:
    assert run("in.vcf", "-o", "out.tsv", "--skipped", "skipped.tsv").exit_code == 0
    assert len(Path("skipped.tsv").read_text().splitlines()) == 2
    done = run("in.vcf", "-o", "other.tsv", "--skipped", "skipped.tsv")
    assert done.exit_code == 1
    assert "skipped.tsv: the file exists; choose another name, or add --force" in done.stderr
    forced = run("in.vcf", "-o", "out.tsv", "--skipped", "skipped.tsv", "--force")
    assert forced.exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["no.vcf", "-o", "out.tsv"], 1, "tfmoe: no.vcf: the file does not exist"),
        (["g.fa", "-o", "out.tsv"], 1, "g.fa, line 1: found '>chr1', expected a VCF"),
        (["in.vcf", "-o", "out.txt"], 1, "out.txt: expected a name that ends in .vcf.gz"),
        (["in.vcf", "-o", "out.tsv", "--skipped", "-"], 1, "expected the name of a file"),
        (["in.vcf", "-o", "out.tsv", "--offsets", "9"], 1, "offsets: found 9, expected less than"),
        (["in.vcf", "-o", "out.tsv", "--offsets", "x"], 2, "found 'x', expected whole numbers"),
    ],
)
def test_faults(run: Run, arguments: list[str], code: int, message: str) -> None:
    done = run(*arguments)
    assert done.exit_code == code
    assert message in " ".join(done.stderr.replace("│", " ").split())
    assert not Path("out.tsv").exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", [0]),
        ("-5,0,5", [-5, 0, 5]),
        ("3", [3]),
        ("-2:2", [-2, -1, 0, 1, 2]),
        ("-20:20:10", [-20, -10, 0, 10, 20]),
        ("0:5:2", [0, 2, 4]),
    ],
)
def test_offsets(text: str, expected: list[int]) -> None:
    assert parse_offsets(text) == expected


@pytest.mark.parametrize("text", ["", "a", "1,,2", "5:1", "0:5:0", "1:2:3:4", "1.5"])
def test_offsets_that_cannot_be_read(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="expected whole numbers"):
        parse_offsets(text)
