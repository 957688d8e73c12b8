"""Files that only the user can read and write, in a folder whose path others can guess."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import IO

from tfmoe.core.errors import InputError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
# a FIFO would block without O_NONBLOCK until somebody reads it
_FILE = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
_REMEDY = "remove it, or set TMPDIR to a folder of your own"


def open_private(folder: Path, name: str) -> IO[str]:
    """Open a file for reading and writing, creating it and its folder; its content is kept.

    In a shared folder such as ``/tmp``, another user may have made the folder, or links in it to
    the user's files. The folder has to be the user's own, and no link is followed in it. Whatever
    the umask, others may not enter it.

    Parameters
    ----------
    folder
        The folder. The one around it has to exist.
    name
        Name of the file.

    Raises
    ------
    InputError
        If the folder or the file is a link, of another kind or of another user.
    """
    try:
        opened = _open_folder(folder)
    except OSError as error:
        raise InputError(
            f"{folder}: the folder cannot be used ({error.strerror}), expected one that is no "
            f"link; {_REMEDY}"
        ) from None
    try:
        _check(opened, stat.S_ISDIR, folder)
        os.fchmod(opened, 0o700)
        file = os.open(name, _FILE, 0o600, dir_fd=opened)
    except OSError as error:
        raise InputError(
            f"{folder / name}: the file cannot be used ({error.strerror}), expected one that is no "
            f"link; {_REMEDY}"
        ) from None
    finally:
        os.close(opened)
    try:
        _check(file, stat.S_ISREG, folder / name)
    except InputError:
        os.close(file)
        raise
    return os.fdopen(file, "r+", encoding="utf-8")


def _open_folder(folder: Path) -> int:
    folder.mkdir(mode=0o700, exist_ok=True)
    return os.open(folder, _FOLDER)


def _check(opened: int, is_kind: Callable[[int], bool], path: Path) -> None:
    found = os.fstat(opened)
    if not is_kind(found.st_mode):
        raise InputError(f"{path}: found another kind of file; {_REMEDY}")
    if found.st_uid != os.geteuid():
        raise InputError(
            f"{path}: found one of user {found.st_uid}, expected a private one of user "
            f"{os.geteuid()}; {_REMEDY}"
        )
