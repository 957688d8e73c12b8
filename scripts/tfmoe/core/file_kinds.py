"""Kinds of files that are no text, recognised by their first bytes, and how to convert them."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

from tfmoe.core.errors import InputError

_BIG_BED = "convert it with: bigBedToBed {path} {bed}"
_SIGNAL = "it has a signal and no peaks: name the peak file"
_READS = "it has reads and no peaks: name the peak file"
_R_TABLE = "write a table from R: write.table(..., sep='\\t')"
# position, signature, kind of file, remedy; {path} is the file, {stem} its name without suffix,
# {bed} that of a BED file; all are quoted for a shell, into which people paste the command
_SIGNATURES = (
    (0, bytes.fromhex("ebf28987"), "a bigBed file", _BIG_BED),
    (0, bytes.fromhex("8789f2eb"), "a bigBed file", _BIG_BED),
    (0, bytes.fromhex("26fc8f88"), "a bigWig file", _SIGNAL),
    (0, bytes.fromhex("888ffc26"), "a bigWig file", _SIGNAL),
    (0, bytes.fromhex("28b52ffd"), "a zstd file", "unpack it with: zstd -d {path} -o {stem}"),
    (0, bytes.fromhex("04224d18"), "an lz4 file", "unpack it with: lz4 -d {path} {stem}"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it with: 7z x {path}"),
    (0, b"Rar!", "a rar archive", "unpack it with: unrar x {path}"),
    (0, bytes.fromhex("1f9d"), "a file of compress", "unpack it with: uncompress {path}"),
    (0, b"LZIP", "an lzip file", "unpack it with: lzip -d {path}"),
    (0, bytes.fromhex("d0cf11e0a1b11ae1"), "an Excel workbook", "save it as tab-separated text"),
    (257, b"ustar", "a tar archive", "unpack it with: tar -xf {path}, and name one of its files"),
    (0, b"CRAM", "a CRAM file", _READS),
    (0, b"BAM\x01", "a BAM file", _READS),
    (0, b"PAR1", "a Parquet file", "write it as tab-separated text"),
    (0, b"\x89HDF", "an HDF5 file", "write it as tab-separated text"),
    (0, b"SQLite format 3", "an SQLite database", "write it as tab-separated text"),
    (0, b"%PDF", "a PDF", "name a text file"),
    (0, b"{\\rtf", "an RTF document", "save it as plain text"),
    (0, b"RDX", "an RData file of R", _R_TABLE),
    (0, b"X\n\x00\x00\x00", "an RDS file of R", _R_TABLE),
    (0, b"CSI\x01", "a csi index", "name the file that it belongs to"),
    (0, b"TBI\x01", "a tabix index", "name the file that it belongs to"),
    (0, bytes.fromhex("1a412743"), "a 2bit genome", "name a text file"),
    (0, bytes.fromhex("4327411a"), "a 2bit genome", "name a text file"),
    (0, b"version https://git-lfs", "a pointer of Git LFS", "fetch the content with: git lfs pull"),
)  # fmt: skip
_PACKED = (
    (b"\x1f\x8b", "a gzip file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\x00", "an xz file"),
)
_MARKUP = re.compile(rb"\s*<(!doctype|html|head|body|\?xml|svg|\w+ xmlns)", re.IGNORECASE)
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_EXCEL = (b"[Content_Types].xml", b"xl/", b"_rels/", b"docProps/")


def refuse_kind(start: bytes, path: str | os.PathLike[str], packed: str = "") -> None:
    """Raise an error if a file begins like a known file that is no plain text.

    Parameters
    ----------
    start
        At least the first 300 bytes, after unpacking.
    path
        The file.
    packed
        Name of the outer format if these bytes were unpacked, such as ``gzip``.

    Raises
    ------
    InputError
        Naming the kind of file and the remedy.
    """
    found = _kind_of(start, packed=bool(packed))
    if found is None:
        return
    kind, remedy = found
    stem = Path(path).with_suffix("") if Path(path).suffix else f"{path}.unpacked"
    names = {"path": path, "stem": stem, "bed": f"{stem}.bed"}
    quoted = {key: shlex.quote(str(name)) for key, name in names.items()}
    within = f" packed by {packed}" if packed else ""
    raise InputError(
        f"{path}: the file is {kind}{within}, expected text, plain or packed by gzip, bzip2 or xz; "
        f"{remedy.format(**quoted)}"
    )


def _kind_of(start: bytes, *, packed: bool) -> tuple[str, str] | None:
    """Return the kind of file and the remedy, or `None` for anything else."""
    for at, signature, kind, remedy in _SIGNATURES:
        if start[at:].startswith(signature):
            return kind, remedy
    if start.startswith(_ZIP):
        if any(name in start for name in _EXCEL):
            return "an Excel workbook", "save it as tab-separated text"
        return "a zip archive", "unpack it with: unzip {path}, and name one of its files"
    if _MARKUP.match(start):
        return "a web page or XML", "fetch the text file itself, and open it to check its content"
    for signature, kind in _PACKED if packed else ():
        if start.startswith(signature):
            return kind, "it was packed twice: unpack it once"
    return None
