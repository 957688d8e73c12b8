"""Which sequences lie where a training factor binds: by coordinates, else by shared 31-mers.

By coordinates all peaks of the training experiments count, those on the test chromosomes too, on
which no expert is trained: what overlaps none of them is bound by no training factor. Without
coordinates only what experts are trained, fitted or chosen on can be told, by its 31-mers.
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
    """Say which sequences overlap a peak, or a positive, of a training experiment.

    Parameters
    ----------
    sequences
        The sequences; their flanks do not count.
    reference
        The merged training peaks (``.bed.gz``), where sequences have coordinates. Else the index of
        the 31-mers of the training experiments' positives outside the split test (``.npz``): a
        sequence that shares one, on either strand, counts as overlapping.
    ignore_factor
        Training experiments of this factor do not count (the case of letters is disregarded).

    Returns
    -------
    bool (N,)
        A shuffle overlaps what its parent overlaps.

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
    return _as_parents(sequences, found)


def _as_parents(sequences: SequenceSet, found: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Give shuffles the answer of their parents, as they have it by coordinates."""
    row_of = {name: row for row, name in enumerate(sequences.table["name"])}
    parents = sequences.table["parent"].map(row_of)
    known = parents.notna().to_numpy(dtype=np.bool_)
    whole = found.copy()
    whole[known] = found[parents[known].to_numpy(dtype=np.int64)]
    return whole
