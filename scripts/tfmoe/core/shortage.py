"""Failures that are no fault of the input: a full disk, a used-up quota, too little memory.

Libraries report them by their own exceptions, often without an error number or a file's name.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tfmoe.core.errors import ResourceError

KEPT = "run the same command again; complete files are kept"
_DISK: Mapping[int, str] = {
    errno.ENOSPC: f"the disk is full; free some space and {KEPT}",
    errno.EDQUOT: f"your disk quota is used up; delete files or request more, then {KEPT}",
    errno.EFBIG: f"a limit on the size of a file (`ulimit -f`) is reached; raise it and {KEPT}",
    errno.EROFS: f"the file system is read-only; make it writable and {KEPT}",
    errno.EIO: f"the disk or network file system reports an error; check it and {KEPT}",
    errno.ESTALE: f"the network file system lost the file; {KEPT}",
}
_MEMORY = ("can't allocate memory", "cannot allocate memory", "out of memory", "bad_alloc")
LESS_MEMORY = (
    "run fewer jobs at once (`--cores 1`, or `--resources mem_mb=8000` for jobs of 8 GB in all), "
    "or lower `compute.batch_size`, `attribution.batch_size` or `mixture.most_examples` in the "
    f"config; then {KEPT}"
)


def disk_fault(error: BaseException) -> str | None:
    """Return the reason and the remedy if the disk, a quota or the file system failed.

    Parameters
    ----------
    error
        Any exception. Those that led to it count, as some libraries replace the first one.

    Returns
    -------
    str or None
        Without the name of the file; `None` for any other fault.
    """
    for link in _chain(error):
        if isinstance(link, OSError) and link.errno is not None:
            number: int | None = link.errno
        else:
            number = next((key for key in _DISK if os.strerror(key) in str(link)), None)
        if number is not None and number in _DISK:
            return _DISK[number]
    return None


def memory_fault(error: BaseException) -> str | None:
    """Return the reason and the remedy if memory ran out, of the machine or of the GPU."""
    for link in _chain(error):
        text = str(link)
        named = isinstance(link, RuntimeError | ImportError) and any(
            part in text.lower() for part in _MEMORY
        )
        if named or isinstance(link, MemoryError):
            first = text.splitlines()[0] if text else type(link).__name__
            return f"memory ran out ({first}); {LESS_MEMORY}"
        if isinstance(link, OSError) and link.errno == errno.ENOMEM:
            return f"memory ran out ({link}); {LESS_MEMORY}"
    return None


@contextmanager
def htslib_writes(path: str | os.PathLike[str]) -> Iterator[None]:
    """Name the file and the likely cause where htslib fails to write in the ``with`` block.

    Raises
    ------
    ResourceError
        For an `OSError` without an error number, as htslib does not report one.
    """
    try:
        yield
    except OSError as error:
        if error.errno is not None:
            raise
        reason = "probably because the disk is full or a quota is used up"
        remedy = f"free some space and {KEPT}"
        raise ResourceError(
            f"{os.fspath(path)}: the file could not be written ({error}), {reason}; {remedy}"
        ) from error


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and those in whose handling it was raised."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
