"""Counts of the sequences that are scored, for notes to the user."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tfmoe.application.reading.tiling import Stretches, least_length


@dataclass
class PredictSummary:
    """Counts of the records of an input, for notes.

    Attributes
    ----------
    window
        Length of the model's windows, in bases.
    records
        All records.
    short
        Those that are too short to be scored.
    first_short
        Name and line of the first of them.
    padded
        Scored records with unknown bases added.
    tiled
        Records with more than one tile.
    unknown
        Records whose window has fewer known bases than the least length of a sequence.
    no_threshold
        Why there is no threshold; empty if there is one.
    """

    window: int
    records: int = 0
    short: int = 0
    first_short: tuple[str, int] | None = None
    padded: int = 0
    tiled: int = 0
    unknown: int = 0
    no_threshold: str = ""
    _hashes: list[NDArray[np.int64]] = field(default_factory=list, repr=False)

    @property
    def repeated(self) -> int:
        """Records whose name an earlier record has."""
        if not self._hashes:
            return 0
        return self.records - len(np.unique(np.concatenate(self._hashes)))

    def count(self, block: Stretches, tiles: NDArray[np.int64]) -> None:
        """Count a block of records with their numbers of tiles."""
        names = block.table["name"].tolist()
        short = tiles == 0
        if self.first_short is None and short.any():
            row = int(short.argmax())
            self.first_short = names[row], int(block.lines[row])
        self.records += len(names)
        self.short += int(short.sum())
        self.padded += int(((block.left + block.right > 0) & ~short).sum())
        self.tiled += int((tiles > 1).sum())
        # hashes instead of names, which would need ten times the memory
        self._hashes.append(np.fromiter(map(hash, names), dtype=np.int64, count=len(names)))

    def count_known(self, known: NDArray[np.int64]) -> None:
        """Count scored records by the numbers of known bases in their windows, int64 (n,)."""
        self.unknown += int((known < least_length(self.window)).sum())

    def notes(self) -> list[str]:
        """Return a sentence about each kind of record that a user should know of."""
        least = least_length(self.window)
        found = []
        if self.first_short is not None:
            name, line = self.first_short
            found.append(
                f"{self.short:,} of {self.records:,} sequences have fewer than {least} bases and "
                f"no score; the first is {name} (line {line})"
            )
        if self.padded:
            found.append(
                f"{self.padded:,} of {self.records:,} sequences were padded with unknown bases to "
                f"{self.window} (column padded)"
            )
        if self.tiled:
            found.append(
                f"{self.tiled:,} of {self.records:,} sequences are longer than {self.window} bases "
                "and have the score of their best tile (columns tile_start, tile_end); the more "
                "tiles, the higher is the best of them by chance"
            )
        if self.unknown:
            found.append(
                f"{self.unknown:,} of {self.records:,} sequences have fewer than {least} known "
                "bases in their window; their scores mean little"
            )
        if self.repeated:
            found.append(
                f"{self.repeated:,} of {self.records:,} sequences have the name of an earlier one; "
                "all are kept, in their order"
            )
        if self.no_threshold:
            found.append(f"the column threshold is empty: {self.no_threshold}")
        return found
