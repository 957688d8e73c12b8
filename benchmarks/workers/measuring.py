"""Time and memory of a worker; needs only Python, because peers have their own packages."""

from __future__ import annotations

import json
import re
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Clock = Callable[[], float]


def clock_for(threads: int) -> Clock:
    """Return a clock: processor time for one thread, which other programs disturb less."""
    return time.process_time if threads == 1 else time.perf_counter


def seconds_of(function: Callable[[], object], clock: Clock = time.perf_counter) -> float:
    """Return the seconds that a call takes."""
    start = clock()
    function()
    return clock() - start


def peak_memory_mb() -> float:
    """Return the peak memory of this process plus that of its largest child."""
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text(encoding="ascii"))
        own = int(found.group(1)) if found else 0
    else:
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return (own + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1000


def answer(**values: Any) -> None:
    """Write the measurements as the last line of output."""
    sys.stdout.write("\n" + json.dumps(values) + "\n")
