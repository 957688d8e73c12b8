"""The progress of a run, read from its files."""

import errno
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from tfmoe.core.errors import InputError
from tfmoe.workflow.planned_jobs import (
    NAME,
    PlannedJob,
    PlannedJobs,
    note_end,
    note_start,
    plan_jobs,
    read_jobs,
    write_jobs,
)
from tfmoe.workflow.run_progress import JobProgress, read_progress

START = float(int(time.time()) - 1000)
EPOCH = "expert A, seed 0: epoch {} of 10: training loss 0.6, validation AUROC 0.7\n"


def planned(*names: str) -> PlannedJobs:
    jobs = [
        PlannedJob("train", "models", f"logs/train/{name}.log", f"benchmarks/{name}.tsv", 1, 1, [])
        for name in names
    ]
    return PlannedJobs(1, jobs, {"train": len(jobs) + 2})


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Return the folder of a run of three jobs, which started at `START`."""
    folder = tmp_path / "mine"
    write_jobs(planned("a", "b", "c"), folder)
    os.utime(folder / NAME, (START, START))
    return folder


def log(results: Path, name: str, text: str, after: float = 1.0) -> None:
    path = results / f"logs/train/{name}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    begin = time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(START + after))
    path.write_text(f"started {begin} on node1\n{text}")
    os.utime(path, (START + after, START + after))


def benchmark(results: Path, name: str, text: str, after: float) -> None:
    path = results / f"benchmarks/{name}.tsv"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    os.utime(path, (START + after, START + after))


def test_states_come_from_logs_and_benchmark_files_of_this_start(results: Path):
    log(results, "a", "fine\n")
    benchmark(results, "a", "s\tcpu_time\n30.5\t28.0\n", after=40)
    log(results, "b", EPOCH.format(1) + EPOCH.format(4), after=50)
    log(results, "c", "of an earlier run\n", after=-100)
    benchmark(results, "c", "s\tcpu_time\n99\t99\n", after=-90)
    found = read_progress(results, now=START + 90)
    assert [(job.state, job.share) for job in found.jobs] == [
        ("done", None), ("running", 0.4), ("left", None),
    ]  # fmt: skip
    assert [job.seconds for job in found.jobs] == [30.5, 40.0, 0.0]
    assert found.jobs[1].line == EPOCH.format(4).strip()
    assert (found.planned.earlier, found.last) == (2, pytest.approx(START + 50))
    assert found.left is not None and found.left > 30


def test_a_long_epoch_counts_by_its_steps(results: Path):
    log(results, "a", EPOCH.format(4) + "expert A, seed 0: epoch 5 of 10: step 30 of 60\n")
    assert read_progress(results, now=START + 90).jobs[0].share == 0.45


@pytest.mark.parametrize("text", ["", "s\tcpu_time\n", "s\tcpu_ti", "s\tcpu_time\n3x\t1\n"])
def test_a_benchmark_file_that_is_being_written_is_not_read(results: Path, text: str):
    log(results, "a", "")
    benchmark(results, "a", text, after=20)
    found = read_progress(results, now=START + 90).jobs[0]
    assert (found.state, found.line) == ("running", "")


@pytest.mark.parametrize("text", ["tfmoe: a.bed: no peaks\n", "Traceback (most...):\n  x\nError\n"])
def test_failed_jobs_are_told_by_their_logs(results: Path, text: str):
    log(results, "a", text)
    found = read_progress(results, now=START + 90).jobs[0]
    assert (found.state, found.line) == ("failed", text.splitlines()[-1])


def test_a_log_without_a_time_or_with_strange_bytes(results: Path):
    path = results / "logs/train/a.log"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\xff\xfe\n" + b"x" * 9000 + b"\nlast \xff\n\n")
    found = read_progress(results, now=time.time()).jobs[0]
    assert (found.state, found.seconds, found.line) == ("running", 0.0, "last \ufffd")


def test_the_end_of_a_run_is_noted_without_a_new_time(results: Path):
    before = (results / NAME).stat().st_mtime
    log(results, "a", "half\n")
    note_end(results, succeeded=False)
    assert (results / NAME).stat().st_mtime == before
    found = read_progress(results, now=START + 90)
    assert (found.planned.succeeded, found.left) == (False, None)
    assert [job.state for job in found.jobs] == ["failed", "left", "left"], "nothing runs any more"


def test_a_folder_that_cannot_be_written_stops_no_run(tmp_path: Path):
    (tmp_path / "mine").write_text("a file where the folder should be")
    dag = SimpleNamespace(jobs=[], dependencies={}, needrun_jobs=list, toposorted=list)
    note_start(dag, tmp_path / "mine", SimpleNamespace(cores=1, nodes=None))
    note_end(tmp_path / "mine", succeeded=True)


def test_a_full_disk_stops_no_run(results: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = (results / NAME).read_text()
    dag = SimpleNamespace(jobs=[], dependencies={}, needrun_jobs=list, toposorted=list)
    monkeypatch.setattr(Path, "write_text", full)
    note_start(dag, results, SimpleNamespace(cores=1, nodes=None))
    note_end(results, succeeded=False)
    assert (results / NAME).read_text() == before


def test_the_end_of_a_run_whose_jobs_are_gone_is_no_fault(tmp_path: Path):
    note_end(tmp_path, succeeded=True)
    assert not any(tmp_path.iterdir())


def test_a_folder_without_a_run(tmp_path: Path):
    with pytest.raises(InputError, match=r"found no logs/jobs\.json, expected the folder of a run"):
        read_progress(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[:-20], "not valid JSON"),
        (lambda text: text.replace('"slots": 1', '"slots": "x"'), "slots: found 'x', expected int"),
        (lambda text: text.replace('"needs": []', '"needs": [7]'), "a job needs one that does not"),
        (lambda text: text.replace('"stage": "models",', ""), "found the keys"),
    ],
)
def test_damaged_files(results: Path, change: Callable[[str], str], message: str):
    path = results / NAME
    path.write_text(change(path.read_text()))
    with pytest.raises(InputError, match=message) as error:
        read_jobs(results)
    assert "start the run again" in str(error.value)


def test_the_jobs_are_those_of_snakemakes_graph(tmp_path: Path):
    def made(name: str, **changes: object) -> SimpleNamespace:
        job = SimpleNamespace(
            name=name, rule=SimpleNamespace(snakefile=f"/p/workflow/rules/{name}_peaks.smk"),
            log=[f"results/mine/logs/{name}.log"], benchmark=f"results/mine/benchmarks/{name}.tsv",
            input=["a", "b"], threads=8, is_norun=False,
        )  # fmt: skip
        job.__dict__.update(changes)
        return job

    class Job(SimpleNamespace):
        __hash__ = object.__hash__

    old, draw, train, target = (Job(**vars(made(name))) for name in ("old", "draw", "train", "all"))
    target.is_norun, target.log, train.benchmark = True, [], None
    dag = SimpleNamespace(
        jobs=[old, draw, train, target],
        dependencies={old: {}, draw: {old: set()}, train: {draw: set()}, target: {train: set()}},
        needrun_jobs=lambda: iter([target, train, draw]),
        toposorted=lambda: iter([[old], [draw], [train], [target]]),
    )
    results = Path("results/mine")
    found = plan_jobs(dag, results, SimpleNamespace(cores=4, nodes=None))
    first = PlannedJob("draw", "draw", "logs/draw.log", "benchmarks/draw.tsv", 2, 4, [])
    second = PlannedJob("train", "train", "logs/train.log", "", 2, 4, [0])
    assert found == PlannedJobs(4, [first, second], {"old": 1, "draw": 1, "train": 1})
    assert found.earlier == 1
    cluster = plan_jobs(dag, results, SimpleNamespace(cores=None, nodes=100))
    assert (cluster.slots, cluster.jobs[0].threads) == (100, 1)
    write_jobs(found, tmp_path)
    assert read_jobs(tmp_path) == found
    note_end(tmp_path, succeeded=True)
    assert read_jobs(tmp_path) == replace(found, succeeded=True)


def test_times_of_other_runs_are_used_before_a_job_is_done(results: Path):
    other = results.parent / "other/benchmarks"
    for name in ("train/x", "write_report"):
        path = other / f"{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("s\tcpu_time\n700\t600\n")
    found = read_progress(results, now=START + 1)
    assert found.left == pytest.approx(2100)
    assert found.jobs == [JobProgress(job, "left") for job in found.planned.jobs]
