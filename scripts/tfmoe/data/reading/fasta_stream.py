"""Reader of FASTA files of any size, in blocks of whole records, encoded without a loop over bases.

A million sequences of 101 bases take a second or two. The memory is bounded by a block, or by the
longest record.
"""

from __future__ import annotations

import codecs
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.dna import IUPAC, Codes, encode_text
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike

BLOCK = 1 << 22
"""Bytes that are read at once."""
_FIRST_BLOCK = 1 << 18  # a short one, so that the first predictions come early
_IUPAC = "".join(IUPAC).encode()
_SPACE = b"\r\n\t "
_SKIPPED, _WRONG = 5, 6  # continue the codes of `tfmoe.core.dna`
_KINDS = np.full(256, _WRONG, dtype=np.uint8)
for _letter in _IUPAC + _IUPAC.lower():
    _KINDS[_letter] = encode_text(bytes([_letter]))[0]
_KINDS[list(_SPACE)] = _SKIPPED
_SHOWN = 12  # letters in messages

Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Records:
    """Consecutive sequences of any length.

    Attributes
    ----------
    names
        The first words of their headers; they may repeat.
    descriptions
        The rest of their headers.
    codes
        All their bases, uint8 (sum of lengths,), as `tfmoe.core.dna` encodes them.
    lengths
        int64 (n,), in bases; 0 for an empty record.
    lines
        int64 (n,), the line number of each header, from 1.
    """

    names: list[str]
    descriptions: list[str]
    codes: Codes
    lengths: Positions
    lines: Positions

    def __len__(self) -> int:
        return len(self.names)


def read_records(stream: IO[bytes], path: Pathlike) -> Iterator[Records]:
    """Read a FASTA in blocks of whole records, in the order of the file.

    Parameters
    ----------
    stream
        The unpacked bytes: upper or lower case, IUPAC codes, Unix or Windows line ends, sequences
        on one or several lines.
    path
        Name of the file for messages.

    Yields
    ------
    Records
        At least one record each.

    Raises
    ------
    InputError
        Naming file and line: if the file is no FASTA or has no records, if a record has no name, or
        if a sequence has a letter that is no IUPAC code of DNA, such as a protein's.
    """
    start = stream.read(_FIRST_BLOCK) + stream.readline()
    line = _first_line(start, path)
    for block in _record_blocks(start.removeprefix(codecs.BOM_UTF8).lstrip(), stream):
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        yield _parse(block, line, path)
        line += block.count(b"\n")


def as_records(names: Sequence[str], sequences: Sequence[str]) -> Records:
    """Return sequences in memory as records.

    Raises
    ------
    InputError
        If a sequence has a letter that is no IUPAC code of DNA.
    """
    text = "".join(sequences).encode("ascii", "replace")
    lengths = np.fromiter(map(len, sequences), dtype=np.int64, count=len(sequences))
    codes = _KINDS[np.frombuffer(text, dtype=np.uint8)]
    wrong = np.flatnonzero(codes >= _SKIPPED)
    if len(wrong):
        row = int(np.searchsorted(lengths.cumsum(), wrong[0], side="right"))
        letters = sequences[row].encode("ascii", "replace")
        raise InputError(
            f"sequence {row + 1} of {len(sequences)} ({names[row]}): "
            f"{letter_fault(letters.upper().translate(None, _IUPAC))}"
        )
    lines = np.arange(1, len(sequences) + 1, dtype=np.int64)
    return Records(list(names), [""] * len(lengths), codes, lengths, lines)


def record_table(records: Records, descriptions: bool) -> pd.DataFrame:
    """Return the names as a table of one column, on request with the descriptions as another."""
    columns = {"name": records.names}
    if descriptions:
        columns["description"] = [text.replace("\t", " ") for text in records.descriptions]
    return pd.DataFrame(columns, dtype="str")


def _first_line(start: bytes, path: Pathlike) -> int:
    """Return the line number of the first header; raise if the file is no FASTA."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError(
            f"{path}: the file is UTF-16 text, expected UTF-8; convert it, for example with: "
            f"iconv -f UTF-16 -t UTF-8 {shlex.quote(str(path))}"
        )
    content = start.removeprefix(codecs.BOM_UTF8).lstrip()
    if not content:
        raise InputError(f"{path}: the file is empty, expected sequences (FASTA)")
    line = start[: len(start) - len(content)].count(b"\n") + 1
    if not content.startswith(b">"):
        found = _text(content.splitlines()[0][:40])
        raise InputError(
            f"{path}, line {line}: found {found!r}, expected FASTA, whose first line starts with >"
        )
    return line


def _record_blocks(start: bytes, stream: IO[bytes]) -> Iterator[bytes]:
    """Yield blocks of whole records; a record that is longer than a block gets one of its own."""
    held: list[bytes] = []
    data = start
    while data:
        first = 0 if data.startswith(b">") else data.find(b"\n>") + 1
        last = data.rfind(b"\n>") + 1
        if first or last or data.startswith(b">"):
            if sum(map(len, held)) > BLOCK:
                yield b"".join([*held, data[:first]])
                held, data, last = [], data[first:], last - first
            if held or last > 0:
                yield b"".join([*held, data[:last]])
            held, data = [], data[max(last, 0) :]
        held.append(data)
        data = stream.read(BLOCK)
        data += stream.readline()
    yield b"".join(held)


def _parse(block: bytes, line: int, path: Pathlike) -> Records:
    """Parse a block of whole records, of which the first begins at the given line."""
    letters = np.frombuffer(block, dtype=np.uint8)
    ends = np.flatnonzero(letters == ord("\n"))
    if not block.endswith(b"\n"):
        ends = np.append(ends, len(block))
    starts = np.concatenate([[0], ends[:-1] + 1])
    rows = np.flatnonzero(letters[np.minimum(starts, len(block) - 1)] == ord(">"))
    headers, header_ends = starts[rows], ends[rows]
    names, descriptions = _read_headers(block, headers, header_ends, line + rows, path)
    kinds = _KINDS[letters]
    # the letters of headers are skipped
    change = np.zeros(len(block) + 1, dtype=np.int8)
    change[headers] = 1
    change[header_ends] = -1
    kinds[change[:-1].cumsum(dtype=np.int8).view(np.bool_)] = _SKIPPED
    records = np.append(headers, len(block))
    if kinds.max() == _WRONG:
        _refuse_letters(block, kinds, ends, records, names, line, path)
    kept = kinds < _SKIPPED
    codes = kinds[kept]
    # the bases of a record are its letters except those that are skipped
    skipped = np.flatnonzero(~kept)
    lengths = np.diff(records) - np.diff(np.searchsorted(skipped, records))
    return Records(names, descriptions, codes, lengths.astype(np.int64), line + rows)


def _read_headers(
    block: bytes, starts: Positions, ends: Positions, lines: Positions, path: Pathlike
) -> tuple[list[str], list[str]]:
    """Return names and descriptions of the records."""
    names, descriptions = [], []
    for row, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        words = _text(block[start + 1 : end]).split(None, 1)
        if not words:
            raise InputError(f"{path}, line {lines[row]}: the sequence has no name after its >")
        names.append(words[0])
        descriptions.append(words[1].rstrip() if len(words) > 1 else "")
    return names, descriptions


def _text(content: bytes) -> str:
    """Decode a line: UTF-8, or else Windows-1252."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _refuse_letters(
    block: bytes,
    kinds: NDArray[np.uint8],
    ends: Positions,
    records: Positions,
    names: list[str],
    line: int,
    path: Pathlike,
) -> None:
    """Raise because of a letter that is no DNA, with all such letters of its record."""
    wrong = np.flatnonzero(kinds == _WRONG)
    record = int(np.searchsorted(records, wrong[0], side="right")) - 1
    inside = wrong[wrong < records[record + 1]]
    letters = bytes(block[at] for at in inside[:10_000].tolist())
    number = line + int(np.searchsorted(ends, wrong[0]))
    raise InputError(f"{path}, line {number}: sequence {names[record]}: {letter_fault(letters)}")


def letter_fault(letters: bytes) -> str:
    """Describe letters of a sequence that are no DNA, with the remedy if it is known."""
    found = sorted(set(letters.decode("latin-1").upper()))
    shown = ", ".join(letter if letter.isprintable() else repr(letter) for letter in found[:_SHOWN])
    fault = f"found {shown}, expected DNA: A, C, G, T or an IUPAC code such as N, in either case"
    if found == ["U"]:
        return f"{fault}; in RNA, replace U with T"
    if set(found) <= set("-.*"):
        return f"{fault}; remove the gaps of an alignment"
    if len(found) > 2 and set(found) <= set("EFIJLOPQUXZ*-"):
        return f"{fault}; this is a protein"
    return fault
