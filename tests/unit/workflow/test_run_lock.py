import errno
import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tfmoe.core.errors import InputError
from tfmoe.workflow.run_lock import LOCK, VARIABLE, Holder, RunLock, lock_run

NOBODY = 2**30  # larger than any number of a process
GONE = {
    "process": NOBODY, "host": os.uname().nodename, "boot": "", "folder": "/work", "started": 1.0,
    "local": True,
}  # fmt: skip


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLE, "")
    Path("results/yeast/.state").mkdir(parents=True)
    return Path("results/yeast")


def leave(results: Path, **changes: object) -> None:
    (results / LOCK).write_text(json.dumps({**GONE, **changes}))


def refuse_locks(*_: object) -> None:
    raise OSError(errno.ENOLCK, "No locks available")


def test_the_second_run_of_one_name_is_refused(results: Path):
    first = RunLock(results)
    first.take()
    before = (results / LOCK).read_text()
    Path("elsewhere").symlink_to("results")
    for same in (results, Path("elsewhere/yeast")):
        with pytest.raises(InputError, match=f"another run of this name.*process {os.getpid()} on"):
            RunLock(same).take()
    with pytest.raises(InputError, match="another run of this name"):
        RunLock(results).free()
    assert (results / LOCK).read_text() == before
    first.release()
    RunLock(results).free()


def test_other_runs_of_a_folder_are_free(results: Path):
    first = RunLock(results)
    first.take()
    other = RunLock(Path("results/human"))
    other.take()
    other.release()
    first.release()


def test_a_lock_left_over_here_is_freed(results: Path):
    leave(results)
    locks = Path(".snakemake/locks")
    locks.mkdir(parents=True)
    (locks / "0.input.lock").write_text("genome.fa\nresults/yeast/regions/A.bed.gz\n")
    (locks / "0.output.lock").write_text("results/yeast/report.html\n")
    (locks / "1.output.lock").write_text("results/yeast2/report.html\n")
    (results / f".report.html.{NOBODY}.partial").touch()
    (results / f".scores.tsv.{os.getpid()}.partial").touch()
    (results / f".model.{NOBODY}.partial").mkdir()
    (results / ".notes.partial").touch()
    lock = RunLock(results)
    lock.take()
    assert json.loads((results / LOCK).read_text())["process"] == os.getpid()
    assert [path.name for path in locks.iterdir()] == ["1.output.lock"]
    left = {path.name for path in results.glob(".*.partial")}
    assert left == {
        f".scores.tsv.{os.getpid()}.partial",
        f".model.{NOBODY}.partial",
        ".notes.partial",
    }
    lock.release()


@pytest.mark.parametrize("where", [{"host": "other", "boot": "1"}, {"local": False}])
def test_a_lock_whose_jobs_may_run_needs_unlock(results: Path, where: dict[str, object]):
    leave(results, **where)
    with pytest.raises(InputError, match=f"process {NOBODY} on .* with --unlock added, then"):
        RunLock(results).take()
    RunLock(results).free()
    lock = RunLock(results)
    lock.take()
    lock.release()


def test_without_locks_of_the_file_system(results: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fcntl, "flock", refuse_locks)
    first = RunLock(results)
    first.take()
    with pytest.raises(InputError, match="another run of this name"):
        RunLock(results).take()
    leave(results)
    with pytest.raises(InputError, match="with --unlock added, then"):
        RunLock(results).take()
    RunLock(results).free()
    first.release()


@pytest.mark.parametrize("method", ["take", "free"])
def test_jobs_of_a_killed_run_are_ended(results: Path, method: str):
    leave(results)
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    left, other = (
        subprocess.Popen(sleep, env={**os.environ, VARIABLE: key})
        for key in (Holder(**GONE).key, "running")
    )
    lock = RunLock(results)
    getattr(lock, method)()
    lock.release()
    assert not psutil.pid_exists(left.pid)
    left.wait()
    assert other.poll() is None
    other.kill()
    other.wait()


def test_unlocking_leaves_jobs_of_a_run_on_another_machine(results: Path):
    away = {"host": "other", "boot": "1"}
    leave(results, **away)
    key = Holder(**{**GONE, **away}).key
    job = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"], env={**os.environ, VARIABLE: key}
    )
    RunLock(results).free()
    assert job.poll() is None
    job.kill()
    job.wait()


def test_a_copied_folder_leaves_the_jobs_of_the_original(results: Path):
    original = RunLock(results)
    original.take()
    job = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    Path("copy/.state").mkdir(parents=True)
    Path("copy", LOCK).write_text((results / LOCK).read_text())
    copied = RunLock(Path("copy"))
    copied.take()
    assert job.poll() is None
    job.kill()
    job.wait()
    copied.release()
    original.release()


@pytest.mark.parametrize(
    ("arguments", "content"),
    [
        (["-np"], None),
        (["--lint"], None),
        (["--summary"], None),
        (["--unlock"], ""),
        (["--report", "a.html"], None),
    ],
)
def test_options_that_compute_nothing(
    results: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], content: str | None
):
    if content is not None:
        leave(results)
    monkeypatch.setattr(sys, "argv", ["snakemake", *arguments, "--configfile", "a.yaml"])
    lock_run(results)
    assert ((results / LOCK).read_text() if (results / LOCK).exists() else None) == content


@pytest.mark.parametrize("options", [[], ["--touch"], ["--report", "a.zip", "--report-after-run"]])
def test_a_computation_takes_the_lock(
    results: Path, monkeypatch: pytest.MonkeyPatch, options: list[str]
):
    monkeypatch.setattr(sys, "argv", ["snakemake", "--cores", "2", *options])
    lock = lock_run(results)
    lock.note_jobs(local=False)
    assert not json.loads((results / LOCK).read_text())["local"]
    lock.release()
    assert (results / LOCK).read_text() == ""


@pytest.mark.parametrize(("options", "hooks"), [(["--no-hooks"], True), ([], False)])
def test_without_hooks_jobs_may_run_on_a_cluster(
    results: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], hooks: bool
):
    monkeypatch.setattr(sys, "argv", ["snakemake", "--cores", "2", *options])
    lock = lock_run(results, hooks)
    assert not json.loads((results / LOCK).read_text())["local"]
    lock.release()
