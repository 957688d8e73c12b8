from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from tests.fixtures.models import COMPUTE, NEGATIVES, training_settings

from tfmoe.core.errors import DivergenceError, TrainingError
from tfmoe.core.files import read_tsv
from tfmoe.data.datasets import read_sequences, write_sequences
from tfmoe.models.training import train_expert
from tfmoe.models.training_data import Member
from tfmoe.models.training_settings import TrainingSettings
from tfmoe.studies.search import run as search
from tfmoe.studies.search.run import SearchSettings, Task, search_settings
from tfmoe.studies.search.space import Setting, with_settings

SPACE = [
    Setting("learning_rate", low=1e-4, high=0.05, log=True),
    Setting("embedding", low=2, high=8, whole=True),
    Setting("backbones.convnet.pool", choices=["max", "max_average"]),
]
FILES = ("trials.tsv", "best.yaml")
SEVEN = SearchSettings(trials=7, minutes=None, prune_after=1)


def run(folder: Path, task: Task, settings: SearchSettings = SEVEN) -> Path:
    search_settings(task, SPACE, settings, folder / "state", *(folder / name for name in FILES))
    return folder


def assert_same(folder: Path, other: Path) -> None:
    for name in FILES:
        assert (folder / name).read_bytes() == (other / name).read_bytes()


@pytest.fixture(scope="module")
def task(project: Path) -> Task:
    members = [Member(x, [x], {x: project / f"{x}.parquet"}) for x in ("Alpha", "Beta")]
    return Task(members, NEGATIVES, training_settings(epochs=4).section(), 1, COMPUTE)


@pytest.fixture(scope="module")
def found(task: Task, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("search"), task)


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the names of the trained experts in order."""
    names: list[str] = []

    def train(name: str, *others: Any, **named: Any) -> None:
        names.append(name)
        train_expert(name, *others, **named)

    monkeypatch.setattr(search, "train_expert", train)
    return names


def pretend(monkeypatch: pytest.MonkeyPatch, auroc: Callable[[float], float]) -> None:
    """Replace training: the AUROC of each epoch is a function of the learning rate."""

    def train(*others: Any, on_epoch: Callable[[float], None]) -> None:
        for _ in range(4):
            on_epoch(auroc(others[4].optimiser.learning_rate))

    monkeypatch.setattr(search, "train_expert", train)


def test_the_best_settings_are_those_of_the_best_trial(found: Path, task: Task) -> None:
    trials = read_tsv(found / "trials.tsv")
    drawn = [setting.key for setting in SPACE]
    assert trials.columns.tolist() == ["number", "state", "value", "epochs", *drawn]
    assert trials["number"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert trials["learning_rate"].between(1e-4, 0.05).all()
    assert trials["embedding"].between(2, 8).all()
    assert (trials.loc[:4, "epochs"] == 8).all(), "four of each expert"
    best = trials.loc[trials["value"].idxmax()]
    text = (found / "best.yaml").read_text()
    assert text.startswith(f"# trial {best['number']} of 7, mean validation AUROC 0.")
    assert yaml.safe_load(text)["training"] == {
        "learning_rate": best["learning_rate"],
        "embedding": best["embedding"],
        "backbones": {"convnet": {"pool": best["backbones.convnet.pool"]}},
    }


def test_the_value_of_a_trial_is_that_of_its_settings_in_a_run(
    found: Path, task: Task, tmp_path: Path
) -> None:
    best = yaml.safe_load((found / "best.yaml").read_text())["training"]
    pool = best.pop("backbones")["convnet"]["pool"]
    section = with_settings(task.training, {**best, "backbones.convnet.pool": pool})
    values = []
    for member in task.members:
        settings = TrainingSettings.from_section(section)
        train_expert(member.name, [member], None, NEGATIVES, settings, 1, 0, COMPUTE, tmp_path)
        values.append(read_tsv(tmp_path / "history.tsv")["validation_auroc"].max())
    value = read_tsv(found / "trials.tsv")["value"].max()
    assert value == pytest.approx(sum(values) / 2, abs=1e-8)


def test_an_interrupted_search_resumes(
    found: Path, task: Task, tmp_path: Path, trained: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    count = search.train_expert

    def killed(*others: Any, on_epoch: Callable[[float], None], **named: Any) -> None:
        def after_an_epoch(auroc: float) -> None:
            on_epoch(auroc)
            if len(trained) == 6:
                raise KeyboardInterrupt

        count(*others, on_epoch=after_an_epoch, **named)

    with monkeypatch.context() as context, pytest.raises(KeyboardInterrupt):
        context.setattr(search, "train_expert", killed)
        run(tmp_path, task)
    assert trained == ["Alpha", "Beta"] * 3, "the last of them to its first epoch"
    trained.clear()
    assert_same(run(tmp_path, task), found)
    assert trained[:3] == ["Beta", "Alpha", "Beta"]


def test_an_extended_search_keeps_its_first_trials(
    found: Path, task: Task, tmp_path: Path, trained: list[str]
) -> None:
    run(tmp_path, task, replace(SEVEN, trials=3))
    three = (tmp_path / "trials.tsv").read_text().splitlines()
    assert three == (found / "trials.tsv").read_text().splitlines()[:4]
    trained.clear()
    assert_same(run(tmp_path, task), found)
    assert len(trained) <= 8
    trained.clear()
    assert_same(run(tmp_path, task), found)
    assert not trained


def test_neither_gate_nor_test_split_is_used(found: Path, task: Task, tmp_path: Path) -> None:
    members = []
    for member in task.members:
        data = read_sequences(member.sequences[member.name])
        data.codes[data.table["split"].isin(["gate", "test"]).to_numpy()] = 0
        write_sequences(data, tmp_path / f"{member.name}.parquet")
        path = {member.name: tmp_path / f"{member.name}.parquet"}
        members.append(replace(member, sequences=path))
    assert_same(run(tmp_path, replace(task, members=members)), found)


def test_a_trial_in_the_worst_quarter_is_pruned(
    task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pretend(monkeypatch, lambda rate: 0.5 + 5 * rate)
    with caplog.at_level(logging.INFO):
        run(tmp_path, task, replace(SEVEN, trials=20))
    trials = read_tsv(tmp_path / "trials.tsv")
    pruned = trials["state"] == "pruned"
    assert pruned.any()
    for place, rate in enumerate(trials["learning_rate"]):
        before = trials.loc[:place, "learning_rate"][:place][~pruned[:place]]
        assert pruned[place] == (place >= 5 and rate < np.percentile(before, 25))
    assert trials["value"].isna().equals(pruned)
    assert (trials.loc[pruned, "epochs"] == 2).all(), "the first after search.prune_after"
    assert trials.loc[pruned, "learning_rate"].max() < trials["learning_rate"].max()
    assert yaml.safe_load((tmp_path / "best.yaml").read_text())["training"]["learning_rate"] == (
        trials.loc[~pruned, "learning_rate"].max()
    )
    lines = [record.message for record in caplog.records if "search: trial" in record.message]
    assert len(lines) == 20
    assert {record.name for record in caplog.records} == {"tfmoe.studies.search.run"}
    run(tmp_path / "none", task, replace(SEVEN, trials=20, prune_after=None))
    assert set(read_tsv(tmp_path / "none/trials.tsv")["state"]) == {"complete"}


def test_a_diverged_trial_has_no_value(
    task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def auroc(rate: float) -> float:
        if rate > 1e-3:
            raise DivergenceError("expert Alpha, seed 0, epoch 1: the training diverged")
        return 0.8

    pretend(monkeypatch, auroc)
    run(tmp_path, task, replace(SEVEN, trials=10))
    trials = read_tsv(tmp_path / "trials.tsv")
    assert ((trials["state"] == "diverged") == (trials["learning_rate"] > 1e-3)).all()
    assert 0 < (trials["state"] == "diverged").sum() < 10
    before = (tmp_path / "trials.tsv").read_bytes()
    run(tmp_path, task, replace(SEVEN, trials=10))
    assert (tmp_path / "trials.tsv").read_bytes() == before
    pretend(monkeypatch, lambda _: auroc(1))
    with pytest.raises(TrainingError, match="all 7 trials diverged; lower the learning rates"):
        run(tmp_path / "all", task)


def test_no_trial_begins_after_the_time_limit(
    task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, lambda _: 0.8)
    clock = iter(range(0, 100_000, 60))
    monkeypatch.setattr(search.time, "monotonic", lambda: float(next(clock)))
    run(tmp_path, task, replace(SEVEN, minutes=3))
    assert len(read_tsv(tmp_path / "trials.tsv")) == 2, "two experts per trial, one minute each"


def test_a_journal_with_another_fingerprint_is_discarded(
    task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pretend(monkeypatch, lambda _: 0.8)
    run(tmp_path, task)
    pretend(monkeypatch, lambda _: 0.9)
    with caplog.at_level(logging.INFO):
        run(tmp_path, replace(task, run_seed=2))
    assert "search.json has different settings; starting a new search" in caplog.text
    assert (read_tsv(tmp_path / "trials.tsv")["value"] == 0.9).all()
    (tmp_path / "state/search.json").write_text('{"fingerprint": {}, "curves": {"1 Alpha": 3}}')
    with caplog.at_level(logging.INFO):
        run(tmp_path, task)
    assert "search.json is damaged" in caplog.text
