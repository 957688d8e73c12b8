import json
import shutil
import subprocess
from pathlib import Path

import pytest
from snakemake.persistence import RECORD_FORMAT_VERSION

from tfmoe.core.errors import ConfigError
from tfmoe.core.run_record import VARIABLE, record_run
from tfmoe.workflow.provenance import check_results, describe_run, find_commit, write_state

# of results/mine/report.html
RECORD = Path(".snakemake/metadata/cmVzdWx0cy9taW5lL3JlcG9ydC5odG1s")


def state(seed: int = 1, checksum: str = "a", code: str = "c") -> dict:
    config = {"run": "mine", "seed": seed}
    return describe_run(config, {}, {"x.bed": checksum}, {"train": code}, Path("/nowhere"))


@pytest.fixture
def finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the results of a run whose records Snakemake has."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["snakemake"])
    monkeypatch.setenv(VARIABLE, str(write_state(state(), Path(".snakemake/tfmoe"))))
    RECORD.parent.mkdir()
    RECORD.write_text(json.dumps({"record_format_version": RECORD_FORMAT_VERSION}))
    record_run(Path("results/mine/logs/a.log"))
    (tmp_path / "results/mine/report.html").touch()
    return Path("results/mine")


def check(results: Path, now: dict) -> None:
    produced = {f"{results}/{name}" for name in ("report.html", "model.zip")}
    check_results(results, now, Path(".snakemake/tfmoe"), produced.__contains__)


def test_keys_that_no_result_depends_on_are_not_in_the_state() -> None:
    plain = describe_run({"run": "mine"}, {}, {}, {}, Path("/nowhere"))
    means = {"mirror": "/copies", "log_level": "debug"}
    assert describe_run({"run": "mine", **means}, {}, {}, {}, Path("/nowhere")) == plain


def test_with_snakemakes_records_any_change_is_left_to_snakemake(finished: Path) -> None:
    check(finished, state())
    check(finished, state(seed=2))


@pytest.mark.parametrize("gone", ["all", "metadata", "renamed"])
def test_without_the_records_only_the_same_state_is_reused(finished: Path, gone: str) -> None:
    results = finished
    if gone == "renamed":
        results = finished.rename("results/other")
    else:
        Path(".snakemake").rename("moved") if gone == "all" else RECORD.unlink()
    check(results, state())
    for changed, expected in (
        (state(seed=2), "seed was 1, is 2"),
        (state(checksum="b"), "input file x.bed changed"),
        (state(code="d"), "code of train changed"),
    ):
        with pytest.raises(ConfigError) as error:
            check(results, changed)
        assert expected in str(error.value)
        assert f"Move or remove {results}" in str(error.value)


def test_results_of_several_configs_are_not_reused_without_the_records(finished: Path) -> None:
    path = finished / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"earlier": ["x"]}))
    Path(".snakemake").rename("moved")
    with pytest.raises(ConfigError, match="computed under 1 other configs before"):
        check(finished, state())


def test_results_without_a_record_are_not_reused(finished: Path) -> None:
    (finished / "run.json").write_text("damaged")
    with pytest.raises(ConfigError, match=r"without a readable run\.json"):
        check(finished, state())


@pytest.mark.parametrize("option", ["--forceall", "-F", "--unlock"])
def test_options_that_reuse_nothing_are_allowed(
    finished: Path, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(".snakemake").rename("moved")
    monkeypatch.setattr("sys.argv", ["snakemake", option])
    check(finished, state(seed=2))


def test_a_folder_of_logs_alone_holds_no_results(tmp_path: Path) -> None:
    (tmp_path / "results/mine/logs").mkdir(parents=True)
    check(tmp_path / "results/mine", state())
    check(tmp_path / "absent", state())


def test_a_result_without_its_own_record_is_not_reused_for_another_state(finished: Path) -> None:
    (finished / "model.zip").touch()
    check(finished, state())
    with pytest.raises(ConfigError) as error:
        check(finished, state(seed=2))
    assert "seed was 1, is 2" in str(error.value)
    assert "records of 1 of these results are missing" in str(error.value)
    assert "results/mine/model.zip. Remove these files" in str(error.value)
    (finished / "model.zip").unlink()
    check(finished, state(seed=2))


def test_a_result_without_its_own_record_is_not_reused_after_an_earlier_state(
    finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(write_state(state(seed=2), Path(".snakemake/tfmoe"))))
    record_run(Path("results/mine/logs/b.log"))
    check(finished, state(seed=2))
    RECORD.write_text("{")
    with pytest.raises(ConfigError, match=r"under 1 other configs before.*report\.html"):
        check(finished, state(seed=2))


def test_results_of_an_earlier_state_that_were_put_back_are_not_reused(
    finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(finished, "backup")
    monkeypatch.setenv(VARIABLE, str(write_state(state(seed=2), Path(".snakemake/tfmoe"))))
    record_run(Path("results/mine/logs/b.log"))
    check(finished, state(seed=2))
    shutil.rmtree(finished)
    shutil.copytree("backup", finished)
    with pytest.raises(ConfigError, match="seed was 1, is 2"):
        check(finished, state(seed=2))
    check(finished, state())


def git(folder: Path, *arguments: str) -> str:
    settings = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    command = ["git", "-C", str(folder), *settings, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_the_commit_and_whether_code_changed_since(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/a.py").write_text("a = 1\n")
    (tmp_path / "README.md").touch()
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "x")
    commit = git(tmp_path, "rev-parse", "HEAD")
    (tmp_path / "README.md").write_text("other")
    assert find_commit(tmp_path) == {"commit": commit, "clean": True}
    (tmp_path / "scripts/new.py").touch()
    assert find_commit(tmp_path) == {"commit": commit, "clean": False}
    assert find_commit(tmp_path / "scripts") is None


def test_a_state_with_another_commit_is_written_again(finished: Path) -> None:
    folder = Path(".snakemake/tfmoe")
    path = write_state(state() | {"commit": {"commit": "b", "clean": True}}, folder)
    assert path == write_state(state(), folder)
    assert json.loads(path.read_text())["commit"] is None
