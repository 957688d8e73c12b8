"""The command `tfmoe progress`."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tfmoe.cli.app import app
from tfmoe.cli.progress import (
    clock,
    describe_job,
    describe_run,
    print_progress,
)
from tfmoe.workflow.planned_jobs import PlannedJob, PlannedJobs, write_jobs
from tfmoe.workflow.run_progress import JobProgress, RunProgress

NOON = time.mktime((2026, 11, 29, 12, 0, 0, 0, 0, -1))
JOB = PlannedJob("train", "models", "logs/train/A.log", "benchmarks/A.tsv", 1, 1, [])


def run(
    left: float | None = 3600.0, succeeded: bool | None = None, last: float = 0.0, done: int = 1
):
    states = [JobProgress(JOB, "done", 60.0)] * done + [JobProgress(JOB, "left")] * (2 - done)
    planned = PlannedJobs(1, [JOB, JOB], {"train": 5}, succeeded)
    return RunProgress(planned, states, NOON - 600, NOON, NOON - last, left, [60.0, 60.0])


def test_the_date_is_given_unless_it_is_today() -> None:
    assert clock(NOON + 300, NOON) == "at 12:05"
    assert clock(NOON + 86_400, NOON) == "on 2026-11-30 at 12:00"


def test_a_log_changes_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    states = [JobProgress(JOB, "failed", 60.0, "\x1b[2Jfault")]
    failed = RunProgress(PlannedJobs(1, [JOB], {"train": 1}), states, 0.0, 1.0, 0.0, None, [1.0])
    print_progress("\x1b[31mmine", failed)
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert r"see its log: \x1b[2Jfault" in printed


def test_the_line_of_a_run() -> None:
    head = "1 of 2 jobs done (3 were done before)"
    expected = "expected to finish in 30 min to 2 h, best guess at 13:00"
    assert describe_run(run()) == f"{head} in 10 min; {expected}"
    assert describe_run(run(last=1200)).endswith(
        "was written for 20 min: does Snakemake still run?"
    )
    assert describe_run(run(None, False, 60)) == f"{head}; stopped with a fault at 11:59"
    ended = "2 of 2 jobs done (3 were done before); finished at 11:59"
    assert describe_run(run(None, True, 60, done=2)) == ended


def test_no_finish_is_foretold_before_a_tenth_of_the_work_is_done() -> None:
    early = replace(run(), expected=[60.0, 550.0])
    assert describe_run(early).endswith(
        "; too early to foretell the finish (10% of the expected work is done)"
    )
    assert "expected to finish in" in describe_run(replace(run(), expected=[60.0, 540.0]))


def test_the_line_of_a_job() -> None:
    found = JobProgress(JOB, "running", 75.0, "epoch 7 of 25: training loss 0.5", 0.28)
    expected = "running: train/A, for 1 min 15 s: epoch 7 of 25: training loss 0.5"
    assert describe_job(found) == expected
    long = describe_job(JobProgress(JOB, "failed", 1.0, "x" * 300))
    assert long == f"failed: train/A, see its log: {'x' * 100}..."


def test_the_command_prints_stages_jobs_and_the_whole_run(tmp_path: Path) -> None:
    results = tmp_path / "mine"
    write_jobs(PlannedJobs(1, [JOB, JOB], {"train": 2}), results)
    (results / "logs/train").mkdir(parents=True)
    (results / "logs/train/A.log").write_text("started\nepoch 3 of 9: training loss 0.5\n")
    ended = CliRunner().invoke(app, ["progress", str(results)])
    assert ended.exit_code == 0, ended.output
    lines = ended.output.splitlines()
    assert lines[0].split("\t")[:5] == ["stage", "done", "running", "failed", "left"]
    assert lines[1].split("\t")[:5] == ["models", "0", "2", "0", "0"]
    assert lines[2].startswith("running: train/A, for 0 s: epoch 3 of 9")
    assert lines[-1].startswith(f"{results}: 0 of 2 jobs done in ")
    assert "; too early to foretell the finish (0% of " in lines[-1]


def test_a_folder_without_a_run_ends_with_one_line(tmp_path: Path) -> None:
    ended = CliRunner().invoke(app, ["progress", str(tmp_path)])
    assert ended.exit_code == 1
    assert "found no logs/jobs.json" in ended.output
    assert len(ended.output.splitlines()) == 1
