"""Whether the folders of a run can be written, before any job is planned."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from tfmoe.core.errors import InputError


def check_writable(folders: Iterable[Path]) -> None:
    """Check that folders, or the folders in which they will be made, can be written.

    Parameters
    ----------
    folders
        Folders of results, records and downloads; they may be missing.

    Raises
    ------
    InputError
        Naming each folder that is a file or cannot be written.
    """
    faults = list(dict.fromkeys(fault for folder in folders for fault in _faults(folder)))
    if faults:
        raise InputError("\n".join(faults))


def _faults(folder: Path) -> Iterator[str]:
    present = folder
    while not os.path.lexists(present) and present != present.parent:
        present = present.parent
    if not present.is_dir():
        yield f"{present}: found a file or a broken link, expected a folder; move it away"
        return
    # if the folder cannot be written, those inside it need no mention
    folders = [present]
    if present == folder and _is_open(present):
        folders += sorted(path for path in present.iterdir() if path.is_dir())
    for path in folders:
        if not _is_open(path):
            yield f"{path}: the folder cannot be written; correct its permissions or run elsewhere"


def _is_open(folder: Path) -> bool:
    return os.access(folder, os.R_OK | os.W_OK | os.X_OK)
