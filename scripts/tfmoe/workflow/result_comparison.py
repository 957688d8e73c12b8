"""Comparison of two finished runs, file by file: equal bytes, or the largest difference."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import file_digest
from pathlib import Path

import numpy as np
import pandas as pd

from tfmoe.core.run_record import NAME
from tfmoe.workflow.provenance import NOT_RESULTS
from tfmoe.workflow.result_columns import Columns, read_columns

TOLERANCE = 1e-3
"""Largest difference of a number that another CPU may cause; see `Difference.largest`."""
DERIVED = (".html", ".md", ".pdf", ".png", ".svg", ".txt", ".tbi", ".zip")
"""Pages, figures, indices and archives, which follow from the tables, weights and maps."""
_SHA256 = re.compile("[0-9a-f]{64}")
_SNAKEMAKES = ".snakemake_timestamp"


class Agreement(StrEnum):
    """How a file of one run agrees with that of another."""

    EQUAL = "equal"
    CLOSE = "within the tolerance"
    FOLLOWS = "follows from such numbers"
    DIFFERENT = "different"
    ONLY_FIRST = "only in the first"
    ONLY_SECOND = "only in the second"


DISAGREEING = (Agreement.DIFFERENT, Agreement.ONLY_FIRST, Agreement.ONLY_SECOND)


@dataclass(frozen=True)
class Difference:
    """The difference of a column.

    Attributes
    ----------
    column
        Its name.
    largest
        Largest difference of two numbers relative to the largest absolute value of the column in
        the first run; infinite where rows, texts, counts or missing values differ.
    absolute
        Largest difference in the units of the column; not a number where `largest` is infinite.
    """

    column: str
    largest: float
    absolute: float


@dataclass(frozen=True)
class ComparedFile:
    """A file of two runs: its path within the results, the agreement, and differing columns.

    The columns come in descending order of their differences.
    """

    path: str
    agreement: Agreement
    differences: tuple[Difference, ...] = ()


def compare_results(first: Path, second: Path, tolerance: float = TOLERANCE) -> list[ComparedFile]:
    """Compare all result files of two runs; logs and ``run.json`` are no results.

    Derived files (`DERIVED`) that differ follow from the others if any of these differs; otherwise
    they count as different.

    Parameters
    ----------
    first, second
        Folders ``results/<run>``.
    tolerance
        Numbers may differ by this share of the largest absolute value of their column.
    """
    sides = [result_files(folder) for folder in (first, second)]
    found, derived = [], []
    for name in sorted({*sides[0], *sides[1]}):
        one, two = (side.get(name) for side in sides)
        if one is None or two is None:
            only = Agreement.ONLY_FIRST if two is None else Agreement.ONLY_SECOND
            found.append(ComparedFile(name, only))
        elif _digest(one) == _digest(two):
            found.append(ComparedFile(name, Agreement.EQUAL))
        elif one.suffix in DERIVED:
            derived.append(name)
        else:
            found.append(_compared(name, one, two, tolerance))
    follows = any(file.agreement not in (Agreement.EQUAL, *_MISSING) for file in found)
    agreement = Agreement.FOLLOWS if follows else Agreement.DIFFERENT
    found += [ComparedFile(name, agreement) for name in derived]
    return sorted(found, key=lambda file: file.path)


def result_files(results: Path) -> dict[str, Path]:
    """Return the result files of a run by their path within its folder."""
    files = (path for path in sorted(results.rglob("*")) if path.is_file())
    named = {path.relative_to(results).as_posix(): path for path in files}
    return {
        name: path
        for name, path in named.items()
        if name.split("/")[0] not in NOT_RESULTS and name != NAME and path.name != _SNAKEMAKES
    }


def column_differences(first: Columns, second: Columns) -> Iterator[Difference]:
    """Yield the differences of columns, and of columns that only one side has."""
    for name in sorted({*first, *second}):
        if name not in first or name not in second:
            yield Difference(name, np.inf, np.nan)
            continue
        largest, absolute = _largest(first[name], second[name])
        if largest == 0:
            continue
        if _are_checksums(first[name]) and _are_checksums(second[name]):
            # of weights, whose own file is compared
            largest = absolute = 0.0
        yield Difference(name, largest, absolute)


def _compared(name: str, one: Path, two: Path, tolerance: float) -> ComparedFile:
    """Compare two files whose bytes differ."""
    try:
        columns = read_columns(one), read_columns(two)
    except (ValueError, OSError):
        return ComparedFile(name, Agreement.DIFFERENT)
    if columns[0] is None or columns[1] is None:
        return ComparedFile(name, Agreement.DIFFERENT)
    found = sorted(column_differences(columns[0], columns[1]), key=lambda each: -each.largest)
    # equal numbers with other bytes, such as another time stamp, are a fault of the writer
    close = bool(found) and found[0].largest <= tolerance
    return ComparedFile(name, Agreement.CLOSE if close else Agreement.DIFFERENT, tuple(found))


def _largest(one: np.ndarray, two: np.ndarray) -> tuple[float, float]:
    """Return the largest difference of two arrays, relative and absolute."""
    different = (np.inf, np.nan)
    if one.shape != two.shape:
        return different
    if not all(np.issubdtype(side.dtype, np.floating) for side in (one, two)):
        missing = [pd.isna(side) for side in (one, two)]
        same = (one == two) | (missing[0] & missing[1])
        return (0.0, 0.0) if np.all(same) else different
    finite = np.isfinite(one)
    if not np.array_equal(finite, np.isfinite(two)):
        return different
    if not np.array_equal(one[~finite], two[~finite], equal_nan=True):
        return different
    first, second = one[finite].astype(float), two[finite].astype(float)
    if not len(first):
        return 0.0, 0.0
    absolute = float(np.abs(first - second).max())
    scale = float(np.abs(first).max())
    return (absolute / scale if scale > 0 else np.inf if absolute > 0 else 0.0), absolute


def _are_checksums(values: np.ndarray) -> bool:
    return all(isinstance(value, str) and _SHA256.fullmatch(value) for value in values.flat)


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return file_digest(file, "sha256").digest()


_MISSING = (Agreement.ONLY_FIRST, Agreement.ONLY_SECOND)


def counts(files: list[ComparedFile]) -> Mapping[Agreement, int]:
    """Return the number of files of each agreement that occurs."""
    agreements = [file.agreement for file in files]
    return {each: agreements.count(each) for each in Agreement if each in agreements}
