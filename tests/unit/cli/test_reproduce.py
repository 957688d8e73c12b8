"""The command `tfmoe reproduce`, with a pipeline that only writes what the test gives it."""

from dataclasses import asdict
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tfmoe.cli.app import app
from tfmoe.core.experiments import Experiment
from tfmoe.core.files import write_json, write_text
from tfmoe.workflow import reproduce
from tfmoe.workflow.fingerprint import Fingerprints

RUNNER = CliRunner()
CONFIG = {"run": "mine", "experiments": "table.tsv"}
ROWS = {"A_x": asdict(Experiment("A_x", "GATA3", "x", "train", "-", "-", "simulated", "-"))}


def write_results(folder: Path, value: str, code: dict[str, str]) -> Path:
    environment = {"system": "Linux", "cpu": {"model": value}, "variables": {}}
    state = {"config": CONFIG, "experiments": ROWS, "inputs": {}, "code": code}
    write_json(state | {"environments": [environment]}, folder / "run.json")
    write_text(f"name\tvalue\na\t{value}\n", folder / "evaluation/metrics.tsv")
    write_text("same", folder / "summary.txt")
    return folder


@pytest.fixture(scope="module")
def fingerprints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the fingerprints of all scripts, which take seconds."""
    return Fingerprints(cache=tmp_path_factory.mktemp("cache") / "modules.json").all()


@pytest.fixture
def finished(tmp_path: Path, fingerprints: dict[str, str]) -> Path:
    return write_results(tmp_path / "results/mine", "0.5", fingerprints)


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Replace the pipeline; return the value that it computes, and the options of its last run."""
    settings = {"value": "0.5", "options": ""}

    def run(project: Path, folder: Path, cores: int, options: list[str]) -> None:
        settings["options"] = " ".join([str(cores), *options])
        write_results(folder / "results/mine", settings["value"], {})

    monkeypatch.setattr(reproduce, "run_again", run)
    return settings


def test_an_equal_run(finished: Path, computed: dict[str, str]) -> None:
    arguments = ["reproduce", str(finished), "--cores", "3", "--", "--use-conda", "all"]
    result = RUNNER.invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "2 files equal\n" in result.stdout
    assert computed["options"] == "3 --use-conda all"
    assert (finished.with_name("mine.reproduced") / "table.tsv").is_file()


@pytest.mark.parametrize(("value", "code"), [("0.5001", 0), ("0.6", 1)])
def test_other_numbers(
    value: str, code: int, finished: Path, computed: dict[str, str], tmp_path: Path
) -> None:
    computed["value"] = value
    output = tmp_path / "again"
    result = RUNNER.invoke(app, ["reproduce", str(finished), "--output", str(output)])
    assert result.exit_code == code, result.output
    lines = result.stdout.splitlines()
    agreement = "different" if code else "within the tolerance"
    size = "2.0e-01" if code else "2.0e-04"
    assert f"evaluation/metrics.tsv\t{agreement}\t{size}\tvalue {size}" in lines
    assert f"cpu\t[{{'model': '0.5'}}]\t[{{'model': '{value}'}}]" in lines
    other = str(output / "results/mine")
    again = RUNNER.invoke(app, ["reproduce", str(finished), "--compare-only", other])
    assert (again.exit_code, again.stdout) == (result.exit_code, result.stdout)
    exact = ["reproduce", str(finished), "--compare-only", other, "--tolerance", "0"]
    assert RUNNER.invoke(app, exact).exit_code == 1


def test_other_code_needs_an_option(finished: Path, computed: dict[str, str]) -> None:
    write_results(finished, "0.5", {"predict": "old"})
    refused = RUNNER.invoke(app, ["reproduce", str(finished)])
    assert refused.exit_code == 1
    assert "add --any-code to use the present code" in refused.stderr
    assert not finished.with_name("mine.reproduced").exists()
    result = RUNNER.invoke(app, ["reproduce", str(finished), "--any-code"])
    assert result.exit_code == 0
    assert "warning: the code of" in result.stderr


def test_a_wrong_input_option(finished: Path, computed: dict[str, str]) -> None:
    result = RUNNER.invoke(app, ["reproduce", str(finished), "--input", "a.bed"])
    assert result.exit_code == 1
    assert "--input a.bed: expected PATH=FILE" in result.stderr
