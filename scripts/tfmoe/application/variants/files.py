"""Files of variants as htslib can read them, and the faults of those that it cannot."""

from __future__ import annotations

import codecs
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tfmoe.application.reading.standard import is_standard
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.core.packed_files import check_bgzip_end, open_unpacked
from tfmoe.core.regular_file import file_fault

_REMEDY = "correct its path"
_PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")
_BINARY = b"BCF"
_VCF = b"##fileformat=VCF"
_COLUMNS = 8
_SHOWN = 60
_RECODE = "convert it, for example with: iconv -f {} -t UTF-8"


@contextmanager
def readable(path: Pathlike) -> Iterator[tuple[Path, str]]:
    """Yield a file that htslib can read more than once, and its name for messages.

    Parameters
    ----------
    path
        VCF or BCF, plain or packed by gzip, bgzip, bzip2 or xz; ``-`` is standard input. htslib
        reads plain and bgzipped files. Of others, and of standard input, an unpacked copy lasts as
        long as the block.

    Raises
    ------
    InputError
        If the file is missing, truncated, or UTF-16 text.
    """
    standard = is_standard(path)
    name = "standard input" if standard else str(path)
    if not standard and _is_readable(Path(path), name):
        yield Path(path), name
        return
    with (
        tempfile.TemporaryDirectory(prefix="tfmoe-") as folder,
        open_unpacked(name, _REMEDY, sys.stdin.buffer if standard else None) as stream,
    ):
        copy = Path(folder) / "input.vcf"
        with copy.open("wb") as out:
            out.write(_without_mark(stream.read(1 << 16), name))
            shutil.copyfileobj(stream, out)
        yield copy, name


def header_fault(path: Path, name: str) -> str:
    """Return why a file has no header of a VCF.

    Raises
    ------
    InputError
        If it is a known file of another kind.
    """
    with open_unpacked(path, _REMEDY) as stream:
        start = stream.read(1 << 16)
    if start.startswith(_BINARY):
        return f"{name}: the BCF is truncated or damaged; fetch or copy it again"
    lines = start.splitlines()
    if not lines:
        return f"{name}: the file is empty, expected a VCF"
    if not start.startswith(_VCF):
        return (
            f"{name}, line 1: found {_shown(lines[0])}, expected a VCF, whose first line begins "
            "with ##fileformat=VCF"
        )
    return (
        f"{name}: the header is incomplete, expected lines that begin with ##, and then a line "
        "#CHROM with the columns' names, separated by tabs"
    )


def record_fault(path: Path, name: str, number: int, error: Exception) -> str:
    """Return why a record cannot be read, with its line.

    Parameters
    ----------
    path, name
        The file, and its name for messages.
    number
        Number of the record, from 1.
    error
        The error of htslib, for a file without lines or a fault that is not known.
    """
    with open_unpacked(path, _REMEDY) as stream:
        if not stream.peek(3).startswith(_BINARY):
            return _line_fault(stream, name, number, error)
    return f"{name}: record {number} cannot be read ({error}); fetch or copy the file again"


def encoding_fault(name: str, place: str) -> InputError:
    """Return the error about text that is not UTF-8."""
    return InputError(
        f"{name}: {place} has bytes that are not UTF-8; {_RECODE.format('WINDOWS-1252')}"
    )


def _is_readable(path: Path, name: str) -> bool:
    """Return whether htslib reads a file as it is; raise if it is missing or truncated."""
    if fault := file_fault(path):
        raise InputError(f"{name}: the file {fault}; {_REMEDY}")
    with path.open("rb") as file:
        start = file.read(18)
    if start[:4] == b"\x1f\x8b\x08\x04" and start[12:14] == b"BC":
        check_bgzip_end(path)
        return True
    return not start.startswith(
        (*_PACKED, codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    )


def _without_mark(start: bytes, name: str) -> bytes:
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError(
            f"{name}: the file is UTF-16 text, expected UTF-8; {_RECODE.format('UTF-16')}"
        )
    return start.removeprefix(codecs.BOM_UTF8)


def _line_fault(stream: IO[bytes], name: str, number: int, error: Exception) -> str:
    record, columns = 0, _COLUMNS
    for place, line in enumerate(stream, start=1):
        if line.startswith(b"#"):
            columns = len(line.split(b"\t"))
            continue
        record += 1
        if record == number:
            fault = _fault(line.rstrip(b"\r\n"), columns) or f"({error})"
            return f"{name}, line {place}: {fault}"
    return f"{name}: record {number} cannot be read ({error})"


def _fault(line: bytes, columns: int) -> str:
    """Return the fault of a record's line; an empty text if it is not known."""
    fields = line.split(b"\t")
    if not line.strip():
        return "the line is empty; remove it"
    if len(fields) < _COLUMNS:
        spaces = "; replace the spaces with tabs" if len(line.split()) >= _COLUMNS else ""
        return (
            f"found {_shown(line)}, with {len(fields)} columns, expected at least {_COLUMNS} "
            f"columns separated by tabs{spaces}"
        )
    if not fields[1].isdigit():
        return f"found the position {_shown(fields[1])}, expected a whole number of 0 or more"
    if len(fields) != columns:
        return f"found {len(fields)} columns, expected {columns}, as in the line #CHROM"
    return ""


def _shown(text: bytes) -> str:
    return repr(text[:_SHOWN].decode("utf-8", "replace"))
