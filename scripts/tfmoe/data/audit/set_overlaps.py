"""Overlap of each set with each training set, by coordinates or else by shared 31-mers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.experiments import Experiment
from tfmoe.core.files import Pathlike
from tfmoe.core.vocabulary import Role, Split, Stratum
from tfmoe.data.audit.homology import ANY
from tfmoe.data.datasets import SequenceSet
from tfmoe.data.intervals import (
    Positions,
    by_chromosome,
    overlaps_disjoint,
    read_training_peaks,
)
from tfmoe.data.kmers import KmerIndex, canonical_kmers, read_index, shared
from tfmoe.data.training_overlap import BY_KMERS

COLUMNS = (
    "experiment", "factor", "stratum", "training_experiment", "training_factor", "n", "overlapping",
    "share", "by",
)  # fmt: skip

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class TrainingSets:
    """The positives of each training experiment: their regions or their 31-mers.

    Attributes
    ----------
    factors
        Factor of each training experiment.
    regions
        Sorted, disjoint regions by training experiment and chromosome; `None` in a run without
        coordinates.
    index
        Index of the 31-mers in a run without coordinates, else `None`.
    """

    factors: Mapping[str, str]
    regions: Mapping[str, Mapping[str, tuple[Positions, Positions]]] | None
    index: KmerIndex | None

    @property
    def by(self) -> str:
        """Name in the table of the way in which overlap is determined."""
        return "31-mers" if self.regions is None else "coordinates"

    def overlapping(self, sequences: SequenceSet, names: list[str]) -> dict[str, Flags]:
        """Return which sequences overlap each of the named experiments: bool (N,) each."""
        if self.index is not None:
            kmers = canonical_kmers(sequences.windows, self.index.k)
            known = self.index.kmers
            return {name: shared(kmers, known[name]).sum(axis=1) > 0 for name in names}
        regions = self.regions or {}
        return {name: _overlaps(sequences.table, regions.get(name, {})) for name in names}


def read_training_sets(path: Pathlike, experiments: Mapping[str, Experiment]) -> TrainingSets:
    """Read the merged training peaks (``.bed.gz``) or the index of 31-mers (``.npz``).

    Parameters
    ----------
    path
        The file.
    experiments
        The experiment table.

    Raises
    ------
    InputError
        If the file is missing or damaged.
    """
    factors = {name: row.factor for name, row in experiments.items() if row.role == Role.TRAIN}
    if str(path).endswith(BY_KMERS):
        return TrainingSets(factors, None, read_index(path))
    peaks = read_training_peaks(path)
    groups = peaks.groupby("experiment", observed=True)
    return TrainingSets(factors, {str(name): by_chromosome(part) for name, part in groups}, None)


def overlap_rows(
    name: str, experiment: Experiment, sequences: SequenceSet, trained: TrainingSets
) -> pd.DataFrame:
    """Compare the test positives of one set with training sets.

    Parameters
    ----------
    name, experiment
        Name and row of the set in the experiment table.
    sequences
        The set's sequences, or at least all of its positives.
    trained
        The training sets.

    Returns
    -------
    DataFrame
        `COLUMNS`, one row per training experiment of another factor, and a last one for all of them
        (`ANY`). A training factor in other cells (stratum ``same_factor``) is also compared with
        its own training experiments. In a run without coordinates, a set that trains an expert is
        also compared with its own other splits, because a split by rank separates neighbours on the
        genome.
    """
    table = sequences.table
    tested = sequences.select((table["label"] == 1) & (table["split"] == Split.TEST))
    own = experiment.factor.upper()
    others = [
        other
        for other, factor in trained.factors.items()
        if factor.upper() != own or experiment.stratum == Stratum.SAME_FACTOR
    ]
    # the index of 31-mers has the training splits of a set only, without its test split
    itself = [name] if trained.index is not None and name in trained.factors else []
    flags = trained.overlapping(tested, [*others, *itself])
    flags[ANY] = np.zeros(len(tested), dtype=np.bool_)
    for other in others:
        flags[ANY] |= flags[other]
    rows = [
        {
            "experiment": name,
            "factor": experiment.factor,
            "stratum": experiment.stratum,
            "training_experiment": other,
            "training_factor": trained.factors.get(other, ANY),
            "n": len(found),
            "overlapping": int(found.sum()),
            "share": found.mean() if len(found) else np.nan,
            "by": trained.by,
        }
        for other, found in flags.items()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _overlaps(table: pd.DataFrame, regions: Mapping[str, tuple[Positions, Positions]]) -> Flags:
    found = np.zeros(len(table), dtype=np.bool_)
    starts = table["start"].to_numpy(dtype=np.int64)
    ends = table["end"].to_numpy(dtype=np.int64)
    for chrom, rows in table.groupby("chrom", sort=False).indices.items():
        if str(chrom) in regions:
            found[rows] = overlaps_disjoint(starts[rows], ends[rows], *regions[str(chrom)])
    return found
