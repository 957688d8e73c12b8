"""Sets of few peaks of each OOD experiment, with negatives, to adapt the mixture to its factor.

Each draw is one random order of the peaks outside the split ``test``. Its first k peaks are the set
of k, so that the smaller sets of a draw are part of the larger ones.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.seeds import generator
from tfmoe.data.adaptation.negatives import (
    AdaptationSources,
    draw_negatives_for,
    overlap_warning,
    too_few_peaks,
)
from tfmoe.data.adaptation.settings import AdaptationSettings
from tfmoe.data.datasets import SequenceSet, concatenate
from tfmoe.data.intervals import overlaps_table
from tfmoe.data.kmers import K, shared_share, unique_kmers
from tfmoe.data.negatives.composition import gc_shares, mean_of_known
from tfmoe.data.negatives.draw import fetch_positives
from tfmoe.data.negatives.parts import NegativeSettings, Part
from tfmoe.data.windows.select import WindowSettings

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SetSummary:
    """One row of the summary of an experiment's sets.

    Attributes
    ----------
    experiment, draw, peaks, all_peaks
        Name of the experiment, and the set as in
        `tfmoe.data.adaptation.stored_sets.AdaptationSet`.
    available
        Number of peaks outside the split ``test``; a set of more peaks does not exist.
    positives, negatives
        Numbers of sequences; 0 if the set does not exist.
    shared_31mers
        Number of positives that share a 31-mer, on either strand, with a positive of the split
        ``test`` of the same experiment.
    overlapping_training
        Number of positives that overlap a peak of a training experiment.
    gc_positives, gc_negatives
        Mean GC share; NaN if the set does not exist.
    note
        Reason why the set does not exist, or a warning about it; ``-`` if there is none.
    """

    experiment: str
    draw: int
    peaks: int
    all_peaks: bool
    available: int
    positives: int = 0
    negatives: int = 0
    shared_31mers: int = 0
    overlapping_training: int = 0
    gc_positives: float = float("nan")
    gc_negatives: float = float("nan")
    note: str = "-"


@dataclass(frozen=True)
class DrawnSets:
    """The sets of one experiment.

    Attributes
    ----------
    sequences
        All sets, one after the other, with the columns that
        `tfmoe.data.adaptation.stored_sets` adds; no row if there are too few peaks.
    summary
        The fields of `SetSummary`; one row per set that the config asks for.
    """

    sequences: SequenceSet
    summary: pd.DataFrame


def draw_sets(
    experiment: str,
    windows: pd.DataFrame,
    sources: AdaptationSources,
    settings: AdaptationSettings,
    negatives: NegativeSettings,
    window_settings: WindowSettings,
    seed: int,
) -> DrawnSets:
    """Draw the sets of one OOD experiment.

    Sequences are named ``<experiment>:adapt:d<draw>:k<peaks>:<chrom>:<start>``, with ``all``
    instead of ``k<peaks>`` in the set of all peaks, which belongs to draw 0.

    Parameters
    ----------
    experiment
        Name of the experiment.
    windows
        Its positive windows in all splits.
    sources
        The genome, and the regions that negatives lie in or must not touch.
    settings
        The config's section `adaptation`.
    negatives, window_settings
        The sections `negatives` and `windows`.
    seed
        Seed of the run.

    Returns
    -------
    DrawnSets
        Without a set of k if fewer than k peaks lie outside the split ``test``, and without any
        set if fewer than `MIN_PEAKS` do.

    Raises
    ------
    InputError
        If too few negatives can be drawn for a set.
    """
    flank = window_settings.flank
    known, tested = (
        fetch_positives(windows, sources.genome, sources.regions, flank, part) for part in Part
    )
    too_few = too_few_peaks(len(windows), len(known), f"experiment {experiment}")
    if too_few:
        logger.warning("%s; no set is drawn", too_few)
    k = min(K, window_settings.length)
    drawing = _Drawing(
        experiment, known, shared_share(known.windows, unique_kmers(tested.windows, k), k) > 0,
        overlaps_table(known.table, sources.training_peaks), sources, settings.negatives,
        negatives, window_settings.max_n_share, seed,
    )  # fmt: skip
    # of an experiment without any set, the file has the columns alone
    sets, summaries = [_marked(known.select(np.zeros(0, dtype=np.int64)), 0, 0, False)], []
    for draw, peaks, whole in _wanted(settings, len(known)):
        if too_few or peaks > len(known):
            note = too_few or f"only {len(known)} peaks lie outside the split test"
            summaries.append(SetSummary(experiment, draw, peaks, whole, len(known), note=note))
        else:
            drawn, summary = drawing.draw_set(draw, peaks, whole)
            sets.append(_marked(drawn, draw, peaks, whole))
            summaries.append(summary)
    columns = [field.name for field in fields(SetSummary)]
    table = pd.DataFrame([astuple(row) for row in summaries], columns=columns)
    return DrawnSets(concatenate(sets), table)


@dataclass(frozen=True)
class _Drawing:
    """The peaks of one experiment outside the split ``test``, and how sets of them are drawn.

    Attributes
    ----------
    known
        The positives.
    shared, overlapping
        bool (N,): whether each shares a 31-mer with a positive of the split ``test``, and whether
        it overlaps a training peak.
    """

    experiment: str
    known: SequenceSet
    shared: NDArray[np.bool_]
    overlapping: NDArray[np.bool_]
    sources: AdaptationSources
    ratio: float
    settings: NegativeSettings
    max_n_share: float
    seed: int

    def draw_set(self, draw: int, peaks: int, whole: bool) -> tuple[SequenceSet, SetSummary]:
        """Draw the positives and negatives of one set."""
        order = generator(self.seed, "adaptation", self.experiment, draw)
        rows = np.sort(order.permutation(len(self.known))[:peaks])
        label = "all" if whole else f"k{peaks}"
        source = f"experiment {self.experiment}, draw {draw}, {label}"
        positives = self.known.select(rows)
        negatives = draw_negatives_for(
            positives, self.ratio, self.sources, self.settings, self.max_n_share,
            generator(self.seed, "adaptation", "negatives", self.experiment, draw, label), source,
        )  # fmt: skip
        warning = overlap_warning(self.overlapping[rows], source)
        if warning:
            logger.warning("%s", warning)
        summary = SetSummary(
            self.experiment, draw, peaks, whole, len(self.known), len(positives), len(negatives),
            int(self.shared[rows].sum()), int(self.overlapping[rows].sum()),
            mean_of_known(gc_shares(positives.windows)),
            mean_of_known(gc_shares(negatives.windows)), warning or "-",
        )  # fmt: skip
        both = concatenate([positives, negatives])
        return _named(both, f"{self.experiment}:adapt:d{draw}:{label}"), summary


def _wanted(settings: AdaptationSettings, available: int) -> Iterator[tuple[int, int, bool]]:
    """Yield draw, number of peaks, and whether these are all, of each set that is asked for."""
    most = available if settings.max_peaks is None else settings.max_peaks
    for draw in range(settings.draws):
        for peaks in settings.peaks:
            yield draw, peaks, False
        if draw == 0 and settings.all_peaks:
            yield draw, min(available, most), True


def _named(sequences: SequenceSet, prefix: str) -> SequenceSet:
    """Name sequences ``<prefix>:<chrom>:<start>``; no positive starts where a negative does."""
    table = sequences.table
    names = f"{prefix}:" + table["chrom"] + ":" + table["start"].astype("str")
    return SequenceSet(table.assign(name=names), sequences.codes, sequences.flank)


def _marked(sequences: SequenceSet, draw: int, peaks: int, whole: bool) -> SequenceSet:
    """Add the columns of `tfmoe.data.adaptation.stored_sets` to sequences."""
    table = sequences.table.assign(draw=np.int64(draw), peaks=np.int64(peaks), all_peaks=whole)
    # for a table without rows, pandas would choose the types itself
    table = table.astype({"draw": "int64", "peaks": "int64", "all_peaks": "bool"})
    return SequenceSet(table, sequences.codes, sequences.flank)
