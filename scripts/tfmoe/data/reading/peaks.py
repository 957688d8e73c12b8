"""Peaks: narrowPeak, broadPeak, BED and MACS files as one kind of table.

A table of peaks has the columns chrom, start, end, summit, score, signal and strand. Coordinates
are 0-based and half-open; `summit` is a position, not an offset.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.data.intervals import Positions, parse_intervals, read_bed
from tfmoe.data.reading.chromosomes import Naming, match_names, merge_namings, require_match
from tfmoe.data.reading.genome import Chromosomes
from tfmoe.data.reading.peak_formats import PeakFormat, peak_format
from tfmoe.data.reading.text_columns import DataLines, numbers, read_lines

Fields = Mapping[int, pa.StringArray]
logger = logging.getLogger(__name__)

# more peaks than this share beyond the end of their chromosome mean another assembly; a few that
# only end beyond it do not
_STARTS_BEYOND = 1e-4
_ENDS_BEYOND = 1e-2
_FEW = 2


@dataclass(frozen=True)
class PlacedPeaks:
    """The peaks of one experiment that lie on chromosomes in use.

    Attributes
    ----------
    table
        The peaks, chromosomes named as the genome names them, in the order of the files.
    read
        How many peaks the files have.
    naming
        How their chromosome names were matched.
    """

    table: pd.DataFrame
    read: int
    naming: Naming


def read_peaks(path: Pathlike) -> pd.DataFrame:
    """Read a peak file.

    Parameters
    ----------
    path
        narrowPeak (a summit of -1 means none), broadPeak, gappedPeak, BED with three columns or
        more, or a table whose header names its columns, such as the ``.xls`` of MACS; columns
        separated by tabs, commas or white space; plain, gzipped or bgzipped. Where there is no
        summit it is the middle of the peak. The signal is signalValue or MACS's fold_enrichment
        where the file has one, else the score, else 0.

    Returns
    -------
    DataFrame
        As this module's description says, in the order of the file.

    Raises
    ------
    InputError
        Naming the file and the line at fault; also if the file holds no peak.
    """
    layout, lines = peak_format(read_lines(path))
    fields = lines.columns(_columns_of(layout))
    chrom, start, end = (fields[at] for at in (layout.chrom, layout.start, layout.end))
    intervals = parse_intervals(lines, chrom, start, end, layout.first_base)
    _check_lengths(lines, layout, fields, intervals)
    score = _numbers(lines, fields, layout.score, "score")
    signal = _numbers(lines, fields, layout.signal, "signalValue")
    return intervals.assign(
        summit=_summits(lines, layout, fields, intervals),
        score=score,
        signal=score if layout.signal is None else signal,
        strand=_strands(fields, layout.strand, len(intervals)),
    )


def place_all(
    paths: Sequence[Pathlike], chromosomes: Chromosomes, aliases: dict[str, str], assembly: str
) -> PlacedPeaks:
    """Read peak files and keep the peaks on chromosomes in use, named as the genome names them.

    Parameters
    ----------
    paths
        The peak files of one experiment, each as for `read_peaks`.
    chromosomes
        The genome's.
    aliases, assembly
        From the config's section `genome`.

    Raises
    ------
    InputError
        If a file is at fault, if none of its names agrees with the genome's, if its peaks lie
        beyond the end of their chromosome, or if no peak of any file is left.
    """
    placed = [_place_file(path, chromosomes, aliases, assembly) for path in paths]
    table = pd.concat([part.table for part in placed], ignore_index=True)
    read = sum(part.read for part in placed)
    if table.empty:
        raise InputError(
            f"{', '.join(map(str, paths))}: none of the {read} peaks lies on a chromosome in use "
            f"({', '.join(chromosomes.used[:8])}{' ...' if len(chromosomes.used) > 8 else ''}); "
            "check `genome.chromosomes`, or take the experiment out of the experiment table"
        )
    return PlacedPeaks(table, read, merge_namings([part.naming for part in placed]))


def place_blacklist(
    path: Pathlike | None, chromosomes: Chromosomes, aliases: dict[str, str], assembly: str
) -> pd.DataFrame:
    """Read a blacklist (BED): chrom, start, end, as the genome names them; none gives no row."""
    if path is None:
        return pd.DataFrame({"chrom": [], "start": [], "end": []}).astype(
            {"chrom": "str", "start": "int64", "end": "int64"}
        )
    regions = read_bed(path)
    if regions.empty:
        return regions
    naming = match_names(regions["chrom"].unique(), chromosomes.lengths, aliases, assembly)
    require_match(naming, path, chromosomes.lengths)
    logger.info("%s: %d regions; names: %s", path, len(regions), naming.describe())
    regions = regions.assign(chrom=regions["chrom"].map(naming.names))
    return regions[regions["chrom"].isin(chromosomes.used)].reset_index(drop=True)


def _place_file(
    path: Pathlike, chromosomes: Chromosomes, aliases: dict[str, str], assembly: str
) -> PlacedPeaks:
    """Place the peaks of one file, of which none may lie on a chromosome in use."""
    peaks = read_peaks(path)
    naming = match_names(peaks["chrom"].unique(), chromosomes.lengths, aliases, assembly)
    require_match(naming, path, chromosomes.lengths)
    logger.info("%s: %d peaks; chromosome names: %s", path, len(peaks), naming.describe())
    if naming.respelled:
        logger.warning(
            "%s: the file spells chromosomes in two ways, both are taken for the same: %s",
            path, ", ".join(f"{name} is {naming.names[name]}" for name in naming.respelled[:8]),
        )  # fmt: skip
    named = peaks.assign(chrom=peaks["chrom"].map(naming.names)).dropna(subset=["chrom"])
    named = named.astype({"chrom": "str"})
    _check_assembly(named, path, chromosomes, assembly)
    placed = named[named["chrom"].isin(chromosomes.used)].reset_index(drop=True)
    return PlacedPeaks(placed, len(peaks), naming)


def _columns_of(layout: PeakFormat) -> list[int]:
    """Return the columns that a format has."""
    found = (
        layout.chrom, layout.start, layout.end, layout.score, layout.strand, layout.signal,
        layout.summit, layout.length,
    )  # fmt: skip
    return sorted({column for column in found if column is not None})


def _check_lengths(
    lines: DataLines, layout: PeakFormat, fields: Fields, intervals: pd.DataFrame
) -> None:
    """Check a column of lengths, which shows that the start is counted as it was taken to be."""
    if layout.length is None:
        return
    sizes = (intervals["end"] - intervals["start"]).to_numpy()
    wrong = numbers(fields[layout.length]) != sizes
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(
            f"{lines.place(row)}: the length (column {layout.length + 1}) is "
            f"{fields[layout.length][row].as_py()}, but from start to end there are {sizes[row]} "
            f"bases, as the first base of a chromosome is number {layout.first_base} by the first "
            "peak"
        )


def _numbers(
    lines: DataLines, fields: Fields, column: int | None, name: str
) -> NDArray[np.float64]:
    """Read a column of numbers; none, and a score of `.`, are 0."""
    if column is None:
        return np.zeros(len(lines.lines))
    texts = fields[column]
    if name == "score":
        texts = pc.if_else(pc.equal(texts, "."), "0", texts)
    values = numbers(texts)
    wrong = ~np.isfinite(values)
    if name == "score" and len(lines.fields(0)) == 5:
        return np.where(wrong, 0.0, values)  # some callers write text in a last, fifth column
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(
            f"{lines.place(row)}: the {name} (column {column + 1}) is "
            f"{texts[row].as_py()!r}, expected a number"
        )
    return values


def _summits(
    lines: DataLines, layout: PeakFormat, fields: Fields, intervals: pd.DataFrame
) -> Positions:
    """Return the position of each summit; where there is none, the middle of the peak."""
    start, end = intervals["start"].to_numpy(), intervals["end"].to_numpy()
    middle: Positions = start + (end - start) // 2
    if layout.summit is None:
        return middle
    given = _numbers(lines, fields, layout.summit, "summit") - layout.first_base
    from_start = layout.summit_from_start
    if from_start is None:
        from_start = not ((start <= given) & (given < end)).all()
    offset = given if from_start else given - start
    # SPP writes a few summits just behind the peak's last base
    wrong = (offset != np.floor(offset)) | (offset < -1) | (offset > end - start)
    if wrong.any():
        row = int(wrong.argmax())
        what = "an offset" if from_start else "a position"
        first = layout.first_base + (0 if from_start else int(start[row]))
        raise InputError(
            f"{lines.place(row)}: the summit (column {layout.summit + 1}) is "
            f"{fields[layout.summit][row].as_py()}; expected {what} from {first} to "
            f"{first + end[row] - start[row] - 1}"
            f"{', or -1 for none' if layout.first_base == 0 else ''}"
        )
    summits: Positions = np.minimum(start + offset.astype(np.int64), end - 1)
    return np.where(offset >= 0, summits, middle)


def _strands(fields: Fields, column: int | None, size: int) -> pd.Series:
    """Return `+`, `-` or `.` for each peak."""
    if column is None:
        return pd.Series(["."] * size, dtype="str")
    texts = fields[column]
    known = pc.is_in(texts, pa.array(["+", "-"]))
    return pd.Series(pc.if_else(known, texts, "."), dtype="str")


def _check_assembly(
    peaks: pd.DataFrame, path: Pathlike, chromosomes: Chromosomes, assembly: str
) -> None:
    lengths = peaks["chrom"].map(chromosomes.lengths).to_numpy(dtype=np.int64)
    starts_beyond = peaks["start"].to_numpy() >= lengths
    ends_beyond = peaks["end"].to_numpy() > lengths
    overrun = int(ends_beyond.sum())
    if starts_beyond.mean() <= _STARTS_BEYOND and overrun <= max(_FEW, _ENDS_BEYOND * len(peaks)):
        return
    worst = peaks[ends_beyond].iloc[0]
    raise InputError(
        f"{path}: {overrun} of {len(peaks)} peaks end beyond the end of their "
        f"chromosome, such as {worst['chrom']}:{worst['start']}-{worst['end']} on a chromosome of "
        f"{chromosomes.lengths[worst['chrom']]} bases; the peaks were called on another assembly "
        f"than {assembly}, or widened over the end: give peaks of {assembly}, or the genome of the "
        "peaks, or cut them off at the end"
    )
