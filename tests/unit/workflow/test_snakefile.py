import os
import re
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake.cli import get_argument_parser
from snakemake.scheduling.job_scheduler import JobRateLimiter
from snakemake.settings.types import MaxJobsPerTimespan

from tfmoe.core.errors import ConfigError
from tfmoe.workflow.snakefile import (
    closing_words,
    faults,
    grow,
    jobs_import_from,
    killed,
    look_when_jobs_end,
    one_of,
    plain_errors,
)


def test_an_error_of_the_config_is_its_message_and_exit_code_1(capsys):
    with pytest.raises(SystemExit) as end, plain_errors():
        raise ConfigError("config.yaml: seed: found 'one', expected integer")
    assert end.value.code == 1
    assert capsys.readouterr().err == "tfmoe: config.yaml: seed: found 'one', expected integer\n"


def test_any_other_error_goes_on():
    with pytest.raises(ZeroDivisionError), plain_errors():
        raise ZeroDivisionError


def test_faults_of_this_run_are_collected_with_all_their_lines(tmp_path: Path):
    (tmp_path / "check").mkdir()
    (tmp_path / "check/a.log").write_text("3 peaks\ntfmoe: a.bed, line 1: x\nb.bed, line 2: y\n")
    (tmp_path / "fine.log").write_text("nothing wrong\n")
    (tmp_path / "old.log").write_text("tfmoe: of another run\n")
    os.utime(tmp_path / "old.log", (1000, 1000))
    assert faults(tmp_path, since=2000) == ["tfmoe: a.bed, line 1: x\nb.bed, line 2: y"]


def test_a_script_that_the_system_killed_is_named_with_the_likely_cause(tmp_path: Path):
    command = "Command 'set -euo pipefail;  python /x/.snakemake/scripts/tmpor_1x2q.{}.py' {}.\n"
    ends = [
        ("train_expert", "died with <Signals.SIGKILL: 9>"),
        ("train_expert", "died with <Signals.SIGKILL: 9>"),
        ("adapt", "returned non-zero exit status 137"),
        ("predict", "returned non-zero exit status 1"),
        ("predict", "returned non-zero exit status 1341"),
        ("evaluate_models", "died with <Signals.SIGABRT: 6>"),
        ("attribute", "died with <Signals.SIGSEGV: 11>"),
    ]
    log = tmp_path / "snakemake.log"
    log.write_text("".join(command.format(*end) for end in ends))
    found = killed([str(log)])
    rules = [line.split(":")[1].removeprefix(" rule ") for line in found]
    assert rules == ["train_expert", "adapt", "evaluate_models"]
    assert "probably because memory ran out; run fewer jobs at once (`--cores 1`" in found[0]
    assert killed([]) == []


@dataclass
class Job:
    output: list[str]


def test_the_summary_is_told_only_where_the_targets_need_it(tmp_path: Path):
    summary = tmp_path / "summary.txt"
    summary.write_text("AUROC 0.9\n")
    some = [Job([str(tmp_path / "check.tsv")]), Job([])]
    assert closing_words(str(summary), some) == ""
    assert closing_words(str(summary), [*some, Job(["report.html", str(summary)])]) == "AUROC 0.9\n"


def test_a_resource_doubles_with_each_attempt():
    assert [grow(500)(None, None, attempt) for attempt in (1, 2, 3)] == [500, 1000, 2000]
    by_size = grow(lambda input: 1000 + 2 * len(input))
    assert by_size(None, ["a", "b"], 1) == 1004
    assert by_size(None, ["a", "b"], 3) == 4016
    by_name = grow(lambda input, wildcards: len(input) + len(wildcards), by_wildcards=True)
    assert by_name("chr1", ["a", "b"], 2) == 12


def test_one_of_matches_the_names_and_nothing_else():
    names = ["GATA3_SH-SY5Y", "GATA1", "GATA3", "MAX+", "a.b", "a"]
    pattern = re.compile(one_of(names))
    assert [name for name in names if pattern.fullmatch(name)] == names
    for other in ("GATA", "GATA33", "GATA3_", "MAX", "MAXX", "a_b", "", "A"):
        assert not pattern.fullmatch(other)


def test_one_of_writes_shared_beginnings_once():
    assert one_of(["TF10", "TF12", "TF1", "X"]) == "TF1(?:0|2|)|X"
    assert one_of(["TF1", "TF1"]) == "TF1"
    assert one_of(["a.b"]) == "a\\.b"
    assert one_of([]) == ""


def test_the_own_package_comes_first_and_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["/new/scripts", "", "/data/more"]))
    for _ in range(2):
        jobs_import_from(tmp_path)
    assert os.environ["PYTHONPATH"] == os.pathsep.join(
        [str(tmp_path), "/new/scripts", "/data/more"]
    )
    monkeypatch.delenv("PYTHONPATH")
    jobs_import_from(tmp_path)
    assert os.environ["PYTHONPATH"] == str(tmp_path)


def limited(rate: str) -> SimpleNamespace:
    return SimpleNamespace(job_rate_limiter=JobRateLimiter(MaxJobsPerTimespan.parse_choice(rate)))


def test_snakemakes_default_rate_of_starts_is_lifted_and_another_is_kept():
    default = limited(get_argument_parser().get_default("max_jobs_per_timespan"))
    look_when_jobs_end(default)
    assert default.job_rate_limiter is None
    look_when_jobs_end(default)
    own = limited("10/1m")
    look_when_jobs_end(own)
    assert own.job_rate_limiter.max_jobs == 10
