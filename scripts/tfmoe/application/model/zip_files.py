"""Zip files of models, which may come from anyone: nothing is unpacked beyond a limit."""

from __future__ import annotations

import lzma
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike

ZIP_FAULTS = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, RuntimeError,
)  # fmt: skip
"""Errors of zip files that are damaged, encrypted, or packed by an unknown method."""
MOST_BYTES = 20 * 10**9
"""Largest sum of the unpacked sizes of all files; models have some hundred megabytes."""
MOST_JSON_BYTES = 10**8
"""Largest unpacked size of a JSON file, which is read as a whole."""


@contextmanager
def open_zip(path: Pathlike) -> Iterator[zipfile.ZipFile]:
    """Open a zip file for reading, in a ``with`` block.

    No file in it yields more bytes than its entry states: `zipfile` ends there, and compares the
    checksum. The limit on the stated sizes is therefore one on the unpacked ones. Files that share
    their bytes count each.

    Raises
    ------
    InputError
        If its files have more than `MOST_BYTES` when they are unpacked, or one of its JSON files
        has more than `MOST_JSON_BYTES`.
    """
    with zipfile.ZipFile(path) as packed:
        sizes = {"the files": (sum(one.file_size for one in packed.infolist()), MOST_BYTES)}
        for one in packed.infolist():
            if one.filename.endswith(".json"):
                sizes[one.filename] = one.file_size, MOST_JSON_BYTES
        for name, (size, most) in sizes.items():
            if size > most:
                raise InputError(
                    f"{path}: found {size:,} bytes in {name} when unpacked, expected at most "
                    f"{most:,}; if it is a model that you trust, unpack it and use its folder"
                )
        yield packed


def find_member(packed: zipfile.ZipFile, name: str) -> str | None:
    """Return the name of a model's file in a zip file, which may have a folder around all files."""
    found = [own for own in packed.namelist() if f"/{own}".endswith(f"/{name}")]
    return min(found, key=len, default=None)


def extract(packed: zipfile.ZipFile, name: str, path: Path) -> None:
    """Unpack one file of a zip file, to a path whose folder is created."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with packed.open(name) as source, path.open("wb") as written:
        shutil.copyfileobj(source, written)
