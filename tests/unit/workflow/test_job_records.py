import json
from base64 import urlsafe_b64encode
from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake.persistence import RECORD_FORMAT_VERSION

from tfmoe.workflow.job_records import produced_by, without_record

WHOLE = json.dumps({"rule": "any", "record_format_version": RECORD_FORMAT_VERSION})
RESULTS = Path("results/mine")


def record(output: str, content: str = WHOLE, folder: str = "metadata", longest: int = 250) -> Path:
    """Write a record as Snakemake does: parts of a long name are folders that begin with @."""
    name = urlsafe_b64encode(output.encode()).decode()
    parts = [name[at : at + longest] for at in range(0, len(name), longest)]
    path = Path(".snakemake", folder, *(f"@{part}" for part in parts[:-1]), parts[-1])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


@pytest.fixture(autouse=True)
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write two results, one in a folder, and files that are none."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.tsv", "model/b.bin", "logs/a.log", "notes.txt"):
        path = RESULTS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def lost() -> list[str]:
    produced = {"results/mine/a.tsv", "results/mine/model", "results/mine/logs/a.log"}
    return without_record(RESULTS, Path(".snakemake"), produced.__contains__, frozenset({"logs"}))


def test_results_without_a_record_are_listed_and_other_files_are_not() -> None:
    assert lost() == ["results/mine/a.tsv", "results/mine/model"]
    record("results/mine/a.tsv")
    assert lost() == ["results/mine/model"]
    record("results/mine/model")
    assert lost() == []


def test_names_of_any_length_are_read() -> None:
    record("results/mine/a.tsv", longest=7)
    assert lost() == ["results/mine/model"]


def test_a_job_that_was_interrupted_runs_again_without_a_record() -> None:
    record("results/mine/a.tsv")
    record("results/mine/model", "{}", folder="incomplete")
    assert lost() == []


@pytest.mark.parametrize(
    "content",
    ["", WHOLE[:-4], "[]", "{}", "\0" * 40, WHOLE.replace(str(RECORD_FORMAT_VERSION), "2")],
    ids=["empty", "cut", "list", "bare", "zeros", "old"],
)
def test_a_record_that_snakemake_does_not_use_is_none(content: str) -> None:
    record("results/mine/model")
    record("results/mine/a.tsv", content)
    assert lost() == ["results/mine/a.tsv"]


def test_other_files_among_the_records_are_ignored() -> None:
    record("results/mine/a.tsv").with_name("notes~").touch()
    assert lost() == ["results/mine/model"]


def test_a_rule_produces_its_outputs() -> None:
    rules = [SimpleNamespace(is_producer=lambda path, own=own: path == own) for own in "ab"]
    produced = produced_by(rules)
    assert [produced(path) for path in "abc"] == [True, True, False]
