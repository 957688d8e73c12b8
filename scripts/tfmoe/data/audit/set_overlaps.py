"""Overlap of each set with each training set: by coordinates or, where there are none, 31-mers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.experiments import Experiment
from tfmoe.core.files import Pathlike
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
    """The positives of each training experiment: where they lie, or their 31-mers.

    Attributes
    ----------
    factors
        For each training experiment its factor.
    regions
        For each training experiment and chromosome its sorted, disjoint regions; `None` in a run
        without coordinates.
    index
        Their 31-mers in a run without coordinates.
    """

    factors: Mapping[str, str]
    regions: Mapping[str, Mapping[str, tuple[Positions, Positions]]] | None
    index: KmerIndex | None

    @property
    def by(self) -> str:
        """What overlap is told by, in the words of the table."""
        return "31-mers" if self.regions is None else "coordinates"

    def overlapping(self, sequences: SequenceSet, names: list[str]) -> dict[str, Flags]:
        """Say for each of some training experiments which sequences overlap it: bool (N,) each."""
        if self.index is not None:
            kmers = canonical_kmers(sequences.windows, self.index.k)
            known = self.index.kmers
            return {name: shared(kmers, known[name]).sum(axis=1) > 0 for name in names}
        regions = self.regions or {}
        return {name: _lie_in(sequences.table, regions.get(name, {})) for name in names}


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
        If it is missing or damaged.
    """
    factors = {name: row.factor for name, row in experiments.items() if row.role == "train"}
    if str(path).endswith(BY_KMERS):
        return TrainingSets(factors, None, read_index(path))
    peaks = read_training_peaks(path)
    groups = peaks.groupby("experiment", observed=True)
    return TrainingSets(factors, {str(name): by_chromosome(part) for name, part in groups}, None)


def overlap_rows(
    name: str, experiment: Experiment, sequences: SequenceSet, trained: TrainingSets
) -> pd.DataFrame:
    """Compare the test positives of one set with each training set of another factor.

    Parameters
    ----------
    name, experiment
        The set, from the experiment table.
    sequences
        Its sequences, or at least all of its positives.
    trained
        The training sets.

    Returns
    -------
    DataFrame
        `COLUMNS`, one row a training experiment, the last one for all of them (`ANY`). Where there
        are no coordinates, a set that trains an expert is also compared with the other splits of
        its own, as a split by rank parts neighbours on the genome.
    """
    table = sequences.table
    tested = sequences.select((table["label"] == 1) & (table["split"] == "test"))
    own = experiment.factor.upper()
    others = [other for other, factor in trained.factors.items() if factor.upper() != own]
    # by 31-mers a training set is what its expert is trained on, which leaves out its test
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


def _lie_in(table: pd.DataFrame, regions: Mapping[str, tuple[Positions, Positions]]) -> Flags:
    found = np.zeros(len(table), dtype=np.bool_)
    starts = table["start"].to_numpy(dtype=np.int64)
    ends = table["end"].to_numpy(dtype=np.int64)
    for chrom, rows in table.groupby("chrom", sort=False).indices.items():
        if str(chrom) in regions:
            found[rows] = overlaps_disjoint(starts[rows], ends[rows], *regions[str(chrom)])
    return found
