"""Reader of peak files: narrowPeak, broadPeak, BED and MACS files as tables on the genome.

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

# larger shares of peaks that start or end beyond their chromosome mean another assembly; a few
# peaks that end beyond it do not
_STARTS_BEYOND = 1e-4
_ENDS_BEYOND = 1e-2
_FEW = 2


@dataclass(frozen=True)
class PlacedPeaks:
    """The peaks of one experiment on the chromosomes in use.

    Attributes
    ----------
    table
        The peaks in the order of the files, with the genome's chromosome names.
    read
        Number of peaks in the files.
    naming
        How the chromosome names of the files were matched.
    """

    table: pd.DataFrame
    read: int
    naming: Naming


def read_peaks(path: Pathlike) -> pd.DataFrame:
    """Read a peak file.

    Parameters
    ----------
    path
        narrowPeak (a summit of -1 means none), broadPeak, gappedPeak, BED with at least three
        columns, or a table with a header, such as the ``.xls`` of MACS; columns separated by tabs,
        commas or white space; plain, gzipped or bgzipped. A missing summit is set to the middle of
        the peak. The signal is signalValue or MACS's fold_enrichment, else the score, else 0.

    Returns
    -------
    DataFrame
        The columns listed in this module's docstring, in the order of the file.

    Raises
    ------
    InputError
        Naming the file and the faulty line; also if the file has no peaks.
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
    """Read peak files, translate chromosome names, and keep the peaks on chromosomes in use.

    Parameters
    ----------
    paths
        The peak files of one experiment, each as for `read_peaks`.
    chromosomes
        The chromosomes of the genome.
    aliases, assembly
        From the config's section `genome`.

    Raises
    ------
    InputError
        If a file is faulty, if none of its chromosome names is in the genome, if its peaks lie
        beyond the ends of their chromosomes, or if no peak of any file is left.
    """
    placed = [_place_file(path, chromosomes, aliases, assembly) for path in paths]
    table = pd.concat([part.table for part in placed], ignore_index=True)
    read = sum(part.read for part in placed)
    if table.empty:
        raise InputError(
            f"{', '.join(map(str, paths))}: none of the {read} peaks lies on a chromosome in use "
            f"({', '.join(chromosomes.used[:8])}{' ...' if len(chromosomes.used) > 8 else ''}); "
            "check `genome.chromosomes`, or remove the experiment from the experiment table"
        )
    return PlacedPeaks(table, read, merge_namings([part.naming for part in placed]))


def place_blacklist(
    path: Pathlike | None, chromosomes: Chromosomes, aliases: dict[str, str], assembly: str
) -> pd.DataFrame:
    """Read a blacklist (BED) as chrom, start, end with the genome's names; no file, no rows."""
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
    """Place the peaks of one file; it may have none on the chromosomes in use."""
    peaks = read_peaks(path)
    naming = match_names(peaks["chrom"].unique(), chromosomes.lengths, aliases, assembly)
    require_match(naming, path, chromosomes.lengths)
    logger.info("%s: %d peaks; chromosome names: %s", path, len(peaks), naming.describe())
    if naming.respelled:
        logger.warning(
            "%s: the file has two spellings of a chromosome, which are treated as the same: %s",
            path, ", ".join(f"{name} is {naming.names[name]}" for name in naming.respelled[:8]),
        )  # fmt: skip
    named = peaks.assign(chrom=peaks["chrom"].map(naming.names)).dropna(subset=["chrom"])
    named = named.astype({"chrom": "str"})
    _check_assembly(named, path, chromosomes, assembly)
    placed = named[named["chrom"].isin(chromosomes.used)].reset_index(drop=True)
    return PlacedPeaks(placed, len(peaks), naming)


def _columns_of(layout: PeakFormat) -> list[int]:
    """Return the numbers of all columns of a format."""
    found = (
        layout.chrom, layout.start, layout.end, layout.score, layout.strand, layout.signal,
        layout.summit, layout.length,
    )  # fmt: skip
    return sorted({column for column in found if column is not None})


def _check_lengths(
    lines: DataLines, layout: PeakFormat, fields: Fields, intervals: pd.DataFrame
) -> None:
    """Check the column of lengths, if any, against starts and ends."""
    if layout.length is None:
        return
    sizes = (intervals["end"] - intervals["start"]).to_numpy()
    wrong = numbers(fields[layout.length]) != sizes
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(
            f"{lines.where(row)}: the length (column {layout.length + 1}) is "
            f"{fields[layout.length][row].as_py()}, expected {sizes[row]} bases from start to end "
            f"(the first peak shows that a chromosome's first base has number {layout.first_base})"
        )


def _numbers(
    lines: DataLines, fields: Fields, column: int | None, name: str
) -> NDArray[np.float64]:
    """Read a column of numbers; a missing column and a score of `.` are 0."""
    if column is None:
        return np.zeros(len(lines.lines))
    texts = fields[column]
    if name == "score":
        texts = pc.if_else(pc.equal(texts, "."), "0", texts)
    values = numbers(texts)
    wrong = ~np.isfinite(values)
    if name == "score" and len(lines.fields(0)) == 5:
        return np.where(wrong, 0.0, values)  # some peak callers write text in a fifth, last column
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(
            f"{lines.where(row)}: the {name} (column {column + 1}) is "
            f"{texts[row].as_py()!r}, expected a number"
        )
    return values


def _summits(
    lines: DataLines, layout: PeakFormat, fields: Fields, intervals: pd.DataFrame
) -> Positions:
    """Return the position of each summit, or else the middle of the peak."""
    start, end = intervals["start"].to_numpy(), intervals["end"].to_numpy()
    middle: Positions = start + (end - start) // 2
    if layout.summit is None:
        return middle
    given = _numbers(lines, fields, layout.summit, "summit") - layout.first_base
    from_start = layout.summit_from_start
    if from_start is None:
        from_start = not ((start <= given) & (given < end)).all()
    offset = given if from_start else given - start
    # SPP places a few summits right after the peak's last base
    wrong = (offset != np.floor(offset)) | (offset < -1) | (offset > end - start)
    if wrong.any():
        row = int(wrong.argmax())
        kind = "an offset" if from_start else "a position"
        first = layout.first_base + (0 if from_start else int(start[row]))
        raise InputError(
            f"{lines.where(row)}: the summit (column {layout.summit + 1}) is "
            f"{fields[layout.summit][row].as_py()}; expected {kind} from {first} to "
            f"{first + end[row] - start[row] - 1}"
            f"{', or -1 for no summit' if layout.first_base == 0 else ''}"
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
    """Raise if so many peaks lie beyond their chromosome that the assembly must be another one."""
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
        f"than {assembly}, or were extended beyond the end: use peaks on {assembly} or the peaks' "
        "own genome, or cut the peaks off at the chromosome's end"
    )
