"""The command `tfmoe compare`."""

import json
from pathlib import Path

import pytest
from tests.fixtures.card import write_run
from typer.testing import CliRunner

from tfmoe.cli.app import app

RUNNER = CliRunner()


@pytest.fixture
def runs(tmp_path: Path) -> list[str]:
    write_run(tmp_path / "a")
    write_run(tmp_path / "b", shift=-0.05, run="other", training={"seeds": 7})
    return [str(tmp_path / "a"), str(tmp_path / "b")]


def test_differences_and_aurocs(runs: list[str]) -> None:
    result = RUNNER.invoke(app, ["compare", *runs])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert f"second\tother\trun\t{runs[1]}\t0.1.0\tgenomic" in lines
    assert "training.seeds\t3\t7" in lines
    assert "Data: no differences" in lines
    minus = "\N{MINUS SIGN}0.050"
    row = f"a1\tCTCF\ttraining factors\tconditioned mixture\t0.900\t0.850\t{minus}\t"
    assert row in lines
    assert f"unseen factors\tmixture\t1\t0.600\t0.550\t{minus}" in lines


def test_json_for_programs(runs: list[str]) -> None:
    found = json.loads(RUNNER.invoke(app, ["compare", *runs, "--json"]).stdout)
    assert found["first"] == {"path": runs[0], "kind": "run", "name": "fake"}
    assert found["config"] == [{"key": "config.training.seeds", "first": 3, "second": 7}]
    assert found["sets"][0]["difference"] == pytest.approx(-0.05)


def test_runs_without_shared_experiments(runs: list[str]) -> None:
    (Path(runs[1]) / "evaluation/metrics.tsv").unlink()
    result = RUNNER.invoke(app, ["compare", *runs])
    assert "AUROC: no experiment was evaluated in both" in result.stdout
    assert "no metrics" in result.stdout


def test_a_folder_that_is_no_run_is_an_error(runs: list[str], tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["compare", runs[0], str(tmp_path)])
    assert result.exit_code == 1
    assert "found neither run.json nor card.json" in result.stderr
