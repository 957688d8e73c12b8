"""Locations of input files: a path, a URL, or a name in the table of pinned sources."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from tfmoe.core.errors import ConfigError, InputError
from tfmoe.core.experiments import NONE, split_files
from tfmoe.core.files import Pathlike
from tfmoe.core.regular_file import file_fault
from tfmoe.core.urls import is_url, url_fault, url_name

DOWNLOADS = "resources/downloads"
_LONGEST_NAME = 200
_RENAME = "rename it, or name a link to it"


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
        If a URL has no checksum or can never be downloaded.
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
    fault = url_fault(location)
    if fault:
        raise ConfigError(fault)
    return Location(f"{DOWNLOADS}/{checksum}/{_download_name(location)}", location, checksum)


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
    """Check that local files can be inputs of jobs before jobs are planned on them.

    Parameters
    ----------
    uses
        Files by their use, named as for the user: ``peaks of CTCF_K562``.

    Raises
    ------
    InputError
        Naming every path that is no readable file or that Snakemake would misread, and the folder
        to which paths are relative.
    """
    faults = [
        f"{use}: {file.path} {fault}" + _hint(files)
        for use, files in uses.items()
        for file in files
        if file.url is None and (fault := _fault(file.path))
    ]
    if faults:
        raise InputError("\n".join([*faults, f"(paths are relative to {Path.cwd()})"]))


def path_fault(path: str) -> str | None:
    """Return why Snakemake cannot have a path as input, whether or not the file exists.

    Without Snakemake, which a run needs and `tfmoe check` does not, nothing is returned.
    """
    if find_spec("snakemake") is None:
        return None
    from snakemake.io import contains_wildcard
    from snakemake.pathvars import PATHVAR_REGEX

    variable = PATHVAR_REGEX.search(path)
    if variable:
        return f"contains {variable[0]}, which Snakemake takes for a variable; {_RENAME}"
    if contains_wildcard(path):
        return f"contains braces, which Snakemake takes for a wildcard; {_RENAME}"
    return None


def _download_name(url: str) -> str:
    """Return the name of a downloaded file; unusual characters are encoded.

    The name is a wildcard, which Snakemake writes into a command for a shell where a job runs on a
    cluster. It would also take braces for a wildcard and angle brackets for a variable. The end
    of a long name is kept, because it shows the format; the checksum makes the path unique.
    """
    return quote(url_name(url), safe="+@() ")[-_LONGEST_NAME:]


def _fault(path: str) -> str | None:
    """Return why a path cannot be an input."""
    fault = file_fault(path)
    if fault == "does not exist" and path.startswith("~"):
        return "does not exist; `~` is not expanded here: write the full path"
    return fault or path_fault(path)


def _hint(files: Sequence[Location]) -> str:
    if len(files) == 1:
        return ""
    return f" (`;` separates the {len(files)} files named there; no path can contain it)"
