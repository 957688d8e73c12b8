"""Negatives of five kinds, and the sequences of an experiment that they make with its positives.

For an experiment that trains an expert, negatives are drawn in all four splits; for one that is out
of distribution, in the split test alone, since in the other splits it is not scored.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tfmoe.core.errors import InputError
from tfmoe.core.seeds import generator
from tfmoe.data.datasets import SequenceSet, concatenate
from tfmoe.data.negatives.candidate_pool import UNKNOWN_BASES, Offer, count_overlapping
from tfmoe.data.negatives.genomic import (
    GenomicRules,
    draw_genomic,
    regions_with_peaks,
    sample_places,
    why_too_few,
)
from tfmoe.data.negatives.neighbours import offer_neighbours
from tfmoe.data.negatives.other_factor import offer_other_factors
from tfmoe.data.negatives.shuffled_positives import NO_SHUFFLE, shuffle_positives
from tfmoe.data.negatives.summary import (
    NO_COMPROMISES,
    Compromises,
    KindSummary,
    section_of,
    shortages,
    summarise,
    summary_table,
)
from tfmoe.data.negatives.user_negatives import offer_supplied
from tfmoe.data.reading.genome import Genome
from tfmoe.data.reading.peaks import PlacedPeaks
from tfmoe.data.windows.fetch import fetch_negatives, fetch_sequences, unknown_bases
from tfmoe.data.windows.select import WindowSettings, footprints
from tfmoe.data.windows.splits import SPLITS, some_names, split_of_windows

logger = logging.getLogger(__name__)

KINDS = ("genomic", "dinucleotide", "neighbour", "other_factor", "file")


@dataclass(frozen=True)
class NegativeSettings:
    """The section `negatives` of the config; its schema says what each key means."""

    training: Mapping[str, float]
    evaluation: Mapping[str, float]
    margin: int
    neighbour_distance: int
    gc_tolerance: float
    match_repeats: bool
    min_share: float

    def ratio(self, kind: str, split: str) -> float:
        """Return the negatives of a kind for each positive of a split."""
        return float((self.evaluation if split == "test" else self.training)[kind])


@dataclass(frozen=True)
class Surroundings:
    """What the negatives of one experiment are drawn from.

    Attributes
    ----------
    genome
        The genome.
    regions
        Those of the splits, as `tfmoe.data.windows.splits.split_regions` returns them.
    peaks
        The peaks of all experiments of the factor, on the genome.
    blacklist
        Regions with chrom, start and end.
    others
        The positive windows of each training experiment of another factor.
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
class DrawnNegatives:
    """The sequences of one experiment.

    Attributes
    ----------
    sequences
        Positives, then the negatives of each kind, in the order of `KINDS`.
    summary
        One row a kind and split: how many were asked for and drawn, and how they compare.
    """

    sequences: SequenceSet
    summary: pd.DataFrame


def forbidden_regions(
    peaks: pd.DataFrame, blacklist: pd.DataFrame, length: int, margin: int
) -> pd.DataFrame:
    """Return where no negative of the genome may lie.

    Parameters
    ----------
    peaks
        The peaks of all experiments of the factor, on the genome.
    blacklist
        Regions with chrom, start and end.
    length
        Of a window.
    margin
        Bases around peaks, and windows of peaks, that are forbidden too.

    Returns
    -------
    DataFrame
        chrom, start, end; regions may overlap, and reach beyond the chromosome.
    """
    own = footprints(peaks, length)
    own = own.assign(start=own["start"] - margin, end=own["end"] + margin)
    regions = [own, blacklist[["chrom", "start", "end"]]]
    return pd.concat([part for part in regions if len(part)], ignore_index=True)


def draw_negatives(
    experiment: str,
    role: str,
    windows: pd.DataFrame,
    surroundings: Surroundings,
    settings: NegativeSettings,
    window_settings: WindowSettings,
    seed: int,
) -> DrawnNegatives:
    """Draw the negatives of an experiment and put them together with its positives.

    Parameters
    ----------
    experiment, role
        Its name, and ``train`` or ``ood``.
    windows
        Its positive windows.
    surroundings
        What negatives are drawn from.
    settings, window_settings
        The sections `negatives` and `windows` of the config.
    seed
        The run's. Each kind and split has random numbers of its own.

    Raises
    ------
    InputError
        If less than `min_share` of the negatives of a kind can be drawn in a split, or if a split
        gets none of any kind; with one line each.
    """
    drawing = _Drawing(experiment, role, windows, surroundings, settings, window_settings, seed)
    drawing.genomic()
    drawing.dinucleotide()
    drawing.neighbour()
    drawing.other_factor()
    drawing.file()
    faults = [*shortages(drawing.rows, settings.min_share), *drawing.splits_without()]
    if faults:
        raise InputError("\n".join(faults))
    return DrawnNegatives(concatenate(drawing.parts), summary_table(drawing.rows))


class _Drawing:
    """The negatives of one experiment, as they are drawn kind after kind.

    Attributes
    ----------
    positives
        For each split in which negatives are drawn, the positives there.
    parts
        All positives, and all negatives so far.
    rows
        The summary so far.
    """

    def __init__(
        self,
        experiment: str,
        role: str,
        windows: pd.DataFrame,
        surroundings: Surroundings,
        settings: NegativeSettings,
        window_settings: WindowSettings,
        seed: int,
    ) -> None:
        self.experiment = experiment
        self.given = surroundings
        self.settings = settings
        self.windows = window_settings
        self.seed = seed
        self.whole = _positives(windows, surroundings, window_settings.flank)
        splits = SPLITS if role == "train" else ("test",)
        of = self.whole.table["split"].to_numpy()
        self.positives = {split: self.whole.select(of == split) for split in splits}
        self.parts = [self.whole]
        self.rows: list[KindSummary] = []
        self.forbidden = self._forbidden(settings.margin)

    def genomic(self) -> None:
        """Draw windows from anywhere, like the positives in GC content."""
        asked = self._asked("genomic")
        if not asked:
            return
        repeats = self.whole.table["repeat_share"]
        if self.settings.match_repeats and repeats.min() == repeats.max():
            logger.warning(
                "%s: all positives have the same share of lower case, so that matching the share "
                "of repeats changes nothing: is the genome soft-masked?", self.experiment,
            )  # fmt: skip
        regions = self.given.regions
        with_peaks = regions_with_peaks(self.experiment, regions, self.given.peaks)
        rules = GenomicRules(
            self.settings.gc_tolerance, self.settings.match_repeats, self.windows.max_n_share
        )
        bound = set(with_peaks["chrom"])
        samples = {}
        for split, number in asked.items():
            usable = with_peaks[with_peaks["split"] == split]
            samples[split] = draw_genomic(
                self.positives[split], number, usable, self.forbidden, self.given.genome, rules,
                self._rng("genomic", split),
            )  # fmt: skip
        places = {
            split: sample_places(sample, self.windows.length) for split, sample in samples.items()
        }
        for split, drawn in self._fetch(places, "genomic").items():
            own, number, sample = self.positives[split], asked[split], samples[split]
            of_split = regions.loc[regions["split"] == split, "chrom"].unique()
            unused = [str(chrom) for chrom in of_split if chrom not in bound]
            compromises = Compromises(
                sample.other_gc, sample.other_repeats, sample.overlapping, some_names(unused) or "-"
            )
            why = why_too_few(own, drawn, number)
            self._summarise("genomic", split, drawn, number, why, compromises)

    def dinucleotide(self) -> None:
        """Shuffle the positives, but for those of the split train, which training shuffles."""
        for split, number in self._asked("dinucleotide").items():
            if split != "train":
                own, rng = self.positives[split], self._rng("dinucleotide", split)
                drawn = shuffle_positives(own, number, self.experiment, rng)
                self.parts.append(drawn)
                self._summarise("dinucleotide", split, drawn, number, NO_SHUFFLE)

    def neighbour(self) -> None:
        """Take windows at a set distance from the positives."""
        asked = self._asked("neighbour")
        if asked:
            ratios = {split: self.settings.ratio("neighbour", split) for split in asked}
            places = self.whole.table[["chrom", "start", "end", "split"]]
            distance = self.settings.neighbour_distance
            offer = offer_neighbours(places, ratios, distance, self.forbidden, self.given.regions)
            self._reject_unknown(offer)
            self._choose("neighbour", offer, asked)

    def other_factor(self) -> None:
        """Take positives of other factors that are none here and do not overlap."""
        asked = self._asked("other_factor")
        if asked:
            offer = offer_other_factors(
                self.given.others, self.forbidden, self.given.regions,
                set(self.given.peaks["chrom"]),
            )  # fmt: skip
            self._choose("other_factor", offer, asked, apart=True)

    def file(self) -> None:
        """Take the user's own, if the experiment brings any."""
        asked, supplied = self._asked("file"), self.given.supplied
        if asked and supplied is not None:
            offer = offer_supplied(
                self.experiment, supplied, self.given.genome.lengths, self.windows.length,
                self._forbidden(0), self.given.regions,
            )  # fmt: skip
            self._reject_unknown(offer)
            self._choose("file", offer, asked)

    def splits_without(self) -> Iterator[str]:
        """Name the splits that have positives and no negatives at all."""
        for split, own in self.positives.items():
            fresh = split == "train" and self.settings.ratio("dinucleotide", split) > 0
            drawn = sum(row.drawn for row in self.rows if row.split == split)
            if len(own) and not drawn and not fresh:
                yield (
                    f"experiment {self.experiment}: it gets no negatives in split {split}; ask for "
                    f"some of another kind, such as {section_of(split)}.genomic"
                )

    def _forbidden(self, margin: int) -> pd.DataFrame:
        given = self.given
        return forbidden_regions(given.peaks, given.blacklist, self.windows.length, margin)

    def _asked(self, kind: str) -> dict[str, int]:
        """Return how many are asked for in each split in which any is."""
        asked = {
            split: round(self.settings.ratio(kind, split) * len(own))
            for split, own in self.positives.items()
        }
        return {split: number for split, number in asked.items() if number}

    def _rng(self, kind: str, split: str) -> np.random.Generator:
        return generator(self.seed, "negatives", self.experiment, kind, split)

    def _reject_unknown(self, offer: Offer) -> None:
        rows = offer.fine
        unknown = unknown_bases(self.given.genome, offer.table.iloc[rows])
        many = unknown > self.windows.max_n_share * self.windows.length
        offer.reject(rows[many], UNKNOWN_BASES)

    def _choose(
        self, kind: str, offer: Offer, asked: Mapping[str, int], apart: bool = False
    ) -> None:
        chosen = {
            split: offer.choose(split, number, self._rng(kind, split), apart)
            for split, number in asked.items()
        }
        places = {split: part.table for split, part in chosen.items()}
        for split, drawn in self._fetch(places, kind).items():
            compromises = Compromises(overlapping=count_overlapping(drawn.table))
            self._summarise(kind, split, drawn, asked[split], chosen[split].why, compromises)

    def _fetch(self, places: Mapping[str, pd.DataFrame], kind: str) -> dict[str, SequenceSet]:
        """Fetch the places of all splits in one go, and return the sequences of each."""
        table = pd.concat([part.assign(split=split) for split, part in places.items()])
        drawn = fetch_negatives(self.given.genome, table, self.experiment, kind, self.windows.flank)
        self.parts.append(drawn)
        of = drawn.table["split"].to_numpy()
        return {split: drawn.select(of == split) for split in places}

    def _summarise(
        self,
        kind: str,
        split: str,
        drawn: SequenceSet,
        asked: int,
        why: str,
        compromises: Compromises = NO_COMPROMISES,
    ) -> None:
        own = self.positives[split]
        self.rows.append(
            summarise(self.experiment, kind, split, own, drawn, asked, why, compromises)
        )


def _positives(windows: pd.DataFrame, surroundings: Surroundings, flank: int) -> SequenceSet:
    table = windows.assign(
        label=np.int8(1),
        kind="peak",
        parent=pd.Series(None, index=windows.index, dtype="str"),
        split=pd.Series(
            split_of_windows(windows, surroundings.regions), index=windows.index, dtype="str"
        ),
    )
    return fetch_sequences(surroundings.genome, table, flank)
