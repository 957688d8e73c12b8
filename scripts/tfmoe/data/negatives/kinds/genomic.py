"""Genomic negatives: windows from anywhere in the genome, matched to the positives."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pandas as pd

from tfmoe.core.vocabulary import Kind
from tfmoe.data.negatives.context import DrawingContext, KindNegatives
from tfmoe.data.negatives.matched_windows import (
    MatchingRules,
    describe_shortage,
    sample_matched,
    sample_table,
)
from tfmoe.data.negatives.summary import Compromises
from tfmoe.data.windows.splits import some_names

logger = logging.getLogger(__name__)


def draw_genomic(context: DrawingContext) -> Iterator[KindNegatives]:
    """Draw windows of the genome that match the positives in GC content.

    None lies on a chromosome on which the factor has no peak: peaks may have been called without
    that chromosome, so that a window there need not be a negative.
    """
    numbers = context.numbers(Kind.GENOMIC)
    if not numbers:
        return
    settings, sources, length = context.settings, context.sources, context.windows.length
    if settings.match_repeats:
        _warn_without_repeats(context)
    regions = sources.regions[sources.regions["split"].isin(list(context.positives))]
    bound = set(sources.peaks["chrom"])
    _warn_of_unused(context.experiment, _without_peaks(regions, bound))
    usable = regions[regions["chrom"].isin(bound)]
    rules = MatchingRules(
        settings.gc_tolerance, settings.match_repeats, context.windows.max_n_share
    )
    forbidden = context.forbidden(settings.margin)
    samples = {
        split: sample_matched(
            context.positives[split], number, usable[usable["split"] == split], forbidden,
            sources.genome, rules, context.rng(Kind.GENOMIC, split),
        )
        for split, number in numbers.items()
    }  # fmt: skip
    windows = {split: sample_table(sample, length) for split, sample in samples.items()}
    for split, drawn in context.fetch(Kind.GENOMIC, windows).items():
        sample = samples[split]
        unused = some_names(_without_peaks(regions[regions["split"] == split], bound)) or "-"
        compromises = Compromises(sample.other_gc, sample.other_repeats, sample.overlapping, unused)
        reason = describe_shortage(context.positives[split], drawn, numbers[split])
        yield context.summarised(Kind.GENOMIC, split, drawn, reason, compromises)


def _without_peaks(regions: pd.DataFrame, bound: set[str]) -> list[str]:
    """List the chromosomes of regions that are not among those bound by the factor."""
    return [str(chrom) for chrom in regions["chrom"].unique() if chrom not in bound]


def _warn_of_unused(experiment: str, chromosomes: list[str]) -> None:
    if chromosomes:
        logger.warning(
            "%s: the factor has no peak on %s; no genomic negatives are drawn there",
            experiment, some_names(chromosomes),
        )  # fmt: skip


def _warn_without_repeats(context: DrawingContext) -> None:
    """Warn if matching repeats has no effect, as in a genome that is not soft-masked."""
    shares = pd.concat([own.table["repeat_share"] for own in context.positives.values()])
    if shares.min() == shares.max():
        logger.warning(
            "%s: all positives have the same share of lower-case bases, so matching repeats has no "
            "effect; check that the genome is soft-masked", context.experiment,
        )  # fmt: skip
