"""Windows of a genome that are no peak, for a run whose own sequences have no genome.

They are what the baseline `background_vs_shuffle` is trained on in a run on ready sequences. A run
on peaks needs none: it has genomic negatives.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.core.seeds import generator
from tfmoe.data.datasets import SequenceSet, concatenate, read_sequences
from tfmoe.data.kmers import KmerIndex, shared_share
from tfmoe.data.negatives.draw import NegativeSettings, forbidden_regions
from tfmoe.data.negatives.genomic import GenomicRules, draw_genomic, sample_places, why_too_few
from tfmoe.data.reading.genome import Chromosomes, Genome, prepare_genome, read_chromosomes
from tfmoe.data.reading.peaks import place_all, place_blacklist
from tfmoe.data.reading.sources import InputFile, check_checksum
from tfmoe.data.windows.fetch import fetch_negatives
from tfmoe.data.windows.select import WindowSettings
from tfmoe.data.windows.splits import SplitSettings, split_regions

logger = logging.getLogger(__name__)

NAME = "background"
KIND = "genomic"
# what the genome is called in messages: the section gives it no name
_ASSEMBLY = "background.fasta"


@dataclass(frozen=True)
class BackgroundFiles:
    """The genome that windows are drawn from, and the peaks that they must not touch."""

    genome: InputFile
    chromosomes: Sequence[str] | None
    peaks: Sequence[InputFile]


@dataclass(frozen=True)
class BackgroundSettings:
    """What windows have to be like.

    Attributes
    ----------
    number
        How many to draw.
    negatives
        The section `negatives` of the config: its margin, tolerance in GC and least share count.
    windows
        The section `windows`: length and flank count. No window has an unknown base.
    splits
        The section `splits`: block length, gap and the share of the split validation count, as the
        genome is always divided by blocks.
    """

    number: int
    negatives: NegativeSettings
    windows: WindowSettings
    splits: SplitSettings


def read_positives(paths: Sequence[Pathlike]) -> SequenceSet:
    """Read the positives that experts are trained and judged on while they are trained."""
    splits = ("train", "validation")
    return concatenate([read_sequences(path, splits=splits, kinds=["peak"]) for path in paths])


def draw_from_files(
    files: BackgroundFiles,
    positives: SequenceSet,
    known: KmerIndex,
    settings: BackgroundSettings,
    seed: int,
) -> SequenceSet:
    """Draw windows as `draw_background` does, from a genome and peak files as users have them.

    Raises
    ------
    InputError, ConfigError
        If a file is missing, damaged or another than was pinned, if the genome lacks one of the
        chromosomes, or if it has too few windows.
    """
    for file in (files.genome, *files.peaks):
        check_checksum(file.path, file.checksum)
    with TemporaryDirectory() as folder:
        fasta, table = Path(folder) / "genome.fa", Path(folder) / "chromosomes.tsv"
        key = "background.chromosomes"
        prepare_genome(files.genome.path, files.chromosomes, fasta, table, key)
        chromosomes = read_chromosomes(table)
        margin = settings.negatives.margin
        forbidden = _forbidden(files.peaks, chromosomes, settings.windows.length, margin)
        with Genome(fasta) as genome:
            return draw_background(genome, forbidden, positives, known, settings, seed)


def draw_background(
    genome: Genome,
    forbidden: pd.DataFrame,
    positives: SequenceSet,
    known: KmerIndex,
    settings: BackgroundSettings,
    seed: int,
) -> SequenceSet:
    """Draw windows at random that match positives in GC content, and deal them to two splits.

    Parameters
    ----------
    genome
        All of it is drawn from.
    forbidden
        Regions (chrom, start, end) that no window touches.
    positives
        Whose GC content is matched.
    known
        A window that shares one of these 31-mers, on either strand, is dropped: it lies where a
        training factor binds, or in a copy of such a place.
    settings
        What windows have to be like.
    seed
        The run's.

    Returns
    -------
    SequenceSet
        Of kind ``genomic`` and label 0, in the splits train and validation, which lie in blocks of
        their own. Those that were dropped are not replaced.

    Raises
    ------
    InputError
        If less than `min_share` of the windows asked for are left.
    """
    windows, splits = settings.windows, settings.splits
    by_blocks = replace(splits, by="blocks", test=None, validation=None, gate=None, folds=None)
    regions = split_regions(genome.lengths, replace(by_blocks, fold=1), windows.span, seed)
    # there is nothing to test on or to fit a gate on: their blocks train as well
    judged = regions["split"] == "validation"
    validation = round(settings.number * splits.shares["validation"])
    rules = GenomicRules(settings.negatives.gc_tolerance, match_repeats=False, max_n_share=0.0)
    places = []
    for split, number, usable in (
        ("train", settings.number - validation, regions[~judged]),
        ("validation", validation, regions[judged]),
    ):
        rng = generator(seed, NAME, split)
        sample = draw_genomic(positives, number, usable, forbidden, genome, rules, rng)
        places.append(sample_places(sample, windows.length).assign(split=split))
    drawn = fetch_negatives(genome, pd.concat(places), NAME, KIND, windows.flank)
    bound = shared_share(drawn.windows, known.without_factor(None), known.k) > 0
    kept = drawn.select(~bound)
    logger.info(
        "%d windows of %d asked for, %d dropped that share a %d-mer with a positive",
        len(kept), settings.number, bound.sum(), known.k,
    )  # fmt: skip
    if len(kept) < settings.negatives.min_share * settings.number:
        raise InputError(
            f"background.windows: {len(kept)} of {settings.number} could be drawn, expected at "
            f"least negatives.min_share = {settings.negatives.min_share:g} of them; {bound.sum()} "
            f"were dropped as they share a {known.k}-mer with a positive, and of the others "
            f"{why_too_few(positives, drawn, settings.number)}; lower background.windows, or use "
            "more of the genome (background.chromosomes)"
        )
    return kept


def _forbidden(
    peaks: Sequence[InputFile], chromosomes: Chromosomes, length: int, margin: int
) -> pd.DataFrame:
    nothing = place_blacklist(None, chromosomes, {}, _ASSEMBLY)
    if not peaks:
        return nothing
    placed = place_all([file.path for file in peaks], chromosomes, {}, _ASSEMBLY)
    return forbidden_regions(placed.table, nothing, length, margin)
