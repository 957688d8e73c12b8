from pathlib import Path

import pytest
from tests.fixtures.conditioned import MATRICES
from typer.testing import CliRunner, Result

from tfmoe.cli.app import app
from tfmoe.core.files import read_tsv

WORD = MATRICES["Alpha"]


def marginalize(folder: Path, *arguments: object) -> Result:
    given = [str(argument) for argument in arguments]
    return CliRunner().invoke(app, ["marginalize", str(folder), *given, "--threads", "1"])


def test_the_effect_of_a_factors_motif_is_written(model_folder: Path, tmp_path: Path) -> None:
    given = ("--motif", WORD, "--factor", "Alpha", "--sequences", 20, "--every", 17)
    result = marginalize(model_folder, *given, "-o", tmp_path / "x")
    assert result.exit_code == 0, result.output
    assert f"wrote the effect of {WORD} in 20 sequences" in result.stderr
    table = read_tsv(tmp_path / "x.tsv")
    assert table["start"].tolist() == [0, 0, 17, 17, 34, 34]
    assert (table["effect"] > 1).all()
    assert list(table)[-3:] == ["networks", "kmers", "matrix"]
    assert (tmp_path / "x.svg").read_text().count("reverse complement") == 1
    assert (tmp_path / "x.png").stat().st_size > 1000


def test_backgrounds_of_the_user_are_used_as_they_are(model_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "b.fa").write_text(">a\n" + "ACGT" * 12 + "\n>b\n" + "GGCA" * 11 + "\n")
    given = ("--motif", WORD, "--every", 20, "--background", tmp_path / "b.fa")
    result = marginalize(model_folder, *given, "-o", tmp_path / "x")
    assert result.exit_code == 0, result.output
    assert "in 2 sequences" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--motif", "NNN"], "--motif: 'NNN' has no A, C, G or T"),
        (["--motif", "GATX"], "found 'X'"),
        (["--motif", "m.meme"], "m.meme: the file does not exist"),
        (["--motif", "A" * 42], "has 42 positions, expected at most 41, the model's window"),
        (["--motif", "GATA", "--background", "b.fa"], "line 1: the sequence has 4 bases"),
    ],
)
def test_bad_input_has_one_message(
    model_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("b.fa").write_text(">a\nACGT\n")
    result = marginalize(model_folder, *arguments, "-o", "out")
    assert result.exit_code == 1
    assert result.stderr.startswith("tfmoe: ")
    assert message in result.stderr
    assert not list(tmp_path.glob("out*"))
