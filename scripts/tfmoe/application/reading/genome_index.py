"""Comparison of a FASTA's index with the FASTA, so that a wrong index never yields wrong bases."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike

_HEADERS = 1 << 16  # bytes of header lines that are read


@dataclass(frozen=True)
class _Entry:
    """A line of an index.

    Attributes
    ----------
    name, length
        The sequence.
    offset
        Byte of the file at which its first base is.
    bases, width
        Bases and bytes per line.
    """

    name: str
    length: int
    offset: int
    bases: int
    width: int

    @property
    def end(self) -> int:
        """The byte after the last base."""
        if self.length == 0:
            return self.offset
        lines, rest = divmod(self.length - 1, self.bases)
        return self.offset + lines * self.width + rest + 1


def check_index(path: Pathlike, index: Pathlike) -> None:
    """Check that each sequence of an index is in the FASTA, and that nothing lies between them.

    Only the header lines are read: this takes less than a second for 100,000 sequences.

    Parameters
    ----------
    path
        Plain FASTA.
    index
        Its index, as ``samtools faidx`` writes it.

    Raises
    ------
    InputError
        If the index is damaged or belongs to another FASTA, if the FASTA is cut off, or if two
        sequences have one name.
    """
    entries = sorted(_read_entries(index), key=lambda entry: entry.offset)
    remedy = "remove the index and run again"
    size = Path(path).stat().st_size
    if entries[-1].end > size:
        raise InputError(
            f"{path}: found {size:,} bytes, but its index {index} ends at byte "
            f"{entries[-1].end:,}; the genome is cut off, or the index belongs to another one: "
            f"fetch the genome again, or {remedy}"
        )
    seen: set[str] = set()
    with Path(path).open("rb") as file:
        before = 0
        for entry in entries:
            name = _last_header(_between(file, before, entry.offset, path, seen))
            if name != entry.name:
                raise InputError(
                    f"{index}: the index has {entry.name} at byte {entry.offset:,}, where {path} "
                    f"has {'another sequence' if name else 'no header'}; {remedy}"
                )
            seen.add(name)
            before = entry.end
        if _between(file, before, size, path, seen):
            raise InputError(f"{index}: the index lacks sequences at the end of {path}; {remedy}")


def _read_entries(index: Pathlike) -> list[_Entry]:
    """Read an index; raise if it is damaged or empty."""
    damaged = InputError(
        f"{index}: the index of the genome is empty or damaged; remove it and run again"
    )
    entries = []
    try:
        for line in Path(index).read_text(encoding="utf-8").splitlines():
            name, *numbers = line.split("\t")
            length, offset, bases, width = map(int, numbers)
            entries.append(_Entry(name, length, offset, bases, width))
    except ValueError:
        raise damaged from None
    except OSError as error:
        raise InputError(
            f"{index}: the index of the genome cannot be read ({error.strerror}); remove it and "
            "run again"
        ) from None
    sound = all(
        entry.length >= 0 < entry.offset and (entry.length == 0 or 0 < entry.bases < entry.width)
        for entry in entries
    )
    if not entries or not sound:
        raise damaged
    return entries


def _between(file: IO[bytes], start: int, end: int, path: Pathlike, seen: set[str]) -> list[bytes]:
    """Return the first lines between two sequences of an index.

    They are headers, because samtools leaves out empty sequences. It also leaves out a sequence
    whose name it has seen: that is refused.
    """
    if end <= start:
        return []
    file.seek(start)
    lines = [line.strip() for line in file.read(min(end - start, _HEADERS)).splitlines()]
    for name in map(_name, lines):
        if name in seen:
            raise InputError(
                f"{path}: two sequences are called {name}; remove or rename one of them"
            )
    return [line for line in lines if line]


def _last_header(lines: list[bytes]) -> str | None:
    """Return the name in the last of several header lines; `None` if one is no header."""
    names = [_name(line) for line in lines]
    return names[-1] if names and None not in names else None


def _name(line: bytes) -> str | None:
    words = line[1:].split() if line.startswith(b">") else []
    return words[0].decode("utf-8", "replace") if words else None
