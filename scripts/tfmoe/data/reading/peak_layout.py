"""Layout of a peak file: the meaning of its columns, and the number of the first base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from tfmoe.data.decisions import COORDINATES, FORMAT, STRENGTH, SUMMIT, Decision

NONE = "-"
# evidence for the number of the first base
BED_BASE = "BED counts from 0"
UNKNOWN_BASE = "nothing in the file shows it"


class Place(Enum):
    """Kinds of columns that hold the summit of a peak."""

    MIDDLE = "middle of the peak"
    OFFSET = "offset from the start"
    POSITION = "position"
    INFERRED = "summit"
    ONE_BASE = "part of one base"
    PART = "middle of the part"
    REGION = "middle of the region"


@dataclass(frozen=True)
class ReadAs:
    """The user's choices for one peak file, from the experiment table; ``-`` where undecided.

    Attributes
    ----------
    format
        A name from `tfmoe.data.reading.peak_formats.NAMED`.
    coordinates
        ``0`` or ``1``: the number of a chromosome's first base.
    strength
        The column of the strength, by its name or its number from 1.
    """

    format: str = NONE
    coordinates: str = NONE
    strength: str = NONE


def choices(given: Sequence[Mapping[str, str]]) -> list[ReadAs]:
    """Return the user's choices for each file from the params of a rule."""
    return [ReadAs(**choice) for choice in given]


@dataclass(frozen=True)
class PeakFormat:
    """Columns of a peak file, numbered from 0; `None` for columns that the format lacks.

    Attributes
    ----------
    name
        Name of the format for messages.
    chrom, start, end, score, strand
        The columns.
    signal
        The column of the strength; `None` if no column is known to be the strength.
    summit, summit_end
        The column of the summit, and where the summit is a part of the peak, that of its end.
    place
        The kind of `summit`.
    length
        A column with the peak's length, which shows how bases are counted.
    first_base
        The number of a chromosome's first base, 0 or 1. If it is 1, `end` is the number of the
        peak's last base.
    summit_base
        The number of the first base for summits: of the chromosome for positions, of the peak for
        offsets. narrowPeak's offsets count from 0 even where starts count from 1.
    last_included
        Whether ends are the numbers of last bases although starts count from 0, as in SICER.
    base_reason
        Evidence for `first_base`.
    base_assumed
        Whether nothing in the file shows `first_base`.
    reason
        Evidence for the format.
    strength_reason
        Evidence for the strength, if it is not that for the format.
    names
        The names of the columns, if the file has a header.
    candidates
        Columns that may be the strength where it is unknown.
    ignored_summit
        Description of a column that may hold the summit but is not used; empty if there is none.
    """

    name: str = "BED"
    chrom: int = 0
    start: int = 1
    end: int = 2
    score: int | None = None
    strand: int | None = None
    signal: int | None = None
    summit: int | None = None
    summit_end: int | None = None
    place: Place = Place.MIDDLE
    length: int | None = None
    first_base: int = 0
    summit_base: int = 0
    last_included: bool = False
    base_reason: str = "defined by the format"
    base_assumed: bool = False
    reason: str = "columns"
    strength_reason: str = ""
    names: tuple[str, ...] = ()
    candidates: tuple[int, ...] = ()
    ignored_summit: str = ""

    @property
    def columns(self) -> list[int]:
        """Numbers of all columns that are read."""
        found = (
            self.chrom, self.start, self.end, self.score, self.strand, self.signal, self.summit,
            self.summit_end, self.length,
        )  # fmt: skip
        return sorted({column for column in found if column is not None})

    def column(self, number: int) -> str:
        """Return a column's number from 1 and its name, such as ``column 7 (signalValue)``."""
        name = self.names[number].strip() if number < len(self.names) else ""
        return f"column {number + 1}" + (f" ({name})" if name else "")

    @property
    def described_summit(self) -> str:
        """The column of the summit in words."""
        if self.summit is None:
            return str(Place.MIDDLE.value)
        columns = self.column(self.summit)
        if self.summit_end is not None:
            columns = f"columns {self.summit + 1} and {self.summit_end + 1}"
        base = f", counted from {self.summit_base}" if self.place in _COUNTED else ""
        return f"{columns}, {self.place.value}{base}"

    @property
    def described_strength(self) -> str:
        """The column of the strength in words."""
        return "unknown" if self.signal is None else self.column(self.signal)

    @property
    def described_base(self) -> str:
        """The number of a chromosome's first base, with the evidence for it."""
        return f"{self.first_base} ({'assumed; ' if self.base_assumed else ''}{self.base_reason})"

    @property
    def decisions(self) -> list[Decision]:
        """The decisions about one file, without the file and the experiment."""
        assumed = "assumed; " if self.base_assumed else ""
        return [
            Decision(FORMAT, self.name, self.reason),
            Decision(SUMMIT, self.described_summit, self.reason),
            Decision(STRENGTH, self.described_strength, self.strength_reason or self.reason),
            Decision(COORDINATES, f"from {self.first_base}", f"{assumed}{self.base_reason}"),
        ]


_COUNTED = (Place.OFFSET, Place.POSITION, Place.INFERRED)
