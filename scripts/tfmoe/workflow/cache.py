"""Cache of values computed from files, so that planning a run does not read every file again."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tfmoe.core.files import Pathlike, write_json

FOLDER = Path(".snakemake/tfmoe")
"""Folder of the caches, relative to Snakemake's working directory."""


class FileCache:
    """Values by file, valid while size, times and inode of the file stay the same.

    Parameters
    ----------
    path
        JSON file that keeps the values between processes. A damaged file counts as empty, and a
        folder that cannot be written to only costs time.
    compute
        Function of the file's path that returns a value JSON can hold.
    """

    def __init__(self, path: Path, compute: Callable[[Path], Any]) -> None:
        self.path = path.absolute()
        self.compute = compute
        self._known: dict[str, list[Any]] | None = None
        self._read: dict[str, Any] = {}
        self._changed = False

    def value(self, file: Pathlike) -> Any:
        """Return the value of a file, computed only if the file has changed.

        Within one process, a file is looked at once.

        Raises
        ------
        OSError
            If the file cannot be read.
        """
        key = str(file)
        if key not in self._read:
            self._read[key] = self._look_up(Path(file).absolute())
        return self._read[key]

    def _look_up(self, absolute: Path) -> Any:
        state = absolute.stat()
        identity = [state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino]
        known = self._load()
        found = known.get(str(absolute))
        if found is None or found[0] != identity:
            found = [identity, self.compute(absolute)]
            known[str(absolute)] = found
            self._changed = True
        return found[1]

    def save(self) -> None:
        """Keep new values for other processes."""
        if self._changed:
            with contextlib.suppress(OSError):
                write_json(self._known, self.path)
        self._changed = False

    def _load(self) -> dict[str, list[Any]]:
        if self._known is None:
            try:
                content = json.loads(self.path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                content = {}
            self._known = content if isinstance(content, dict) else {}
        return self._known
