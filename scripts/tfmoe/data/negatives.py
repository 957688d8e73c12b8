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
from tfmoe.data.fetching import fetch_negatives, fetch_sequences, unknown_bases
from tfmoe.data.genome import Genome
from tfmoe.data.genomic import (
    GenomicRules,
    draw_genomic,
    regions_with_peaks,
    why_too_few,
)
from tfmoe.data.negative_summary import KindSummary, summarise, summary_table
from tfmoe.data.neighbours import offer_neighbours
from tfmoe.data.offers import UNKNOWN_BASES, Offer, count_overlapping
from tfmoe.data.other_factor import offer_other_factors
from tfmoe.data.peaks import PlacedPeaks
from tfmoe.data.shuffles import shuffle_positives
from tfmoe.data.splits import SPLITS, some_names, split_of_windows
from tfmoe.data.supplied import offer_supplied
from tfmoe.data.windows import WindowSettings, footprints

logger = logging.getLogger(__name__)

KINDS = ("genomic", "dinucleotide", "neighbour", "other_factor", "file")
# what helps when too few negatives can be drawn
_REMEDIES = {
    "genomic": (
        "lower {key} or negatives.margin, raise negatives.gc_tolerance, or make split {split} "
        "larger"
    ),
    "dinucleotide": "lower {key}, or put regions of low complexity on the blacklist",
    "neighbour": "lower {key} or negatives.margin, or change negatives.neighbour_distance",
    "other_factor": (
        "lower {key} or negatives.margin, or add training experiments of other factors"
    ),
    "file": "lower {key}, or give more regions (column `negatives` of the experiment table)",
}


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
        Those of the splits, as `tfmoe.data.splits.split_regions` returns them.
    peaks
        The peaks of each experiment of the factor, on the genome.
    blacklist
        Regions with chrom, start and end.
    others
        The positive windows of each training experiment of another factor.
    supplied
        The user's own negatives, or `None`.
    """

    genome: Genome
    regions: pd.DataFrame
    peaks: Sequence[pd.DataFrame]
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
    peaks: Sequence[pd.DataFrame], blacklist: pd.DataFrame, length: int, margin: int
) -> pd.DataFrame:
    """Return where no negative of the genome may lie.

    Parameters
    ----------
    peaks
        The peaks of each experiment of the factor, on the genome.
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
    own = pd.concat([footprints(table, length) for table in peaks], ignore_index=True)
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
    faults = [*_shortages(drawing.rows, settings.min_share), *drawing.splits_without()]
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
        if self.settings.match_repeats and self.whole.table["repeat_share"].nunique() == 1:
            logger.warning(
                "%s: all positives have the same share of lower case, so that matching the share "
                "of repeats changes nothing: is the genome soft-masked?", self.experiment,
            )  # fmt: skip
        regions = self.given.regions
        with_peaks = regions_with_peaks(self.experiment, regions, self.given.peaks)
        rules = GenomicRules(
            self.settings.gc_tolerance, self.settings.match_repeats, self.windows.max_n_share
        )
        for split, number in asked.items():
            own, usable = self.positives[split], with_peaks[with_peaks["split"] == split]
            rng = self._rng("genomic", split)
            sample = draw_genomic(
                own, number, usable, self.forbidden, self.given.genome, rules, rng
            )
            places = pd.DataFrame(
                {
                    "chrom": pd.Series(sample.chrom, dtype="str"),
                    "start": sample.start,
                    "end": sample.start + self.windows.length,
                }
            )
            drawn = self._fetch(places, "genomic", split)
            all_of_split = regions.loc[regions["split"] == split, "chrom"].unique()
            unused = [str(chrom) for chrom in all_of_split if chrom not in set(usable["chrom"])]
            self._add(
                "genomic", split, drawn, number, why_too_few(own, drawn, number),
                sample.widened, sample.overlapping, some_names(unused) or "-",
            )  # fmt: skip

    def dinucleotide(self) -> None:
        """Shuffle the positives, but for those of the split train, which training shuffles."""
        for split, number in self._asked("dinucleotide").items():
            if split != "train":
                own, rng = self.positives[split], self._rng("dinucleotide", split)
                drawn = shuffle_positives(own, number, self.experiment, rng)
                why = "some positives have no other arrangement with the same dinucleotides"
                self._add("dinucleotide", split, drawn, number, why)

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
            offer = offer_other_factors(self.given.others, self.forbidden, self.given.regions)
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
                    f"some of another kind, such as {_section(split)}.genomic"
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
        for split, number in asked.items():
            chosen = offer.choose(split, number, self._rng(kind, split), apart)
            drawn = self._fetch(chosen.table, kind, split)
            overlapping = count_overlapping(chosen.table)
            self._add(kind, split, drawn, number, chosen.why, overlapping=overlapping)

    def _fetch(self, places: pd.DataFrame, kind: str, split: str) -> SequenceSet:
        flank = self.windows.flank
        return fetch_negatives(self.given.genome, places, self.experiment, kind, split, flank)

    def _add(
        self,
        kind: str,
        split: str,
        drawn: SequenceSet,
        asked: int,
        why: str,
        other_gc: int = 0,
        overlapping: int = 0,
        chromosomes_unused: str = "-",
    ) -> None:
        self.parts.append(drawn)
        row = summarise(
            self.experiment, kind, split, self.positives[split], drawn, asked, why,
            other_gc, overlapping, chromosomes_unused,
        )  # fmt: skip
        self.rows.append(row)


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


def _section(split: str) -> str:
    """Name the section of the config that says how many negatives a split gets."""
    return "negatives.evaluation" if split == "test" else "negatives.training"


def _shortages(rows: Sequence[KindSummary], min_share: float) -> Iterator[str]:
    """Warn of each kind and split with fewer negatives than asked for; name those with too few."""
    for row in rows:
        found = (
            f"{row.drawn} of {row.asked} {row.kind} negatives could be drawn in split {row.split}"
        )
        if row.drawn < row.asked:
            logger.warning("%s: %s: %s", row.experiment, found, row.why)
        if row.drawn < min_share * row.asked:
            remedy = _REMEDIES[row.kind].format(
                key=f"{_section(row.split)}.{row.kind}", split=row.split
            )
            yield (
                f"experiment {row.experiment}: only {found}, less than negatives.min_share = "
                f"{min_share:g} ({row.why}); {remedy}"
            )
