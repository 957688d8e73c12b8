"""Windows around the peaks of a user's file, with negatives, to adapt a trained mixture to."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.core.seeds import generator
from tfmoe.core.vocabulary import Split
from tfmoe.data.adaptation.negatives import AdaptationSources, draw_negatives_for
from tfmoe.data.adaptation.settings import MIN_PEAKS
from tfmoe.data.datasets import SequenceSet, concatenate
from tfmoe.data.negatives.draw import fetch_positives
from tfmoe.data.negatives.parts import NegativeSettings, Part
from tfmoe.data.reading.blacklist import place_blacklist
from tfmoe.data.reading.chromosomes import match_names
from tfmoe.data.reading.extra_sequences import ExtraSequences
from tfmoe.data.reading.genome import Chromosomes, Genome
from tfmoe.data.reading.peak_layout import NONE, ReadAs
from tfmoe.data.reading.peaks import PlacedPeaks, place_all
from tfmoe.data.windows.select import WindowSettings, footprints, select_windows

logger = logging.getLogger(__name__)
# of larger genomes, only a part is searched for negatives; in bases
_LEAST_SEARCHED = 100_000_000
_SEARCHED_PER_NEGATIVE = 100_000
_BLOCK = 1_000_000
_REMEDY = "give more peaks, or exclude less of the genome"


@dataclass(frozen=True)
class PeakSource:
    """The peaks of a factor, and the genome that they lie on.

    Attributes
    ----------
    factor
        Name of the factor.
    peaks
        The peak file, as for `tfmoe.data.reading.peaks.read_peaks`.
    genome
        Path of the genome, for messages.
    blacklist
        Regions that no window may overlap, in any format that peaks may have; or `None`.
    exclude
        Names of chromosomes, and files of regions, that no window may overlap either.
    strength
        The column of the peaks' strength, by its name or its number from 1, or ``-`` for the one
        that the format implies.
    """

    factor: str
    peaks: Pathlike
    genome: Pathlike
    blacklist: Pathlike | None = None
    exclude: Sequence[str] = ()
    strength: str = NONE


@dataclass(frozen=True)
class PeakSettings:
    """Settings of windows and negatives.

    Attributes
    ----------
    length
        Length of a window, in bases.
    max_peaks
        Number of peaks to use, the strongest.
    ratio
        Negatives per peak.
    max_n_share
        Largest share of unknown bases in a window.
    negatives
        Requirements on negatives.
    """

    length: int
    max_peaks: int
    ratio: float
    max_n_share: float
    negatives: NegativeSettings


@dataclass(frozen=True)
class LabelledPeaks:
    """Windows to adapt a mixture to.

    Attributes
    ----------
    sequences
        Positives, then negatives, without flanks; all in the split ``train``.
    read
        Number of peaks in the file.
    """

    sequences: SequenceSet
    read: int

    @property
    def positives(self) -> int:
        """Number of positives."""
        return int(self.sequences.labels.sum())

    @property
    def negatives(self) -> int:
        """Number of negatives."""
        return len(self.sequences) - self.positives


def label_peaks(
    source: PeakSource, genome: Genome, settings: PeakSettings, seed: int
) -> LabelledPeaks:
    """Select the windows of the strongest peaks, and draw negatives that match them in GC content.

    All steps are those of the pipeline. Negatives avoid all peaks of the file, also those that are
    not used, with the margin that the settings state, and lie on chromosomes with peaks; of a large
    genome, in blocks of it that are chosen at random.

    Parameters
    ----------
    source
        The peaks.
    genome
        The genome.
    settings
        Settings of windows and negatives.
    seed
        Seed of the run, from which the random numbers for the negatives derive.

    Raises
    ------
    InputError
        If a file is faulty or does not fit the genome, if fewer than `MIN_PEAKS` peaks can be used,
        if the strongest are wanted and the strength is unknown, or if too few negatives can be
        drawn.
    """
    chromosomes, avoided = _usable_genome(source, genome)
    reading = [ReadAs(strength=source.strength)]
    placed = place_all([source.peaks], chromosomes, {}, Path(source.genome).name, reading)
    _check_strength(placed, settings.max_peaks)
    used = chromosomes.used_lengths
    regions = pd.DataFrame(
        {"chrom": list(used), "start": 0, "end": list(used.values()), "split": Split.TRAIN.value}
    )
    selected = select_windows(
        source.factor, placed, genome, avoided,
        WindowSettings(settings.length, 0, settings.max_n_share, settings.max_peaks), regions,
    )  # fmt: skip
    if len(selected.table) < MIN_PEAKS:
        dropped = [f"{name} {count}" for name, count in selected.counts.items() if count]
        raise InputError(
            f"{source.peaks}: found {len(selected.table)} usable peaks of {placed.read}, expected "
            f"at least {MIN_PEAKS} to adapt to a factor (dropped: {', '.join(dropped[1:-1]) or 0})"
        )
    positives = fetch_positives(selected.table, genome, regions, 0, Part.TRAINING)
    margin = settings.negatives.margin
    known = footprints(placed.table, settings.length)
    known = known.assign(start=known["start"] - margin, end=known["end"] + margin)
    rng = generator(seed, "adaptation", "negatives", source.factor)
    searched = _search_regions(regions, known["chrom"].unique(), settings, len(positives), rng)
    negatives = draw_negatives_for(
        positives, settings.ratio, AdaptationSources(genome, searched, known, avoided),
        settings.negatives, settings.max_n_share, rng, source.factor, _REMEDY,
    )  # fmt: skip
    return LabelledPeaks(concatenate([positives, negatives]), placed.read)


def _search_regions(
    regions: pd.DataFrame,
    chromosomes: Collection[str],
    settings: PeakSettings,
    peaks: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the regions to search for negatives: chromosomes with peaks.

    Of a large genome, blocks are chosen at random: a search of all of it would take minutes.
    """
    regions = regions[regions["chrom"].isin(list(chromosomes))]
    enough = max(_LEAST_SEARCHED, int(_SEARCHED_PER_NEGATIVE * settings.ratio * peaks))
    if regions["end"].sum() <= enough:
        return regions
    starts = [np.arange(0, end, _BLOCK) for end in regions["end"]]
    blocks = regions.loc[regions.index.repeat([len(each) for each in starts])]
    blocks = blocks.assign(start=np.concatenate(starts))
    # one base less, so that blocks do not touch: a window lies within one of them
    blocks["end"] = np.minimum(blocks["start"] + _BLOCK - 1, blocks["end"])
    chosen = np.sort(rng.permutation(len(blocks))[: -(-enough // _BLOCK)])
    return blocks.iloc[chosen].reset_index(drop=True)


def _usable_genome(source: PeakSource, genome: Genome) -> tuple[Chromosomes, pd.DataFrame]:
    """Return the chromosomes in use, and the regions (chrom, start, end) of them to avoid."""
    extra = ExtraSequences()
    used = [name for name in genome.lengths if not extra.add(name, "")]
    if extra.kinds:
        logger.info("%s: left out %s", source.genome, extra.describe())
    named = match_names(source.exclude, genome.lengths).names
    whole = set(named.values())
    chromosomes = Chromosomes(genome.lengths, tuple(name for name in used if name not in whole))
    files = [one for one in source.exclude if one not in named]
    for one in files:
        if not Path(one).exists():
            raise InputError(
                f"{one}: found neither a chromosome of {source.genome} nor a file of this name, to "
                "be excluded"
            )
    name = Path(source.genome).name
    regions = [place_blacklist(path, chromosomes, {}, name) for path in (source.blacklist, *files)]
    return chromosomes, pd.concat(regions, ignore_index=True)


def _check_strength(peaks: PlacedPeaks, max_peaks: int) -> None:
    """Check that the strongest peaks can be chosen, if not all are used."""
    layout = peaks.files[0].layout
    if layout.signal is None and len(peaks.table) > max_peaks:
        listed = ", ".join(layout.column(column) for column in layout.candidates)
        named = f"name it with --strength (columns of numbers are {listed}), or " if listed else ""
        raise InputError(
            f"{peaks.files[0].path}: found {len(peaks.table)} peaks, of which the strongest "
            f"{max_peaks} are used, but no column of the file ({layout.name}) is known to be the "
            f"strength; {named}raise --max-peaks"
        )
