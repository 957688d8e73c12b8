"""Sequences of any length as windows of the model: short ones are padded, long ones are tiled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from tfmoe.core.dna import UNKNOWN, Codes
from tfmoe.data.reading.fasta_stream import Records

LEAST_SHARE = 3
"""A sequence of at least one in so many bases of the window is padded; shorter ones are not
scored, because the score would depend on the padding more than on the sequence."""
TILES_PER_WINDOW = 4
"""By default, tiles begin every quarter of a window. The networks learned from windows with the
summit in the middle; so each base lies within an eighth of a window (12 of 101 bases) of the middle
of a tile, except near the ends, and each site of up to three quarters lies within one tile."""

Positions = NDArray[np.int64]
_Numbers = TypeVar("_Numbers", int, NDArray[np.int64])


@dataclass(frozen=True)
class Stretches:
    """Consecutive records of the input, each with the stretch of sequence that is scored.

    Attributes
    ----------
    table
        One row per record: the first columns of the output, such as ``name``.
    codes
        Bases of all stretches, uint8 (sum of lengths,), with the unknown bases that were added.
    lengths
        int64 (n,): at least the window, or 0 if the record is too short to be scored.
    origins
        int64 (n,): coordinate of the first base of each stretch that was not added.
    left, right
        int64 (n,): unknown bases added on either side.
    lines
        int64 (n,): line number of each record in its file, or its number, from 1.
    """

    table: pd.DataFrame
    codes: Codes
    lengths: Positions
    origins: Positions
    left: Positions
    right: Positions
    lines: Positions


@dataclass(frozen=True)
class Tiles:
    """Windows to score, of one or several records.

    Attributes
    ----------
    codes
        uint8 (n, window).
    records
        int64 (n,), ascending: the number of the record that each tile belongs to, from 0, counted
        from the first record of the input.
    places
        int64 (n, 2): start and end, 0-based and half-open, of the part of the tile that was not
        added, in the coordinates of the record.
    """

    codes: Codes
    records: Positions
    places: Positions


def least_length(window: int) -> int:
    """Return the number of bases from which a sequence is scored."""
    return -(-window // LEAST_SHARE)


def bases_before(window: int, lengths: _Numbers) -> _Numbers:
    """Return the number of a window's bases before a sequence of fewer bases in its middle.

    The middle base of the sequence is the middle base of the window, as the summit of a peak is in
    training. Of an even number of bases, it is the first one after the middle.
    """
    return window // 2 - lengths // 2


def default_stride(window: int) -> int:
    """Return the number of bases between the starts of tiles."""
    return max(window // TILES_PER_WINDOW, 1)


def pad_records(records: Records, window: int, table: pd.DataFrame) -> Stretches:
    """Pad short sequences with unknown bases, the same number on either side if it is even.

    Parameters
    ----------
    records
        The sequences.
    window
        Length of the model's windows, in bases.
    table
        The first columns of the output.
    """
    lengths = records.lengths
    missing = np.where(lengths >= least_length(window), np.maximum(window - lengths, 0), 0)
    left = np.where(missing > 0, bases_before(window, lengths), 0)
    return pad(records, window, table, np.zeros_like(lengths), left, missing - left)


def pad(
    records: Records,
    window: int,
    table: pd.DataFrame,
    origins: Positions,
    left: Positions,
    right: Positions,
) -> Stretches:
    """Add unknown bases on either side of sequences, and drop those that stay too short.

    Parameters
    ----------
    records
        The sequences.
    window
        Length of the model's windows, in bases.
    table
        The first columns of the output.
    origins
        int64 (n,), coordinate of the first base of each sequence.
    left, right
        int64 (n,), numbers of bases to add.
    """
    lengths, codes = records.lengths, records.codes
    padded = lengths + left + right
    used = padded >= window
    padded = np.where(used, padded, 0)
    if not np.array_equal(padded, lengths):
        codes = np.full(int(padded.sum()), UNKNOWN, dtype=np.uint8)
        shift = np.cumsum(padded) - padded + left - (np.cumsum(lengths) - lengths)
        kept = np.repeat(used, lengths)
        target = np.arange(len(records.codes)) + np.repeat(shift, lengths)
        codes[target[kept]] = records.codes[kept]
    return Stretches(table, codes, padded, origins, left, right, records.lines)


def iterate_tiles(
    stretches: Iterable[Stretches], window: int, stride: int, sizes: Iterator[int]
) -> Iterator[Tiles]:
    """Yield the tiles of all records, in order.

    Parameters
    ----------
    stretches
        The records.
    window, stride
        Length of a tile and bases between the starts of tiles. A record's last tile ends with it,
        so that every base is part of one.
    sizes
        Number of tiles to yield at once; only the last time there may be fewer.
    """
    held: list[Tiles] = []
    first_record, wanted = 0, next(sizes)
    for block in stretches:
        records, starts = _tile_starts(block.lengths, window, stride)
        offsets = np.cumsum(block.lengths) - block.lengths
        at = 0
        while at < len(records):
            end = min(at + wanted - sum(len(tiles.records) for tiles in held), len(records))
            part = slice(at, end)
            held.append(_cut(block, window, records[part], starts[part], offsets, first_record))
            at = end
            if sum(len(tiles.records) for tiles in held) == wanted:
                yield _joined(held)
                held, wanted = [], next(sizes)
        first_record += len(block.lengths)
    if held:
        yield _joined(held)


def tile_counts(lengths: Positions, window: int, stride: int) -> Positions:
    """Return the number of tiles of stretches of the given lengths, int64 (n,)."""
    further = -(-np.maximum(lengths - window, 0) // stride)
    return np.where(lengths >= window, 1 + further, 0)


def _tile_starts(lengths: Positions, window: int, stride: int) -> tuple[Positions, Positions]:
    """Return the record of each tile, and the start of each tile in its stretch."""
    counts = tile_counts(lengths, window, stride)
    records = np.repeat(np.arange(len(lengths)), counts)
    order = np.arange(len(records)) - np.repeat(np.cumsum(counts) - counts, counts)
    return records, np.minimum(order * stride, lengths[records] - window)


def _cut(
    block: Stretches,
    window: int,
    records: Positions,
    starts: Positions,
    offsets: Positions,
    first_record: int,
) -> Tiles:
    """Cut tiles of a block of records."""
    codes = sliding_window_view(block.codes, window)[offsets[records] + starts]
    left = block.left[records]
    last = block.lengths[records] - block.right[records]
    places = np.column_stack([np.maximum(starts, left), np.minimum(starts + window, last)])
    places += (block.origins[records] - left)[:, None]
    return Tiles(codes, records + first_record, places)


def _joined(parts: list[Tiles]) -> Tiles:
    if len(parts) == 1:
        return parts[0]
    return Tiles(
        np.concatenate([tiles.codes for tiles in parts]),
        np.concatenate([tiles.records for tiles in parts]),
        np.concatenate([tiles.places for tiles in parts]),
    )
