"""What a training needs to go on after it was killed, kept in one file while it runs.

The file is a safetensors file with JSON in its header, so that tensors and numbers take their place
in one step; nothing in it is ever unpickled. It is no output of a rule, because Snakemake removes
the outputs of a job that failed.
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
"""The share of a training's time that may go into keeping its state."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Snapshot:
    """All that changes while a network is trained, as it is after an epoch.

    Attributes
    ----------
    tensors
        By name; no two of them share memory.
    numbers
        What JSON holds without loss: text, whole numbers of any size, finite floats, lists and
        mappings of these.
    """

    tensors: dict[str, Tensor]
    numbers: dict[str, Any]


class TrainingState:
    """The folder where one training keeps its state, and nothing else is.

    Parameters
    ----------
    folder
        It need not exist. With `None` nothing is kept.
    fingerprint
        What the training depends on, a line each: a state with another fingerprint is not used.
    name
        What is trained, for the log.
    """

    def __init__(self, folder: Pathlike | None, fingerprint: Mapping[str, str], name: str) -> None:
        self._folder = None if folder is None else Path(folder)
        self._fingerprint = dict(fingerprint)
        self._name = name
        self._due = 0.0

    def read(self) -> Snapshot | None:
        """Read the state of an earlier training, if there is one, whole, and of this very training.

        The log says why a state is not used.
        """
        if self._folder is None or not (self._folder / FILE).exists():
            return None
        try:
            snapshot, fingerprint = _read(self._folder / FILE)
        except (SafetensorError, OSError, ValueError, KeyError) as error:
            self._begin_anew(f"is damaged ({error})")
            return None
        changed = [key for key, value in self._fingerprint.items() if fingerprint.get(key) != value]
        if changed:
            self._begin_anew(f"is of a training with other {', '.join(changed)}")
            return None
        return snapshot

    def write(self, take: Callable[[], Snapshot]) -> None:
        """Keep the snapshot that `take` returns, in place of the one before.

        Where writing is slow, or epochs are short, some are left out, so that no more than
        `LARGEST_SHARE` of the time goes into it.
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
        """Remove the folder: the training has ended, and its result is written."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _begin_anew(self, why: str) -> None:
        logger.info("%s: the state in %s %s; training starts anew", self._name, self._folder, why)


def digest(*parts: bytes | NDArray[Any]) -> str:
    """Hash bytes and arrays, with their shapes and types, for a fingerprint."""
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
