"""The peaks that a mixture is adapted to, and genomic negatives for them.

The given peaks are all that is known of the factor. Negatives avoid them, the peaks of all training
experiments and the blacklist. The factor's other peaks count as unknown, so a few negatives may lie
on them, as for a user who knows no more peaks.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.errors import InputError
from tfmoe.core.vocabulary import Kind, Split
from tfmoe.data.adaptation.settings import MIN_PEAKS
from tfmoe.data.datasets import SequenceSet
from tfmoe.data.negatives.matched_windows import (
    MatchingRules,
    describe_shortage,
    sample_matched,
    sample_table,
)
from tfmoe.data.negatives.parts import NegativeSettings
from tfmoe.data.reading.genome import Genome
from tfmoe.data.windows.fetch import fetch_negatives
from tfmoe.data.windows.splits import split_of_windows

_REMEDY = "lower adaptation.negatives or negatives.margin, or raise negatives.gc_tolerance"
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class AdaptationSources:
    """The genome and the regions of it that negatives are drawn from.

    Attributes
    ----------
    genome
        The genome.
    regions
        Regions of the splits, as `tfmoe.data.windows.splits.split_regions` returns them.
    training_peaks
        Peaks of all training experiments with their windows (chrom, start, end), or whatever else
        is known to be bound.
    blacklist
        Regions with chrom, start and end.
    """

    genome: Genome
    regions: pd.DataFrame
    training_peaks: pd.DataFrame
    blacklist: pd.DataFrame

    @cached_property
    def occupied(self) -> pd.DataFrame:
        """Regions (chrom, start, end) that negatives must not touch, whichever peaks are given."""
        parts = [self.training_peaks, self.blacklist]
        # names of training peaks are categories
        return pd.concat(
            [part[["chrom", "start", "end"]].astype({"chrom": "str"}) for part in parts],
            ignore_index=True,
        )


def too_few_peaks(peaks: int, known: int, source: str) -> str:
    """Return the fault of a source of peaks, of which some lie outside the split test."""
    if known >= MIN_PEAKS:
        return ""
    if peaks < MIN_PEAKS:
        found = f"found {peaks} usable peaks"
    elif known == 0:
        found = f"all {peaks} usable peaks lie in the split test, which is for evaluation only"
    else:
        found = f"only {known} of {peaks} usable peaks lie outside the split test"
    return f"{source}: {found}; to adapt to a factor, provide at least {MIN_PEAKS} outside it"


def draw_negatives_for(
    peaks: SequenceSet,
    ratio: float,
    sources: AdaptationSources,
    settings: NegativeSettings,
    max_n_share: float,
    rng: np.random.Generator,
    source: str,
    remedy: str = _REMEDY,
) -> SequenceSet:
    """Draw genomic negatives that match given peaks in GC content.

    Negatives are drawn from all splits but ``test``, and only from chromosomes on which one of the
    given peaks or of the training experiments' peaks lies: peaks may have been called without the
    others.

    Parameters
    ----------
    peaks
        The positives, all that is known of the factor.
    ratio
        Negatives per positive, more than 0.
    sources
        The genome, and the regions that negatives lie in or must not touch.
    settings
        The config's section `negatives`, of which margin, GC tolerance, repeats and minimum share
        are used. The margin is kept around the given peaks only.
    max_n_share
        Largest share of unknown bases in a negative.
    rng
        Random numbers for the choice.
    source
        Peak file or experiment: it starts the names of the negatives, and messages.
    remedy
        What to do if too few negatives can be drawn, for the message.

    Returns
    -------
    SequenceSet
        Of kind ``genomic`` and label 0, each with the split in which it lies.

    Raises
    ------
    InputError
        If less than `min_share` of the negatives can be drawn.
    """
    number = max(1, round(ratio * len(peaks)))
    near = peaks.table[["chrom", "start", "end"]]
    near = near.assign(start=near["start"] - settings.margin, end=near["end"] + settings.margin)
    forbidden = pd.concat([near, sources.occupied], ignore_index=True)
    bound = {*near["chrom"], *sources.training_peaks["chrom"].unique()}
    regions = sources.regions[sources.regions["chrom"].isin(bound)]
    rules = MatchingRules(settings.gc_tolerance, settings.match_repeats, max_n_share)
    sample = sample_matched(
        peaks,
        number,
        regions[regions["split"] != Split.TEST],
        forbidden,
        sources.genome,
        rules,
        rng,
    )
    table = sample_table(sample, peaks.windows.shape[1])
    table = table.assign(split=split_of_windows(table, regions))
    drawn = fetch_negatives(sources.genome, table, source, Kind.GENOMIC.value, peaks.flank)
    if len(drawn) < number:
        found = (
            f"{source}: {len(drawn)} of {number} negatives could be drawn for {len(peaks)} peaks"
        )
        reason = describe_shortage(peaks, drawn, number)
        if len(drawn) < settings.min_share * number or not len(drawn):
            raise InputError(
                f"{found}, less than negatives.min_share = {settings.min_share:g} ({reason}); "
                f"{remedy}"
            )
        logger.warning("%s: %s", found, reason)
    return drawn


def overlap_warning(overlapping: NDArray[np.bool_], source: str) -> str:
    """Return a warning if all given peaks overlap training peaks, bool (N,); else no text."""
    if not overlapping.all():
        return ""
    return (
        f"{source}: all {len(overlapping)} peaks overlap peaks of training experiments, so the "
        "adapted mixture may learn what training factors have in common; check that the factor is "
        "not one of them"
    )
