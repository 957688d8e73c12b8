"""Zip files of models, which may come from anyone: nothing is unpacked beyond a limit."""

from __future__ import annotations

import io
import lzma
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.core.messages import shorten

ZIP_FAULTS = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, RuntimeError,
)  # fmt: skip
"""Errors of zip files that are damaged, encrypted, or packed by an unknown method."""
MOST_BYTES = 20 * 10**9
"""Largest sum of the unpacked sizes of all files; models have some hundred megabytes."""
MOST_JSON_BYTES = 2 * 10**7
"""Largest unpacked size of a JSON file, which is read as a whole; a card has some 100 kB."""
MOST_FILES = 100_000
"""Largest number of files; a mixture of 400 experts with 10 seeds has some 9,000."""
_ENTRY_BYTES = 100
_RATIO, _RATIO_FROM = 100, 64 * 10**6


@contextmanager
def open_zip(path: Pathlike) -> Iterator[zipfile.ZipFile]:
    """Open a zip file for reading, in a ``with`` block.

    No file in it yields more bytes than its entry states: `zipfile` ends there, and compares the
    checksum. The limit on the stated sizes is therefore one on the unpacked ones. Files that share
    their bytes count each.

    Raises
    ------
    InputError
        If it has more than `MOST_FILES`, or two of one name, in whatever case; if its files have
        more than `MOST_BYTES` when they are unpacked, or a hundred times the bytes of the zip
        file; or if one of its JSON files has more than `MOST_JSON_BYTES`.
    """
    with _Bounded(path) as file, zipfile.ZipFile(file) as packed:
        _check_names(packed, path)
        most = min(MOST_BYTES, max(_RATIO_FROM, _RATIO * Path(path).stat().st_size))
        sizes = {"the files": (sum(one.file_size for one in packed.infolist()), most)}
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


class _Bounded(io.FileIO):
    """A file of which no part is read that is as large as the list of too many files.

    `zipfile` reads that list at once, and makes an object of each entry.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes."""
        if size is not None and size > _ENTRY_BYTES * MOST_FILES:
            raise InputError(
                f"{self.name}: the list of the files in it has {size:,} bytes, expected that of at "
                f"most {MOST_FILES:,} files"
            )
        return super().read(size) or b""


def _check_names(packed: zipfile.ZipFile, path: Pathlike) -> None:
    names = packed.namelist()
    if len(names) > MOST_FILES:
        raise InputError(f"{path}: found {len(names):,} files, expected at most {MOST_FILES:,}")
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            raise InputError(
                f"{path}: found two files called {shorten(name)}, in whatever case; a model has "
                "no two such files, so it was changed: copy it again"
            )
        seen.add(name.lower())


def find_member(packed: zipfile.ZipFile, name: str) -> str | None:
    """Return the name of a model's file in a zip file, which may have a folder around all files."""
    found = [own for own in packed.namelist() if f"/{own}".endswith(f"/{name}")]
    return min(found, key=len, default=None)


def extract(packed: zipfile.ZipFile, name: str, path: Path) -> None:
    """Unpack one file of a zip file, to a path whose folder is created."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with packed.open(name) as source, path.open("wb") as written:
        shutil.copyfileobj(source, written)
