"""Claim a GPU as a job of a run does, hold it, and write when it was claimed and given up.

Argument: seconds.
"""

from __future__ import annotations

import sys
import time

from measuring import answer

from tfmoe.models.device import resolve_device

device = resolve_device("cuda")
claimed = time.time()
time.sleep(float(sys.argv[1]))
answer(device=str(device), claimed=claimed, released=time.time())
