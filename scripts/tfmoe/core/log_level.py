"""Level of the log: of jobs by the config's `log_level`, of commands by `tfmoe --log-level`.

Only the package's own messages go down to DEBUG, because some libraries write thousands of them.
"""

from __future__ import annotations

import logging
import os
import resource
import sys
import time
from collections.abc import Sequence
from typing import Literal, get_args

from tfmoe.core.messages import PlainFormatter

Level = Literal["debug", "info", "warning"]
_VARIABLE = "TFMOE_LOG_LEVEL"
QUIET = "TFMOE_QUIET_JOBS"
"""Environment variable with which jobs print warnings and errors only; their logs have the rest."""
_UNITS_PER_MIB = 1 << 20 if sys.platform == "darwin" else 1 << 10  # of `ru_maxrss`


def set_up_log(level: str, handlers: Sequence[logging.Handler], force: bool) -> None:
    """Send messages of a level and above to handlers.

    Parameters
    ----------
    level
        `debug`, `info` or `warning`. At `debug`, each message begins with the seconds since this
        call and the process's peak memory.
    handlers
        Where the messages go.
    force
        Whether the handlers replace earlier ones; otherwise earlier ones remain.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    formatter = _Timed() if level == "debug" else PlainFormatter("%(message)s")
    for handler in handlers:
        handler.setFormatter(formatter)
    logging.basicConfig(handlers=handlers, force=force)
    logging.getLogger().setLevel(max(number, logging.INFO))
    logging.getLogger("tfmoe").setLevel(number if level == "debug" else logging.NOTSET)


def pass_level(level: str) -> None:
    """Pass the config's level to the jobs that this process starts, which inherit it."""
    os.environ[_VARIABLE] = level


def passed_level() -> str:
    """Return the level that the Snakefile passed to a job; `info` without one."""
    level = os.environ.get(_VARIABLE, "")
    return level if level in get_args(Level) else "info"


class _Timed(PlainFormatter):
    """Begins each message with the seconds since the formatter was made, and the peak memory."""

    def __init__(self) -> None:
        super().__init__("%(message)s")
        self._started = time.monotonic()

    def format(self, record: logging.LogRecord) -> str:
        seconds = time.monotonic() - self._started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _UNITS_PER_MIB
        return f"[{seconds:8.2f} s {peak:6.0f} MiB] {super().format(record)}"
