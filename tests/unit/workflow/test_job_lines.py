"""Lines about jobs in place of Snakemake's messages."""

import io
import logging
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from snakemake.logging import ColorizingTextHandler, DefaultFilter, DefaultFormatter, logger
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

from tfmoe.core.log_level import QUIET
from tfmoe.workflow import job_lines
from tfmoe.workflow.job_lines import FILE, TERMINAL, JobLines, describe_job, show_lines

RULES = {Quietness.HOST, Quietness.REASON, Quietness.RULES}


def job(name: str, docstring: str | None = None, **wildcards: str) -> Any:
    rule = SimpleNamespace(docstring=docstring)
    log = [f"results/mine/logs/{name}.log"]
    return SimpleNamespace(
        name=name, rule=rule, wildcards_dict=wildcards, log=log, is_norun=name == "all"
    )


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (job("train", "Train a network.", expert="A", seed="1"), "Train a network: A, seed 1"),
        (job("predict", "Score.\n\nMore.", experiment="E1"), "Score: E1 (CTCF)"),
        (job("predict", "Score.", experiment="GATA3_x"), "Score: GATA3_x"),
        (job("write_report"), "write_report"),
    ],
)
def test_a_job_is_described_by_its_rule_and_subject(made: Any, text: str) -> None:
    assert describe_job(made, {"E1": "CTCF", "GATA3_x": "Gata3"}) == text


class Dag:
    """A graph of jobs whose ids are their places."""

    def __init__(self, *jobs: Any) -> None:
        self.jobs = list(jobs)

    def needrun_jobs(self) -> list[Any]:
        return self.jobs

    def jobid(self, wanted: Any) -> int:
        return self.jobs.index(wanted)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[logging.Handler]]:
    """Give Snakemake's logger the handlers of a run with the default profile."""
    monkeypatch.setenv(QUIET, "")
    monkeypatch.setattr(logger, "handlers", [])
    monkeypatch.setattr(logger, "propagate", False)
    before = logger.level
    logger.setLevel(logging.INFO)
    for name in (TERMINAL, FILE):
        handler = ColorizingTextHandler(stream=io.StringIO(), formatter=DefaultFormatter(RULES))
        handler.addFilter(DefaultFilter(RULES, False, False, False, False))
        handler.name = name
        logger.addHandler(handler)
    yield logger.handlers
    logger.setLevel(before)


def started(lines: JobLines, *jobs: Any, local: bool = True, nodes: int | None = None) -> Dag:
    dag = Dag(*jobs)
    limits = SimpleNamespace(cores=2, nodes=nodes)
    workflow: Any = SimpleNamespace(dag=dag, resource_settings=limits, local_exec=local)
    lines.start(workflow, Path("results/mine"), {})
    return dag


def send(event: LogEvent, level: int = logging.INFO, **fields: Any) -> None:
    logger.log(level, "Snakemake's own words", extra={"event": event, **fields})


def test_each_finished_job_has_one_line(terminal: list[Any]) -> None:
    lines = show_lines()
    assert lines is not None
    started(lines, job("train", "Train a network.", expert="A"), job("report"), job("all"))
    for number, name in enumerate(("train", "report", "all")):
        logger.info("Select jobs to execute...")
        send(LogEvent.JOB_STARTED, jobs=[number])
        send(LogEvent.JOB_INFO, rule_name=name)
        send(LogEvent.JOB_FINISHED, job_id=number)
        send(LogEvent.PROGRESS, done=1, total=3)
    first, *printed = terminal[0].stream.getvalue().splitlines()
    assert first == (
        "results/mine: 2 jobs, 2 cores; logs: results/mine/logs; running jobs: "
        "`tfmoe progress results/mine`"
    )
    # on a busy machine, a second may pass
    assert [re.sub(r"\d+ s\)$", "0 s)", line[9:]) for line in printed] == [
        "1 of 2 done: Train a network: A (0 s)",
        "2 of 2 done: report (0 s)",
    ]
    assert "1 of 3 steps (33%) done" in terminal[1].stream.getvalue()


def text(handler: logging.Handler, event: LogEvent | None, level: int, **fields: Any) -> str:
    record = logging.LogRecord("snakemake", level, "", 0, fields.pop("msg", "words"), None, None)
    record.__dict__.update(event=event, **fields)
    return handler.format(record) if handler.filter(record) else ""


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("Building DAG of jobs...", False),
        ("Nothing to be done (all requested files are present and up to date).", True),
        ("Creating conda environment envs/data.yaml...", True),
    ],
)
def test_usual_messages_are_hidden_and_others_are_not(
    message: str, shown: bool, terminal: list[logging.Handler]
) -> None:
    show_lines()
    assert text(terminal[0], None, logging.INFO, msg=message) == (message if shown else "")
    # a warning or an error is always shown
    assert text(terminal[0], None, logging.ERROR, msg=message) == message


def test_a_failed_job_is_named_with_its_log(terminal: list[logging.Handler]) -> None:
    lines = show_lines()
    assert lines is not None
    started(lines, job("train", "Train a network.", expert="A"))
    line = text(terminal[0], LogEvent.JOB_ERROR, logging.ERROR, jobid=0, rule_name="train")
    assert line[9:] == "failed: Train a network: A; see results/mine/logs/train.log"


def test_jobs_that_a_checkpoint_adds_have_lines_too(terminal: list[logging.Handler]) -> None:
    lines = show_lines()
    assert lines is not None
    dag = started(lines, job("list"))
    dag.jobs.append(job("scan", "Scan a chromosome.", chromosome="chr1"))
    line = text(terminal[0], LogEvent.JOB_FINISHED, logging.INFO, job_id=1)
    assert "1 of 2 done: Scan a chromosome: chr1" in line


def progress(
    share: float = 0.0, left: float | None = None, **expected: float
) -> Callable[[Path], SimpleNamespace]:
    """Return a reader of a run's progress, with the expected seconds of jobs by rule."""
    jobs = [SimpleNamespace(log=f"logs/{rule}.log") for rule in expected]
    planned = SimpleNamespace(jobs=jobs)
    found = SimpleNamespace(
        planned=planned, expected=list(expected.values()), left=left, share=share
    )
    return lambda results: found


def test_a_long_job_has_a_line_at_its_start(
    terminal: list[logging.Handler], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_lines, "read_progress", progress(train=600.0, short=5.0))
    for local, lines_at_start in ((True, 1), (False, 0)):
        lines = JobLines(DefaultFormatter(), False)
        started(lines, job("train", "Train."), job("short"), local=local, nodes=9)
        terminal[0].setFormatter(lines)
        line = text(terminal[0], LogEvent.JOB_STARTED, logging.INFO, jobs=[0, 1])
        assert line.count("started: Train; expected: 10 min") == lines_at_start
        assert "short" not in line


def test_finished_jobs_correct_the_expected_time_of_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(job_lines, "read_progress", progress(short=5.0, adapt=600.0, train=90.0))
    lines = JobLines(DefaultFormatter(), False)
    started(lines, job("short"), job("adapt", "Adapt."), job("train", "Train."))
    assert lines.format(_started(1)).endswith("started: Adapt; expected: 10 min")
    monkeypatch.setattr(job_lines, "read_progress", progress(short=5.0, adapt=20.0, train=240.0))
    lines.format(_finished(0))
    assert lines.format(_started(1)) == ""
    assert lines.format(_started(2)).endswith("started: Train; expected: 4 min")


def test_the_time_left_is_shown_once_a_tenth_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    for share, left in ((0.05, ""), (0.5, ", about 25 min left")):
        monkeypatch.setattr(job_lines, "read_progress", progress(share, 1500.0))
        lines = JobLines(DefaultFormatter(), False)
        started(lines, job("a"), job("b"))
        line = lines.format(_finished(0))
        assert f"1 of 2 done{left}: a" in line
        # nothing is left after the last job
        assert "2 of 2 done: b" in lines.format(_finished(1))


def _started(*numbers: int) -> logging.LogRecord:
    record = logging.LogRecord("snakemake", logging.INFO, "", 0, "words", None, None)
    record.__dict__.update(event=LogEvent.JOB_STARTED, jobs=list(numbers))
    return record


def _finished(number: int) -> logging.LogRecord:
    record = logging.LogRecord("snakemake", logging.INFO, "", 0, "words", None, None)
    record.__dict__.update(event=LogEvent.JOB_FINISHED, job_id=number)
    return record


@pytest.mark.parametrize(
    "settings",
    [
        {"quiet": {Quietness.HOST}},
        {"quiet": {*RULES, Quietness.PROGRESS}},
        {"quiet": {Quietness.ALL}},
        {"dryrun": True},
        {"verbose": True},
        {"debug_dag": True},
        {"printshellcmds": True},
    ],
)
def test_snakemakes_messages_remain_where_they_were_asked_for(
    settings: dict[str, Any], terminal: list[logging.Handler]
) -> None:
    for name, value in settings.items():
        setattr(terminal[0].filters[0], name, value)
    own = terminal[0].formatter
    assert show_lines() is None
    assert terminal[0].formatter is own


def test_the_file_has_all_messages_and_jobs_print_little(
    terminal: list[logging.Handler],
) -> None:
    show_lines()
    file = terminal[1].filters[0]
    assert isinstance(file, DefaultFilter)
    assert not file.quiet
    assert os.environ[QUIET] == "1"


def test_failed_logs_are_shown_where_the_profile_asks_for_them(
    terminal: list[logging.Handler],
) -> None:
    lines = JobLines(DefaultFormatter(show_failed_logs=True), True)
    terminal[0].setFormatter(lines)
    fields = {"rule_name": "train", "jobid": 0, "rule_msg": None, "input": [], "output": []}
    fields |= {"log": [], "conda_env": None, "shellcmd": None, "aux": {}, "indent": False}
    terminal[0].filters.clear()
    assert "Error in rule train" in text(terminal[0], LogEvent.JOB_ERROR, logging.ERROR, **fields)


def test_without_snakemakes_terminal_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logger, "handlers", [])
    assert show_lines() is None
