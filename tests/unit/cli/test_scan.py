from collections.abc import Callable
from pathlib import Path

import pyBigWig
import pytest
from typer.testing import CliRunner, Result

import tfmoe
from fake_model import FakeModel
from tfmoe.cli.app import app

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs the command in a folder, with a model that needs no files."""
    monkeypatch.chdir(tmp_path)
    # not by `setattr`, which would import the real one first
    monkeypatch.setitem(vars(tfmoe), "load", lambda *_, **__: FakeModel())
    monkeypatch.setattr("tfmoe.cli.scan.prepare", lambda threads: threads or 1)
    Path("g.fa").write_text(">chr1\nCCCCCCCAAAAAACCCCCCC\n>chr2\nACGTACGTACGTACGT\n")
    Path("r.bed").write_text("1\t5\t15\n")

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["scan", "model", "--genome", "g.fa", *arguments])

    return call


def test_a_genome(run: Run) -> None:
    done = run("-o", "x.bw", "--hits", "x.bed", "--factor", "X")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.endswith("tfmoe: 1 hits in 36 bases\n")
    with pyBigWig.open("x.bw") as file:
        assert file.chroms() == {"chr1": 20, "chr2": 16}
        # of the 12 bases around base 10, six are A
        assert file.values("chr1", 10, 11) == [2.25]
    lines = Path("x.bed").read_text().splitlines()
    assert lines[1] == "# threshold: logit 1.0000 (precision 0.9 on validation data)"
    assert lines[3].split("\t")[:4] == ["chr1", "4", "16", "X_chr1_10"]
    assert len(lines) == 4


def test_options_reach_the_scan(run: Run) -> None:
    options = ("--regions", "r.bed", "--stride", "5", "--threshold", "-3", "--precision", "0.5")
    done = run("--hits", "x.bed", "-c", "chr1", *options)
    assert done.exit_code == 0
    assert not Path("x.bw").exists()
    lines = Path("x.bed").read_text().splitlines()
    assert lines[0].endswith("no factor, windows of 12 bases, stride 5")
    assert lines[1] == "# threshold: logit -3.0000 (given)"
    assert [line.split("\t")[3] for line in lines[3:]] == ["any_chr1_10"]


def test_an_output_is_needed(run: Run) -> None:
    done = run()
    assert done.exit_code == 2
    assert "give --output, --hits, or both" in done.stderr


def test_hits_go_to_standard_output(run: Run) -> None:
    done = run("--hits", "-", "--factor", "X")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[3].split("\t")[:4] == ["chr1", "4", "16", "X_chr1_10"]
    assert not Path("-").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["-o", "-"], 1, "tfmoe: -: a bigWig cannot be written to standard output; name a file"),
        (["-o", "x.bed"], 1, "tfmoe: x.bed: expected the name of a bigWig file, which ends in"),
        (["--hits", "g.fa", "--force"], 1, "tfmoe: g.fa: the output is also an input"),
        (["--hits", "r.bed", "--force", "-r", "r.bed"], 1, "r.bed: the output is also an input"),
        (["--hits", "x", "-o", "x"], 1, "tfmoe: x: found as the name of two outputs"),
        (["--hits", "x.bed", "--threshold", "nan"], 2, "found nan, expected a number"),
        (["--hits", "x.bed", "--threshold", "inf"], 2, "found inf, expected a number"),
        (["--hits", "x.bed", "--device", "tpu"], 2, "'tpu' is not one of 'auto', 'cpu', 'cuda'"),
        (["--hits", "x.bed", "-r", "no.bed"], 1, "tfmoe: no.bed: the file does not exist"),
    ],
)
def test_faulty_options(run: Run, arguments: list[str], code: int, message: str) -> None:
    before = {path.name: path.read_bytes() for path in Path().iterdir()}
    done = run(*arguments)
    assert done.exit_code == code
    assert message in " ".join(done.stderr.replace("│", " ").split())
    assert {path.name: path.read_bytes() for path in Path().iterdir()} == before


def test_an_output_that_exists_is_kept(run: Run) -> None:
    Path("x.bed").write_text("old")
    done = run("--hits", "x.bed")
    message = "tfmoe: x.bed: the file exists; choose another name, or add --force\n"
    assert (done.exit_code, done.stderr) == (1, message)
    assert Path("x.bed").read_text() == "old"
    assert run("--hits", "x.bed", "--force").exit_code == 0


def test_faulty_input_is_one_line(run: Run) -> None:
    Path("r.bed").write_text("chr7\t0\t5\n")
    done = run("-o", "x.bw", "--regions", "r.bed")
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
    assert done.stderr.startswith("tfmoe: r.bed, line 1: chr7 is no sequence of g.fa")
    assert not Path("x.bw").exists()
