"""Places offered for negatives: what is wrong with each, and the choice among the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.data.compiled import compiled
from tfmoe.data.intervals import Positions

TOUCHES = "touch a peak of the factor, its margin or the blacklist"
UNKNOWN_BASES = "hold too many unknown bases"
DUPLICATE = "stand there twice"
OVERLAP = "overlap another one"


@dataclass(frozen=True)
class Chosen:
    """Places chosen in one split.

    Attributes
    ----------
    table
        chrom, start and end of each, in no particular order.
    why
        What became of all places offered, for when they were too few.
    """

    table: pd.DataFrame
    why: str


class Offer:
    """Places offered for negatives of one kind, in all splits.

    Parameters
    ----------
    table
        With columns chrom, start and end; all places are equally long.
    split
        str or None (N,): the split that each is offered for, None for none.
    what
        What the places are, to name them in a reason.
    tier
        int (N,): places of a lower tier are chosen before all others; `None` if they are alike.
    """

    def __init__(
        self,
        table: pd.DataFrame,
        split: NDArray[np.object_],
        what: str,
        tier: NDArray[Any] | None = None,
    ) -> None:
        self.table = table[["chrom", "start", "end"]].reset_index(drop=True)
        self.split = split
        self.what = what
        self.tier = np.zeros(len(table), dtype=np.int64) if tier is None else tier
        # of each place the number of its first fault, 0 for none
        self._fault = np.zeros(len(table), dtype=np.int8)
        self._faults = [""]

    @property
    def fine(self) -> NDArray[np.int64]:
        """Rows, int64 (M,), of the places with which nothing is wrong so far."""
        return np.flatnonzero((self._fault == 0) & pd.notna(self.split))

    def reject(self, rows: NDArray[np.int64], fault: str) -> None:
        """Say what is wrong with some of the `fine` places."""
        self._faults.append(fault)
        self._fault[rows] = len(self._faults) - 1

    def reject_duplicates(self) -> None:
        """Of several places that are one and the same, keep the first of the lowest tier."""
        rows = self.fine
        rows = rows[np.argsort(self.tier[rows], kind="stable")]
        again = self.table.iloc[rows].duplicated(["chrom", "start"]).to_numpy(dtype=np.bool_)
        self.reject(rows[again], DUPLICATE)

    def choose(
        self, split: str, asked: int, rng: np.random.Generator, apart: bool = False
    ) -> Chosen:
        """Choose up to `asked` places of a split, by tier and then at random.

        Parameters
        ----------
        split
            The split.
        asked
            How many to choose.
        rng
            Decides which.
        apart
            Whether no place chosen may overlap another one.
        """
        rows = self.fine
        rows = rng.permutation(rows[self.split[rows] == split])
        rows = rows[np.argsort(self.tier[rows], kind="stable")]
        counts = self._counts(split)
        if apart:
            free = rows[places_apart(self.table.iloc[rows])]
            counts[OVERLAP] = len(rows) - len(free)
            rows = free
        return Chosen(self.table.iloc[rows[:asked]], self._reason(split, counts, len(rows)))

    def _counts(self, split: str) -> dict[str, int]:
        found = np.bincount(self._fault[self.split == split], minlength=len(self._faults))
        return dict(zip(self._faults[1:], found[1:].tolist(), strict=True))

    def _reason(self, split: str, counts: Mapping[str, int], left: int) -> str:
        dropped = [f"{count} {fault}" for fault, count in counts.items() if count]
        total = int((self.split == split).sum())
        return "; ".join([f"there are {total} {self.what}", *dropped, f"{left} are left"])


def place_numbers(table: pd.DataFrame) -> Positions:
    """Return a number for each place, int64 (N,): its start, and far more a chromosome.

    Parameters
    ----------
    table
        With columns chrom, start and end.
    """
    starts = table["start"].to_numpy(dtype=np.int64)
    span = 2 * int(table["end"].max()) + 1 if len(table) else 0
    return np.asarray(pd.factorize(table["chrom"])[0] * span + starts, dtype=np.int64)


def places_apart(table: pd.DataFrame) -> NDArray[np.bool_]:
    """Go through equally long places in order, and say which, (N,), overlap none kept before."""
    if len(table) == 0:
        return np.zeros(0, dtype=np.bool_)
    keys = place_numbers(table)
    by_place = np.argsort(keys, kind="stable")
    turn = np.empty(len(keys), dtype=np.int64)
    turn[by_place] = np.arange(len(keys))
    length = int(table["end"].iloc[0] - table["start"].iloc[0])
    kept: NDArray[np.bool_] = _keep_apart(keys[by_place], turn, length)[turn]
    return kept


def count_overlapping(table: pd.DataFrame) -> int:
    """Count the places that overlap another of the table; all are equally long."""
    if len(table) == 0:
        return 0
    close = np.diff(np.sort(place_numbers(table))) < table["end"].iloc[0] - table["start"].iloc[0]
    return int((np.append(close, False) | np.append(False, close)).sum())


@compiled
def _keep_apart(keys: Any, turn: Any, length: int) -> Any:
    """Keep sorted places in the order of `turn` that lie `length` from all kept before."""
    kept = np.zeros(len(keys), dtype=np.bool_)
    for row in turn:
        free = True
        before = row - 1
        while free and before >= 0 and keys[row] - keys[before] < length:
            free = not kept[before]
            before -= 1
        after = row + 1
        while free and after < len(keys) and keys[after] - keys[row] < length:
            free = not kept[after]
            after += 1
        kept[row] = free
    return kept
