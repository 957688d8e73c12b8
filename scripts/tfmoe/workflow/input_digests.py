"""Checksums of a run's local input files, and the ordered inputs of each job.

Snakemake compares the inputs of a job as a set and by modification time. Each rule therefore has a
param with a digest of its inputs in order: name, path and, for a local file that no rule makes, the
sha256 of its content. Such files are inputs of kind `ancient`, so that a copy with the same content
reruns nothing, and an older file with other content reruns what depends on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

from snakemake.io import ancient

from tfmoe.workflow.cache import FOLDER, FileCache
from tfmoe.workflow.locations import Location

_DIGITS = 16


class Sources:
    """Checksums of local files, cached by path, size, times and inode.

    Parameters
    ----------
    made
        Folders in which rules write, such as ``results``; files there have no checksum here.
    cache
        File that keeps the checksums between processes.
    """

    def __init__(self, made: Iterable[str], cache: Path = FOLDER / "checksums.json") -> None:
        folders = list(made)
        self.made = [Path(folder).absolute() for folder in folders]
        self._beginnings = tuple(f"{folder}/" for folder in folders)
        self._cache = FileCache(cache, _checksum)
        # many jobs share files, such as the genome
        self._is_source: dict[str, bool] = {}

    def is_source(self, path: str) -> bool:
        """Return whether a path is a local file that no rule makes."""
        # most paths are those of results, in a run on many experiments a hundred thousand
        if path.startswith(self._beginnings):
            return False
        if path not in self._is_source:
            absolute = Path(path).absolute()
            self._is_source[path] = not any(map(absolute.is_relative_to, self.made))
        return self._is_source[path]

    def checksum(self, path: str) -> str:
        """Return the sha256 of a local file; empty if there is no such file."""
        try:
            checksum = str(self._cache.value(path))
        except OSError:
            return ""
        self._cache.save()
        return checksum

    def digest(self, wildcards: Any, **given: Any) -> str:  # noqa: ARG002, called by Snakemake
        """Return a digest, 16 hexadecimal digits, of a job's inputs in their order.

        Parameters
        ----------
        wildcards, given
            As Snakemake passes them to a function of a rule's params. A function with a parameter
            called ``input`` would be left out of the params that Snakemake compares.
        """
        digest = sha256()
        for name, value in given["input"]._allitems():
            digest.update(f"{name}\x1e".encode())
            for path in [value] if isinstance(value, str) else value:
                checksum = self.checksum(path) if self.is_source(path) else ""
                digest.update(f"{path}\x1f{checksum}\x1f".encode())
        return digest.hexdigest()[:_DIGITS]


def source_path(location: Location) -> Any:
    """Return the path of a file as an input whose modification time does not count.

    It counts for a file that a rule makes, such as a simulated genome, which has no checksum here.
    """
    return location.path if location.path.startswith("<results>/") else ancient(location.path)


def source_paths(locations: Iterable[Location]) -> list[Any]:
    """Return the paths of input files as a rule's inputs; see `source_path`."""
    return [source_path(location) for location in locations]


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
