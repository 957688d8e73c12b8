"""Readers of genome files: FASTA, plain or packed by gzip, bgzip, bzip2 or xz, and 2bit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
import py2bit
from numpy.typing import NDArray

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.core.messages import odd_character, shorten
from tfmoe.core.packed_files import open_unpacked
from tfmoe.core.regular_file import file_fault
from tfmoe.data.reading.two_bit import SIGNATURES, two_bit_fault

Letters = NDArray[np.uint8]

BLOCK = 1 << 24
_REMEDY = "correct `genome.fasta`"
_SPACE = b"\r\n\t "
# IUPAC codes, U of RNA, X of hard-masked repeats, and gaps
_LETTERS = b"ACGTUNRYSWKMBDHVXacgtunryswkmbdhvx*-"


def read_genome(
    path: Pathlike, descriptions: dict[str, str] | None = None
) -> Iterator[tuple[str, Letters]]:
    """Read the sequences of a genome one by one.

    Parameters
    ----------
    path
        FASTA, plain or packed by gzip, bgzip, bzip2 or xz, or 2bit.
    descriptions
        Filled with the text after the name in each sequence's header line.

    Yields
    ------
    str, uint8 (L,)
        Name (up to the first white space) and letters; lower case (repeats) is kept.

    Raises
    ------
    InputError
        If the file is missing, damaged or not a genome, or if it has duplicate names or empty
        sequences.
    """
    fault = file_fault(path)
    if fault:
        raise InputError(f"{path}: the file {fault}; {_REMEDY}")
    with Path(path).open("rb") as handle:
        start = handle.read(4)
    seen: set[str] = set()
    notes = {} if descriptions is None else descriptions
    for name, letters in _read_two_bit(path) if start in SIGNATURES else _read_fasta(path, notes):
        if name in seen:
            raise InputError(
                f"{path}: two sequences are called {name}; remove or rename one of them"
            )
        # it becomes part of tables, of messages and of the FASTA of the run
        if odd := odd_character(name):
            raise InputError(f"{path}: the name {shorten(name)} contains {odd}")
        seen.add(name)
        if not len(letters):
            raise InputError(f"{path}: sequence {name} has no bases; the file may be truncated")
        yield name, letters


def _read_fasta(path: Pathlike, descriptions: dict[str, str]) -> Iterator[tuple[str, Letters]]:
    with open_unpacked(path, _REMEDY) as lines:
        yield from _records(lines, path, descriptions)


def _records(
    handle: IO[bytes], path: Pathlike, descriptions: dict[str, str]
) -> Iterator[tuple[str, Letters]]:
    """Read a FASTA in large blocks of whole lines, which is much faster than line by line."""
    name: str | None = None
    content = bytearray()
    first = True
    while block := handle.read(BLOCK):
        block += handle.readline()
        if first:
            block = block.removeprefix(b"\xef\xbb\xbf").lstrip()
        at, first = 0, False
        while at < len(block):
            if block[at] != ord(">"):
                end = block.find(b"\n>", at) + 1 or len(block)
                content += _bases(block[at:end], name, path)
                at = end
                continue
            if name is not None:
                yield name, np.frombuffer(content, dtype=np.uint8)
            end = block.find(b"\n", at) + 1 or len(block)
            name, header = _name(block[at + 1 : end], name, path), block[at + 1 : end]
            descriptions[name] = header.decode("utf-8", "replace").partition(name)[2].strip()
            content, at = bytearray(), end
    if name is None:
        raise InputError(f"{path}: the file is empty, expected a FASTA")
    yield name, np.frombuffer(content, dtype=np.uint8)


def _name(header: bytes, before: str | None, path: Pathlike) -> str:
    words = header.split()
    if not words:
        after = f"after {before}" if before else "at the beginning"
        raise InputError(f"{path}: the sequence {after} has no name; write one after its >")
    return words[0].decode("utf-8", "replace")


def _bases(lines: bytes, name: str | None, path: Pathlike) -> bytes:
    """Return the letters of a sequence's lines, without line ends and white space."""
    if name is None:
        begin = lines[:20].decode("ascii", "replace")
        raise InputError(
            f"{path}: the file is neither FASTA nor 2bit: it begins with {begin!r}, expected a "
            "line that starts with >"
        )
    strange = lines.translate(None, _LETTERS + _SPACE)
    if strange:
        raise InputError(
            f"{path}: sequence {name} contains {chr(strange[0])!r}, which is not a DNA letter; "
            "expected a FASTA of DNA"
        )
    return lines.translate(None, _SPACE)


def _read_two_bit(path: Pathlike) -> Iterator[tuple[str, Letters]]:
    try:
        if fault := two_bit_fault(path):
            raise RuntimeError(fault)
        file = py2bit.open(str(path), storeMasked=True)
        try:
            for name in file.chroms():
                yield name, np.frombuffer(file.sequence(name).encode(), dtype=np.uint8)
        finally:
            file.close()
    except RuntimeError as error:
        raise InputError(
            f"{path}: the 2bit file is truncated or damaged ({error}); fetch or copy it again"
        ) from None
