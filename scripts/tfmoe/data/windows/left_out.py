"""What tells where training factors bind, without one of them: for a pool that leaves it out."""

from __future__ import annotations

from tfmoe.core.files import Pathlike
from tfmoe.data.intervals import read_training_peaks, write_bed
from tfmoe.data.kmers import KmerIndex, read_index, write_index
from tfmoe.data.training_overlap import BY_KMERS


def leave_out_factor(reference: Pathlike, factor: str, path: Pathlike) -> None:
    """Write the merged training peaks, or the index of 31-mers, without those of one factor.

    Parameters
    ----------
    reference
        The file of all factors: ``.bed.gz``, or ``.npz`` in a run without coordinates.
    factor
        The factor; the case of letters is disregarded.
    path
        The file to write, of the same kind; beside peaks stands their index (``.tbi``).

    Raises
    ------
    InputError
        If the reference is missing or damaged.
    """
    if not str(reference).endswith(BY_KMERS):
        peaks = read_training_peaks(reference)
        write_bed(peaks[peaks["factor"].str.upper() != factor.upper()], path)
        return
    index = read_index(reference)
    kept = {name: of for name, of in index.factors.items() if of.upper() != factor.upper()}
    write_index(KmerIndex(index.k, {name: index.kmers[name] for name in kept}, kept), path)
