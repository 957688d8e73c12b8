"""Inputs of the data stage's jobs that depend on other experiments of the table.

Experiments are in the order of their names, so that reordered rows of the table rerun nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tfmoe.core.experiments import Experiment
from tfmoe.core.vocabulary import Kind, Role
from tfmoe.data.negatives.parts import Part
from tfmoe.workflow.input_digests import source_paths
from tfmoe.workflow.input_files import InputFiles, unchecked
from tfmoe.workflow.locations import Location

ADAPTATION_SEQUENCES = "<results>/sequences/adaptation/{experiment}.parquet"
"""Sets of few peaks of an experiment, with negatives, for `adaptation.stored_sets` to read."""
ADAPTATION_SUMMARY = "<results>/sequences/adaptation/{experiment}.tsv"

InputFunction = Callable[[Any], list[Any]]
"""Function of a job's wildcards."""


@dataclass(frozen=True)
class DataInputs:
    """Inputs of the data stage's jobs.

    Attributes
    ----------
    experiments
        The experiment table.
    files
        The input files.
    negatives
        The section `negatives` of the config.
    """

    experiments: Mapping[str, Experiment]
    files: InputFiles
    negatives: Mapping[str, Any]

    def same_factor(self, experiment: str) -> list[str]:
        """Return the experiments of an experiment's factor whose peaks its negatives avoid.

        Those of a training experiment depend on training experiments only: peaks that are
        predicted later, of the same factor in other cells, may not shape what networks learn.
        """
        trains = self.experiments[experiment].role == Role.TRAIN
        return [
            name
            for name in self._by_factor[self._factor(experiment)]
            if not (trains and self.experiments[name].role != Role.TRAIN)
        ]

    def peaks_of_factor(self, experiment: str) -> list[Location]:
        """Return the peak files of all experiments of an experiment's factor."""
        return [file for name in self.same_factor(experiment) for file in self.files.peaks[name]]

    def other_factors(self, experiment: str, part: Part) -> list[str]:
        """Return the training experiments of other factors that a part draws negatives from."""
        if not self._draws(experiment, part, Kind.OTHER_FACTOR):
            return []
        return [
            name
            for name in sorted(self.experiments)
            if self.experiments[name].role == Role.TRAIN
            and self._factor(name) != self._factor(experiment)
        ]

    def user_negatives(self, experiment: str, part: Part) -> list[Location]:
        """Return the files of the user's own negatives that a part draws from."""
        return self.files.negatives[experiment] if self._draws(experiment, part, Kind.FILE) else []

    def reading(self, *experiments: str) -> list[Any]:
        """Return for each peak file of experiments how it is read, as the table states it."""
        return [
            choices
            for name in experiments
            for choices in self.experiments[name].reading(len(self.files.peaks[name]))
        ]

    def other_factors_of(self, part: Part) -> InputFunction:
        """Return a rule's input function for `other_factors`."""
        return lambda wildcards: self.other_factors(wildcards.experiment, part)

    def user_negatives_of(self, part: Part) -> InputFunction:
        """Return a rule's input function for the paths of `user_negatives`."""
        return lambda wildcards: source_paths(self.user_negatives(wildcards.experiment, part))

    def user_checksums_of(self, part: Part) -> InputFunction:
        """Return a rule's input function for the checksums of `user_negatives`."""
        return lambda wildcards: unchecked(self.user_negatives(wildcards.experiment, part))

    def _draws(self, experiment: str, part: Part, kind: Kind) -> bool:
        splits = part.splits_with_negatives(self.experiments[experiment].role)
        return bool(splits) and self.negatives[part.config_key][kind] > 0

    @cached_property
    def _by_factor(self) -> dict[str, list[str]]:
        """Experiments of each factor, sorted; with many experiments, a search is slow."""
        found: dict[str, list[str]] = {}
        for name in sorted(self.experiments):
            found.setdefault(self._factor(name), []).append(name)
        return found

    def _factor(self, experiment: str) -> str:
        return self.experiments[experiment].factor.upper()
