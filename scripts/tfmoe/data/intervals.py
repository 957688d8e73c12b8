"""Intervals: BED readers, fast overlap tests, and indexed, bgzipped BED files.

Coordinates are 0-based and half-open. The tests run in memory, without bedtools: jobs of later
stages use them on millions of training peaks, and the search for negatives in its loops.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pysam
from numpy.typing import NDArray

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, atomic_path
from tfmoe.core.shortage import htslib_writes
from tfmoe.data.reading.text_columns import DataLines, read_lines, whole_numbers

Positions = NDArray[np.int64]


def parse_intervals(
    lines: DataLines,
    chroms: pa.StringArray,
    starts: pa.StringArray,
    ends: pa.StringArray,
    first_base: int = 0,
) -> pd.DataFrame:
    """Parse the columns chromosome, start and end of a file.

    Parameters
    ----------
    lines
        The lines of the file, for error messages.
    chroms, starts, ends
        The columns as text.
    first_base
        The number of a chromosome's first base, 0 or 1; if it is 1, an end is the number of the
        interval's last base.

    Returns
    -------
    DataFrame
        chrom, start, end.

    Raises
    ------
    InputError
        Naming the file and the first faulty line.
    """
    start, no_start = whole_numbers(starts)
    end, no_end = whole_numbers(ends)
    start = start - first_base
    wrong = no_start | no_end | (start < 0) | (end <= start) | pc.equal(chroms, "").to_numpy(False)
    if wrong.any():
        row = int(wrong.argmax())
        found, last = starts[row].as_py(), ends[row].as_py()
        if no_start[row] or no_end[row]:
            fault = (
                f"found start {found[:40]!r} and end {last[:40]!r}, expected whole numbers"
                f"{_spelling_hint(found, last)}"
            )
        elif start[row] < 0:
            fault = (
                f"start {found} is {'negative' if first_base == 0 else 'less than 1'}; cut the "
                f"interval off at {first_base}, or remove the line"
            )
        elif end[row] <= start[row]:
            fault = (
                f"end {last} is {'not greater' if first_base == 0 else 'less'} than start "
                f"{found}; correct or remove the line"
            )
        else:
            fault = "the chromosome's name is missing"
        raise InputError(f"{lines.where(row)}: {fault}")
    return pd.DataFrame({"chrom": pd.Series(chroms, dtype="str"), "start": start, "end": end})


def _spelling_hint(start: str, end: str) -> str:
    """Return the likely reason why positions are no whole decimal numbers, with the remedy."""
    both = f"{start} {end}".lower()
    if re.search(r"\b0x[0-9a-f]+\b", both):
        return "; write hexadecimal numbers as decimal numbers"
    if re.search(r"\d[eE][-+]?\d", both):
        return (
            "; R and spreadsheets write large numbers so: in R, set options(scipen=999) before "
            "write.table"
        )
    if re.search(r"\d[,'\u00a0]\d{3}\b", both):
        return "; remove the separators of thousands"
    if re.fullmatch(r"\d+(\.0*)? \d+(\.0*)?", both):
        return "; remove the decimal places"
    return "; if this is a header, start the line with #"


def read_bed(path: Pathlike) -> pd.DataFrame:
    """Read chrom, start and end of a BED file, such as a blacklist; it may be empty.

    Raises
    ------
    InputError
        Naming the file and the faulty line.
    """
    lines = read_lines(path).after_header()
    if not lines.lines:
        return pd.DataFrame({"chrom": [], "start": [], "end": []}).astype(
            {"chrom": "str", "start": "int64", "end": "int64"}
        )
    columns = lines.shortened(3).columns(range(3))
    return parse_intervals(lines, columns[0], columns[1], columns[2])


def merge(starts: Positions, ends: Positions) -> tuple[Positions, Positions]:
    """Merge intervals of one chromosome, int64 (N,) each, into sorted disjoint ones."""
    order = np.argsort(starts, kind="stable")
    starts, reach = starts[order], np.maximum.accumulate(ends[order])
    first = np.ones(len(starts), dtype=np.bool_)
    first[1:] = starts[1:] > reach[:-1]
    last = np.append(first[1:], True)[: len(starts)]
    return starts[first], reach[last]


def overlaps_disjoint(
    starts: Positions, ends: Positions, other_starts: Positions, other_ends: Positions
) -> NDArray[np.bool_]:
    """Return which intervals share a base with any of a sorted and disjoint set.

    Parameters
    ----------
    starts, ends
        int64 (N,).
    other_starts, other_ends
        int64 (M,), sorted and disjoint.

    Returns
    -------
    bool (N,)
    """
    following = np.searchsorted(other_ends, starts, side="right")
    padded = np.append(other_starts, np.iinfo(np.int64).max)
    found: NDArray[np.bool_] = padded[following] < ends
    return found


def by_chromosome(table: pd.DataFrame) -> dict[str, tuple[Positions, Positions]]:
    """Merge the intervals of a table (chrom, start, end); sorted and disjoint per chromosome."""
    return {
        str(chrom): merge(
            part["start"].to_numpy(dtype=np.int64), part["end"].to_numpy(dtype=np.int64)
        )
        for chrom, part in table.groupby("chrom", sort=False)
    }


def overlaps_table(table: pd.DataFrame, other: pd.DataFrame, margin: int = 0) -> NDArray[np.bool_]:
    """Return which rows of `table` overlap a row of `other` that is extended by a margin.

    Parameters
    ----------
    table, other
        With columns chrom, start and end.
    margin
        Bases by which the intervals of `other` are extended on both sides.

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


def read_training_peaks(path: Pathlike) -> pd.DataFrame:
    """Read the merged training peaks: chrom, start, end, factor and experiment.

    Parameters
    ----------
    path
        The regions of `tfmoe.data.windows.training_peaks.merge_training_peaks`, written by
        `write_bed`.

    Returns
    -------
    DataFrame
        One row per merged region and experiment. Names are categories, since 100 experiments have
        millions of regions.

    Raises
    ------
    InputError
        If the file is missing or damaged, or lacks columns.
    """
    names = ["chrom", "start", "end", "factor", "experiment"]
    types = dict.fromkeys(names, "category") | {"start": "int64", "end": "int64"}
    try:
        return pd.read_csv(
            path,
            sep="\t",
            header=None,
            names=names,
            usecols=range(len(names)),
            dtype=types,
            keep_default_na=False,
            compression="gzip",
        )
    except FileNotFoundError:
        raise InputError(f"{path}: the file does not exist") from None
    except pd.errors.EmptyDataError:
        return pd.DataFrame({name: [] for name in names}).astype(types)
    except (EOFError, OSError, ValueError, zlib.error) as error:
        raise InputError(
            f"{path}: the merged training peaks cannot be read ({error}); remove the file and run "
            "again"
        ) from None


def write_bed(frame: pd.DataFrame, path: Pathlike) -> None:
    """Write a table as bgzipped BED without a header, and its tabix index (``.tbi``).

    Parameters
    ----------
    frame
        A table whose first columns are chrom, start and end, with the rows of a chromosome together
        and sorted by start.
    path
        Path of the file, which ends in ``.bed.gz``; the index gets the suffix ``.tbi``.
    """
    with atomic_path(path) as temporary:
        plain = temporary.with_suffix(".bed")
        try:
            frame.to_csv(
                plain, sep="\t", header=False, index=False, float_format="%.9g", lineterminator="\n"
            )
            with htslib_writes(path):
                pysam.tabix_compress(str(plain), str(temporary), force=True)
        finally:
            plain.unlink(missing_ok=True)
    with htslib_writes(f"{path}.tbi"):
        pysam.tabix_index(str(path), preset="bed", force=True)


def read_regions(path: Pathlike, columns: Sequence[str]) -> pd.DataFrame:
    """Read a BED file written by `write_bed`, and name its columns.

    Raises
    ------
    InputError
        If the file is missing or damaged, or has another number of columns.
    """
    lines = read_lines(path)
    found = len(lines.lines[0].split("\t")) if lines.lines else len(columns)
    if found != len(columns):
        raise InputError(
            f"{lines.where(0)}: {found} fields, expected {len(columns)}; remove the file and run "
            "again"
        )
    if not lines.lines:
        frame = pd.DataFrame(columns=list(columns), dtype="str")
    else:
        fields = lines.columns(range(len(columns)))
        frame = pd.DataFrame(
            {name: pd.Series(fields[at], dtype="str") for at, name in enumerate(columns)}
        )
    return frame.astype({"start": "int64", "end": "int64"})
