"""Reader of tabular text files: their data lines, and the fields of these lines as columns."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from numpy.typing import NDArray

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike

_HEADERS = ("#", "track ", "track\t", "browser ", "browser\t")
# the empty block with which bgzip ends a file
_BGZIP_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_TEXT_CONTROLS = bytes(range(9, 14))


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
    """

    path: Pathlike
    lines: list[str]
    numbers: NDArray[np.int64]
    comment: str = ""

    def where(self, row: int) -> str:
        """Return file and line number for a message, such as ``peaks.bed, line 12``."""
        return f"{self.path}, line {self.numbers[row]}"

    def fields(self, row: int) -> list[str]:
        """Split one line at the delimiter of the first line: tabs, commas or white space."""
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
        return DataLines(self.path, self.lines[1:], self.numbers[1:])

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
        delimiter = self._delimiter()
        lines = self.lines if delimiter else ["\t".join(line.split()) for line in self.lines]
        names = [str(column) for column in range(len(self.fields(0)))]
        taken = [str(column) for column in wanted]
        try:
            table = pyarrow.csv.read_csv(
                pa.BufferReader("\n".join(lines).encode()),
                pyarrow.csv.ReadOptions(use_threads=False, column_names=names),
                pyarrow.csv.ParseOptions(
                    delimiter=delimiter or "\t", quote_char='"' if delimiter == "," else False
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
        delimiter = self._delimiter()
        fields = [line.split(delimiter, count)[:count] for line in self.lines]
        for row, found in enumerate(fields):
            if len(found) < count:
                raise InputError(
                    f"{self.where(row)}: {len(found)} fields, expected at least chromosome, start "
                    "and end"
                )
        return DataLines(self.path, ["\t".join(found) for found in fields], self.numbers)

    def _has_header(self) -> bool:
        fields = self.fields(0) if self.lines else []
        return len(fields) >= 3 and not any(map(is_number, fields))

    def _split(self, line: str) -> list[str]:
        return [field.strip().strip('"') for field in line.split(self._delimiter())]

    def _delimiter(self) -> str | None:
        first = self.lines[0]
        if "\t" in first:
            return "\t"
        # chromosome names contain no comma, but the last columns of BED12 are comma-separated lists
        return "," if "," in first.split()[0] else None

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
        Plain, gzipped or bgzipped text, with Unix or Windows line ends. Empty lines, comments
        (``#``) and ``track`` and ``browser`` lines are skipped.

    Raises
    ------
    InputError
        If the file is missing, not text, or a damaged or truncated gzip file.
    """
    text = _decode(_read_bytes(path), path)
    all_lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    holds_data = [
        bool(line) and not line.isspace() and not line.startswith(_HEADERS) for line in all_lines
    ]
    numbers = np.flatnonzero(holds_data)
    lines = [line for line, holds in zip(all_lines, holds_data, strict=True) if holds]
    first = int(numbers[0]) if len(numbers) else 0
    before = all_lines[first - 1] if first else ""
    comment = before.lstrip("# ") if before.startswith("#") else ""
    return DataLines(path, lines, numbers + 1, comment)


def is_number(text: str) -> bool:
    """Return whether a text can be read as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def whole_numbers(texts: pa.StringArray) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Parse whole numbers, int64 (N,); the second array, bool (N,), marks invalid texts."""
    try:
        return pc.cast(texts, pa.int64()).to_numpy(), np.zeros(len(texts), dtype=np.bool_)
    except pa.ArrowInvalid:
        good = pc.match_substring_regex(texts, r"^-?\d{1,18}$")
        numbers = pc.cast(pc.if_else(good, texts, "0"), pa.int64())
        return numbers.to_numpy(), ~good.to_numpy(zero_copy_only=False)


def numbers(texts: pa.StringArray) -> NDArray[np.float64]:
    """Parse numbers, float64 (N,); invalid texts become NaN."""
    try:
        values: NDArray[np.float64] = pc.cast(texts, pa.float64()).to_numpy()
    except pa.ArrowInvalid:
        values = np.asarray(pd.to_numeric(texts.to_pandas(), errors="coerce"), dtype=np.float64)
    return values


def check_bgzip_end(path: Pathlike) -> None:
    """Check that a bgzipped file ends with bgzip's end-of-file block; other files always pass.

    A bgzipped file that was cut between two blocks is a valid gzip file with part of the content.

    Raises
    ------
    InputError
        If the end-of-file block is missing.
    """
    with Path(path).open("rb") as handle:
        start = handle.read(18)
        if start[:4] != b"\x1f\x8b\x08\x04" or start[12:14] != b"BC":
            return
        handle.seek(0, 2)
        handle.seek(max(handle.tell() - len(_BGZIP_END), 0))
        if handle.read() == _BGZIP_END:
            return
    raise InputError(
        f"{path}: the bgzip file is truncated (its end-of-file block is missing); fetch or copy it "
        "again"
    )


def _read_bytes(path: Pathlike) -> bytes:
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: the file does not exist; correct its path") from None
    except OSError as error:
        raise InputError(f"{path}: the file cannot be read ({error.strerror})") from None
    if content[:2] != b"\x1f\x8b":
        return content
    check_bgzip_end(path)
    try:
        return gzip.decompress(content)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"{path}: the gzip file is truncated or damaged ({error}); fetch or copy it again"
        ) from None


def _decode(content: bytes, path: Pathlike) -> str:
    if any(code in content for code in range(32) if code not in _TEXT_CONTROLS):
        raise InputError(
            f"{path}: the file is not text, expected plain or gzipped text; save a spreadsheet as "
            "tab-separated text"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # another encoding, for example of an accented folder name in a comment
        return content.decode("latin-1")
