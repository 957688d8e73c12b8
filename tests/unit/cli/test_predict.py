import gzip
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

import tfmoe
from fake_model import FakeModel
from tfmoe.cli.app import app

FASTA = ">a one\nAAAACCCCCCCC\n>b\nCC\n"
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs the command in a folder, with a model that needs no files."""
    monkeypatch.chdir(tmp_path)
    # not by `setattr`, which would import the real one first
    monkeypatch.setitem(vars(tfmoe), "load", lambda *_, **__: FakeModel())
    monkeypatch.setattr("tfmoe.cli.predict.prepare", lambda threads: threads or 1)
    Path("x.fa").write_text(FASTA)

    def call(*arguments: str, text: str | bytes | None = None) -> Result:
        return CliRunner().invoke(app, ["predict", "model", *arguments], input=text)

    return call


def test_a_file(run: Run) -> None:
    done = run("x.fa", "-o", "out.tsv")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == (
        "tfmoe: 1 of 2 sequences have fewer than 4 bases and no score; the first is b (line 3)\n"
    )
    assert pd.read_csv("out.tsv", sep="\t")["logit"].tolist()[0] == 0.25


def test_standard_input_and_output(run: Run) -> None:
    done = run("-", "-o", "-", text=gzip.compress(FASTA.encode()))
    assert done.exit_code == 0
    header, first, second = done.stdout.splitlines()
    assert header.startswith("name\ttiles\ttile_start")
    assert first.startswith("a\t1\t0\t12\t0\t0.56")
    assert second == "b\t0" + "\t" * 8


def test_options_reach_the_prediction(run: Run) -> None:
    Path("x.fa").write_text(f">a one\n{'A' * 14}\n")
    options = ("--factor", "X", "--stride", "1", "--precision", "0.5", "--all")
    assert run("x.fa", "-o", "out.tsv", *options).exit_code == 0
    table = pd.read_csv("out.tsv", sep="\t")
    assert table["tiles"].tolist() == [3]
    assert table["threshold"].tolist() == [-1]
    assert {"description", "networks", "gate_a", "moe_seed1"} <= set(table)


def test_an_output_that_exists_is_kept(run: Run) -> None:
    Path("out.tsv").write_text("old")
    done = run("x.fa", "-o", "out.tsv")
    assert (done.exit_code, done.stdout) == (1, "")
    message = "tfmoe: out.tsv: the file exists; choose another name, or add --force\n"
    assert done.stderr == message
    assert Path("out.tsv").read_text() == "old"
    assert run("x.fa", "-o", "out.tsv", "--force").exit_code == 0
    assert Path("out.tsv").read_text().startswith("name\t")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            ">a\nMKTAYIAK\n",
            "x.fa, line 2: sequence a: found I, expected DNA: A, C, G, T or an IUPAC code such as "
            "N, in either case",
        ),
        (">\nACGT\n", "x.fa, line 1: the sequence has no name after its >"),
        ("", "x.fa: the file is empty, expected sequences or intervals"),
        (
            ">a\n\n",
            "x.fa: none of the 1 sequences has at least 4 bases, a third of the window of 12",
        ),
        ("chr1\t0\t9\n", "x.fa: the file has intervals; name their genome with --genome"),
    ],
)
def test_faults_of_the_input(run: Run, content: str, message: str) -> None:
    Path("x.fa").write_text(content)
    done = run("x.fa", "-o", "out.tsv")
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", f"tfmoe: {message}\n")
    assert [entry.name for entry in Path().iterdir()] == ["x.fa"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("y.fa", "-o", "out.tsv"), "y.fa: the file does not exist"),
        ((".", "-o", "out.tsv"), ".: the file is a folder, expected a file"),
        (("x.fa", "-o", "out.tsv", "--genome", "g.fa"), "g.fa: the file does not exist"),
        (
            ("x.fa", "-o", "out.csv"),
            "out.csv: expected an output whose name ends in .tsv, .txt, .tsv.gz, .txt.gz, "
            ".parquet, or - for standard output",
        ),
    ],
)
def test_wrong_paths_are_found_before_the_model_is_loaded(
    run: Run, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.setitem(vars(tfmoe), "load", None)
    done = run(*arguments)
    assert (done.exit_code, done.stderr) == (1, f"tfmoe: {message}\n")


def test_wrong_usage(run: Run) -> None:
    assert run("x.fa").exit_code == 2
    assert run("x.fa", "-o", "out.tsv", "--stride", "0").exit_code == 2
    assert run("x.fa", "-o", "out.tsv", "--precision", "2").exit_code == 2


def test_ctrl_c(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(FakeModel, "score", interrupted)
    done = run("x.fa", "-o", "out.tsv")
    assert (done.exit_code, done.stderr) == (130, "tfmoe: interrupted\n")
    assert [entry.name for entry in Path().iterdir()] == ["x.fa"]
