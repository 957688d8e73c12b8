import logging
import re
from collections.abc import Iterator
from io import StringIO

import pytest

from tfmoe.core.log_level import pass_level, passed_level, set_up_log


@pytest.fixture(autouse=True)
def loggers() -> Iterator[None]:
    """Undo changes to logging, which would reach the tests that run later."""
    root, own = logging.getLogger(), logging.getLogger("tfmoe")
    before = root.handlers[:], root.level, own.level
    yield
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    own.setLevel(before[2])


def lines(level: str) -> list[str]:
    written = StringIO()
    set_up_log(level, [logging.StreamHandler(written)], force=True)
    for name in ("tfmoe.data", "library"):
        for number in (logging.DEBUG, logging.INFO, logging.WARNING):
            logging.getLogger(name).log(number, "%s %s", name, logging.getLevelName(number))
    return written.getvalue().splitlines()


def test_warning_shows_only_what_needs_attention() -> None:
    assert lines("warning") == ["tfmoe.data WARNING", "library WARNING"]


def test_info_shows_steps() -> None:
    both = ["INFO", "WARNING"]
    assert lines("info") == [f"{name} {x}" for name in ("tfmoe.data", "library") for x in both]


def test_debug_shows_details_of_the_package_with_time_and_memory() -> None:
    found = [re.fullmatch(r"\[ +\d+\.\d\d s +(\d+) MiB\] (.*)", line) for line in lines("debug")]
    assert [match[2] for match in found if match] == [
        "tfmoe.data DEBUG", "tfmoe.data INFO", "tfmoe.data WARNING", "library INFO",
        "library WARNING",
    ]  # fmt: skip
    assert all(match and 10 < int(match[1]) < 100_000 for match in found)


def test_a_level_can_be_set_again() -> None:
    lines("debug")
    assert lines("warning") == ["tfmoe.data WARNING", "library WARNING"]


def test_handlers_of_others_stay_without_force(caplog: pytest.LogCaptureFixture) -> None:
    before = logging.getLogger().handlers[:]
    set_up_log("info", [logging.StreamHandler(StringIO())], force=False)
    assert logging.getLogger().handlers == before


def test_the_snakefile_passes_the_level_to_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TFMOE_LOG_LEVEL", raising=False)
    assert passed_level() == "info"
    monkeypatch.setenv("TFMOE_LOG_LEVEL", "loud")
    assert passed_level() == "info"
    pass_level("debug")
    assert passed_level() == "debug"
