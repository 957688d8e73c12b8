"""Context in which the negatives of one experiment are drawn; every kind gets the same one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tfmoe.core.seeds import generator
from tfmoe.core.vocabulary import Kind
from tfmoe.data.datasets import SequenceSet
from tfmoe.data.negatives.candidate_pool import CandidatePool, count_overlapping
from tfmoe.data.negatives.parts import NegativeSettings
from tfmoe.data.negatives.summary import NO_COMPROMISES, Compromises, KindSummary, summarise
from tfmoe.data.reading.genome import Genome
from tfmoe.data.reading.peaks import PlacedPeaks
from tfmoe.data.windows.fetch import fetch_negatives
from tfmoe.data.windows.select import WindowSettings, footprints


@dataclass(frozen=True)
class NegativeSources:
    """Sources of the negatives of one experiment.

    Attributes
    ----------
    genome
        The genome.
    regions
        Regions of the splits, as `tfmoe.data.windows.splits.split_regions` returns them.
    peaks
        Peaks of all experiments of the factor, on the genome.
    blacklist
        Regions with chrom, start and end.
    others
        Positive windows of each training experiment of another factor.
    supplied
        The user's own negatives, or `None`.
    """

    genome: Genome
    regions: pd.DataFrame
    peaks: pd.DataFrame
    blacklist: pd.DataFrame
    others: Sequence[pd.DataFrame] = ()
    supplied: PlacedPeaks | None = None


@dataclass(frozen=True)
class KindNegatives:
    """Negatives of one kind in one split, and their summary."""

    sequences: SequenceSet
    summary: KindSummary


@dataclass(frozen=True)
class DrawingContext:
    """Positives, sources and settings of one experiment.

    Attributes
    ----------
    experiment
        The experiment's name.
    positives
        Positives of each split in which negatives are drawn.
    sources
        Sources of negatives.
    settings, windows
        The settings of negatives and windows.
    seed
        Seed of the run. Each kind and split has its own stream of random numbers.
    """

    experiment: str
    positives: Mapping[str, SequenceSet]
    sources: NegativeSources
    settings: NegativeSettings
    windows: WindowSettings
    seed: int

    def numbers(self, kind: Kind) -> dict[str, int]:
        """Return the number of negatives to draw in each split in which it is not zero."""
        ratio = self.settings.ratios[kind]
        numbers = {split: round(ratio * len(own)) for split, own in self.positives.items()}
        return {split: number for split, number in numbers.items() if number}

    def rng(self, kind: Kind, split: str) -> np.random.Generator:
        """Return the random numbers of one kind and split."""
        return generator(self.seed, "negatives", self.experiment, kind, split)

    def forbidden(self, margin: int) -> pd.DataFrame:
        """Return the regions that negatives must not touch, as `forbidden_regions` does."""
        sources = self.sources
        return forbidden_regions(sources.peaks, sources.blacklist, self.windows.length, margin)

    def fetch(self, kind: Kind, windows: Mapping[str, pd.DataFrame]) -> dict[str, SequenceSet]:
        """Fetch the sequences of the windows chosen in each split, in the genome's order."""
        table = pd.concat([part.assign(split=str(split)) for split, part in windows.items()])
        fetched = fetch_negatives(
            self.sources.genome, table, self.experiment, kind.value, self.windows.flank
        )
        split_column = fetched.table["split"].to_numpy()
        return {split: fetched.select(split_column == split) for split in windows}

    def summarised(
        self,
        kind: Kind,
        split: str,
        drawn: SequenceSet,
        reason: str,
        compromises: Compromises = NO_COMPROMISES,
    ) -> KindNegatives:
        """Return negatives with their summary; `reason` explains a shortage, if there is one."""
        own, number = self.positives[split], self.numbers(kind)[split]
        summary = summarise(self.experiment, kind, split, own, drawn, number, reason, compromises)
        return KindNegatives(drawn, summary)

    def draw_from_pool(
        self, kind: Kind, pool: CandidatePool, apart: bool = False
    ) -> Iterator[KindNegatives]:
        """Draw the negatives of one kind from a pool of candidates, split after split.

        Parameters
        ----------
        kind
            The kind.
        pool
            The candidates.
        apart
            Whether negatives of one split must not overlap one another.
        """
        chosen = {
            split: pool.choose(split, number, self.rng(kind, split), apart)
            for split, number in self.numbers(kind).items()
        }
        tables = {split: part.table for split, part in chosen.items()}
        for split, drawn in self.fetch(kind, tables).items():
            compromises = Compromises(overlapping=count_overlapping(drawn.table))
            yield self.summarised(kind, split, drawn, chosen[split].reason, compromises)


def forbidden_regions(
    peaks: pd.DataFrame, blacklist: pd.DataFrame, length: int, margin: int
) -> pd.DataFrame:
    """Return the regions of the genome that no negative may touch.

    Parameters
    ----------
    peaks
        Peaks of all experiments of the factor, on the genome.
    blacklist
        Regions with chrom, start and end.
    length
        Length of a window in bases.
    margin
        Bases around peaks, and around their windows, that are forbidden as well.

    Returns
    -------
    DataFrame
        chrom, start, end; regions may overlap, and may extend beyond the chromosome.
    """
    around_peaks = footprints(peaks, length)
    around_peaks = around_peaks.assign(
        start=around_peaks["start"] - margin, end=around_peaks["end"] + margin
    )
    regions = [around_peaks, blacklist[["chrom", "start", "end"]]]
    return pd.concat([part for part in regions if len(part)], ignore_index=True)
