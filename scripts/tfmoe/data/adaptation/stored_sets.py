"""The file of an OOD experiment's sets of few peaks, which `tfmoe.data.adaptation.sets` draws.

Models are fitted in environments without the packages that draw the sets.
"""

from __future__ import annotations

from dataclasses import dataclass

from tfmoe.core.files import Pathlike, read_parquet
from tfmoe.data.datasets import SequenceSet, read_sequences

SET_COLUMNS = ("draw", "peaks", "all_peaks")
"""Columns that a file of sets has in addition to those of all sequences."""


@dataclass(frozen=True)
class AdaptationSet:
    """Positives and negatives of one set.

    Attributes
    ----------
    draw
        Number of the draw, from 0.
    peaks
        Number of positives, k.
    all_peaks
        Whether these are all peaks outside the split ``test``, or as many of them as
        `adaptation.max_peaks` allows.
    sequences
        Positives, then negatives.
    """

    draw: int
    peaks: int
    all_peaks: bool
    sequences: SequenceSet


def read_sets(path: Pathlike) -> list[AdaptationSet]:
    """Read the sets of an experiment, sorted by draw, number of peaks, and `all_peaks`.

    Parameters
    ----------
    path
        The sequences of `tfmoe.data.adaptation.sets.DrawnSets`, written by
        `tfmoe.data.datasets.write_sequences`.

    Returns
    -------
    list of AdaptationSet
        Empty for an experiment with too few peaks.

    Raises
    ------
    InputError
        If the file is missing or damaged, or lacks a column.
    """
    sequences = read_sequences(path)
    marks = read_parquet(path, columns=SET_COLUMNS)
    found = []
    distinct = marks.drop_duplicates().sort_values(list(SET_COLUMNS))
    for draw, peaks, whole in distinct.to_numpy(dtype=object).tolist():
        own = sequences.select((marks == [draw, peaks, whole]).all(axis=1).to_numpy())
        found.append(AdaptationSet(draw, peaks, whole, own))
    return found
