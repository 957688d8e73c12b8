"""Detection of peak file formats: the meaning of columns, and the number of the first base.

Columns are named by a header, in the first line or in the comment before it. Without a header, the
format is inferred from the number of columns and the first line. MACS (``.xls``), HOMER and tables
written by R count bases from 1; all BED-like formats count from 0.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tfmoe.core.errors import InputError
from tfmoe.data.reading.text_columns import DataLines, is_number

# known column names, in lower case, letters only
_NAMES = {
    "chrom": ("chrom", "chr", "chromosome", "seqnames", "seqname", "seqid"),
    "start": ("start", "chromstart"),
    "end": ("end", "chromend", "stop"),
    "length": ("length", "width"),
    "score": ("score",),
    "strand": ("strand",),
    "signal": ("signalvalue", "foldenrichment", "signal", "enrichment", "normalizedtagcount"),
    "summit": ("abssummit", "summit"),
}


@dataclass(frozen=True)
class PeakFormat:
    """Columns of a peak file, numbered from 0; `None` for columns that the format lacks.

    Attributes
    ----------
    chrom, start, end, score, strand, signal, summit
        The columns.
    length
        A column with the peak's length, which shows how bases are counted.
    first_base
        The number of a chromosome's first base, 0 or 1. If it is 1, `end` is the number of the
        peak's last base, and summits are counted from 1 too.
    summit_from_start
        Whether summits are offsets from the start of their peak; `None` if this has to be inferred
        from the peaks.
    """

    chrom: int = 0
    start: int = 1
    end: int = 2
    score: int | None = None
    strand: int | None = None
    signal: int | None = None
    summit: int | None = None
    length: int | None = None
    first_base: int = 0
    summit_from_start: bool | None = True


def peak_format(lines: DataLines) -> tuple[PeakFormat, DataLines]:
    """Detect the format of a peak file, and return its lines without the header.

    Raises
    ------
    InputError
        If the file has no peaks, if it has sequences, or if its first line has fewer than three
        fields or another number than the header.
    """
    peaks = lines.after_header()
    if not peaks.lines:
        raise InputError(
            f"{lines.path}: the file has no peaks; use another file, or remove the experiment from "
            "the experiment table"
        )
    if lines.lines[0].startswith((">", "FoldID\tEventID")):
        raise InputError(
            f"{lines.where(0)}: found ready sequences (FASTA, or DeepBind's format), expected "
            "peaks; ready sequences need `genome: null` and `splits: {by: rank}`"
        )
    first = peaks.fields(0)
    if len(first) < 3:
        raise InputError(
            f"{peaks.where(0)}: {len(first)} fields, expected at least chromosome, start and end"
        )
    names = lines.names() or []
    if len(names) == len(first) - 1:  # R writes no header for the column of row names
        names = ["", *names]
    if names and len(names) != len(first):
        raise InputError(
            f"{peaks.where(0)}: {len(first)} fields, but the header names {len(names)} columns; "
            "correct the header, or remove it"
        )
    return _by_names(names, first) or _by_number_of_columns(first), peaks


def _by_names(names: Sequence[str], first: Sequence[str]) -> PeakFormat | None:
    """Return the format of a header with at least chromosome, start and end, or else `None`."""
    plain = [re.sub("[^a-z]", "", name.lower()) for name in names]
    found = {
        key: next(plain.index(name) for name in known if name in plain)
        for key, known in _NAMES.items()
        if any(name in plain for name in known)
    }
    if not {"chrom", "start", "end"} <= found.keys():
        return None
    first_base, from_start = int("abssummit" in plain or "peakid" in plain), None
    if "signalvalue" in plain and "peak" in plain:  # narrowPeak's column names
        found["summit"], from_start = plain.index("peak"), True
    elif "abssummit" in plain:
        from_start = False
    if "length" in found:
        start, end, length = (first[found[key]] for key in ("start", "end", "length"))
        if start.isdecimal() and end.isdecimal() and length.isdecimal():
            first_base = int(int(length) != int(end) - int(start))
    return PeakFormat(**found, first_base=first_base, summit_from_start=from_start)


def _by_number_of_columns(first: Sequence[str]) -> PeakFormat:
    """Distinguish narrowPeak, broadPeak, gappedPeak and BED by the fields of the first line."""
    width = len(first)
    score = 4 if width > 4 else None
    strand = 5 if width > 5 else None
    # BED9 and its extensions have a thick part within the interval, and a colour
    thick = width > 8 and first[6].isdecimal() and first[7].isdecimal()
    if width == 15 and thick and is_number(first[12]):
        # gappedPeak: BED12, signalValue, pValue, qValue
        return PeakFormat(score=score, strand=strand, signal=12)
    if width == 9 and not (thick and (first[8] == "0" or "," in first[8])):
        return PeakFormat(score=score, strand=strand, signal=6)
    if _is_narrow(first):
        return PeakFormat(score=score, strand=strand, signal=6, summit=9)
    return PeakFormat(score=score, strand=strand)


def _is_narrow(first: Sequence[str]) -> bool:
    """Return whether a line is narrowPeak, possibly with extra columns (IDR adds ten)."""
    numbers = [is_number(field) for field in first[6:10]]
    if len(first) in (10, 11):
        return any(numbers)
    return len(first) > 12 and first[5] in ("+", "-", ".") and all(numbers)
