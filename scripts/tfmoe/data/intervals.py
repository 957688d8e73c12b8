"""Intervals: reading BED, overlaps, and bgzipped BED files with an index.

Coordinates are 0-based and half-open throughout.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pysam
from numpy.typing import NDArray

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, atomic_path

Positions = NDArray[np.int64]
_HEADERS = ("#", "track", "browser")


def read_lines(path: Pathlike) -> list[tuple[int, str]]:
    """Read the lines of a BED file that hold data, each with its number.

    Parameters
    ----------
    path
        Plain, gzipped or bgzipped text. Empty lines, comments and ``track`` and ``browser`` lines
        are left out.

    Returns
    -------
    list
        Line number, from 1, and line without its end.

    Raises
    ------
    InputError
        If the file is missing, is a damaged or truncated gzip, or is no text.
    """
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: the file does not exist; correct its path") from None
    except OSError as error:
        raise InputError(f"{path}: the file cannot be read ({error.strerror})") from None
    if content[:2] == b"\x1f\x8b":
        try:
            content = gzip.decompress(content)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise InputError(
                f"{path}: the gzip file is truncated or damaged ({error}); fetch or copy it again"
            ) from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path}: this is no text; a BED or narrowPeak file is needed") from None
    return [
        (number, line)
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.startswith(_HEADERS)
    ]


def split_fields(line: str) -> list[str]:
    """Split a BED line at its tabs, or at any white space if it has no tab."""
    return line.split("\t") if "\t" in line else line.split()


def parse_interval(fields: Sequence[str], place: str) -> tuple[str, int, int]:
    """Read chromosome, start and end of a BED line.

    Raises
    ------
    InputError
        Naming `place`, as ``peaks.bed, line 12``.
    """
    if len(fields) < 3:
        raise InputError(
            f"{place}: {len(fields)} fields, expected at least chromosome, start and end"
        )
    try:
        start, end = int(fields[1]), int(fields[2])
    except ValueError:
        raise InputError(
            f"{place}: start {fields[1]!r} and end {fields[2]!r} have to be whole numbers; if this "
            "is a header, begin the line with #"
        ) from None
    if start < 0:
        raise InputError(f"{place}: start {start} is negative")
    if end <= start:
        raise InputError(f"{place}: end {end} is not greater than start {start}")
    return fields[0], start, end


def read_bed(path: Pathlike) -> pd.DataFrame:
    """Read the intervals of a BED file, such as a blacklist: chrom, start, end; it may be empty.

    Raises
    ------
    InputError
        Naming the file and the line at fault.
    """
    rows = [
        parse_interval(split_fields(line), f"{path}, line {number}")
        for number, line in read_lines(path)
    ]
    frame = pd.DataFrame(rows, columns=["chrom", "start", "end"])
    return frame.astype({"chrom": "str", "start": "int64", "end": "int64"})


def merge(starts: Positions, ends: Positions) -> tuple[Positions, Positions]:
    """Merge intervals of one chromosome, int64 (N,) each, into sorted disjoint ones."""
    order = np.argsort(starts, kind="stable")
    starts, reach = starts[order], np.maximum.accumulate(ends[order])
    first = np.ones(len(starts), dtype=np.bool_)
    first[1:] = starts[1:] > reach[:-1]
    last = np.append(first[1:], True)[: len(starts)]
    return starts[first], reach[last]


def overlaps_disjoint(
    starts: Positions, ends: Positions, of_starts: Positions, of_ends: Positions
) -> NDArray[np.bool_]:
    """Say which intervals, int64 (N,), share a base with one of a sorted disjoint set, (M,)."""
    following = np.searchsorted(of_ends, starts, side="right")
    padded = np.append(of_starts, np.iinfo(np.int64).max)
    found: NDArray[np.bool_] = padded[following] < ends
    return found


def by_chromosome(table: pd.DataFrame) -> dict[str, tuple[Positions, Positions]]:
    """Merge the intervals of a table (chrom, start, end) into sorted disjoint ones a chromosome."""
    return {
        str(chrom): merge(
            part["start"].to_numpy(dtype=np.int64), part["end"].to_numpy(dtype=np.int64)
        )
        for chrom, part in table.groupby("chrom", sort=False)
    }


def overlaps_table(table: pd.DataFrame, other: pd.DataFrame, margin: int = 0) -> NDArray[np.bool_]:
    """Say which rows of `table` lie less than `margin` bases from, or overlap, a row of `other`.

    Parameters
    ----------
    table, other
        With columns chrom, start and end.
    margin
        Bases by which `other` is widened on each side.

    Returns
    -------
    bool (N,)
    """
    found = np.zeros(len(table), dtype=np.bool_)
    disjoint = by_chromosome(other.assign(start=other["start"] - margin, end=other["end"] + margin))
    rows = table.reset_index(drop=True).groupby("chrom", sort=False).indices
    starts = table["start"].to_numpy(dtype=np.int64)
    ends = table["end"].to_numpy(dtype=np.int64)
    for chrom, index in rows.items():
        if str(chrom) in disjoint:
            found[index] = overlaps_disjoint(starts[index], ends[index], *disjoint[str(chrom)])
    return found


def overlaps(
    table: pd.DataFrame, bed_path: Pathlike, margin: int = 0, ignore_factor: str | None = None
) -> NDArray[np.bool_]:
    """Say which windows overlap a peak of a training experiment.

    Parameters
    ----------
    table
        With columns chrom, start and end.
    bed_path
        Merged training peaks: each row's fourth column lists the factors bound there.
    margin
        Bases by which the peaks are widened on each side.
    ignore_factor
        Peaks of this factor do not count (the case of letters is disregarded).

    Returns
    -------
    bool (N,)
    """
    peaks = read_regions(bed_path, ("chrom", "start", "end", "factors"))
    if ignore_factor is not None:
        own = ignore_factor.upper()
        other = [set(text.upper().split(",")) - {own} != set() for text in peaks["factors"]]
        peaks = peaks[np.asarray(other, dtype=np.bool_)]
    return overlaps_table(table, peaks, margin)


def write_bed(frame: pd.DataFrame, path: Pathlike) -> None:
    """Write a table as bgzipped BED, without a header, and its tabix index beside it (``.tbi``).

    Parameters
    ----------
    frame
        Its first three columns are chrom, start and end; rows lie in order of start within each
        chromosome, and the rows of a chromosome lie together.
    path
        Ends in ``.bed.gz``.
    """
    with atomic_path(path) as temporary:
        plain = temporary.with_suffix(".bed")
        try:
            frame.to_csv(
                plain, sep="\t", header=False, index=False, float_format="%.9g", lineterminator="\n"
            )
            pysam.tabix_compress(str(plain), str(temporary), force=True)
        finally:
            plain.unlink(missing_ok=True)
    pysam.tabix_index(str(path), preset="bed", force=True)


def read_regions(path: Pathlike, columns: Sequence[str]) -> pd.DataFrame:
    """Read a BED file that `write_bed` wrote, giving its columns these names."""
    rows = list(_fields_of(path, len(columns)))
    frame = pd.DataFrame(rows, columns=list(columns)).astype("str")
    return frame.astype({"start": "int64", "end": "int64"})


def _fields_of(path: Pathlike, number: int) -> Iterator[list[Any]]:
    for line_number, line in read_lines(path):
        fields = line.split("\t")
        if len(fields) != number:
            raise InputError(
                f"{path}, line {line_number}: {len(fields)} fields, expected {number}; remove the "
                "file and run again"
            )
        yield fields
