"""Reader of tabular text files: their data lines, and the fields of these lines as columns."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from numpy.typing import NDArray

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.core.packed_files import read_text

_PLAIN = frozenset(string.ascii_letters + string.digits + '"') - {"t", "b"}
_HEADERS = ("#", "track ", "track\t", "browser ", "browser\t")
_MAX_FIELDS = 10_000
_MAX_DIGITS = 18
# the first field of a line of CSV, in quotation marks or without white space, and its delimiter
_FIRST_OF_CSV = re.compile(r'\s*("(?:[^"]|"")*"|[^,;\s"]*)\s*([,;])')
_IN_QUOTES = re.compile(r'(?:^|[\t ])"[^\t]*"(?:[\t ]|$)')
_WORDS = re.compile(r'"(?:[^"]|"")*"(?=\s|$)|\S+')
# numbers that Python cannot read, such as 0x1f and 1,000, are no names of columns either
_LIKE_NUMBER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|\d{1,3}(?:[,'\u00a0 ]\d{3})+(?:\.\d*)?)")
_MISSING = frozenset({"", ".", "-", "na", "n/a", "nan", "null", "none", "?"})


@dataclass(frozen=True)
class DataLines:
    """The data lines of a file.

    Attributes
    ----------
    path
        The file.
    lines
        The lines, without line ends.
    numbers
        int64 (N,), the line numbers in the file, from 1.
    comment
        The comment right before the first data line, without its ``#``; it may name the columns.
    marks
        Whether the lines may contain quotation marks.
    """

    path: Pathlike
    lines: list[str]
    numbers: NDArray[np.int64]
    comment: str = ""
    marks: bool = True

    def where(self, row: int) -> str:
        """Return file and line number for a message, such as ``peaks.bed, line 12``."""
        return f"{self.path}, line {self.numbers[row]}"

    def fields(self, row: int) -> list[str]:
        """Split one line at the delimiter of the first line: tabs, commas, `;` or white space."""
        return self._split(self.lines[row])

    def names(self) -> list[str] | None:
        """Return the column names if the first line, or the comment before it, is a header.

        A header contains no numbers; as a comment, it has the same number of fields as the lines.
        """
        if not self.lines:
            return None
        if self._has_header():
            return self.fields(0)
        names = self._split(self.comment)
        matches = len(names) == len(self.fields(0)) and not any(map(is_number, names))
        return names if matches else None

    def after_header(self) -> DataLines:
        """Return the lines without the header, if the first line is a header."""
        if not self._has_header():
            return self
        return DataLines(self.path, self.lines[1:], self.numbers[1:], marks=self.marks)

    def columns(self, wanted: Iterable[int]) -> dict[int, pa.StringArray]:
        """Return columns as text, stripped of surrounding white space.

        Parameters
        ----------
        wanted
            Column numbers, from 0.

        Raises
        ------
        InputError
            If lines differ in their number of fields.
        """
        width = len(self.fields(0))
        if width > _MAX_FIELDS:
            raise InputError(
                f"{self.where(0)}: {width} fields, expected a table of at most {_MAX_FIELDS} "
                "columns"
            )
        names = [str(column) for column in range(width)]
        taken = [str(column) for column in wanted]
        try:
            table = pyarrow.csv.read_csv(
                pa.BufferReader("\n".join(self._plain_lines()).encode()),
                pyarrow.csv.ReadOptions(use_threads=False, column_names=names),
                pyarrow.csv.ParseOptions(
                    delimiter=self._delimiter or "\t", quote_char='"' if self._quoted else False
                ),
                pyarrow.csv.ConvertOptions(
                    include_columns=taken, column_types=dict.fromkeys(taken, pa.string())
                ),
            )
        except pa.ArrowInvalid as error:
            raise self._not_a_table(error) from None
        return {int(name): pc.utf8_trim_whitespace(table[name].combine_chunks()) for name in taken}

    def shortened(self, count: int) -> DataLines:
        """Return the lines with their first `count` fields only.

        Raises
        ------
        InputError
            Naming the first line that has fewer fields.
        """
        if self._quoted:
            fields = [self._split(line)[:count] for line in self.lines]
        else:
            fields = [line.split(self._delimiter, count)[:count] for line in self.lines]
        for row, found in enumerate(fields):
            if len(found) < count:
                raise InputError(
                    f"{self.where(row)}: {len(found)} fields, expected at least chromosome, start "
                    "and end"
                )
        return DataLines(self.path, ["\t".join(found) for found in fields], self.numbers)

    def _has_header(self) -> bool:
        """Return whether the first line has names of columns: no number, and no missing place."""
        fields = self.fields(0) if self.lines else []
        if len(fields) < 3 or any(
            is_number(name) or _LIKE_NUMBER.fullmatch(name) for name in fields
        ):
            return False
        return not any(name.lower() in _MISSING for name in fields[1:3])

    def _split(self, line: str) -> list[str]:
        if not self._quoted or '"' not in line:
            return [field.strip().strip('"') for field in line.split(self._delimiter)]
        line = line.replace('\\"', '""')
        if self._delimiter is None:
            fields = _WORDS.findall(line)
        else:
            fields = [field for field, _ in _fields_of(self._delimiter).findall(line)]
            fields = fields if line.endswith(self._delimiter) else fields[:-1]
        return [_unquoted(field.strip()) for field in fields]

    def _plain_lines(self) -> list[str]:
        """Return the lines for the reader of CSV; check that quotation marks are closed."""
        lines = self.lines
        if self._quoted:
            lines = [line.replace('\\"', '""') if '\\"' in line else line for line in lines]
            for row, line in enumerate(lines):
                if line.count('"') % 2:
                    raise InputError(
                        f"{self.where(row)}: a quotation mark is not closed in this line; a field "
                        "may contain no line break, and a mark within a field is doubled"
                    )
        if self._delimiter:
            return lines
        if self._quoted:
            return ["\t".join(_WORDS.findall(line)) for line in lines]
        return ["\t".join(line.split()) for line in lines]

    @cached_property
    def _delimiter(self) -> str | None:
        first = self.lines[0]
        if "\t" in first:
            return "\t"
        # chromosome names contain no comma, but the last columns of BED12 are comma-separated lists
        found = _FIRST_OF_CSV.match(first)
        return found[2] if found else None

    @cached_property
    def _quoted(self) -> bool:
        """Whether fields may be in quotation marks; between tabs, a mark may also mean inches."""
        if not self.marks:
            return False
        if self._delimiter in (",", ";"):
            return True
        return any('"' in line and _IN_QUOTES.search(line) is not None for line in self.lines)

    def _not_a_table(self, error: pa.ArrowInvalid) -> InputError:
        width = len(self.fields(0))
        for row in range(len(self.lines)):
            found = len(self.fields(row))
            if found != width:
                return InputError(
                    f"{self.where(row)}: {found} fields, but the lines before have {width}; all "
                    "lines need the same number"
                )
        return InputError(f"{self.path}: the file is not a table ({error})")


def read_lines(path: Pathlike) -> DataLines:
    """Read the data lines of a text file.

    Parameters
    ----------
    path
        Text, plain or packed by gzip, bgzip, bzip2 or xz, with Unix or Windows line ends. Empty
        lines, comments (``#``) and ``track`` and ``browser`` lines are skipped.

    Raises
    ------
    InputError
        As for `tfmoe.core.packed_files.read_text`.
    """
    return data_lines(read_text(path), path)


def data_lines(text: str, path: Pathlike) -> DataLines:
    """Return the data lines of a text, as `read_lines` does; `path` is its name in messages."""
    all_lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    # the first letter decides for nearly all lines
    holds_data = [line[:1] in _PLAIN or _has_data(line) for line in all_lines]
    numbers = np.flatnonzero(holds_data)
    lines = [line for line, holds in zip(all_lines, holds_data, strict=True) if holds]
    first = int(numbers[0]) if len(numbers) else 0
    before = all_lines[first - 1] if first else ""
    comment = before.lstrip("# ") if before.startswith("#") else ""
    return DataLines(path, lines, numbers + 1, comment, marks='"' in text)


def _has_data(line: str) -> bool:
    return bool(line) and not line.isspace() and not line.startswith(_HEADERS)


def is_number(text: str) -> bool:
    """Return whether a text can be read as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def whole_numbers(texts: pa.StringArray) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Parse whole decimal numbers, int64 (N,); the second array, bool (N,), marks invalid texts."""
    try:
        numbers = pc.cast(texts, pa.int64()).to_numpy()
        # the cast also reads hexadecimal numbers
        if not any(pc.any(pc.match_substring(texts, mark)).as_py() for mark in "xX"):
            return numbers, np.abs(numbers) >= 10**_MAX_DIGITS
    except pa.ArrowInvalid:
        pass
    good = pc.match_substring_regex(texts, rf"^-?\d{{1,{_MAX_DIGITS}}}$")
    numbers = pc.cast(pc.if_else(good, texts, "0"), pa.int64())
    return numbers.to_numpy(), ~good.to_numpy(zero_copy_only=False)


def numbers(texts: pa.StringArray) -> NDArray[np.float64]:
    """Parse numbers, float64 (N,); invalid texts become NaN."""
    try:
        values: NDArray[np.float64] = pc.cast(texts, pa.float64()).to_numpy()
    except pa.ArrowInvalid:
        values = np.asarray(pd.to_numeric(texts.to_pandas(), errors="coerce"), dtype=np.float64)
    return values


def _fields_of(delimiter: str) -> re.Pattern[str]:
    """Return a pattern of one field, in quotation marks or not, with its delimiter."""
    return re.compile(rf'(\s*"(?:[^"]|"")*"\s*|[^{delimiter}]*)({delimiter}|$)')


def _unquoted(field: str) -> str:
    """Return a field without the quotation marks around it; doubled marks become single ones."""
    if len(field) > 1 and field[0] == field[-1] == '"':
        field = field[1:-1].replace('""', '"')
    return field.strip()
