"""Test windows of unseen factors with all scores that the controls need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.dna import Codes
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, read_parquet
from tfmoe.core.vocabulary import EXPERT, Kind, Split, Subset, kind_order
from tfmoe.data.datasets import read_sequences
from tfmoe.models.conditioned.columns import GENERALIST, KMERS_OF, POOLED_KMERS
from tfmoe.models.conditioned.evidence import UNKNOWN
from tfmoe.models.conditioned.scores import Floats, MemberScores

Mask = NDArray[np.bool_]

_REMEDY = "remove the predictions of the experiment and run again"


@dataclass(frozen=True)
class ControlledExperiment:
    """An experiment of the run.

    Attributes
    ----------
    experiment, factor
        Names of the experiment and its factor.
    family
        The factor's family of DNA-binding domains, or ``-``.
    stratum
        One of `tfmoe.core.vocabulary.Stratum`, or ``-``.
    """

    experiment: str
    factor: str
    family: str
    stratum: str


@dataclass(frozen=True)
class ControlFiles:
    """Files of an experiment of an unseen factor.

    Attributes
    ----------
    predictions
        ``predictions/<x>.parquet``.
    members
        ``predictions/<x>.members.parquet``.
    sequences
        ``sequences/<x>.parquet``.
    """

    predictions: Pathlike
    members: Pathlike
    sequences: Pathlike


@dataclass(frozen=True, eq=False)
class UnseenSet:
    """The N test windows of an experiment.

    Attributes
    ----------
    labels
        The experiment.
    table
        One row per window: the columns of its predictions and of its members.
    codes
        uint8 (N, L).
    """

    labels: ControlledExperiment
    table: pd.DataFrame
    codes: Codes

    @property
    def positive(self) -> Mask:
        """bool, (N,)."""
        found: Mask = self.table["label"].to_numpy() == 1
        return found

    def column(self, name: str) -> Floats:
        """Return a column as float64, (N,)."""
        return self.table[name].to_numpy(dtype=np.float64)

    def members(self, seed: int) -> MemberScores:
        """Return the scores of all members for one training seed.

        Raises
        ------
        InputError
            If a score is missing.
        """
        suffix = f"_seed{seed}"
        if GENERALIST + suffix not in self.table:
            raise InputError(
                f"members of {self.labels.experiment}: column {GENERALIST + suffix} is missing; "
                f"{_REMEDY}"
            )
        names = list(map(str, self.table))
        networks = {
            name.removeprefix(EXPERT).removesuffix(suffix): self.column(name)
            for name in names
            if name.startswith(EXPERT) and name.endswith(suffix)
        }
        kmers = {
            name.removeprefix(KMERS_OF): self.column(name)
            for name in names
            if name.startswith(KMERS_OF)
        }
        pooled = self.column(POOLED_KMERS) if POOLED_KMERS in self.table else None
        return MemberScores(self.codes, networks, self.column(GENERALIST + suffix), kmers, pooled)

    def select(self, rows: Mask) -> UnseenSet:
        """Return some windows; `rows` is bool (N,)."""
        return UnseenSet(self.labels, self.table[rows].reset_index(drop=True), self.codes[rows])

    def subsets(self, kind: str) -> dict[str, Mask]:
        """Return the positives and the negatives of one kind, bool (N,), by subset.

        ``no_overlap`` is missing if overlap with training peaks is not known.
        """
        used = self.positive | (self.table["kind"] == kind).to_numpy(dtype=np.bool_)
        found: dict[str, Mask] = {Subset.ALL: used}
        flag = self.table["overlaps_training_peak"]
        if not flag.isna().any():
            found[Subset.NO_OVERLAP] = used & ~flag.to_numpy(dtype=np.bool_)
        return found


def read_unseen(labels: ControlledExperiment, files: ControlFiles) -> UnseenSet:
    """Read the test windows of an experiment.

    Raises
    ------
    InputError
        If a file is missing or damaged, or if the files have different windows.
    """
    predictions, members = read_parquet(files.predictions), read_parquet(files.members)
    if predictions["name"].tolist() != members["name"].tolist():
        raise InputError(
            f"{files.members}: found other windows than in {files.predictions}; {_REMEDY}"
        )
    table = pd.concat([predictions, members.drop(columns="name")], axis=1)
    table = table[table["split"] == Split.TEST].reset_index(drop=True)
    test = read_sequences(files.sequences, splits=[Split.TEST])
    if table["name"].tolist() != test.table["name"].tolist():
        raise InputError(
            f"{files.predictions}: found other test windows than in {files.sequences}; {_REMEDY}"
        )
    return UnseenSet(labels, table, np.ascontiguousarray(test.windows))


def primary_negatives(sets: Sequence[UnseenSet]) -> str:
    """Return the primary kind of negatives of the sets: genomic if any set has these."""
    kinds = {str(kind) for one in sets for kind in one.table.loc[one.table["label"] == 0, "kind"]}
    return min(kinds, key=kind_order, default=str(Kind.GENOMIC))


def all_positives(sets: Sequence[UnseenSet]) -> UnseenSet:
    """Return the positives of all sets, with their experiment and factor in the table."""
    parts = [one.select(one.positive) for one in sets]
    names = ("experiment", "factor")
    tables = [
        part.table.assign(**{name: getattr(part.labels, name) for name in names}) for part in parts
    ]
    codes = np.concatenate([part.codes for part in parts])
    return UnseenSet(sets[0].labels, pd.concat(tables, ignore_index=True), codes)


def families_of(
    experiments: Sequence[ControlledExperiment], curated: Mapping[str, str]
) -> dict[str, str]:
    """Return the family of each factor: the stated one or, without it, the curated one."""
    factors = dict.fromkeys(one.factor for one in experiments)
    stated = {one.factor: one.family for one in experiments if one.family != UNKNOWN}
    return {factor: stated.get(factor, curated.get(factor, UNKNOWN)) for factor in factors}
