"""Results that are dated in the future, after the clock was set back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tfmoe.core.errors import InputError
from tfmoe.workflow.future_times import set_back_times

NOW = 1_000_000.0


def make(path: Path, moment: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (moment, moment))
    return path


def test_future_times_are_set_back_in_their_order(tmp_path: Path):
    results = tmp_path / "run"
    first = make(results / "regions/a.bed", NOW + 3000)
    last = make(results / "report.html", NOW + 3600)
    old = make(results / "regions/old.bed", NOW - 50)
    link = results / "link"
    link.symlink_to(old)
    os.utime(link, (NOW, NOW), follow_symlinks=False)
    os.utime(results / "regions", (NOW, NOW))
    sentence = set_back_times(results, NOW)
    assert sentence == (
        f"{results}: found times up to 1 h 0 min ahead of the clock (files: 2), as after a change "
        "of the clock; set them back by as much"
    )
    times = [path.stat().st_mtime for path in (first, last, old)]
    assert times == [NOW - 600, NOW, NOW - 50]
    assert set_back_times(results, NOW) is None


def test_a_file_server_may_be_ahead_by_seconds(tmp_path: Path):
    path = make(tmp_path / "run/a.tsv", NOW + 30)
    os.utime(tmp_path / "run", (NOW, NOW))
    assert set_back_times(tmp_path / "run", NOW) is None
    assert path.stat().st_mtime == NOW + 30


def test_a_run_without_results_has_nothing_to_set_back(tmp_path: Path):
    assert set_back_times(tmp_path / "none") is None


def test_a_time_that_cannot_be_changed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = make(tmp_path / "run/a.tsv", NOW + 7200)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "utime", refuse)
    with pytest.raises(InputError) as error:
        set_back_times(tmp_path / "run", NOW)
    assert str(error.value) == (
        f"{path}: found a time that is 2 h 0 min ahead of the clock, and it cannot be changed "
        "(Operation not permitted); correct the clock, or have the owner of the file `touch` it"
    )
