"""Utilisation of a GPU while a measurement runs."""

from __future__ import annotations

import subprocess
import threading
from statistics import fmean

import torch


class Utilisation:
    """Mean share of the time in which a GPU was busy, in percent, from nvidia-smi."""

    def __init__(self, device: torch.device) -> None:
        self._values: list[float] = []
        self._ended = threading.Event()
        self._reader = threading.Thread(target=self._read, args=(device,), daemon=True)
        if device.type == "cuda":
            self._reader.start()

    def _read(self, device: torch.device) -> None:
        # identified by its UUID, because nvidia-smi also numbers GPUs that are not visible
        identity = f"--id=GPU-{torch.cuda.get_device_properties(device).uuid}"
        command = ["nvidia-smi", identity, "--query-gpu=utilization.gpu"]
        command.append("--format=csv,noheader,nounits")
        while not self._ended.wait(0.1):
            try:
                asked = subprocess.run(
                    command, capture_output=True, text=True, timeout=5, check=True
                )
                self._values.append(float(asked.stdout))
            except (OSError, subprocess.SubprocessError, ValueError):
                return

    def end(self) -> float | None:
        """Return the mean; `None` if it is unknown."""
        self._ended.set()
        if self._reader.is_alive():
            self._reader.join()
        return round(fmean(self._values), 1) if self._values else None
