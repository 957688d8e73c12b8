"""Detection of peak file formats: the meaning of columns, and the number of the first base.

Columns are named by a header, in the first line or in the comment before it; without a header, the
format is inferred from the values. The columns `format`, `coordinates` and `strength` of the
experiment table overrule the detection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tfmoe.core.errors import InputError
from tfmoe.data.reading.peak_columns import by_columns
from tfmoe.data.reading.peak_headers import by_names
from tfmoe.data.reading.peak_layout import (
    BED_BASE,
    NONE,
    UNKNOWN_BASE,
    PeakFormat,
    Place,
    ReadAs,
)
from tfmoe.data.reading.peak_sample import Sample
from tfmoe.data.reading.text_columns import DataLines

__all__ = ["NAMED", "PeakFormat", "ReadAs", "peak_format", "strength_remedy"]

_BED6 = PeakFormat("BED", score=4, strand=5, signal=4, base_reason=BED_BASE)
# the values of the column `format` of the experiment table, apart from `table`
NAMED = {
    "bed": _BED6,
    "bed_thick": replace(_BED6, name="BED", summit=6, summit_end=7, place=Place.PART),
    "narrowPeak": replace(_BED6, name="narrowPeak", signal=6, summit=9, place=Place.OFFSET),
    "broadPeak": replace(_BED6, name="broadPeak", signal=6),
    "gappedPeak": replace(
        _BED6, name="gappedPeak", signal=12, summit=6, summit_end=7, place=Place.PART
    ),
    "seacr": PeakFormat("SEACR", score=4, signal=4, summit=5, place=Place.REGION),
    "sicer": PeakFormat("SICER islands", signal=6),
    "saf": PeakFormat("SAF", 1, 2, 3, strand=4, first_base=1, base_reason="SAF counts from 1"),
    "gff": PeakFormat("GFF", 0, 3, 4, 5, 6, 5, first_base=1, base_reason="GFF counts from 1"),
}
_TABLE = "table"
_COLUMN = "column {} of the experiment table"
_SHOWN = 8


def peak_format(lines: DataLines, given: ReadAs | None = None) -> tuple[PeakFormat, DataLines]:
    """Detect the format of a peak file, and return its lines without the header.

    Parameters
    ----------
    lines
        The lines of the file.
    given
        The user's choices for the file.

    Raises
    ------
    InputError
        If the file has no peaks, if it has sequences, if its first line has fewer than three
        fields or another number than the header, or if it does not fit the user's choices.
    """
    peaks = lines.after_header()
    _check_content(lines, peaks)
    first = peaks.fields(0)
    names = lines.names() or []
    if len(names) == len(first) - 1:  # R writes no header for the column of row names
        names = ["", *names]
    if names and len(names) != len(first):
        raise InputError(
            f"{peaks.where(0)}: {len(first)} fields, but the header names {len(names)} columns; "
            "correct the header, or remove it"
        )
    sample, given = Sample.of(peaks), given or ReadAs()
    with np.errstate(invalid="ignore"):  # infinite starts are reported later, with their line
        found = _chosen(peaks, names, sample, given)
        if found is None:
            found = by_names(names, sample) or replace(by_columns(sample), names=tuple(names))
            found = _with_header(found, len(peaks.lines) < len(lines.lines))
    return _overruled(peaks, found, given), peaks


def strength_remedy(found: PeakFormat) -> str:
    """Return how to name the column of the strength, with the columns that it may be."""
    listed = [found.column(column) for column in found.candidates[:_SHOWN]]
    more = f" and {len(found.candidates) - _SHOWN} more" if len(found.candidates) > _SHOWN else ""
    columns = f"columns of numbers are {', '.join(listed)}{more}" if listed else "it has no others"
    return (
        f"{columns}; name the column in `strength` of the experiment table, by its number or name"
    )


def _check_content(lines: DataLines, peaks: DataLines) -> None:
    """Raise unless there are lines of at least three fields that are not sequences."""
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


def _with_header(found: PeakFormat, first_line: bool) -> PeakFormat:
    """Decide on the base of BED-like lines by the place of their header: line or comment."""
    if first_line and found.base_reason == BED_BASE:
        reason = "the header names no columns that show it"
        return replace(found, base_assumed=True, base_reason=reason)
    if found.names and not first_line and found.base_reason == UNKNOWN_BASE:
        return replace(found, base_assumed=False, base_reason="a header in a comment, as in BED")
    return found


def _chosen(
    peaks: DataLines, names: Sequence[str], sample: Sample, given: ReadAs
) -> PeakFormat | None:
    """Return the format that the experiment table names, or `None` if it names none."""
    if given.format == NONE:
        return None
    reason = _COLUMN.format("format")
    if given.format == _TABLE:
        found = by_names(names, sample)
        if found is None:
            raise InputError(
                f"{peaks.path}: found no header with the columns chrom, start and end, expected "
                "one because column `format` of the experiment table is table; add a header, or "
                f"choose one of {', '.join(NAMED)}"
            )
        return replace(found, reason=reason)
    found = NAMED[given.format]
    needed = [found.end, found.summit, found.summit_end, found.signal]
    if given.format == "bed":  # the score may be missing
        needed = [found.end]
    if sample.width <= max(column for column in needed if column is not None):
        raise InputError(
            f"{peaks.where(0)}: {sample.width} fields, which are too few for {found.name}; correct "
            "column `format` of the experiment table, or remove it to have the format detected"
        )
    kept: dict[str, Any] = {
        key: getattr(found, key) if (getattr(found, key) or 0) < sample.width else None
        for key in ("score", "strand", "signal")
    }
    return replace(found, **kept, reason=reason, names=tuple(names))


def _overruled(peaks: DataLines, found: PeakFormat, given: ReadAs) -> PeakFormat:
    """Apply the columns `coordinates` and `strength` of the experiment table."""
    if given.coordinates != NONE:
        base = int(given.coordinates)
        positions = found.place in (Place.POSITION, Place.INFERRED)
        found = replace(
            found, first_base=base, base_assumed=False, last_included=False,
            base_reason=_COLUMN.format("coordinates"),
            summit_base=base if positions else found.summit_base,
        )  # fmt: skip
    if given.strength == NONE:
        return found
    width, names = len(peaks.fields(0)), [name.strip() for name in found.names]
    number, reason = given.strength, _COLUMN.format("strength")
    if number in names:
        return replace(found, signal=names.index(number), strength_reason=reason)
    if number.isdecimal() and 1 <= int(number) <= width:
        return replace(found, signal=int(number) - 1, strength_reason=reason)
    listed = f" or one of the names {', '.join(filter(None, names))}" if names else ""
    raise InputError(
        f"{peaks.path}: column `strength` of the experiment table is {number}, expected the "
        f"number of a column from 1 to {width}{listed}"
    )
