"""Fetching windows from the genome, with what its lower case says of repeats."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from tfmoe.core.dna import UNKNOWN, encode_text
from tfmoe.data.datasets import COLUMNS, SequenceSet
from tfmoe.data.intervals import Positions
from tfmoe.data.reading.genome import Genome, cut_windows
from tfmoe.data.windows.splits import SPLITS

# windows handled at once: it bounds the memory
_PIECE = 1 << 16
# of all bytes: the code, and whether a letter marks a repeat; what is beyond a chromosome is 4
_CODES = encode_text(bytes(range(256)))
_REPEAT = np.arange(256) >= ord("a")


def unknown_bases(genome: Genome, table: pd.DataFrame) -> Positions:
    """Count the unknown bases of windows: int64 (N,).

    Parameters
    ----------
    genome
        The genome.
    table
        With columns chrom, start and end; all windows are equally long.
    """
    counts = np.zeros(len(table), dtype=np.int64)
    unknown = _CODES == UNKNOWN
    for rows, letters in _pieces(genome, table, 0):
        counts[rows] = np.count_nonzero(unknown[letters], axis=1)
    return counts


def fetch_sequences(genome: Genome, table: pd.DataFrame, flank: int) -> SequenceSet:
    """Fetch windows with their flanks, and the share of each window that lies in repeats.

    Parameters
    ----------
    genome
        The genome, in which lower case marks repeats.
    table
        With the columns of a sequence set but `repeat_share` and `rank`, which is not known; all
        windows are equally long.
    flank
        Bases on each side; what lies beyond the chromosome is unknown.
    """
    length = int(table["end"].iloc[0] - table["start"].iloc[0]) if len(table) else 0
    codes = np.empty((len(table), length + 2 * flank), dtype=np.uint8)
    repeats = np.zeros(len(table), dtype=np.float32)
    for rows, letters in _pieces(genome, table, flank):
        codes[rows] = _CODES[letters]
        window = letters[:, flank : flank + length]
        repeats[rows] = np.count_nonzero(_REPEAT[window], axis=1) / length
    table = table.assign(repeat_share=repeats, rank=np.int64(-1))[list(COLUMNS)]
    table = table.reset_index(drop=True)
    return SequenceSet(table, codes, flank)


def fetch_negatives(
    genome: Genome, places: pd.DataFrame, experiment: str, kind: str, flank: int
) -> SequenceSet:
    """Make sequences of places that were chosen as negatives.

    Parameters
    ----------
    genome
        The genome.
    places
        With columns chrom, start, end and split, in any order.
    experiment, kind
        What they are negatives of; they are named ``<experiment>:<kind>:<chrom>:<start>``.
    flank
        Bases on each side.

    Returns
    -------
    SequenceSet
        Split after split, each in the genome's order.
    """
    splits = {split: rank for rank, split in enumerate(SPLITS)}
    chromosomes = {chrom: rank for rank, chrom in enumerate(genome.lengths)}
    keys = (places["start"], places["chrom"].map(chromosomes), places["split"].map(splits))
    order = np.lexsort([key.to_numpy(dtype=np.int64) for key in keys])
    table = places[["chrom", "start", "end", "split"]].iloc[order].reset_index(drop=True)
    table = table.assign(
        name=f"{experiment}:{kind}:" + table["chrom"] + ":" + table["start"].astype("str"),
        strand=".",
        label=np.int8(0),
        kind=kind,
        parent=pd.Series(None, index=table.index, dtype="str"),
    )
    return fetch_sequences(genome, table, flank)


def _pieces(
    genome: Genome, table: pd.DataFrame, flank: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint8]]]:
    """Yield row numbers, (M,), and letters with flanks, uint8 (M, F + L + F), piece by piece."""
    starts = table["start"].to_numpy(dtype=np.int64) - flank
    width = int(table["end"].iloc[0] - table["start"].iloc[0]) + 2 * flank if len(table) else 0
    groups = table.reset_index(drop=True).groupby("chrom", sort=False).indices
    for chrom, group in groups.items():
        letters = genome.letters(str(chrom))
        for begin in range(0, len(group), _PIECE):
            rows = np.asarray(group, dtype=np.int64)[begin : begin + _PIECE]
            yield rows, _cut(letters, starts[rows], width)


def _cut(letters: NDArray[np.uint8], starts: Positions, width: int) -> NDArray[np.uint8]:
    beyond = (starts < 0) | (starts + width > len(letters))
    cut = np.empty((len(starts), width), dtype=np.uint8)
    if not beyond.all():
        cut[~beyond] = sliding_window_view(letters, width)[starts[~beyond]]
    cut[beyond] = cut_windows(letters, starts[beyond], width)
    return cut
