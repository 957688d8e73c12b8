"""Training peaks (or their 31-mers) with one factor removed, for a pool trained without it."""

from __future__ import annotations

from tfmoe.core.files import Pathlike
from tfmoe.data.intervals import read_training_peaks, write_bed
from tfmoe.data.kmers import KmerIndex, read_index, write_index
from tfmoe.data.training_overlap import BY_KMERS


def leave_out_factor(reference: Pathlike, factor: str, path: Pathlike) -> None:
    """Write the merged training peaks, or the 31-mer index, without one factor.

    Parameters
    ----------
    reference
        The file with all factors: ``.bed.gz``, or ``.npz`` in a run without coordinates.
    factor
        The factor to remove, ignoring case.
    path
        The file to write, in the same format; peaks get a tabix index (``.tbi``).

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
    kept = {name: other for name, other in index.factors.items() if other.upper() != factor.upper()}
    write_index(KmerIndex(index.k, {name: index.kmers[name] for name in kept}, kept), path)
