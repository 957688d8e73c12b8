"""Draw the negatives of one experiment: five kinds, each by a function of its own.

An experiment that trains an expert gets negatives in all four splits; an out-of-distribution
experiment gets them in the split ``test`` alone, the only one in which it is scored. The training
part (splits ``train``, ``gate`` and ``validation``) and the test part are drawn separately.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tfmoe.core.errors import InputError
from tfmoe.core.vocabulary import Kind, Split
from tfmoe.data.datasets import SequenceSet, concatenate
from tfmoe.data.negatives.context import DrawingContext, KindNegatives, NegativeSources
from tfmoe.data.negatives.kinds.dinucleotide import draw_dinucleotide
from tfmoe.data.negatives.kinds.genomic import draw_genomic
from tfmoe.data.negatives.kinds.neighbour import draw_neighbours
from tfmoe.data.negatives.kinds.other_factor import draw_other_factor
from tfmoe.data.negatives.kinds.user import draw_supplied
from tfmoe.data.negatives.parts import NegativeSettings, Part, config_path
from tfmoe.data.negatives.summary import KindSummary, shortages, summary_table
from tfmoe.data.reading.genome import Genome
from tfmoe.data.windows.fetch import fetch_sequences
from tfmoe.data.windows.select import WindowSettings
from tfmoe.data.windows.splits import split_of_windows

DRAWERS: Mapping[Kind, Callable[[DrawingContext], Iterator[KindNegatives]]] = {
    Kind.GENOMIC: draw_genomic,
    Kind.DINUCLEOTIDE: draw_dinucleotide,
    Kind.NEIGHBOUR: draw_neighbours,
    Kind.OTHER_FACTOR: draw_other_factor,
    Kind.FILE: draw_supplied,
}
"""The function that draws each kind, in the order of the kinds in all tables."""


@dataclass(frozen=True)
class DrawnNegatives:
    """One part of the sequences of an experiment.

    Attributes
    ----------
    sequences
        Positives, then the negatives of each kind.
    summary
        One row per kind and split: numbers asked for and drawn, and a comparison with the
        positives.
    """

    sequences: SequenceSet
    summary: pd.DataFrame


def draw_negatives(
    experiment: str,
    role: str,
    part: Part,
    windows: pd.DataFrame,
    sources: NegativeSources,
    settings: NegativeSettings,
    window_settings: WindowSettings,
    seed: int,
) -> DrawnNegatives:
    """Draw the negatives of one part of an experiment and append them to its positives.

    Parameters
    ----------
    experiment, role
        Name of the experiment, and ``train`` or ``ood``.
    part
        The part. The training part of an OOD experiment has positives only.
    windows
        Positive windows of all splits.
    sources
        Sources of negatives.
    settings, window_settings
        Settings of the part's negatives, and the section `windows` of the config.
    seed
        Seed of the run.

    Raises
    ------
    InputError
        If less than `min_share` of the negatives of a kind can be drawn in a split, or if a split
        gets no negatives at all; one line per problem.
    """
    positives = fetch_positives(
        windows, sources.genome, sources.regions, window_settings.flank, part
    )
    by_split = {
        str(split): positives.select((positives.table["split"] == split).to_numpy())
        for split in part.splits_with_negatives(role)
    }
    context = DrawingContext(experiment, by_split, sources, settings, window_settings, seed)
    drawn = [negatives for draw in DRAWERS.values() for negatives in draw(context)]
    summaries = [negatives.summary for negatives in drawn]
    problems = [*shortages(summaries, settings.min_share), *_splits_without(context, summaries)]
    if problems:
        raise InputError("\n".join(problems))
    sequences = concatenate([positives, *(negatives.sequences for negatives in drawn)])
    return DrawnNegatives(sequences, summary_table(summaries))


def fetch_positives(
    windows: pd.DataFrame, genome: Genome, regions: pd.DataFrame, flank: int, part: Part
) -> SequenceSet:
    """Fetch the positives of one part, in the order of their windows."""
    split = pd.Series(split_of_windows(windows, regions), index=windows.index, dtype="str")
    table = windows.assign(
        label=np.int8(1),
        kind=Kind.PEAK.value,
        parent=pd.Series(None, index=windows.index, dtype="str"),
        split=split,
    )
    return fetch_sequences(genome, table[split.isin(part.splits)], flank)


def _splits_without(context: DrawingContext, summaries: Sequence[KindSummary]) -> Iterator[str]:
    """Report the splits that have positives and no negatives of any kind."""
    for split, positives in context.positives.items():
        # shuffles of the split train are made in training
        shuffled_later = split == Split.TRAIN and context.settings.ratios[Kind.DINUCLEOTIDE] > 0
        drawn = sum(row.drawn for row in summaries if row.split == split)
        if len(positives) and not drawn and not shuffled_later:
            yield (
                f"experiment {context.experiment}: split {split} gets no negatives; ask for "
                f"another kind, such as {config_path(split)}.genomic"
            )
