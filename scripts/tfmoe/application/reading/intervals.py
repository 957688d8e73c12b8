"""Intervals of a genome, as stretches of sequence to score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from tfmoe.application.reading.genome import name_fault
from tfmoe.application.reading.tiling import Positions, Stretches, bases_before, pad
from tfmoe.core.dna import Codes, encode_text
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.data.intervals import parse_intervals
from tfmoe.data.reading.chromosomes import match_names
from tfmoe.data.reading.fasta_stream import Records
from tfmoe.data.reading.genome import Genome
from tfmoe.data.reading.text_columns import DataLines

_BASES = 1 << 22  # bases of the intervals that are read at once
_BASES_PER_FETCH = 20_000  # of a whole chromosome, in the time of one fetch


def read_intervals(lines: DataLines, lengths: Mapping[str, int], genome: Pathlike) -> pd.DataFrame:
    """Parse BED lines and find their chromosomes in a genome.

    Parameters
    ----------
    lines
        The lines: at least three columns; a fourth one is the name, unless it is ``.``.
    lengths
        Length in bases of each sequence of the genome.
    genome
        Path of the genome, for messages.

    Returns
    -------
    DataFrame
        name (``chrom:start-end`` where there is none), chrom, start, end as in the file; sequence
        (the genome's name of the chromosome) and line (its number in the file, from 1).

    Raises
    ------
    InputError
        Naming the file and line: if an interval is invalid or ends beyond its chromosome, or if the
        genome has no sequence of its chromosome's name.
    """
    columns = lines.shortened(3).columns(range(3))
    table = parse_intervals(lines, columns[0], columns[1], columns[2])
    naming = match_names(table["chrom"].unique(), lengths)
    sequence = table["chrom"].map(naming.names)
    if sequence.isna().any():
        row = int(sequence.isna().to_numpy().argmax())
        fault = name_fault(str(table["chrom"][row]), naming, lengths, genome)
        raise InputError(f"{lines.where(row)}: {fault}")
    size = sequence.map(lengths).to_numpy(dtype=np.int64)
    beyond = (table["end"] > size).to_numpy()
    if beyond.any():
        row = int(beyond.argmax())
        raise InputError(
            f"{lines.where(row)}: the interval ends at {table['end'][row]:,}, but {sequence[row]} "
            f"has {size[row]:,} bases in {genome}; is it the genome of these intervals?"
        )
    table.insert(0, "name", _names(lines, table))
    return table.assign(sequence=sequence, line=lines.numbers)


def _names(lines: DataLines, table: pd.DataFrame) -> pd.Series:
    """Return the names in the fourth column, or else the places of the intervals."""
    fourth = [next(iter(lines.fields(row)[3:]), ".") for row in range(len(table))]
    given = pd.Series(fourth, dtype="str")
    place = table["chrom"] + ":" + table["start"].astype("str") + "-" + table["end"].astype("str")
    return place.where(given.isin(["", "."]), given)


def interval_stretches(intervals: pd.DataFrame, genome: Genome, window: int) -> Iterator[Stretches]:
    """Read the sequences of intervals in their order, a bounded number of bases at once.

    An interval that is shorter than the window is extended about its middle. Bases beyond the ends
    of a chromosome are unknown.

    Parameters
    ----------
    intervals
        As `read_intervals` returns them.
    genome
        The open genome.
    window
        Length of the model's windows, in bases.
    """
    start, end = (intervals[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
    short = end - start < window
    first = np.where(short, start - bases_before(window, end - start), start)
    last = np.where(short, first + window, end)
    size = intervals["sequence"].map(genome.lengths).to_numpy(dtype=np.int64)
    low, high = np.maximum(first, 0), np.minimum(last, size)
    sequences = intervals["sequence"].tolist()
    bases = _Bases(genome)
    for begin, stop in pairwise(_bounds(high - low)):
        part = slice(begin, stop)
        pieces = bases.read(sequences[part], low[part], high[part])
        rows = intervals.iloc[part]
        records = Records(
            rows["name"].tolist(),
            [""] * len(rows),
            np.concatenate(pieces),
            high[part] - low[part],
            rows["line"].to_numpy(dtype=np.int64),
        )
        table = rows[["name", "chrom", "start", "end"]]
        left, right = low[part] - first[part], last[part] - high[part]
        yield pad(records, window, table, low[part], left, right)


def _bounds(lengths: Positions) -> list[int]:
    """Return the numbers of the rows at which parts of at most `_BASES` bases begin, and the end.

    A row with more bases is a part of its own.
    """
    total = np.cumsum(lengths)
    bounds = [0]
    while bounds[-1] < len(lengths):
        before = total[bounds[-1]] - lengths[bounds[-1]]
        following = int(np.searchsorted(total, before + _BASES, side="right"))
        bounds.append(max(following, bounds[-1] + 1))
    return bounds


class _Bases:
    """Reader of stretches; it keeps the last chromosome of which it read many."""

    def __init__(self, genome: Genome) -> None:
        self._genome = genome
        self._kept: tuple[str, Codes] | None = None

    def read(self, sequences: Sequence[str], starts: Positions, ends: Positions) -> list[Codes]:
        """Return the codes of each stretch, in the given order."""
        found: list[Codes] = [np.zeros(0, dtype=np.uint8)] * len(sequences)
        rows_of: dict[str, list[int]] = {}
        for row, name in enumerate(sequences):
            rows_of.setdefault(name, []).append(row)
        for name, rows in rows_of.items():
            whole = self._chromosome(name, len(rows))
            for row in rows:
                start, end = int(starts[row]), int(ends[row])
                if whole is not None:
                    found[row] = whole[start:end]
                else:
                    letters = self._genome.windows(name, starts[row : row + 1], end - start)
                    found[row] = encode_text(letters.tobytes())
        return found

    def _chromosome(self, name: str, stretches: int) -> Codes | None:
        """Return the codes of a chromosome if that is quicker than to fetch the stretches."""
        if self._kept is None or self._kept[0] != name:
            if stretches * _BASES_PER_FETCH < self._genome.lengths[name]:
                return None
            self._kept = None  # frees the memory of the last one first
            self._kept = name, encode_text(self._genome.letters(name).tobytes())
        return self._kept[1]
