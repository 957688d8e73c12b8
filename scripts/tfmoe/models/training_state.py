"""State of a running training, stored in one file so that a killed training can be resumed.

The file is a safetensors file with JSON in its header, so that tensors and numbers are replaced
together; nothing in it is ever unpickled. It is not an output of a rule, because Snakemake removes
the outputs of failed jobs.
"""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from tfmoe.core.files import Pathlike, atomic_path

FILE = "training.safetensors"
LARGEST_SHARE = 0.03
"""Maximum share of a training's time that is spent on storing its state."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Snapshot:
    """Everything that changes while a network is trained, after one epoch.

    Attributes
    ----------
    tensors
        Tensors by name; no two share memory.
    numbers
        Values that JSON stores without loss: text, integers of any size, finite floats, and lists
        and mappings of these.
    """

    tensors: dict[str, Tensor]
    numbers: dict[str, Any]


class TrainingState:
    """The folder that stores the state of one training and nothing else.

    Parameters
    ----------
    folder
        Need not exist. With `None` nothing is stored.
    fingerprint
        Everything that the training depends on, by name. A state with another fingerprint is not
        used.
    name
        Name of the network, for the log.
    """

    def __init__(self, folder: Pathlike | None, fingerprint: Mapping[str, str], name: str) -> None:
        self._folder = None if folder is None else Path(folder)
        self._fingerprint = dict(fingerprint)
        self._name = name
        self._due = 0.0

    def read(self) -> Snapshot | None:
        """Read the state of an earlier training if it is complete and has the same fingerprint.

        The log explains why a state is not used.
        """
        if self._folder is None or not (self._folder / FILE).exists():
            return None
        try:
            snapshot, fingerprint = _read(self._folder / FILE)
        except (SafetensorError, OSError, ValueError, KeyError) as error:
            self._log_restart(f"is damaged ({error})")
            return None
        changed = [key for key, value in self._fingerprint.items() if fingerprint.get(key) != value]
        if changed:
            self._log_restart(f"belongs to a training with other {', '.join(changed)}")
            return None
        return snapshot

    def write(self, take: Callable[[], Snapshot]) -> None:
        """Store the snapshot returned by `take`, replacing the previous one.

        If writing is slow or epochs are short, some epochs are skipped, so that writing takes no
        more than `LARGEST_SHARE` of the time.
        """
        begin = time.monotonic()
        if self._folder is None or begin < self._due:
            return
        snapshot = take()
        header = {
            "fingerprint": json.dumps(self._fingerprint),
            "numbers": json.dumps(snapshot.numbers, allow_nan=False),
        }
        with atomic_path(self._folder / FILE) as temporary:
            save_file(snapshot.tensors, temporary, metadata=header)
        end = time.monotonic()
        self._due = end + (end - begin) / LARGEST_SHARE

    def remove(self) -> None:
        """Remove the folder, once the training has ended and its result is written."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _log_restart(self, reason: str) -> None:
        logger.info(
            "%s: the state in %s %s; training starts from the beginning",
            self._name,
            self._folder,
            reason,
        )


def digest(*parts: bytes | NDArray[Any]) -> str:
    """Hash bytes and arrays, including shapes and types, for a fingerprint."""
    total = blake2b(digest_size=16)
    for part in parts:
        if isinstance(part, bytes):
            total.update(part)
        else:
            total.update(f"{part.dtype}{part.shape}".encode())
            total.update(np.ascontiguousarray(part).data)
    return total.hexdigest()


def _read(path: Path) -> tuple[Snapshot, dict[str, str]]:
    with safe_open(path, framework="pt") as file:  # type: ignore[no-untyped-call]
        header = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    return Snapshot(tensors, json.loads(header["numbers"])), json.loads(header["fingerprint"])
