"""Layout of 2bit genomes, checked before a library reads them.

py2bit trusts the numbers in a file. Wrong ones make it read beyond its memory, which ends the
process without a message, or yield bases that are not in the file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.files import Pathlike
from tfmoe.core.messages import odd_character, shorten

SIGNATURES = (bytes.fromhex("4327411a"), bytes.fromhex("1a412743"))  # little- and big-endian


def two_bit_fault(path: Pathlike) -> str | None:
    """Return why a 2bit file is damaged, or `None`.

    Every sequence and every block of unknown bases or repeats has to lie within the file and
    within its sequence, and no two may share bytes.
    """
    with Path(path).open("rb") as handle:
        try:
            return next(_faults(_Numbers(handle, Path(path).stat().st_size)), None)
        except (struct.error, OSError, OverflowError) as error:
            return f"its index leads out of the file: {error}"


class _Numbers:
    """The numbers of a 2bit file, in its byte order.

    Attributes
    ----------
    size
        Size of the file in bytes.
    """

    def __init__(self, handle: IO[bytes], size: int) -> None:
        self._handle, self.size = handle, size
        self._order = ">" if handle.read(4) == SIGNATURES[1] else "<"

    def one(self, kind: str = "I") -> int:
        """Return the next number; raise `struct.error` at the end of the file."""
        found: int = struct.unpack(
            self._order + kind, self._handle.read(struct.calcsize(self._order + kind))
        )[0]
        return found

    def many(self, count: int) -> NDArray[np.int64] | None:
        """Return the next uint32 numbers; `None` if the file has fewer."""
        if 4 * count > self.size - self._handle.tell():
            return None
        found = np.frombuffer(self._handle.read(4 * count), dtype=f"{self._order}u4")
        return found.astype(np.int64)

    def text(self, length: int) -> bytes:
        """Return the next bytes."""
        return self._handle.read(length)

    def move(self, at: int) -> None:
        """Go to a position in bytes."""
        self._handle.seek(at)

    def at(self) -> int:
        """Return the position in bytes."""
        return self._handle.tell()


def _faults(numbers: _Numbers) -> Iterator[str]:
    version, sequences, _ = numbers.one(), numbers.one(), numbers.one()
    if version not in (0, 1):
        yield f"found the version {version}, expected 0 or 1"
    if not sequences:
        yield "it has no sequences"
    offsets: dict[str, int] = {}
    for _ in range(sequences):
        name = numbers.text(numbers.one("B")).decode("utf-8", "replace")
        if not name or name.split() != [name] or odd_character(name):
            yield f"found the name {shorten(name)}, expected one without white space"
        if name in offsets:
            yield f"two sequences are called {name}"
        offsets[name] = numbers.one("Q" if version else "I")
    used = 0
    for name, offset in offsets.items():
        numbers.move(offset)
        yield from (f"sequence {name}: {fault}" for fault in _sequence_faults(numbers))
        used += numbers.at() - offset
        if used > numbers.size:
            yield "its sequences share bytes"


def _sequence_faults(numbers: _Numbers) -> Iterator[str]:
    """Yield the faults of the sequence at the position; move to its end."""
    length = numbers.one()
    if not length:
        yield "found no bases"
    for kind in ("unknown bases", "repeats"):
        count = numbers.one()
        starts, sizes = numbers.many(count), numbers.many(count)
        if starts is None or sizes is None:
            yield f"found {count:,} blocks of {kind}, more than the file has"
            return
        ends = starts + sizes
        if (ends[:-1] > starts[1:]).any() or (ends[-1:] > length).any():
            yield f"its blocks of {kind} overlap or lead out of it"
    numbers.one()
    end = numbers.at() + (length + 3) // 4
    if end > numbers.size:
        yield f"{end - numbers.size} bytes are missing at its end"
    numbers.move(end)
