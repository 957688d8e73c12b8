"""Positions of summits: from offsets, positions, parts and regions, or else the peaks' middles."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tfmoe.core.errors import InputError
from tfmoe.data.intervals import Positions
from tfmoe.data.reading.peak_layout import PeakFormat, Place
from tfmoe.data.reading.text_columns import DataLines, numbers

Fields = Mapping[int, pa.StringArray]
_NO_SUMMIT = -1
_NARROW_HINT = (
    ", or -1 for no summit; correct the line, or set column `format` of the experiment table if "
    "this column is no summit"
)
_REGION = r"^.+:(?P<first>[0-9]{1,15})-(?P<last>[0-9]{1,15})$"


def place_summits(
    lines: DataLines, layout: PeakFormat, fields: Fields, intervals: pd.DataFrame
) -> Positions:
    """Return the position of each summit, int64 (N,), counted from 0.

    Parameters
    ----------
    lines, layout
        The lines of a file and their format.
    fields
        The columns of the format as text.
    intervals
        The peaks, with columns start and end counted from 0.

    Raises
    ------
    InputError
        Naming the first line whose summit is no number, or lies outside its peak.
    """
    start, end = intervals["start"].to_numpy(), intervals["end"].to_numpy()
    middle: Positions = start + (end - start) // 2
    if layout.summit is None:
        return middle
    if layout.place == Place.REGION:
        return _of_regions(lines, layout, fields, intervals)
    given = numbers(fields[layout.summit])
    if layout.summit_end is not None:
        return _of_parts(layout, given, numbers(fields[layout.summit_end]), intervals)
    missing = given == _NO_SUMMIT
    given = given - layout.summit_base
    from_start = layout.place == Place.OFFSET
    if layout.place == Place.INFERRED:
        from_start = not (missing | ((start <= given) & (given < end))).all()
    offset = np.where(missing, 0.0, given if from_start else given - start)
    # SPP places a few summits right after the peak's last base
    wrong = ~((offset == np.floor(offset)) & (offset >= 0) & (offset <= end - start))
    if wrong.any():
        raise _wrong_summit(lines, layout, fields, intervals, int(wrong.argmax()), from_start)
    summits: Positions = np.minimum(start + offset.astype(np.int64), end - 1)
    return np.where(missing, middle, summits)


def _wrong_summit(
    lines: DataLines,
    layout: PeakFormat,
    fields: Fields,
    intervals: pd.DataFrame,
    row: int,
    from_start: bool,
) -> InputError:
    """Describe a summit that is no offset and no position within its peak."""
    start, end = int(intervals["start"].iloc[row]), int(intervals["end"].iloc[row])
    kind = "an offset" if from_start else "a position"
    first = layout.summit_base + (0 if from_start else start)
    column = layout.summit or 0
    return InputError(
        f"{lines.where(row)}: the summit (column {column + 1}) is {fields[column][row].as_py()}; "
        f"expected {kind} from {first} to {first + end - start - 1}"
        f"{_NARROW_HINT if layout.summit_base == 0 else ''}"
    )


def _of_parts(
    layout: PeakFormat,
    first: NDArray[np.float64],
    last: NDArray[np.float64],
    intervals: pd.DataFrame,
) -> Positions:
    """Return the middles of parts, or else of peaks; only parts of one base may be wanted."""
    start, end = intervals["start"].to_numpy(), intervals["end"].to_numpy()
    usable = (start <= first) & (first < last) & (last <= end)
    usable &= (first == np.floor(first)) & (last == np.floor(last))
    if layout.place == Place.ONE_BASE:
        usable &= last - first == 1
    begin = np.where(usable, first, start).astype(np.int64)
    stop = np.where(usable, last, end).astype(np.int64)
    middles: Positions = begin + (stop - begin) // 2
    return middles


def _of_regions(
    lines: DataLines, layout: PeakFormat, fields: Fields, intervals: pd.DataFrame
) -> Positions:
    """Return the middles of regions such as ``chr1:649-660``, which count from 0."""
    column = layout.summit or 0
    parts = pc.extract_regex(fields[column], _REGION)
    texts = [pc.fill_null(pc.struct_field(parts, name), "-1") for name in ("first", "last")]
    first, last = (numbers(text).astype(np.int64) for text in texts)
    start, end = intervals["start"].to_numpy(), intervals["end"].to_numpy()
    middles: Positions = first + (last - first) // 2
    wrong = (last < first) | (middles < start) | (middles > end)
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(
            f"{lines.where(row)}: the region of the maximum (column {column + 1}) is "
            f"{fields[column][row].as_py()!r}, expected a region within the peak, such as "
            f"chr1:{start[row]}-{end[row]}"
        )
    summits: Positions = np.minimum(middles, end - 1)
    return summits
