"""Where an input file comes from: a path, a URL, or a name in the table of pinned sources."""

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
        Where the file lies, or will lie once it is fetched.
    url
        Where it is fetched from; `None` for a local file.
    checksum
        Its sha256 (64 hexadecimal digits) or md5 (32 of them); `None` if a local file is not to be
        checked.
    """

    path: str
    url: str | None
    checksum: str | None


def locate(place: str, checksum: str | None, pinned: Pathlike, key: str = "sha256") -> Location:
    """Find out where the file at `place` comes from.

    Parameters
    ----------
    place
        A path, a URL, or the name of a row of the table of pinned sources.
    checksum
        The file's sha256 or md5, or `None` (or ``-``); a pinned source brings its own.
    pinned
        The table of pinned sources: a TSV with the columns name, url and sha256.
    key
        Where the user gives the checksum, for messages.

    Raises
    ------
    ConfigError
        If a URL comes without a checksum.
    """
    checksum = None if checksum == NONE else checksum
    with Path(pinned).open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table, delimiter="\t"):
            if row["name"] == place:
                place, checksum = row["url"], row["sha256"]
    if not is_url(place):
        return Location(place, None, checksum)
    if checksum is None:
        raise ConfigError(f"{place}: a file that is downloaded needs its checksum: set {key}")
    name = PurePosixPath(unquote(urlsplit(place).path)).name
    return Location(f"{DOWNLOADS}/{checksum}/{name}", place, checksum)


def locate_all(places: str, sha256: str, md5: str, pinned: Pathlike) -> list[Location]:
    """Find out where the files of one experiment come from.

    Parameters
    ----------
    places
        One or several files, separated by ``;``, each as `locate` takes it. A path that contains
        ``;`` cannot be used.
    sha256, md5
        Their checksums in the same order, separated by ``;``, or ``-`` for none.
    pinned
        The table of pinned sources.

    Raises
    ------
    ConfigError
        If there are more or fewer checksums than files, or a URL comes without one.
    """
    return [locate(place, checksum, pinned) for place, checksum in split_files(places, sha256, md5)]


def require_files(places: Mapping[str, Sequence[Location]]) -> None:
    """Check that local files are there, before anything is planned on them.

    Parameters
    ----------
    places
        What the files are to the user (such as ``peaks of CTCF_K562``), and the files.

    Raises
    ------
    InputError
        Naming every file that is missing and the folder that paths are relative to.
    """
    missing = [
        f"{what}: {file.path} {_missing(file.path)}" + _hint(files)
        for what, files in places.items()
        for file in files
        if file.url is None and not Path(file.path).is_file()
    ]
    if missing:
        raise InputError("\n".join([*missing, f"(paths are relative to {Path.cwd()})"]))


def _missing(path: str) -> str:
    """Say what is wrong with a path that is no file's."""
    if Path(path).is_dir():
        return "is a folder, expected a file"
    if path.startswith("~"):
        return "does not exist; `~` stands for no folder here: write the path in full"
    return "does not exist"


def _hint(files: Sequence[Location]) -> str:
    if len(files) == 1:
        return ""
    return f" (`;` separates the {len(files)} files named there; no path can contain it)"
