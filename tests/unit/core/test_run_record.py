import json
from pathlib import Path

import pytest

from tfmoe.core.environment import describe_environment, job_versions
from tfmoe.core.run_record import (
    ENVIRONMENTS,
    VARIABLE,
    Difference,
    differences,
    read_record,
    recalled,
    record_run,
    state_digest,
)

STATE = {"config": {"seed": 1}, "experiments": {}, "inputs": {}, "code": {}, "versions": {"x": "1"}}


@pytest.fixture
def described(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / ".snakemake/tfmoe/state.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(STATE))
    monkeypatch.setenv(VARIABLE, str(path))
    return path


def test_the_first_job_writes_the_state_and_notes_it(described: Path) -> None:
    record_run(Path("results/mine/logs/rule/job.log"))
    recorded = read_record(Path("results/mine/run.json"))
    environment = describe_environment()
    expected = STATE | {"digest": state_digest(STATE), "earlier": []}
    versions = {"x": "1", **job_versions([environment])}
    assert recorded == expected | {"environments": [environment], "versions": versions}
    assert recalled(described.parent, Path("results/mine")) == [state_digest(STATE)]


def test_config_and_experiments_keep_their_order(described: Path) -> None:
    # experts are mixed, and data is simulated, in the order of the table
    ordered = STATE | {"config": {"b": {"z": 1, "y": 2}, "a": 3}}
    path = Path("results/mine/run.json")
    for names in (["X2", "X1"], ["X1", "X2"]):
        described.write_text(json.dumps(ordered | {"experiments": {name: {} for name in names}}))
        record_run(Path("results/mine/logs/a.log"))
        recorded = read_record(path)
        assert recorded is not None
        assert list(recorded["config"]["b"]) == ["z", "y"]
        assert list(recorded["config"]) == ["b", "a"]
        assert list(recorded["experiments"]) == names
        assert recorded["earlier"] == []


def test_another_environment_is_added(described: Path) -> None:
    record_run(Path("results/mine/logs/a.log"))
    other = describe_environment() | {"python": "3.12.1", "packages": {"numpy": "1.0"}}
    path = Path("results/mine", ENVIRONMENTS, "0.json")
    path.write_text(json.dumps(other))
    record_run(Path("results/mine/logs/b.log"))
    recorded = read_record(Path("results/mine/run.json"))
    assert recorded is not None
    assert recorded["environments"] == [other, describe_environment()]
    assert recorded["versions"]["numpy"].startswith("1.0, ")
    assert recorded["earlier"] == []


def test_another_state_is_recorded_with_the_earlier_one(described: Path) -> None:
    record_run(Path("results/mine/logs/a.log"))
    described.write_text(json.dumps(STATE | {"config": {"seed": 2}}))
    record_run(Path("results/mine/logs/b.log"))
    recorded = read_record(Path("results/mine/run.json"))
    assert recorded is not None
    assert recorded["config"] == {"seed": 2}
    assert recorded["earlier"] == [state_digest(STATE)]
    assert len(recalled(described.parent, Path("results/mine"))) == 2


def test_the_latest_state_is_noted_last_also_after_a_return_to_it(described: Path) -> None:
    for seed in (1, 2, 1):
        described.write_text(json.dumps(STATE | {"config": {"seed": seed}}))
        record_run(Path("results/mine/logs/a.log"))
    last = [state_digest(STATE | {"config": {"seed": seed}}) for seed in (2, 1)]
    assert recalled(described.parent, Path("results/mine")) == last


def test_versions_are_recorded_and_do_not_make_another_state() -> None:
    assert state_digest(STATE) == state_digest(STATE | {"versions": {"x": "2"}})


def test_differences_have_the_keys_of_nested_values() -> None:
    first = {"seed": 1, "training": {"epochs": 5, "same": [1]}, "gone": {"a": 1}}
    second = {"seed": 2, "training": {"epochs": 5, "same": [1], "new": None}, "more": 0}
    assert list(differences("config", first, second)) == [
        Difference("config.gone", {"a": 1}, None),
        Difference("config.more", None, 0),
        Difference("config.seed", 1, 2),
    ]
    assert list(differences("config", first, first)) == []


def test_without_a_state_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    record_run(tmp_path / "results/mine/logs/a.log")
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("content", ["", "[]", '{"config": {}}', "\x00"])
def test_a_damaged_record_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.json").write_text(content)
    assert read_record(tmp_path / "run.json") is None
    assert read_record(tmp_path / "absent.json") is None
