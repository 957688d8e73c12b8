"""Results that are dated in the future, as after a computer's clock was set back.

Snakemake refuses to end a job whose input is younger than its output, so it could not continue such
a run before that time.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from tfmoe.core.errors import InputError
from tfmoe.workflow.durations import duration

TOLERATED = 60.0
"""Seconds by which the clock of a file server may be ahead."""


def set_back_times(results: Path, now: float | None = None) -> str | None:
    """Set the times of results that are dated in the future back, all by as much.

    The latest of them gets the present time, so that they stay in their order.

    Parameters
    ----------
    results
        Folder of the run's results.
    now
        Seconds since the epoch; `None` for the present time.

    Returns
    -------
    str or None
        A sentence about it; `None` if no result is dated in the future.

    Raises
    ------
    InputError
        If a time cannot be changed.
    """
    now = time.time() if now is None else now
    times = {path: path.lstat().st_mtime for path in results.rglob("*")}
    ahead = {path: moment for path, moment in times.items() if moment > now + TOLERATED}
    if not ahead:
        return None
    shift = max(ahead.values()) - now
    for path, moment in ahead.items():
        try:
            os.utime(path, (moment - shift, moment - shift), follow_symlinks=False)
        except OSError as error:
            raise InputError(
                f"{path}: found a time that is {duration(moment - now)} ahead of the clock, and it "
                f"cannot be changed ({error.strerror}); correct the clock, or have the owner of "
                "the file `touch` it"
            ) from None
    return (
        f"{results}: found times up to {duration(shift)} ahead of the clock (files: {len(ahead)}), "
        "as after a change of the clock; set them back by as much"
    )
