import errno
import logging
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tfmoe.core.errors import InputError
from tfmoe.core.files import atomic_path
from tfmoe.core.job import job


@pytest.fixture(autouse=True)
def root_logger() -> Iterator[None]:
    """Undo the job's changes to logging, which would reach the tests that run later."""
    root = logging.getLogger()
    handlers, level, own = root.handlers[:], root.level, logging.getLogger("tfmoe").level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("tfmoe").setLevel(own)
    logging.captureWarnings(False)


def log_of(tmp_path: Path, error: Exception | None) -> str:
    log = tmp_path / "logs" / "rule.log"
    script = SimpleNamespace(log=[str(log)])
    with job(script):  # type: ignore[arg-type]
        logging.getLogger("tfmoe.data").info("3 peaks read")
        if error is not None:
            raise error
    return log.read_text()


def test_log_lines_reach_the_log_file(tmp_path: Path):
    first, second = log_of(tmp_path, None).splitlines()
    assert re.fullmatch(r"started \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} on \S+", first)
    assert second == "3 peaks read"


@pytest.mark.parametrize(
    ("level", "expected"),
    [("warning", []), ("info", ["3 peaks read"]), ("debug", ["3 peaks", "ended"])],
)
def test_the_level_is_that_of_the_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: str, expected: list[str]
):
    monkeypatch.setenv("TFMOE_LOG_LEVEL", level)
    _, *lines = log_of(tmp_path, None).splitlines()
    assert len(lines) == len(expected)
    assert all(part in line for part, line in zip(expected, lines, strict=True))


def test_a_log_that_cannot_be_written_stops_no_job(tmp_path: Path):
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full, a disk without space")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/rule.log").symlink_to("/dev/full")
    with job(SimpleNamespace(log=[str(tmp_path / "logs/rule.log")])):  # type: ignore[arg-type]
        (tmp_path / "result").touch()
    assert (tmp_path / "result").exists()


def test_an_input_error_is_one_line_and_exit_code_1(tmp_path: Path, capfd):
    with pytest.raises(SystemExit) as end:
        log_of(tmp_path, InputError("peaks.bed, line 12: end 100 is not greater than start 250"))
    assert end.value.code == 1
    printed = capfd.readouterr().err
    assert printed.endswith("tfmoe: peaks.bed, line 12: end 100 is not greater than start 250\n")
    assert "Traceback" not in printed


def test_a_bug_keeps_its_traceback(tmp_path: Path, capfd):
    with pytest.raises(SystemExit):
        log_of(tmp_path, ZeroDivisionError("x"))
    assert "Traceback" in (tmp_path / "logs" / "rule.log").read_text()


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("CUDA out of memory. Tried")])
def test_too_little_memory_is_one_line(error: Exception, tmp_path: Path, capfd):
    with pytest.raises(SystemExit):
        log_of(tmp_path, error)
    printed = capfd.readouterr().err
    assert f"tfmoe: the job with the log {tmp_path}/logs/rule.log: memory ran out (" in printed
    assert "`--cores 1`" in printed
    assert "lower `compute.batch_size`" in printed
    assert "Traceback" not in printed


# the lines that were not written make the closing of the file fail too
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_log_on_a_full_disk_leaves_standard_error_alone(tmp_path: Path, capfd):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/rule.log").symlink_to("/dev/full")
    with job(SimpleNamespace(log=[str(tmp_path / "logs/rule.log")])):  # type: ignore[arg-type]
        logging.getLogger("tfmoe.data").info("3 peaks read")
    assert capfd.readouterr().err == "3 peaks read\n"


def test_a_full_disk_is_one_line(tmp_path: Path, capfd):
    with pytest.raises(SystemExit):
        log_of(tmp_path, OSError(errno.ENOSPC, "No space left on device", "moe/gate.parquet"))
    printed = capfd.readouterr().err
    assert "tfmoe: moe/gate.parquet: the disk is full; free some space and run the same" in printed
    assert "Traceback" not in printed


def test_sigterm_is_one_line_and_removes_temporary_files(tmp_path: Path, capfd):
    log = tmp_path / "logs" / "rule.log"
    before = signal.getsignal(signal.SIGTERM)
    with (
        pytest.raises(SystemExit) as end,
        job(SimpleNamespace(log=[str(log)])),  # type: ignore[arg-type]
        atomic_path(tmp_path / "table.tsv") as temporary,
    ):
        temporary.touch()
        signal.raise_signal(signal.SIGTERM)
    assert end.value.code == 143
    assert log.read_text().splitlines()[1:] == ["stopped by SIGTERM"]
    assert capfd.readouterr().err == ""
    assert [path.name for path in tmp_path.iterdir()] == ["logs"]
    assert signal.getsignal(signal.SIGTERM) is before
