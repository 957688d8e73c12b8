"""The command `tfmoe info`."""

import json
from pathlib import Path

import pytest
from tests.fixtures.card import card_inputs
from typer.testing import CliRunner

from tfmoe.application.card.write import write_card
from tfmoe.cli.app import app

RUNNER = CliRunner()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    files, run = card_inputs(tmp_path)
    write_card(files, run, tmp_path / "model")
    return tmp_path / "model"


def test_plain_lines_with_tab_separated_tables(model: Path) -> None:
    result = RUNNER.invoke(app, ["info", str(model)])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "tfmoe model fake"
    assert "CTCF\tK562\t0.900\t0.800 to 0.950\t0.450\t0.800\t0.850\t40 + 160" in lines
    assert [line for line in lines if line.startswith("- Code: MIT.")]
    assert not [line for line in lines if line.startswith("# ") and line != "# in Python"]


def test_json_is_the_card(model: Path) -> None:
    result = RUNNER.invoke(app, ["info", str(model), "--json"])
    assert json.loads(result.stdout) == json.loads((model / "card.json").read_text())


def test_a_folder_without_a_model_is_an_error(tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["info", str(tmp_path)])
    assert result.exit_code == 1
    assert result.stderr.startswith(f"tfmoe: {tmp_path}: the folder has no card.json")
    assert result.stdout == ""
