"""Peaks: narrowPeak, broadPeak and BED3+ files as one kind of table.

A table of peaks has the columns chrom, start, end, summit, score, signal and strand. Coordinates
are 0-based and half-open; `summit` is a position, not an offset.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.data.chromosomes import Naming, match_names, require_match
from tfmoe.data.genome import Chromosomes
from tfmoe.data.intervals import parse_interval, read_bed, read_lines, split_fields

logger = logging.getLogger(__name__)

# more peaks than this share beyond the end of their chromosome mean another assembly
_STARTS_BEYOND = 1e-4
_ENDS_BEYOND = 1e-2


class Peak(NamedTuple):
    """One peak."""

    chrom: str
    start: int
    end: int
    summit: int
    score: float
    signal: float
    strand: str


@dataclass(frozen=True)
class PlacedPeaks:
    """The peaks of one file that lie on chromosomes in use.

    Attributes
    ----------
    table
        The peaks, chromosomes named as the genome names them, in the order of the file.
    read
        How many peaks the file has.
    naming
        How its chromosome names were matched.
    """

    table: pd.DataFrame
    read: int
    naming: Naming


def read_peaks(path: Pathlike) -> pd.DataFrame:
    """Read a peak file.

    Parameters
    ----------
    path
        narrowPeak (10 columns; a summit of -1 means none), broadPeak, or BED with three columns or
        more; plain, gzipped or bgzipped. Where there is no summit it is the middle of the peak.
        The signal is signalValue where the format has one, else the score, else 0.

    Returns
    -------
    DataFrame
        As this module's description says, in the order of the file.

    Raises
    ------
    InputError
        Naming the file and the line at fault; also if the file holds no peak.
    """
    lines = read_lines(path)
    if not lines:
        raise InputError(
            f"{path}: the file holds no peaks; give another file, or take the experiment out of "
            "the experiment table"
        )
    width = len(split_fields(lines[0][1]))
    kind = _file_kind(split_fields(lines[0][1]))
    peaks = []
    for number, line in lines:
        fields = split_fields(line)
        if len(fields) != width:
            raise InputError(
                f"{path}, line {number}: {len(fields)} fields, the lines before have {width}; "
                "every line of a BED file has the same number"
            )
        peaks.append(_parse_peak(fields, kind, f"{path}, line {number}"))
    return pd.DataFrame(peaks, columns=list(Peak._fields)).astype(
        {"chrom": "str", "strand": "str", "score": "float64", "signal": "float64"}
    )


def place_peaks(
    path: Pathlike, chromosomes: Chromosomes, aliases: dict[str, str], assembly: str
) -> PlacedPeaks:
    """Read a peak file and keep the peaks on chromosomes in use, named as the genome names them.

    Parameters
    ----------
    path
        The peak file, as for `read_peaks`.
    chromosomes
        The genome's.
    aliases, assembly
        From the config's section `genome`.

    Raises
    ------
    InputError
        If the file is at fault, if no name agrees with the genome's, if peaks lie beyond the end of
        their chromosome, or if no peak is left.
    """
    peaks = read_peaks(path)
    naming = match_names(peaks["chrom"].unique(), chromosomes.lengths, aliases, assembly)
    require_match(naming, path, chromosomes.lengths)
    logger.info("%s: %d peaks; chromosome names: %s", path, len(peaks), naming.describe())
    named = peaks.assign(chrom=peaks["chrom"].map(naming.names)).dropna(subset=["chrom"])
    named = named.astype({"chrom": "str"})
    _check_assembly(named, path, chromosomes, assembly)
    placed = named[named["chrom"].isin(chromosomes.used)].reset_index(drop=True)
    if placed.empty:
        raise InputError(
            f"{path}: none of its {len(peaks)} peaks lies on a chromosome in use "
            f"({', '.join(chromosomes.used[:8])}{' ...' if len(chromosomes.used) > 8 else ''}); "
            "check `genome.chromosomes`, or take the experiment out of the experiment table"
        )
    return PlacedPeaks(placed, len(peaks), naming)


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


def _file_kind(fields: list[str]) -> str:
    """Tell ``narrowPeak``, ``broadPeak`` and ``bed`` apart by the first line."""
    if len(fields) in (10, 11):
        return "narrowPeak"
    if len(fields) == 9:
        # BED9 has a thick part within the interval, and a colour
        thick = fields[6].isdecimal() and fields[7].isdecimal()
        return "bed" if thick and (fields[8] == "0" or "," in fields[8]) else "broadPeak"
    return "bed"


def _parse_peak(fields: list[str], kind: str, place: str) -> Peak:
    chrom, start, end = parse_interval(fields, place)
    score = _number(fields, 4, "score", place)
    strand = fields[5] if len(fields) > 5 and fields[5] in ("+", "-") else "."
    signal = _number(fields, 6, "signalValue", place) if kind != "bed" else score
    summit = start + (end - start) // 2
    if kind == "narrowPeak":
        offset = _number(fields, 9, "summit", place)
        if offset != int(offset) or not -1 <= offset <= end - start:
            raise InputError(
                f"{place}: the summit (column 10) is {fields[9]}; expected an offset from 0 to "
                f"{end - start - 1}, or -1 for none"
            )
        # SPP writes a few summits just behind the peak's last base
        summit = min(start + int(offset), end - 1) if offset >= 0 else summit
    return Peak(chrom, start, end, summit, score, signal, strand)


def _number(fields: list[str], column: int, name: str, place: str) -> float:
    if column >= len(fields) or (fields[column] == "." and name == "score"):
        return 0.0
    try:
        value = float(fields[column])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        if name == "score" and len(fields) == 5:
            return 0.0  # some callers write text in a last, fifth column
        raise InputError(
            f"{place}: the {name} (column {column + 1}) is {fields[column]!r}, expected a number"
        )
    return value


def _check_assembly(
    peaks: pd.DataFrame, path: Pathlike, chromosomes: Chromosomes, assembly: str
) -> None:
    lengths = peaks["chrom"].map(chromosomes.lengths).to_numpy(dtype=np.int64)
    starts_beyond = peaks["start"].to_numpy() >= lengths
    ends_beyond = peaks["end"].to_numpy() > lengths
    if starts_beyond.mean() <= _STARTS_BEYOND and ends_beyond.mean() <= _ENDS_BEYOND:
        return
    worst = peaks[ends_beyond].iloc[0]
    raise InputError(
        f"{path}: {int(ends_beyond.sum())} of {len(peaks)} peaks end beyond the end of their "
        f"chromosome, such as {worst['chrom']}:{worst['start']}-{worst['end']} on a chromosome of "
        f"{chromosomes.lengths[worst['chrom']]} bases; the peaks were called on another assembly "
        f"than {assembly}: give peaks of {assembly}, or the genome of the peaks"
    )
