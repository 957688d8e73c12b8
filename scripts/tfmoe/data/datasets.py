"""Sequence sets: labelled windows in memory, and their Parquet files.

The table of a set has these columns. Coordinates are 0-based and half-open.

============ =========================================================================
name         unique in the run: ``<experiment>:<kind>:<chrom>:<start>``; the name of a shuffle ends
             with its number, that of a ready sequence has its name in the file for coordinates
chrom        the genome's name of the chromosome
start, end   coordinates of the window; of a shuffle, those of its parent
strand       ``+``, ``-`` or ``.``; sequences are always those of the plus strand
label        1 for positives, 0 for negatives
kind         `tfmoe.core.vocabulary.Kind`
parent       name of the sequence that a shuffle was made from; missing for all others
split        `tfmoe.core.vocabulary.Split`
repeat_share share of the window's bases that are soft-masked (lower case in the genome), float32;
             missing for shuffles, and where repeats are not known
rank         rank of a ready sequence in its file, 1 for the strongest peak; of a shuffle, that of
             its parent; -1 where it is not known
============ =========================================================================

A sequence without coordinates has the chromosome ``.`` and start and end -1.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from tfmoe.core.dna import Codes, decode, encode
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, read_parquet, write_parquet
from tfmoe.core.vocabulary import Kind, Split

COLUMNS = (
    "name", "chrom", "start", "end", "strand", "label", "kind", "parent", "split", "repeat_share",
    "rank",
)  # fmt: skip
SEQUENCES = ("sequence", "left_flank", "right_flank")
# columns without missing values
_COMPLETE = ("name", "chrom", "start", "end", "label", "kind", "split", "rank")
_REMEDY = "remove it and run again"


@dataclass(frozen=True)
class SequenceSet:
    """Sequences and their annotation.

    Attributes
    ----------
    table
        One row per sequence, with the columns of this module's docstring and index 0 .. N - 1.
    codes
        uint8 (N, F + L + F): the window between its flanks; unknown bases are 4.
    flank
        F, the number of bases on each side that are not part of the window.
    """

    table: pd.DataFrame
    codes: Codes
    flank: int

    def __post_init__(self) -> None:
        if self.codes.ndim != 2 or self.codes.dtype != np.uint8:
            raise ValueError(
                f"codes: found {self.codes.dtype} {self.codes.shape}, expected uint8 (N, L)"
            )
        if len(self.table) != len(self.codes):
            raise ValueError(f"{len(self.table)} rows for {len(self.codes)} sequences")
        missing = [column for column in COLUMNS if column not in self.table.columns]
        if missing:
            raise ValueError(f"table: column {', '.join(missing)} is missing")

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def labels(self) -> NDArray[np.float32]:
        """float32 (N,): 1 for positives, 0 for negatives."""
        return self.table["label"].to_numpy(dtype=np.float32)

    @property
    def windows(self) -> Codes:
        """uint8 (N, L): the sequences without their flanks (a view)."""
        return self.codes[:, self.flank : self.codes.shape[1] - self.flank]

    def select(self, mask: ArrayLike) -> SequenceSet:
        """Return the rows where `mask`, bool (N,), is true, or the rows with these numbers."""
        chosen = np.asarray(mask)
        return SequenceSet(
            self.table[chosen].reset_index(drop=True)
            if chosen.dtype == np.bool_
            else self.table.iloc[chosen].reset_index(drop=True),
            self.codes[chosen],
            self.flank,
        )


def concatenate(sets: Sequence[SequenceSet]) -> SequenceSet:
    """Concatenate sets.

    Raises
    ------
    ValueError
        If no set is given, or if sets differ in the length of windows or flanks.
    """
    if not sets:
        raise ValueError("concatenate: no sequence set was given")
    # sets read from empty files have no window length
    filled = [part for part in sets if len(part) > 0] or [sets[0]]
    shapes = sorted({(part.windows.shape[1], part.flank) for part in filled})
    if len(shapes) > 1:
        raise ValueError(f"sequence sets differ in (window length, flank): {shapes}")
    table = pd.concat([part.table for part in filled], ignore_index=True)
    return SequenceSet(table, np.concatenate([part.codes for part in filled]), filled[0].flank)


def write_sequences(sequences: SequenceSet, path: Pathlike) -> None:
    """Write the table and the columns sequence, left_flank and right_flank as Parquet."""
    flank, width = sequences.flank, sequences.codes.shape[1]
    table = sequences.table.reset_index(drop=True)
    right = width - flank
    table["sequence"] = pd.Series(decode(sequences.codes[:, flank:right]), dtype="str")
    table["left_flank"] = pd.Series(decode(sequences.codes[:, :flank]), dtype="str")
    table["right_flank"] = pd.Series(decode(sequences.codes[:, right:]), dtype="str")
    write_parquet(table, path)


def read_sequences(
    path: Pathlike,
    splits: Collection[str] | None = None,
    kinds: Collection[str] | None = None,
    *,
    need_rows: bool = False,
) -> SequenceSet:
    """Read the sequences of an experiment.

    Parameters
    ----------
    path
        A file written by `write_sequences`.
    splits
        Splits to keep; `None` keeps all.
    kinds
        Kinds to keep; `None` keeps all.
    need_rows
        Whether a file without any sequence is an error. The training part of an experiment that is
        only tested may have none.

    Returns
    -------
    SequenceSet
        The sequences in the order of the file; possibly none.

    Raises
    ------
    InputError
        If the file is missing or damaged, lacks a column or rows, or has sequences of several
        lengths, or labels, kinds or splits that do not exist.
    """
    table = read_parquet(path, columns=(*COLUMNS, *SEQUENCES))
    if need_rows and not len(table):
        raise InputError(f"{path}: the file has no sequences; {_REMEDY}")
    _check_values(table, path)
    widths = [int(table[column].str.len().max()) if len(table) else 0 for column in SEQUENCES]
    keep = np.ones(len(table), dtype=np.bool_)
    for column, wanted in (("split", splits), ("kind", kinds)):
        if wanted is not None:
            keep &= table[column].isin(list(wanted)).to_numpy(dtype=np.bool_)
    table = table[keep].reset_index(drop=True)
    if widths[1] != widths[2]:
        raise InputError(f"{path}: the left flank has {widths[1]} bases, the right {widths[2]}")
    text = table["left_flank"] + table["sequence"] + table["right_flank"]
    try:
        codes = encode(text.tolist()) if len(table) else np.zeros((0, sum(widths)), dtype=np.uint8)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return SequenceSet(table.drop(columns=list(SEQUENCES)), codes, widths[1])


def _check_values(table: pd.DataFrame, path: Pathlike) -> None:
    """Check the columns with few values, and that bases and coordinates are present."""
    for column, known in (("label", (0, 1)), ("split", tuple(Split)), ("kind", tuple(Kind))):
        unknown = table.loc[~table[column].isin(known), column].unique()
        if len(unknown):
            shown = ", ".join("nan" if pd.isna(value) else str(value) for value in unknown[:3])
            expected = ", ".join(map(str, known))
            raise InputError(
                f"{path}: column {column}: found {shown}, expected only {expected}; {_REMEDY}"
            )
    missing = [name for name in (*_COMPLETE, *SEQUENCES) if table[name].isna().any()]
    if missing:
        raise InputError(f"{path}: column {', '.join(missing)} has empty cells; {_REMEDY}")
    texts = [name for name in SEQUENCES if len(table) and not _is_text(table[name])]
    if texts:
        raise InputError(f"{path}: column {', '.join(texts)} is not text; {_REMEDY}")


def _is_text(column: pd.Series) -> bool:
    return pd.api.types.infer_dtype(column) == "string"
