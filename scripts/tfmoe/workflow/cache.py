"""Caches of values computed from files, so that planning a run does not compute them again."""

from __future__ import annotations

import contextlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from tfmoe.core.errors import ResourceError
from tfmoe.core.files import Pathlike, write_json

FOLDER = Path(".snakemake/tfmoe")
"""Folder of the caches, relative to Snakemake's working directory."""


class _JsonCache(ABC):
    """Values in a JSON file. A damaged file counts as empty, and an unwritable one only costs time.

    Parameters
    ----------
    path
        The JSON file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._read: dict[str, Any] = {}
        self._known: dict[str, Any] | None = None
        self._changed = False

    def value(self, file: Pathlike) -> Any:
        """Return the value of a file; within one process, a file is looked at once.

        Raises
        ------
        OSError
            If the file cannot be read.
        """
        key = str(file)
        if key not in self._read:
            self._read[key] = self._look_up(Path(file).absolute())
        return self._read[key]

    def save(self) -> None:
        """Keep new values for other processes."""
        if self._changed:
            with contextlib.suppress(OSError, ResourceError):
                write_json(self._known, self.path)
        self._changed = False

    @abstractmethod
    def _look_up(self, file: Path) -> Any:
        """Return the value of a file, from the known values or computed anew."""

    def _load(self) -> dict[str, Any]:
        if self._known is None:
            try:
                content = json.loads(self.path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                content = {}
            self._known = content if isinstance(content, dict) else {}
        return self._known


class FileCache(_JsonCache):
    """Values by path, valid while size, times and inode stay the same: for large files.

    Parameters
    ----------
    path
        The JSON file.
    compute
        Function of a file's path that returns a value JSON can hold.
    """

    def __init__(self, path: Path, compute: Callable[[Path], Any]) -> None:
        super().__init__(path)
        self._compute = compute

    def _look_up(self, file: Path) -> Any:
        state = file.stat()
        identity = [state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino]
        known = self._load()
        found = known.get(str(file))
        if not isinstance(found, list) or found[0] != identity:
            found = known[str(file)] = [identity, self._compute(file)]
            self._changed = True
        return found[1]


class ContentCache(_JsonCache):
    """Values by content, wherever the file is: for small files that are slow to analyse.

    Parameters
    ----------
    path
        The JSON file.
    compute
        Function of a file's path and content that returns a value JSON can hold.
    """

    def __init__(self, path: Path, compute: Callable[[Path, bytes], Any]) -> None:
        super().__init__(path)
        self._compute = compute

    def _look_up(self, file: Path) -> Any:
        content = file.read_bytes()
        key = f"{file.suffix} {sha256(content).hexdigest()}"
        known = self._load()
        if key not in known:
            known[key] = self._compute(file, content)
            self._changed = True
        return known[key]
