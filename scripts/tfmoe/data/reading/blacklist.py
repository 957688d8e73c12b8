"""Reader of the blacklist: regions that no window may overlap."""

from __future__ import annotations

import logging

import pandas as pd

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.data.reading.chromosomes import Aliases, match_names, require_match
from tfmoe.data.reading.genome import Chromosomes
from tfmoe.data.reading.peaks import lies_beyond, parse_file_intervals
from tfmoe.data.reading.text_columns import DataLines, is_number, read_lines

logger = logging.getLogger(__name__)

_REMEDY = "correct `genome.blacklist`, or set it to null for none"


def place_blacklist(
    path: Pathlike | None, chromosomes: Chromosomes, aliases: Aliases, assembly: str
) -> pd.DataFrame:
    """Read a blacklist, and keep the regions on chromosomes in use; no file, no rows.

    Parameters
    ----------
    path
        A file in any format that peaks may have, or `None`.
    chromosomes
        The chromosomes of the genome.
    aliases, assembly
        From the config's section `genome`.

    Returns
    -------
    DataFrame
        chrom (the genome's name), start and end.

    Raises
    ------
    InputError
        If the file is faulty or has no regions, if none of its chromosome names is in the genome,
        or if its regions lie beyond the ends of their chromosomes.
    """
    if path is None:
        return pd.DataFrame({"chrom": [], "start": [], "end": []}).astype(
            {"chrom": "str", "start": "int64", "end": "int64"}
        )
    regions = _read_regions(path)
    naming = match_names(regions["chrom"].unique(), chromosomes.lengths, aliases, assembly)
    require_match(naming, path, chromosomes.lengths)
    logger.info("%s: %d regions; names: %s", path, len(regions), naming.describe())
    named = regions.assign(chrom=regions["chrom"].map(naming.names)).dropna(subset=["chrom"])
    named = named.astype({"chrom": "str"})
    beyond = lies_beyond(named, chromosomes)
    if len(beyond):
        worst = beyond.iloc[0]
        raise InputError(
            f"{path}: {len(beyond)} of {len(named)} regions end beyond the end of their "
            f"chromosome, such as {worst['chrom']}:{worst['start']}-{worst['end']} on a chromosome "
            f"of {chromosomes.lengths[worst['chrom']]} bases; the blacklist is of another assembly "
            f"than {assembly}: use the one of {assembly}"
        )
    return named[named["chrom"].isin(chromosomes.used)].reset_index(drop=True)


def _read_regions(path: Pathlike) -> pd.DataFrame:
    """Read chrom, start and end of a file that has at least one region."""
    lines = read_lines(path)
    if not lines.after_header().lines:
        raise InputError(f"{path}: the blacklist has no regions; {_REMEDY}")
    if lines.names() is not None:
        return parse_file_intervals(lines)
    first = lines.fields(0)
    # UCSC's tables without their header begin with a bin
    has_bin = (
        len(first) > 3
        and not is_number(first[1])
        and all(first[at].isdecimal() for at in (0, 2, 3))
    )
    if has_bin:
        return parse_file_intervals(_without_first(lines.shortened(4)))
    # names with blanks give lines of different numbers of fields
    ragged = len({len(lines.fields(row)) for row in range(len(lines.lines))}) > 1
    return parse_file_intervals(lines.shortened(3) if ragged else lines)


def _without_first(lines: DataLines) -> DataLines:
    """Return the lines without their first column."""
    kept = [line.partition("\t")[2] for line in lines.lines]
    return DataLines(lines.path, kept, lines.numbers)
