"""What only the Snakefile and the rule files need."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tfmoe.core.errors import TfmoeError
from tfmoe.core.job import MARK


@contextmanager
def plain_errors() -> Iterator[None]:
    """Print the message of a `TfmoeError` and end Snakemake with exit code 1.

    Snakemake would add the lines of the Snakefile through which the error came, which say nothing
    to the user whose config is at fault.
    """
    try:
        yield
    except TfmoeError as error:
        sys.stderr.write(f"{MARK}{error}\n")
        raise SystemExit(1) from None


def faults(logs: Path, since: float) -> list[str]:
    """Collect what jobs said of their input before they failed, to say it again at the end.

    Parameters
    ----------
    logs
        The folder of the jobs' logs.
    since
        When the run started, in seconds of the epoch; older logs are of other runs.
    """
    recent = sorted(path for path in logs.rglob("*.log") if path.stat().st_mtime >= since)
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in recent)
    return [text[text.index(MARK) :].rstrip() for text in texts if MARK in text]
