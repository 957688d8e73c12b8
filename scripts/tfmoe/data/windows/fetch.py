"""Windows cut out of the genome: their sequences, unknown bases and shares of repeats."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from tfmoe.core.dna import UNKNOWN, encode_text
from tfmoe.core.vocabulary import Split
from tfmoe.data.datasets import COLUMNS, SequenceSet
from tfmoe.data.intervals import Positions
from tfmoe.data.reading.genome import Genome, cut_windows

# windows per piece, which bounds the memory
_PIECE = 1 << 16
# a chromosome with fewer windows than one per this many bases is not read whole
_SPARSE = 20_000
# for each of the 256 bytes: its base code, and whether it is a soft-masked letter; bases beyond the
# chromosome's ends have byte 4, the code of an unknown base
_CODES = encode_text(bytes(range(256)))
_REPEAT = np.arange(256) >= ord("a")


def unknown_bases(genome: Genome, table: pd.DataFrame) -> Positions:
    """Count the unknown bases of windows: int64 (N,).

    Parameters
    ----------
    genome
        The genome.
    table
        Windows of equal length, with columns chrom, start and end.
    """
    counts = np.zeros(len(table), dtype=np.int64)
    unknown = _CODES == UNKNOWN
    for rows, letters in _pieces(genome, table, 0):
        counts[rows] = np.count_nonzero(unknown[letters], axis=1)
    return counts


def fetch_sequences(genome: Genome, table: pd.DataFrame, flank: int) -> SequenceSet:
    """Cut windows with their flanks, and measure the share of each window that lies in repeats.

    Parameters
    ----------
    genome
        The genome, with repeats in lower case.
    table
        Windows of equal length, with all columns of a sequence set except `repeat_share` and
        `rank`; the rank is set to -1 (unknown).
    flank
        Bases on each side; bases beyond the chromosome's ends are unknown.
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
    genome: Genome, windows: pd.DataFrame, experiment: str, kind: str, flank: int
) -> SequenceSet:
    """Cut out windows that were chosen as negatives.

    Parameters
    ----------
    genome
        The genome.
    windows
        The windows, in any order, with columns chrom, start, end and split.
    experiment, kind
        The experiment that they are negatives of, and their kind; each is named
        ``<experiment>:<kind>:<chrom>:<start>``.
    flank
        Bases on each side.

    Returns
    -------
    SequenceSet
        Sorted by split (in the order of `Split`), chromosome (in the genome's order) and start.
    """
    splits = {split: number for number, split in enumerate(Split)}
    chromosomes = {chrom: number for number, chrom in enumerate(genome.lengths)}
    keys = (windows["start"], windows["chrom"].map(chromosomes), windows["split"].map(splits))
    order = np.lexsort([key.to_numpy(dtype=np.int64) for key in keys])
    table = windows[["chrom", "start", "end", "split"]].iloc[order].reset_index(drop=True)
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
    for key, group in groups.items():
        chrom = str(key)
        sparse = len(group) * _SPARSE < genome.lengths[chrom]
        letters = None if sparse else genome.letters(chrom)
        for begin in range(0, len(group), _PIECE):
            rows = np.asarray(group, dtype=np.int64)[begin : begin + _PIECE]
            if letters is None:
                yield rows, genome.windows(chrom, starts[rows], width)
            else:
                yield rows, _cut(letters, starts[rows], width)


def _cut(letters: NDArray[np.uint8], starts: Positions, width: int) -> NDArray[np.uint8]:
    """Cut windows out of a chromosome, quickly where they lie wholly inside it."""
    beyond = (starts < 0) | (starts + width > len(letters))
    cut = np.empty((len(starts), width), dtype=np.uint8)
    if not beyond.all():
        cut[~beyond] = sliding_window_view(letters, width)[starts[~beyond]]
    cut[beyond] = cut_windows(letters, starts[beyond], width)
    return cut
