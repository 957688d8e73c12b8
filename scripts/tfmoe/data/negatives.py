"""Negatives: genomic windows matched in GC, and exact dinucleotide shuffles of the positives.

For an experiment that trains an expert, negatives are drawn in all four splits; for one that is out
of distribution, in the split test alone, since on the other chromosomes it is not scored.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tfmoe.core.dna import UNKNOWN
from tfmoe.core.errors import InputError
from tfmoe.core.seeds import generator
from tfmoe.data.datasets import COLUMNS, SequenceSet, concatenate
from tfmoe.data.genome import Genome
from tfmoe.data.sampling import Sample, gc_content, ks_distance, sample_windows
from tfmoe.data.shuffle import dinucleotide_shuffle
from tfmoe.data.splits import SPLITS
from tfmoe.data.windows import WindowSettings, footprints

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class NegativeSettings:
    """The section `negatives` of the config; its schema says what each key means."""

    training: Mapping[str, float]
    evaluation: Mapping[str, float]
    margin: int
    gc_tolerance: float
    min_share: float

    def ratio(self, kind: str, split: str) -> float:
        """Return the negatives of a kind for each positive of a split."""
        return float((self.evaluation if split == "test" else self.training)[kind])


@dataclass(frozen=True)
class DrawnNegatives:
    """The sequences of one experiment.

    Attributes
    ----------
    sequences
        Positives, genomic negatives, shuffles, in this order.
    summary
        One row a split and kind: how many were asked for and drawn, and how their GC compares.
    """

    sequences: SequenceSet
    summary: pd.DataFrame


def forbidden_regions(
    peaks: Sequence[pd.DataFrame], blacklist: pd.DataFrame, length: int, margin: int
) -> pd.DataFrame:
    """Return where no genomic negative may lie.

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
    forbidden: pd.DataFrame,
    genome: Genome,
    split_of: Mapping[str, str],
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
    forbidden
        Where no genomic negative may lie.
    genome
        The genome.
    split_of
        Split of each chromosome in use.
    settings, window_settings
        The sections `negatives` and `windows` of the config.
    seed
        The run's.

    Raises
    ------
    InputError
        If less than `min_share` of the genomic negatives can be drawn in a split.
    """
    positives = _positives(windows, genome, split_of, window_settings.flank)
    parts = [positives]
    rows = []
    for split in SPLITS if role == "train" else ("test",):
        own = positives.select(positives.table["split"] == split)
        asked = round(settings.ratio("genomic", split) * len(own))
        if asked:
            chromosomes = [chrom for chrom, of in split_of.items() if of == split]
            rng = generator(seed, "negatives", experiment, "genomic", split)
            sample = _sample(
                own, asked, chromosomes, forbidden, genome, settings, window_settings, rng
            )
            drawn = _genomic(sample, experiment, split, genome, window_settings)
            _check_share(experiment, split, len(drawn), asked, settings)
            parts.append(drawn)
            rows.append(_summary(experiment, "genomic", own, drawn, split, asked, sample))
    for split in ("gate", "validation", "test") if role == "train" else ("test",):
        own = positives.select(positives.table["split"] == split)
        asked = round(settings.ratio("dinucleotide", split) * len(own))
        if asked:
            rng = generator(seed, "negatives", experiment, "dinucleotide", split)
            drawn = _shuffles(own, asked, experiment, rng)
            parts.append(drawn)
            rows.append(_summary(experiment, "dinucleotide", own, drawn, split, asked, None))
    summary = pd.DataFrame(rows, columns=list(_SUMMARY))
    return DrawnNegatives(concatenate(parts), summary)


_SUMMARY = (
    "experiment", "kind", "split", "positives", "asked", "drawn", "gc_positives", "gc_negatives",
    "ks_gc", "other_gc", "overlapping",
)  # fmt: skip


def _positives(
    windows: pd.DataFrame, genome: Genome, split_of: Mapping[str, str], flank: int
) -> SequenceSet:
    table = windows.assign(
        label=np.int8(1),
        kind="peak",
        parent=pd.Series(None, index=windows.index, dtype="str"),
        split=windows["chrom"].map(dict(split_of)),
    )
    return SequenceSet(table[list(COLUMNS)], genome.windows(windows, flank), flank)


def _sample(
    positives: SequenceSet,
    asked: int,
    chromosomes: Sequence[str],
    forbidden: pd.DataFrame,
    genome: Genome,
    settings: NegativeSettings,
    window_settings: WindowSettings,
    rng: np.random.Generator,
) -> Sample:
    length = window_settings.length
    gc = gc_content(positives.windows)
    # each positive in turn, so that the last, partial turn is a random part of them
    turns = [rng.permutation(len(gc)) for _ in range(-(-asked // len(gc)))]
    wanted = gc[np.concatenate(turns)[:asked]]
    return sample_windows(
        genome,
        chromosomes,
        forbidden,
        np.bincount(wanted, minlength=length + 1).astype(np.int64),
        round(settings.gc_tolerance * length),
        window_settings.max_n_share,
        rng,
    )


def _genomic(
    sample: Sample, experiment: str, split: str, genome: Genome, settings: WindowSettings
) -> SequenceSet:
    ranks = {chrom: rank for rank, chrom in enumerate(genome.lengths)}
    order = np.lexsort((sample.start, np.array([ranks[str(chrom)] for chrom in sample.chrom])))
    start = sample.start[order]
    chrom = pd.Series(sample.chrom[order], dtype="str")
    table = pd.DataFrame(
        {
            "name": f"{experiment}:genomic:" + chrom + ":" + pd.Series(start).astype("str"),
            "chrom": chrom,
            "start": start,
            "end": start + settings.length,
            "strand": ".",
            "label": np.int8(0),
            "kind": "genomic",
            "parent": pd.Series(None, index=range(len(start)), dtype="str"),
            "split": split,
        }
    )
    return SequenceSet(table, genome.windows(table, settings.flank), settings.flank)


def _shuffles(
    positives: SequenceSet, asked: int, experiment: str, rng: np.random.Generator
) -> SequenceSet:
    """Shuffle each positive in turn; a shuffle has no real sequence beside it."""
    turns = [rng.permutation(len(positives)) for _ in range(-(-asked // len(positives)))]
    rows = np.concatenate(turns)[:asked]
    copies = np.arange(asked, dtype=np.int64) // len(positives)
    order = np.lexsort((copies, rows))
    rows, copies = rows[order], copies[order]
    parents = positives.table.iloc[rows].reset_index(drop=True)
    place = parents["chrom"] + ":" + parents["start"].astype("str")
    number = pd.Series(copies + 1).astype("str")
    table = parents.assign(
        name=f"{experiment}:dinucleotide:" + place + ":" + number,
        label=np.int8(0),
        kind="dinucleotide",
        parent=parents["name"],
    )
    codes = np.full((asked, positives.codes.shape[1]), UNKNOWN, dtype=np.uint8)
    inner = slice(positives.flank, positives.codes.shape[1] - positives.flank)
    codes[:, inner] = dinucleotide_shuffle(positives.windows[rows], rng)
    return SequenceSet(table, codes, positives.flank)


def _check_share(
    experiment: str, split: str, drawn: int, asked: int, settings: NegativeSettings
) -> None:
    if drawn < asked:
        logger.warning("%s, split %s: %d of %d genomic negatives", experiment, split, drawn, asked)
    if drawn < settings.min_share * asked:
        section = "evaluation" if split == "test" else "training"
        raise InputError(
            f"experiment {experiment}: only {drawn} of {asked} genomic negatives could be drawn in "
            f"split {split}, less than negatives.min_share = {settings.min_share:g}; lower "
            f"negatives.{section}.genomic or negatives.margin, raise negatives.gc_tolerance, or "
            f"give split {split} more chromosomes"
        )


def _summary(
    experiment: str,
    kind: str,
    positives: SequenceSet,
    drawn: SequenceSet,
    split: str,
    asked: int,
    sample: Sample | None,
) -> tuple[object, ...]:
    length = positives.windows.shape[1]
    first, second = gc_content(positives.windows), gc_content(drawn.windows)
    return (
        experiment,
        kind,
        split,
        len(positives),
        asked,
        len(drawn),
        first.mean() / length,
        second.mean() / length,
        ks_distance(first, second),
        sample.widened if sample else 0,
        sample.overlapping if sample else 0,
    )
