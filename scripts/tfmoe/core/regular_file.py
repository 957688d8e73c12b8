"""Regular files of limited size: FIFOs, devices and loops of links are named, not opened."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from tfmoe.core.errors import InputError

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a FIFO (named pipe)"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_ERRORS = {
    errno.ENOENT: "does not exist",
    errno.ENOTDIR: "does not exist, because a part of its path is a file",
    errno.ELOOP: "is a loop of symbolic links",
    errno.ENAMETOOLONG: "has too long a name",
    errno.EACCES: "cannot be read, because the permission is missing",
}
# byte-order marks; that of UTF-32 comes first, because it begins with that of UTF-16
_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)


def file_fault(path: str | os.PathLike[str]) -> str | None:
    """Return why a path is not a readable regular file; nothing is opened.

    Parameters
    ----------
    path
        The path; links are followed.

    Returns
    -------
    str or None
        A predicate such as ``does not exist`` or ``is a folder, expected a file``.
    """
    try:
        mode = Path(path).stat().st_mode
    except ValueError:
        return "does not exist, because its path contains a NUL byte"
    except OSError as error:
        return _ERRORS.get(error.errno or 0, f"cannot be read ({error.strerror})")
    if not stat.S_ISREG(mode):
        kind = next((name for test, name in _KINDS if test(mode)), "no regular file")
        return f"is {kind}, expected a file"
    return None if os.access(path, os.R_OK) else _ERRORS[errno.EACCES]


def read_limited_text(path: str | os.PathLike[str], limit: int, use: str) -> str:
    """Read a regular UTF-8 file of limited size; a byte-order mark is dropped.

    Parameters
    ----------
    path
        The file.
    limit
        Its maximum size in bytes.
    use
        Name of the file for messages, such as ``the config file``.

    Raises
    ------
    InputError
        If the path is no regular file, or the file is too large, in another encoding, or contains
        NUL bytes.
    """
    fault = file_fault(path)
    if fault:
        raise InputError(f"{path}: {use} {fault}")
    try:
        content = _read(Path(path), limit)
    except OSError as error:
        raise InputError(f"{path}: {use} cannot be read ({error.strerror})") from None
    if len(content) > limit:
        raise InputError(
            f"{path}: {use} has more than {limit:,} bytes, expected at most that many; "
            "check that this is the right file"
        )
    return _decode(content, f"{path}", use)


def _read(path: Path, limit: int) -> bytes:
    with path.open("rb") as file:
        return file.read(limit + 1)


def _decode(content: bytes, path: str, use: str) -> str:
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), None)
    if encoding is None and content[1:40:2].count(0) > 10:
        encoding = "UTF-16"
    if encoding:
        raise InputError(f"{path}: {use} is {encoding} text, expected UTF-8; save it as UTF-8")
    if 0 in content:
        line = content.count(b"\n", 0, content.index(0)) + 1
        raise InputError(f"{path}, line {line}: found a NUL byte, expected text; remove it")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}, line {line}: found the byte 0x{content[error.start]:02x}, which is not UTF-8 "
            "(it may be Latin-1); save the file as UTF-8"
        ) from None
