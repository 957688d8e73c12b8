"""Shell around the script of each rule: its log file, and one clear line for an input error."""

from __future__ import annotations

import logging
import os
import platform
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from tfmoe.core.errors import TfmoeError
from tfmoe.core.log_level import QUIET, passed_level, set_up_log
from tfmoe.core.run_record import record_run
from tfmoe.core.shortage import disk_fault, memory_fault

if TYPE_CHECKING:
    from snakemake.script import Snakemake

MARK = "tfmoe: "
"""Prefix of messages that explain to the user how to fix the input."""
TIME = "%Y-%m-%dT%H:%M:%S%z"
"""Format of the time in the first line of a log."""


class Stopped(SystemExit):
    """Raised where a signal stops a job, so that its temporary files are removed."""


class _LogFile(logging.FileHandler):
    """A log that may end early where the disk is full; standard error has its lines too."""

    def handleError(self, record: logging.LogRecord) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)


@contextmanager
def job(snakemake: Snakemake) -> Iterator[None]:
    """Run the body of a script with its log file, and end it cleanly if the input is at fault.

    Log lines go to ``snakemake.log[0]`` and to standard error, there only warnings and errors if
    Snakemake prints one line per job; the first line of the log is the time and the host of the
    job's start. A `TfmoeError`, a full disk or too little memory becomes
    the single line ``tfmoe: <message>`` in both, with exit code 1. Any other exception leaves its
    traceback too. SIGTERM ends the script with one line in the log and exit code 143.
    """
    log_path = Path(snakemake.log[0])
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):  # on a full disk, the first result that is written reports it
        started = f"started {time.strftime(TIME)} on {platform.node()}\n"
        log_path.write_text(started, encoding="utf-8")
    printed = logging.StreamHandler(sys.stderr)
    if os.environ.get(QUIET):
        printed.setLevel(logging.WARNING)
    handlers: list[logging.Handler] = [
        _LogFile(log_path, mode="a", encoding="utf-8"),
        printed,
    ]
    set_up_log(passed_level(), handlers, force=True)
    logging.captureWarnings(True)
    logger = logging.getLogger("tfmoe")
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        record_run(log_path)
        yield
        logger.debug("ended: %.2f s of processor time", time.process_time())
    except Stopped:
        # the process that stops the jobs prints one sentence for all
        logging.getLogger().removeHandler(printed)
        logger.info("stopped by SIGTERM")
        raise
    except TfmoeError as error:
        logger.error("%s%s", MARK, error)
        sys.exit(1)
    except Exception as error:
        fault = disk_fault(error) or memory_fault(error)
        place = getattr(error, "filename", None) or f"the job with the log {snakemake.log[0]}"
        logger.error("%s", f"{MARK}{place}: {fault}" if fault else traceback.format_exc())
        sys.exit(1)
    finally:
        logging.shutdown()
        signal.signal(signal.SIGTERM, before)


def _stop(number: int, _: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)
    raise Stopped(128 + number)
