"""What every script of a rule shares: its log, and one clear line for an error of the input."""

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

if TYPE_CHECKING:
    from snakemake.script import Snakemake

MARK = "tfmoe: "
"""How a message begins that tells the user what is wrong with the input."""


@contextmanager
def job(snakemake: Snakemake) -> Iterator[None]:
    """Run the body of a script with its log file, and end it cleanly when the input is at fault.

    Log lines go to ``snakemake.log[0]`` and to standard error. A `TfmoeError` becomes the one line
    ``tfmoe: <message>`` in both and exit code 1, and so does a full disk; any other exception also
    leaves its traceback.
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
    try:
        yield
    except TfmoeError as error:
        logger.error("%s%s", MARK, error)
        sys.exit(1)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            said = "make space, and give the same command again: what is complete is kept"
            logger.error("%s%s; %s", MARK, error, said)
        else:
            logger.error("%s", traceback.format_exc())
        sys.exit(1)
    finally:
        logging.shutdown()
