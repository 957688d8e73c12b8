"""Locations of input files: a path, a URL, or a name in the table of pinned sources."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from tfmoe.core.errors import ConfigError, InputError
from tfmoe.core.experiments import NONE, is_url, split_files
from tfmoe.core.files import Pathlike

DOWNLOADS = "resources/downloads"


@dataclass(frozen=True)
class Location:
    """One input file.

    Attributes
    ----------
    path
        Path of the file; of a download, the path after the download.
    url
        Source of a download; `None` for a local file.
    checksum
        Its sha256 (64 hexadecimal digits) or md5 (32); `None` if a local file is not checked.
    """

    path: str
    url: str | None
    checksum: str | None


def locate(location: str, checksum: str | None, pinned: Pathlike, key: str = "sha256") -> Location:
    """Locate one input file.

    Parameters
    ----------
    location
        A path, a URL, or the name of a row of the table of pinned sources.
    checksum
        The file's sha256 or md5, or `None` (or ``-``); a pinned source has its own.
    pinned
        The table of pinned sources: a TSV with the columns name, url and sha256.
    key
        Config key or column of the checksum, for messages.

    Raises
    ------
    ConfigError
        If a URL has no checksum.
    """
    checksum = None if checksum == NONE else checksum
    with Path(pinned).open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table, delimiter="\t"):
            if row["name"] == location:
                location, checksum = row["url"], row["sha256"]
    if not is_url(location):
        return Location(location, None, checksum)
    if checksum is None:
        raise ConfigError(f"{location}: a file that is downloaded needs its checksum: set {key}")
    name = PurePosixPath(unquote(urlsplit(location).path)).name
    return Location(f"{DOWNLOADS}/{checksum}/{name}", location, checksum)


def locate_all(locations: str, sha256: str, md5: str, pinned: Pathlike) -> list[Location]:
    """Locate the files of one experiment.

    Parameters
    ----------
    locations
        One or several files, separated by ``;``, each as `locate` takes it. A path that contains
        ``;`` cannot be used.
    sha256, md5
        Their checksums in the same order, separated by ``;``, or ``-`` for none.
    pinned
        The table of pinned sources.

    Raises
    ------
    ConfigError
        If the numbers of checksums and files differ, or a URL has no checksum.
    """
    return [
        locate(location, checksum, pinned)
        for location, checksum in split_files(locations, sha256, md5)
    ]


def require_files(uses: Mapping[str, Sequence[Location]]) -> None:
    """Check that local files exist before jobs are planned on them.

    Parameters
    ----------
    uses
        Files by their use, named as for the user: ``peaks of CTCF_K562``.

    Raises
    ------
    InputError
        Naming every missing file and the folder to which paths are relative.
    """
    missing = [
        f"{use}: {file.path} {_missing(file.path)}" + _hint(files)
        for use, files in uses.items()
        for file in files
        if file.url is None and not Path(file.path).is_file()
    ]
    if missing:
        raise InputError("\n".join([*missing, f"(paths are relative to {Path.cwd()})"]))


def _missing(path: str) -> str:
    """Describe why a path is not a file."""
    if Path(path).is_dir():
        return "is a folder, expected a file"
    if path.startswith("~"):
        return "does not exist; `~` is not expanded here: write the full path"
    return "does not exist"


def _hint(files: Sequence[Location]) -> str:
    if len(files) == 1:
        return ""
    return f" (`;` separates the {len(files)} files named there; no path can contain it)"
