"""Input files: downloads and copies from a mirror, verified by checksum."""

from __future__ import annotations

import glob
import hashlib
import http.client
import logging
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfmoe.core.errors import InputError, ResourceError
from tfmoe.core.files import Pathlike, atomic_path
from tfmoe.core.regular_file import file_fault
from tfmoe.core.shortage import disk_fault
from tfmoe.core.urls import encoded_url, url_fault, url_name

logger = logging.getLogger(__name__)

CHUNK = 1 << 20
ATTEMPTS = 5
TIMEOUT = 60.0
MOST_BYTES = 50 * 10**9
"""Largest size of a download; a genome has some billion."""
# HTTP errors on the server's side, or "too many requests", after which another attempt may succeed
_TRANSIENT = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class InputFile:
    """An input file, and the checksum that it must have, if there is one."""

    path: str
    checksum: str | None


def group_files(
    owners: Sequence[str], paths: Sequence[str], checksums: Sequence[str | None]
) -> dict[str, list[InputFile]]:
    """Group files by experiment; `owners` names the experiment of each file."""
    files: dict[str, list[InputFile]] = {}
    for owner, path, checksum in zip(owners, paths, checksums, strict=True):
        files.setdefault(owner, []).append(InputFile(path, checksum))
    return files


def file_checksum(path: Pathlike, kind: str = "sha256") -> str:
    """Return the ``sha256`` or ``md5`` of a file as hexadecimal digits."""
    # some publishers provide only an md5, which detects a damaged file but not a forged one
    digest = hashlib.new(kind, usedforsecurity=False)
    with Path(path).open("rb") as handle:
        while chunk := handle.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def check_checksum(path: Pathlike, checksum: str | None) -> None:
    """Verify the sha256 or md5 of an input file, if it has one.

    Raises
    ------
    InputError
        If the file is missing, or has another checksum.
    """
    fault = file_fault(path)
    if fault:
        raise InputError(f"{path}: the file {fault}; correct its path")
    if checksum is None:
        return
    kind = _kind(checksum)
    found = file_checksum(path, kind)
    if found != checksum:
        raise InputError(
            f"{path}: its {kind} is {found}, expected {checksum}; the file is another version or "
            "damaged: fetch it again (remove it, if the pipeline downloaded it, and run again), or "
            "correct the checksum"
        )


def fetch_file(
    url: str,
    checksum: str,
    destination: Pathlike,
    partial: Pathlike,
    mirror: Pathlike | None = None,
    attempts: int = ATTEMPTS,
    wait: float = 2.0,
) -> None:
    """Copy a file from the mirror, or else download it, and verify its checksum.

    Parameters
    ----------
    url
        An https URL; a redirect to another protocol is refused.
    checksum
        The expected sha256 or md5.
    destination
        Path of the file, which appears there once it is complete and verified.
    partial
        Path of the partial download, which is kept after a failure and resumed by the next call.
    mirror
        A folder that is searched, with its subfolders, for a file of the URL's name.
    attempts
        Maximum number of attempts.
    wait
        Seconds before the second attempt; the wait doubles with each further attempt.

    Raises
    ------
    InputError
        If the URL cannot be used, the download fails or is larger than `MOST_BYTES`, or the file
        has another checksum.
    """
    if fault := url_fault(url):
        raise InputError(fault)
    destination, partial = Path(destination), Path(partial)
    if mirror is not None:
        names = {destination.name, url_name(url)}
        found = _find_in_mirror(Path(mirror), names, checksum)
        if found is not None:
            logger.info("%s: copied from the mirror", found)
            with atomic_path(destination) as temporary:
                shutil.copyfile(found, temporary)
            return
        logger.info("%s: not in the mirror %s, downloading it", destination.name, mirror)
    partial.parent.mkdir(parents=True, exist_ok=True)
    _download(url, partial, attempts, wait)
    kind = _kind(checksum)
    actual = file_checksum(partial, kind)
    if actual != checksum:
        partial.unlink()
        raise InputError(
            f"{url}: its {kind} is {actual}, expected {checksum}; the file at this address has "
            "changed: correct the checksum, or put the right file into the `mirror` folder"
        )
    destination.parent.mkdir(parents=True, exist_ok=True)
    partial.replace(destination)


def _kind(checksum: str) -> str:
    """Return the kind of a checksum by its length: an md5 has 32 hexadecimal digits."""
    return "md5" if len(checksum) == 32 else "sha256"


def _find_in_mirror(mirror: Path, names: Collection[str], checksum: str) -> Path | None:
    if not mirror.is_dir():
        raise InputError(f"{mirror}: `mirror` in the config is not a folder; correct its path")
    kind = _kind(checksum)
    found = (path for name in names for path in mirror.rglob(glob.escape(name)))
    candidates = sorted(path for path in found if path.is_file())
    for path in candidates:
        if file_checksum(path, kind) == checksum:
            return path
    if candidates:
        names = ", ".join(map(str, candidates))
        raise InputError(
            f"{names}: the file in the mirror does not have the {kind} {checksum}; replace it by "
            "the right file, or remove it so that the file is downloaded"
        )
    return None


def _download(url: str, partial: Path, attempts: int, wait: float) -> None:
    """Download to `partial`, resuming where it ends."""
    for attempt in range(1, attempts + 1):
        try:
            _download_once(url, partial)
            return
        except (OSError, http.client.HTTPException, ValueError) as error:
            if fault := disk_fault(error):
                raise ResourceError(f"{partial}: {fault}") from error
            if isinstance(error, urllib.error.HTTPError):
                error.close()
                # range not satisfiable: nothing is left to fetch; the checksum is verified later
                if error.code == 416:
                    return
            if _is_permanent(error) or attempt == attempts:
                raise InputError(
                    f"{url}: the download failed ({error}) at attempt {attempt} of {attempts}; run "
                    "again to resume it, or put the file into a folder and set `mirror` in the "
                    "config to this folder"
                ) from None
            pause = wait * 2 ** (attempt - 1)
            logger.info("%s: %s; trying again in %g s", url, error, pause)
            time.sleep(pause)


def _is_permanent(error: Exception) -> bool:
    """Return whether another attempt would fail too."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code not in _TRANSIENT
    return isinstance(error, ValueError | http.client.InvalidURL)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follow redirects to https only."""

    def redirect_request(
        self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        if not newurl.lower().startswith("https://"):
            raise ValueError(f"found a redirect to {newurl[:200]}, expected one to https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _https_opener() -> urllib.request.OpenerDirector:
    """Return an opener that knows no other protocol than https."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirects(),
    ):
        opener.add_handler(handler)
    return opener


def _download_once(url: str, partial: Path) -> None:
    done = partial.stat().st_size if partial.exists() else 0
    request = urllib.request.Request(encoded_url(url), headers={"User-Agent": "tfmoe"})
    if done:
        request.add_header("Range", f"bytes={done}-")
    with _https_opener().open(request, timeout=TIMEOUT) as response:
        resumed = getattr(response, "status", None) == 206
        expected = response.headers.get("Content-Length")
        before = done if resumed else 0
        with partial.open("ab" if resumed else "wb") as handle:
            while chunk := response.read(CHUNK):
                handle.write(chunk)
                if handle.tell() > MOST_BYTES:
                    partial.unlink()
                    raise ValueError(f"found more than {MOST_BYTES:,} bytes")
    if expected is not None and partial.stat().st_size < before + int(expected):
        raise OSError(f"received {partial.stat().st_size} of {before + int(expected)} bytes")
