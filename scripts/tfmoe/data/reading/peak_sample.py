"""A sample of a peak file's lines, from which its format is inferred by arithmetic."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tfmoe.data.reading.text_columns import DataLines

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]

# lines from which the format is inferred, and the share of them that must agree: a faulty line
# is reported later, and does not change the format
_LINES = 200
_SHARE = 0.5
_STRANDS = frozenset("+-.*")
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?inf(inity)?", re.IGNORECASE)
_REGION = re.compile(r"(.+):(\d+)-(\d+)")


class Sample:
    """The fields of some lines of a file, the first among them.

    Parameters
    ----------
    rows
        The fields of each line; lines with another number of fields than the first are left out.
    """

    def __init__(self, rows: Sequence[Sequence[str]]) -> None:
        self.width = len(rows[0])
        self.rows = [row for row in rows if len(row) == self.width]
        self._numbers: dict[int, Numbers] = {}

    @classmethod
    def of(cls, lines: DataLines) -> Sample:
        """Take the first lines of a file, and as many spread over the rest of it."""
        count = len(lines.lines)
        rows = [*range(min(count, _LINES))]
        if count > _LINES:
            rows += np.linspace(_LINES, count - 1, min(count - _LINES, _LINES), dtype=int).tolist()
        return cls([lines.fields(row) for row in rows])

    def part(self, first: int, stop: int | None = None) -> Sample:
        """Return the sample with some of its columns."""
        return Sample([row[first:stop] for row in self.rows])

    def texts(self, column: int) -> list[str]:
        """Return a column as text."""
        return [row[column] for row in self.rows]

    def numbers(self, column: int) -> Numbers:
        """Return a column as numbers, float64 (N,); NaN where a text is not a decimal number."""
        if column >= self.width:
            return np.full(len(self.rows), np.nan)
        if column not in self._numbers:
            self._numbers[column] = np.array(
                [float(text) if _DECIMAL.fullmatch(text) else np.nan for text in self.texts(column)]
            )
        return self._numbers[column]

    def numeric(self, *columns: int) -> bool:
        """Return whether most values of all these columns are numbers."""
        return all(most(~np.isnan(self.numbers(column))) for column in columns)

    def whole(self, *columns: int) -> bool:
        """Return whether most values of all these columns are whole numbers."""
        return all(most(is_whole(self.numbers(column))) for column in columns)

    def strands(self, column: int) -> bool:
        """Return whether most values of a column are strands."""
        return column < self.width and most(
            np.array([text in _STRANDS for text in self.texts(column)])
        )

    def regions(self, column: int, start: int, end: int) -> bool:
        """Return whether most values of a column are regions within the peaks (``chr1:5-9``)."""
        found = [_REGION.fullmatch(text) for text in self.texts(column)]
        inside = [
            match is not None and first - 1 <= int(match[2]) <= int(match[3]) <= last
            for match, first, last in zip(
                found, self.numbers(start), self.numbers(end), strict=True
            )
        ]
        return most(np.array(inside))

    def free_numbers(self, used: Sequence[int | None]) -> tuple[int, ...]:
        """Return the columns of numbers other than those in use."""
        taken = {column for column in used if column is not None}
        return tuple(
            column for column in range(self.width) if column not in taken and self.numeric(column)
        )


def is_whole(values: Numbers) -> Flags:
    """Return which numbers are whole, bool (N,)."""
    whole: Flags = np.isfinite(values) & (values == np.floor(values))
    return whole


def most(flags: Flags) -> bool:
    """Return whether at least half of the flags are set."""
    return len(flags) > 0 and float(np.mean(flags)) >= _SHARE


def nearly_all(flags: Flags) -> bool:
    """Return whether at least 95 of 100 flags are set."""
    return len(flags) > 0 and float(np.mean(flags)) >= 0.95
