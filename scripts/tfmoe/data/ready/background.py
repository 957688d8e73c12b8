"""Genomic windows without peaks, for runs on ready sequences.

The baseline `background_vs_shuffle` is trained on them. Runs on peaks use their genomic negatives
instead.
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
from tfmoe.core.vocabulary import Kind, Split
from tfmoe.data.datasets import SequenceSet, concatenate, read_sequences
from tfmoe.data.kmers import KmerIndex, shared_share
from tfmoe.data.negatives.context import forbidden_regions
from tfmoe.data.negatives.matched_windows import (
    MatchingRules,
    describe_shortage,
    sample_matched,
    sample_table,
)
from tfmoe.data.negatives.parts import NegativeSettings
from tfmoe.data.reading.blacklist import place_blacklist
from tfmoe.data.reading.genome import Chromosomes, Genome, prepare_genome, read_chromosomes
from tfmoe.data.reading.peaks import place_all
from tfmoe.data.reading.sources import InputFile, check_checksum
from tfmoe.data.windows.fetch import fetch_negatives
from tfmoe.data.windows.select import WindowSettings
from tfmoe.data.windows.splits import SplitSettings, split_regions

logger = logging.getLogger(__name__)

NAME = "background"
# name of the genome in messages, as the config's section has no assembly
_ASSEMBLY = "background.fasta"


@dataclass(frozen=True)
class BackgroundFiles:
    """The genome that windows are drawn from, and the peaks that they must not touch."""

    genome: InputFile
    chromosomes: Sequence[str] | None
    peaks: Sequence[InputFile]


@dataclass(frozen=True)
class BackgroundSettings:
    """Number and properties of the windows.

    Attributes
    ----------
    number
        Number of windows to draw.
    negatives
        The config's section `negatives`, of which margin, GC tolerance and minimum share are used.
    windows
        The section `windows`, of which length and flank are used. Windows have no unknown bases.
    splits
        The section `splits`, of which block length, gap and the share of the split validation are
        used, since the genome is always divided into blocks.
    """

    number: int
    negatives: NegativeSettings
    windows: WindowSettings
    splits: SplitSettings


def read_positives(paths: Sequence[Pathlike]) -> SequenceSet:
    """Read the positives on which experts are trained and validated."""
    splits = (Split.TRAIN, Split.VALIDATION)
    return concatenate([read_sequences(path, splits=splits, kinds=[Kind.PEAK]) for path in paths])


def draw_from_files(
    files: BackgroundFiles,
    positives: SequenceSet,
    known: KmerIndex,
    settings: BackgroundSettings,
    seed: int,
) -> SequenceSet:
    """Call `draw_background` on a user's genome and peak files.

    Raises
    ------
    InputError, ConfigError
        If a file is missing or damaged or has another checksum, if the genome lacks one of the
        chromosomes, or if it has too few suitable windows.
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
    """Draw random windows that match the positives' GC content, in the splits train and validation.

    Parameters
    ----------
    genome
        The genome; windows are drawn from all its sequences.
    forbidden
        Regions that no window may overlap, with columns chrom, start and end.
    positives
        Positives whose GC content is matched.
    known
        31-mers of the training experiments' positives. Windows that share one, on either strand,
        are dropped: they lie where a training factor binds, or in a copy of such a place.
    settings
        Number and properties of the windows.
    seed
        Seed of the run.

    Returns
    -------
    SequenceSet
        Windows of kind ``genomic`` and label 0. Train and validation lie in separate blocks of the
        genome. Dropped windows are not replaced.

    Raises
    ------
    InputError
        If less than `min_share` of the requested windows are left.
    """
    windows, splits = settings.windows, settings.splits
    by_blocks = replace(splits, by="blocks", test=None, validation=None, gate=None, folds=None)
    regions = split_regions(genome.lengths, replace(by_blocks, fold=1), windows.span, seed)
    # these windows are not used for tests or gates, so the blocks of these splits train as well
    judged = regions["split"] == Split.VALIDATION
    validation = round(settings.number * splits.shares[Split.VALIDATION])
    rules = MatchingRules(settings.negatives.gc_tolerance, match_repeats=False, max_n_share=0.0)
    samples = []
    for split, number, usable in (
        (Split.TRAIN, settings.number - validation, regions[~judged]),
        (Split.VALIDATION, validation, regions[judged]),
    ):
        rng = generator(seed, NAME, split)
        sample = sample_matched(positives, number, usable, forbidden, genome, rules, rng)
        samples.append(sample_table(sample, windows.length).assign(split=split))
    drawn = fetch_negatives(genome, pd.concat(samples), NAME, Kind.GENOMIC, windows.flank)
    bound = shared_share(drawn.windows, known.without_factor(None), known.k) > 0
    kept = drawn.select(~bound)
    logger.info(
        "%d of %d requested windows are kept; %d share a %d-mer with a positive and are dropped",
        len(kept), settings.number, bound.sum(), known.k,
    )  # fmt: skip
    if len(kept) < settings.negatives.min_share * settings.number:
        raise InputError(
            f"background.windows: {len(kept)} of {settings.number} could be drawn, expected at "
            f"least negatives.min_share = {settings.negatives.min_share:g} of them; {bound.sum()} "
            f"were dropped because they share a {known.k}-mer with a positive; "
            f"{describe_shortage(positives, drawn, settings.number)}; lower background.windows, or "
            "use more of the genome (background.chromosomes)"
        )
    return kept


def _forbidden(
    peaks: Sequence[InputFile], chromosomes: Chromosomes, length: int, margin: int
) -> pd.DataFrame:
    """Return the regions around peaks, which are not background."""
    blacklist = place_blacklist(None, chromosomes, {}, _ASSEMBLY)
    if not peaks:
        return blacklist
    placed = place_all([file.path for file in peaks], chromosomes, {}, _ASSEMBLY)
    return forbidden_regions(placed.table, blacklist, length, margin)
