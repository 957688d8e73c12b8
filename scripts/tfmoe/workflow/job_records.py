"""Snakemake's records of finished jobs: one JSON file per output, named by the output's path.

Where the record of any output of a job is missing, damaged or of an old format, Snakemake compares
only modification times and so takes the job's outputs as up to date under any config.
"""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from snakemake.persistence import RECORD_FORMAT_VERSION


def without_record(
    results: Path, records: Path, produced: Callable[[str], bool], skipped: frozenset[str]
) -> list[str]:
    """Return the outputs of jobs in a folder that no usable record describes, sorted.

    Parameters
    ----------
    results
        Folder of the results, relative to the working directory, as rules name it.
    records
        Snakemake's folder ``.snakemake``.
    produced
        Whether a rule produces a path; other files are not results.
    skipped
        Entries of `results` that hold no results.
    """
    recorded = {path for path, file in _named(records / "metadata") if _usable(file)}
    # Snakemake runs the jobs of these outputs again
    recorded |= {path for path, _ in _named(records / "incomplete")}
    found = (path.as_posix() for path in _entries(results, skipped))
    return sorted(path for path in found if path not in recorded and produced(path))


def produced_by(rules: Iterable[Any]) -> Callable[[str], bool]:
    """Return a function that returns whether one of Snakemake's rules produces a path."""
    known = list(rules)

    def produced(path: str) -> bool:
        return any(rule.is_producer(path) for rule in known)

    return produced


def _entries(results: Path, skipped: frozenset[str]) -> Iterator[Path]:
    for entry in results.iterdir():
        if entry.name not in skipped:
            yield entry
            if entry.is_dir():
                yield from entry.rglob("*")


def _named(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the output's path and the file of each record; a long name is split into folders."""
    for root, _, names in os.walk(folder):
        for name in names:
            file = Path(root, name)
            encoded = "".join(part.removeprefix("@") for part in file.relative_to(folder).parts)
            try:
                yield urlsafe_b64decode(encoded).decode(), file
            except ValueError:  # no record, such as a file of an editor
                continue


def _usable(file: Path) -> bool:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    if not isinstance(content, dict):
        return False
    version = content.get("record_format_version")
    return isinstance(version, int) and version >= RECORD_FORMAT_VERSION
