"""Reader of peak files: narrowPeak, broadPeak, BED and MACS files as tables on the genome.

A table of peaks has the columns chrom, start, end, summit, score, signal and strand. Coordinates
are 0-based and half-open; `summit` is a position, not an offset.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.data.decisions import Decision
from tfmoe.data.intervals import parse_intervals
from tfmoe.data.reading.chromosomes import (
    Aliases,
    Naming,
    match_names,
    merge_namings,
    require_match,
)
from tfmoe.data.reading.genome import Chromosomes
from tfmoe.data.reading.peak_formats import PeakFormat, ReadAs, peak_format
from tfmoe.data.reading.peak_layout import Place
from tfmoe.data.reading.summits import Fields, place_summits
from tfmoe.data.reading.text_columns import DataLines, numbers, read_lines

logger = logging.getLogger(__name__)

# larger shares of peaks that start or end beyond their chromosome mean another assembly; a few
# peaks that end beyond it do not
_STARTS_BEYOND = 1e-4
_ENDS_BEYOND = 1e-2
_FEW = 2


@dataclass(frozen=True)
class PeakFile:
    """One peak file of an experiment.

    Attributes
    ----------
    path
        The file.
    layout
        Its format.
    read
        Number of peaks in the file.
    """

    path: Pathlike
    layout: PeakFormat
    read: int

    @property
    def described(self) -> dict[str, str]:
        """The file and its format, for the table of windows."""
        return {
            "file": str(self.path),
            "format": self.layout.name,
            "summits": self.layout.described_summit,
            "strength": self.layout.described_strength,
            "first_base": self.layout.described_base,
        }


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
    files
        The files in the order of `table`'s column ``file``, which numbers them from 0.
    """

    table: pd.DataFrame
    read: int
    naming: Naming
    files: tuple[PeakFile, ...] = ()

    @property
    def decisions(self) -> list[Decision]:
        """The decisions about the formats of the files, without the experiment."""
        return [
            replace(decision, file=str(file.path))
            for file in self.files
            for decision in file.layout.decisions
        ]


def read_peaks(path: Pathlike, given: ReadAs | None = None) -> pd.DataFrame:
    """Read a peak file.

    Parameters
    ----------
    path
        narrowPeak (a summit of -1 means none), broadPeak, gappedPeak, BED with at least three
        columns, the output of many peak callers, or a table with a header, such as the ``.xls`` of
        MACS; columns separated by tabs, commas or white space. `tfmoe.data.reading.peak_columns`
        and `tfmoe.data.reading.peak_headers` detect the format. A missing summit is set to the
        middle of the peak, and a missing strength to 0.
    given
        The user's choices for the file, which overrule the detection.

    Returns
    -------
    DataFrame
        The columns listed in this module's docstring, in the order of the file.

    Raises
    ------
    InputError
        Naming the file and the faulty line; also if the file has no peaks.
    """
    return _read(path, given)[0]


def parse_file_intervals(lines: DataLines) -> pd.DataFrame:
    """Parse chrom, start and end of a file in any format that peaks may have.

    Raises
    ------
    InputError
        Naming the file and the faulty line; also if the file has no intervals.
    """
    layout, rows = peak_format(lines)
    logger.info("%s: format: %s; first base: %s", lines.path, layout.name, layout.described_base)
    return _intervals(rows, layout, rows.columns(layout.columns))


def _read(path: Pathlike, given: ReadAs | None) -> tuple[pd.DataFrame, PeakFormat]:
    """Read a peak file, and return its format too."""
    layout, lines = peak_format(read_lines(path), given)
    fields = lines.columns(layout.columns)
    intervals = _intervals(lines, layout, fields)
    score = _values(lines, fields, layout.score, "score")
    signal = score
    if layout.signal != layout.score:
        signal = _values(lines, fields, layout.signal, _strength_name(layout))
    if layout.summit is not None and pc.all(pc.equal(fields[layout.summit], "-1")).as_py():
        layout = replace(layout, summit=None, summit_end=None, place=Place.MIDDLE)
    table = intervals.assign(
        summit=place_summits(lines, layout, fields, intervals),
        score=score,
        signal=signal,
        strand=_strands(fields, layout.strand, len(intervals)),
    )
    return table, layout


def _strength_name(layout: PeakFormat) -> str:
    """Return the name of the strength's column for messages."""
    column = layout.signal or 0
    return layout.names[column].strip() if column < len(layout.names) else "signalValue"


def _intervals(lines: DataLines, layout: PeakFormat, fields: Fields) -> pd.DataFrame:
    """Parse chrom, start and end, and check them against a column of lengths."""
    chrom, start, end = (fields[at] for at in (layout.chrom, layout.start, layout.end))
    intervals = parse_intervals(lines, chrom, start, end, layout.first_base)
    _check_lengths(lines, layout, fields, intervals)
    return intervals.assign(end=intervals["end"] + 1) if layout.last_included else intervals


def place_all(
    paths: Sequence[Pathlike],
    chromosomes: Chromosomes,
    aliases: Aliases,
    assembly: str,
    reading: Sequence[ReadAs] = (),
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
    reading
        The user's choices for each file, if any.

    Raises
    ------
    InputError
        If a file is faulty, if none of its chromosome names is in the genome, if its peaks lie
        beyond the ends of their chromosomes, or if no peak of any file is left.
    """
    choices = reading or [ReadAs()] * len(paths)
    placed = [
        _place_file(path, chromosomes, aliases, assembly, given)
        for path, given in zip(paths, choices, strict=True)
    ]
    tables = [part.table.assign(file=number) for number, part in enumerate(placed)]
    table = pd.concat(tables, ignore_index=True)
    read = sum(part.read for part in placed)
    if table.empty:
        raise InputError(
            f"{', '.join(map(str, paths))}: none of the {read} peaks lies on a chromosome in use "
            f"({', '.join(chromosomes.used[:8])}{' ...' if len(chromosomes.used) > 8 else ''}); "
            "check `genome.chromosomes`, or remove the experiment from the experiment table"
        )
    naming = merge_namings([part.naming for part in placed])
    return PlacedPeaks(table, read, naming, tuple(file for part in placed for file in part.files))


def _place_file(
    path: Pathlike,
    chromosomes: Chromosomes,
    aliases: Aliases,
    assembly: str,
    given: ReadAs,
) -> PlacedPeaks:
    """Place the peaks of one file; it may have none on the chromosomes in use."""
    peaks, layout = _read(path, given)
    naming = match_names(peaks["chrom"].unique(), chromosomes.lengths, aliases, assembly)
    require_match(naming, path, chromosomes.lengths)
    logger.info(
        "%s: %d peaks; format: %s; summit: %s; strength: %s; first base: %s; chromosome names: %s",
        path, len(peaks), layout.name, layout.described_summit, layout.described_strength,
        layout.described_base, naming.describe(),
    )  # fmt: skip
    _warn_about_format(path, layout)
    if naming.respelled:
        logger.warning(
            "%s: the file has two spellings of a chromosome, which are treated as the same: %s",
            path, ", ".join(f"{name} is {naming.names[name]}" for name in naming.respelled[:8]),
        )  # fmt: skip
    named = peaks.assign(chrom=peaks["chrom"].map(naming.names)).dropna(subset=["chrom"])
    named = named.astype({"chrom": "str"})
    _check_assembly(named, path, chromosomes, assembly)
    placed = named[named["chrom"].isin(chromosomes.used)].reset_index(drop=True)
    return PlacedPeaks(placed, len(peaks), naming, (PeakFile(path, layout, len(peaks)),))


def _warn_about_format(path: Pathlike, layout: PeakFormat) -> None:
    """Warn about a summit that is not used, and about an assumed number of the first base."""
    if layout.ignored_summit:
        logger.warning(
            "%s: %s, but the middles of the peaks are taken as summits; if it is the summit, write "
            "the peaks as narrowPeak, or set column `format` of the experiment table (bed_thick "
            "takes columns 7 and 8)",
            path, layout.ignored_summit,
        )  # fmt: skip
    if layout.base_assumed:
        logger.warning(
            "%s: cannot determine whether starts count from 0 or from 1 (%s); assumed %d, which "
            "column `coordinates` of the experiment table (0 or 1) overrules",
            path, layout.base_reason, layout.first_base,
        )  # fmt: skip


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


def _values(lines: DataLines, fields: Fields, column: int | None, name: str) -> NDArray[np.float64]:
    """Read a column of numbers; a missing column and a score of `.` are 0."""
    if column is None:
        return np.zeros(len(lines.lines))
    texts = fields[column]
    if name == "score":
        texts = pc.if_else(pc.equal(texts, "."), "0", texts)
    values = numbers(texts)
    wrong = np.isnan(values)
    if name == "score" and len(lines.fields(0)) == 5:
        # some peak callers write text in a fifth, last column
        values = np.where(wrong, 0.0, values)
    elif wrong.any():
        row = int(wrong.argmax())
        raise InputError(
            f"{lines.where(row)}: the {name} (column {column + 1}) is "
            f"{texts[row].as_py()!r}, expected a number"
        )
    return _finite(values, f"{lines.path}: the {name} (column {column + 1})")


def _finite(values: NDArray[np.float64], label: str) -> NDArray[np.float64]:
    """Replace infinite values, as of peaks without reads in the control, by the largest finite."""
    finite = np.isfinite(values)
    if finite.all():
        return values
    known = values[finite] if finite.any() else np.ones(1)
    logger.warning(
        "%s is infinite in %d peaks; the largest finite value, %g, is taken in its place",
        label, np.count_nonzero(~finite), known.max(),
    )  # fmt: skip
    return np.where(finite, values, np.where(values > 0, known.max(), known.min()))


def _strands(fields: Fields, column: int | None, size: int) -> pd.Series:
    """Return `+`, `-` or `.` for each peak."""
    if column is None:
        return pd.Series(["."] * size, dtype="str")
    texts = fields[column]
    known = pc.is_in(texts, pa.array(["+", "-"]))
    return pd.Series(pc.if_else(known, texts, "."), dtype="str")


def lies_beyond(regions: pd.DataFrame, chromosomes: Chromosomes) -> pd.DataFrame:
    """Return the regions that end beyond their chromosome, or none if they are few.

    Parameters
    ----------
    regions
        Regions (chrom, start, end) with the genome's chromosome names.
    chromosomes
        The chromosomes of the genome.

    Returns
    -------
    DataFrame
        So many that the assembly must be another one, or an empty table.
    """
    lengths = regions["chrom"].map(chromosomes.lengths).to_numpy(dtype=np.int64)
    starts_beyond = regions["start"].to_numpy() >= lengths
    ends_beyond = regions["end"].to_numpy() > lengths
    few = ends_beyond.sum() <= max(_FEW, _ENDS_BEYOND * len(regions))
    if not len(regions) or (starts_beyond.mean() <= _STARTS_BEYOND and few):
        return regions.iloc[:0]
    return regions[ends_beyond]


def _check_assembly(
    peaks: pd.DataFrame, path: Pathlike, chromosomes: Chromosomes, assembly: str
) -> None:
    """Raise if so many peaks lie beyond their chromosome that the assembly must be another one."""
    beyond = lies_beyond(peaks, chromosomes)
    if beyond.empty:
        return
    worst = beyond.iloc[0]
    raise InputError(
        f"{path}: {len(beyond)} of {len(peaks)} peaks end beyond the end of their "
        f"chromosome, such as {worst['chrom']}:{worst['start']}-{worst['end']} on a chromosome of "
        f"{chromosomes.lengths[worst['chrom']]} bases; the peaks were called on another assembly "
        f"than {assembly}, or were extended beyond the end: use peaks on {assembly} or the peaks' "
        "own genome, or cut the peaks off at the chromosome's end"
    )
