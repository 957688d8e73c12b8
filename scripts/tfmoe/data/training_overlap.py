"""Overlap of sequences with the binding sites of training factors.

With coordinates, a sequence overlaps a training factor's peak or not. All peaks of the training
experiments count, also those on test chromosomes, so sequences without overlap are bound by no
training factor. Without coordinates, a sequence is compared by 31-mers with the positives that
networks are trained, fitted or selected on.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tfmoe.data.datasets import SequenceSet
from tfmoe.data.intervals import overlaps_table, read_training_peaks
from tfmoe.data.kmers import read_index, shared_share

BY_KMERS = ".npz"


def overlaps_training(
    sequences: SequenceSet, reference: Path, ignore_factor: str | None = None
) -> NDArray[np.bool_]:
    """Return which sequences overlap a peak, or a positive, of a training experiment.

    Parameters
    ----------
    sequences
        The sequences; their flanks are ignored.
    reference
        For sequences with coordinates, the merged training peaks (``.bed.gz``). For others, the
        31-mer index of the training experiments' positives outside the split test (``.npz``): a
        sequence that shares a 31-mer, on either strand, counts as overlapping.
    ignore_factor
        Training experiments of this factor are ignored (regardless of case).

    Returns
    -------
    bool (N,)
        Shuffles have the value of their parents.

    Raises
    ------
    InputError
        If `reference` is missing or damaged.
    """
    if not str(reference).endswith(BY_KMERS):
        peaks = read_training_peaks(reference)
        if ignore_factor is not None:
            peaks = peaks[peaks["factor"].str.upper() != ignore_factor.upper()]
        return overlaps_table(sequences.table, peaks)
    index = read_index(reference)
    found = shared_share(sequences.windows, index.without_factor(ignore_factor), index.k) > 0
    return _inherit_from_parents(sequences, found)


def _inherit_from_parents(sequences: SequenceSet, found: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Replace the values of shuffles by those of their parents, whose coordinates they share."""
    row_of = {name: row for row, name in enumerate(sequences.table["name"])}
    parents = sequences.table["parent"].map(row_of)
    known = parents.notna().to_numpy(dtype=np.bool_)
    whole = found.copy()
    whole[known] = found[parents[known].to_numpy(dtype=np.int64)]
    return whole
