"""The lock of a run keeps a second Snakemake away before it touches anything."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest

from tfmoe.workflow.run_lock import LOCK, VARIABLE, Holder, RunLock


@pytest.fixture
def folder(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the demo's config, in which a run holds its lock."""
    shutil.copytree(root / "config", tmp_path / "config")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLE, "")
    return tmp_path


def files(folder: Path) -> dict[Path, float]:
    """Return the time of each file of the results and of Snakemake's records."""
    paths = [path for name in ("results", ".snakemake") for path in (folder / name).rglob("*")]
    return {path: path.stat().st_mtime for path in paths if path.is_file()}


def test_a_second_run_of_one_name_is_refused(snakemake, folder: Path):
    running = RunLock(Path("results/demo"))
    running.take()
    before = files(folder)
    refused = snakemake(folder)
    unlocked = snakemake(folder, "--unlock")
    after = files(folder)
    planned = snakemake(folder, "--dry-run")
    running.release()
    assert refused.returncode == unlocked.returncode == 1
    for printed in (refused.stderr, unlocked.stderr):
        assert printed.count("tfmoe: results/demo: another run of this name") == 1
        assert "Traceback" not in printed
    assert planned.returncode == 0
    assert {path: after[path] for path in before} == before
    assert not [path for path in after if path.name.startswith("state-")]


def test_a_plan_makes_no_results(snakemake, folder: Path):
    assert snakemake(folder, "--dry-run").returncode == 0
    assert not (folder / "results").exists()


def test_a_lock_of_another_machine_is_freed_by_unlock(snakemake, folder: Path):
    lock = folder / "results/demo" / LOCK
    lock.parent.mkdir(parents=True)
    other = Holder(process=7, host="other", boot="1", folder="/work", started=1.0)
    lock.write_text(json.dumps(asdict(other)))
    refused = snakemake(folder)
    assert refused.returncode == 1
    assert "run the same command with --unlock added, then without" in refused.stderr
    assert snakemake(folder, "--unlock").returncode == 0
    assert lock.read_text() == ""
