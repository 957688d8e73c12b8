"""Where an input file comes from: a path, a URL, or a name in the table of pinned sources."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from tfmoe.core.errors import ConfigError, InputError
from tfmoe.core.experiments import is_url
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
    sha256
        Its checksum; `None` if a local file is not to be checked.
    """

    path: str
    url: str | None
    sha256: str | None


def locate(place: str, sha256: str | None, pinned: Pathlike) -> Location:
    """Find out where the file at `place` comes from.

    Parameters
    ----------
    place
        A path, a URL, or the name of a row of the table of pinned sources.
    sha256
        The file's checksum, or `None` (or ``-``); a pinned source brings its own.
    pinned
        The table of pinned sources: a TSV with the columns name, url and sha256.

    Raises
    ------
    ConfigError
        If a URL comes without a sha256.
    """
    sha256 = None if sha256 in (None, "-") else sha256
    with Path(pinned).open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table, delimiter="\t"):
            if row["name"] == place:
                place, sha256 = row["url"], row["sha256"]
    if not is_url(place):
        return Location(place, None, sha256)
    if sha256 is None:
        raise ConfigError(f"{place}: a file that is downloaded needs its sha256")
    name = PurePosixPath(unquote(urlsplit(place).path)).name
    return Location(f"{DOWNLOADS}/{sha256}/{name}", place, sha256)


def require_files(places: Mapping[str, Location]) -> None:
    """Check that local files are there, before anything is planned on them.

    Parameters
    ----------
    places
        What a file is to the user (such as ``peaks of experiment CTCF_K562``), and the file.

    Raises
    ------
    InputError
        Naming every file that is missing and the folder that paths are relative to.
    """
    missing = [
        f"{what}: {place.path} does not exist"
        for what, place in places.items()
        if place.url is None and not Path(place.path).is_file()
    ]
    if missing:
        raise InputError("\n".join([*missing, f"(paths are relative to {Path.cwd()})"]))
