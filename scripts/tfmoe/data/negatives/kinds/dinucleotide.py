"""Dinucleotide negatives: exact dinucleotide shuffles of the positives."""

from __future__ import annotations

from collections.abc import Iterator

from tfmoe.core.vocabulary import Kind, Split
from tfmoe.data.negatives.context import DrawingContext, KindNegatives
from tfmoe.data.negatives.shuffled_positives import NO_SHUFFLE, shuffle_positives


def draw_dinucleotide(context: DrawingContext) -> Iterator[KindNegatives]:
    """Shuffle the positives of all splits but ``train``, which is shuffled afresh each epoch."""
    kind = Kind.DINUCLEOTIDE
    for split, number in context.numbers(kind).items():
        if split != Split.TRAIN:
            rng = context.rng(kind, split)
            drawn = shuffle_positives(context.positives[split], number, context.experiment, rng)
            yield context.summarised(kind, split, drawn, NO_SHUFFLE)
