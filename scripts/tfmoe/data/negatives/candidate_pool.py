"""Pool of candidate windows for negatives: rejects candidates, records why, and draws the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.compiled import compiled
from tfmoe.data.intervals import Positions, overlaps_table
from tfmoe.data.reading.genome import Genome
from tfmoe.data.windows.fetch import unknown_bases

TOUCHING = "touching a peak of the factor, its margin or the blacklist"
UNKNOWN_BASES = "with too many unknown bases"
DUPLICATE = "duplicated"
OVERLAPPING = "overlapping another candidate"


@dataclass(frozen=True)
class Chosen:
    """Candidates chosen in one split.

    Attributes
    ----------
    table
        chrom, start and end of each, in no particular order.
    reason
        How many candidates there were and why others were rejected, for use in case of a shortage.
    """

    table: pd.DataFrame
    reason: str


class CandidatePool:
    """Candidate windows for negatives of one kind, in all splits.

    Parameters
    ----------
    table
        With columns chrom, start and end; all windows are equally long.
    split
        str or None (N,): the split of each candidate; None for a candidate outside all splits.
    description
        A plural noun for the candidates, such as ``regions of the file``.
    tier
        int (N,): candidates of a lower tier are chosen before all others; `None` if all are equal.
    """

    def __init__(
        self,
        table: pd.DataFrame,
        split: NDArray[np.object_],
        description: str,
        tier: NDArray[Any] | None = None,
    ) -> None:
        self.table = table[["chrom", "start", "end"]].reset_index(drop=True)
        self.split = split
        self.description = description
        self.tier = np.zeros(len(table), dtype=np.int64) if tier is None else tier
        # number of the reason that each candidate was rejected for, 0 for a valid candidate
        self._rejection = np.zeros(len(table), dtype=np.int8)
        self._reasons = [""]

    @property
    def valid_rows(self) -> NDArray[np.int64]:
        """Rows, int64 (M,), of the candidates in some split that were not rejected."""
        return np.flatnonzero((self._rejection == 0) & pd.notna(self.split))

    @property
    def valid_table(self) -> pd.DataFrame:
        """The rows of the table that are valid."""
        return self.table.iloc[self.valid_rows]

    def reject(self, rows: NDArray[np.int64], reason: str) -> None:
        """Reject some of the valid candidates and record why."""
        self._reasons.append(reason)
        self._rejection[rows] = len(self._reasons) - 1

    def reject_touching(self, forbidden: pd.DataFrame, reason: str = TOUCHING) -> None:
        """Reject candidates that overlap a forbidden region (chrom, start, end)."""
        self.reject(self.valid_rows[overlaps_table(self.valid_table, forbidden)], reason)

    def reject_unknown_bases(self, genome: Genome, maximum: float) -> None:
        """Reject candidates with more than a number of unknown bases in the genome."""
        unknown = unknown_bases(genome, self.valid_table)
        self.reject(self.valid_rows[unknown > maximum], UNKNOWN_BASES)

    def reject_duplicates(self) -> None:
        """Keep one of several identical candidates, the first of the lowest tier."""
        rows = self.valid_rows
        rows = rows[np.argsort(self.tier[rows], kind="stable")]
        repeated = self.table.iloc[rows].duplicated(["chrom", "start"]).to_numpy(dtype=np.bool_)
        self.reject(rows[repeated], DUPLICATE)

    def choose(
        self, split: str, number: int, rng: np.random.Generator, apart: bool = False
    ) -> Chosen:
        """Choose candidates of a split, by tier and at random within a tier.

        Parameters
        ----------
        split
            The split.
        number
            How many to choose; fewer are returned if the pool has no more.
        rng
            Random numbers for the choice.
        apart
            Whether the chosen candidates must not overlap one another.
        """
        rows = self.valid_rows
        rows = rng.permutation(rows[self.split[rows] == split])
        rows = rows[np.argsort(self.tier[rows], kind="stable")]
        rejected = self._count_rejected(split)
        if apart:
            disjoint = rows[find_disjoint(self.table.iloc[rows])]
            rejected[OVERLAPPING] = len(rows) - len(disjoint)
            rows = disjoint
        reason = self._describe(split, rejected, len(rows))
        return Chosen(self.table.iloc[rows[:number]], reason)

    def _count_rejected(self, split: str) -> dict[str, int]:
        counts = np.bincount(self._rejection[self.split == split], minlength=len(self._reasons))
        return dict(zip(self._reasons[1:], counts[1:].tolist(), strict=True))

    def _describe(self, split: str, rejected: Mapping[str, int], usable: int) -> str:
        total = int((self.split == split).sum())
        reasons = ", ".join(f"{count} {reason}" for reason, count in rejected.items() if count)
        summary = f"{usable} of {total} {self.description} are usable"
        return f"{summary}; rejected: {reasons}" if reasons else summary


def linear_positions(table: pd.DataFrame) -> Positions:
    """Return the start of each window on one axis for all chromosomes, int64 (N,).

    Parameters
    ----------
    table
        With columns chrom, start and end. On the axis, chromosomes are further apart than any two
        windows that overlap.
    """
    starts = table["start"].to_numpy(dtype=np.int64)
    span = 2 * int(table["end"].max()) + 1 if len(table) else 0
    return np.asarray(pd.factorize(table["chrom"])[0] * span + starts, dtype=np.int64)


def find_disjoint(table: pd.DataFrame) -> NDArray[np.bool_]:
    """Go through equally long windows in order; mark those, (N,), that overlap none kept before."""
    if len(table) == 0:
        return np.zeros(0, dtype=np.bool_)
    positions = linear_positions(table)
    order = np.argsort(positions, kind="stable")
    rank = np.empty(len(positions), dtype=np.int64)
    rank[order] = np.arange(len(positions))
    length = int(table["end"].iloc[0] - table["start"].iloc[0])
    kept: NDArray[np.bool_] = _keep_disjoint(positions[order], rank, length)[rank]
    return kept


def count_overlapping(table: pd.DataFrame) -> int:
    """Count the windows that overlap another one of the table; all are equally long."""
    if len(table) == 0:
        return 0
    length = table["end"].iloc[0] - table["start"].iloc[0]
    close = np.diff(np.sort(linear_positions(table))) < length
    return int((np.append(close, False) | np.append(False, close)).sum())


@compiled
def _keep_disjoint(positions: Any, order: Any, length: int) -> Any:
    """Visit sorted positions in the given order; keep those at least `length` from all kept."""
    kept = np.zeros(len(positions), dtype=np.bool_)
    for row in order:
        free = True
        before = row - 1
        while free and before >= 0 and positions[row] - positions[before] < length:
            free = not kept[before]
            before -= 1
        after = row + 1
        while free and after < len(positions) and positions[after] - positions[row] < length:
            free = not kept[after]
            after += 1
        kept[row] = free
    return kept
