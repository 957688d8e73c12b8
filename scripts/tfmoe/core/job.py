"""Shell around the script of each rule: its log file, and one clear line for an input error."""

from __future__ import annotations

import errno
import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.errors import TfmoeError
from tfmoe.core.run_record import record_run

if TYPE_CHECKING:
    from snakemake.script import Snakemake

MARK = "tfmoe: "
"""Prefix of messages that explain to the user how to fix the input."""


@contextmanager
def job(snakemake: Snakemake) -> Iterator[None]:
    """Run the body of a script with its log file, and end it cleanly if the input is at fault.

    Log lines go to ``snakemake.log[0]`` and to standard error. A `TfmoeError` or a full disk
    becomes the single line ``tfmoe: <message>`` in both, with exit code 1. Any other exception
    leaves its traceback too.
    """
    log_path = Path(snakemake.log[0])
    log_path.parent.mkdir(parents=True, exist_ok=True)
    handlers: list[logging.Handler] = [
        logging.FileHandler(log_path, mode="w", encoding="utf-8"),
        logging.StreamHandler(sys.stderr),
    ]
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=handlers, force=True)
    logging.captureWarnings(True)
    logger = logging.getLogger("tfmoe")
    record_run(log_path)
    try:
        yield
    except TfmoeError as error:
        logger.error("%s%s", MARK, error)
        sys.exit(1)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            remedy = "free some space and run the same command again; complete files are kept"
            logger.error("%s%s; %s", MARK, error, remedy)
        else:
            logger.error("%s", traceback.format_exc())
        sys.exit(1)
    finally:
        logging.shutdown()
