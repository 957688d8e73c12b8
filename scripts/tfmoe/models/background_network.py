"""Training data of the background network, which never sees a peak.

Part of any model's AUROC against shuffled negatives comes from recognising genomic sequence, not
binding. The baseline ``background_vs_shuffle`` measures this part: a network of the run's backbone
that is trained only to separate genomic windows from their shuffles.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from tfmoe.core.vocabulary import BACKGROUND, Kind
from tfmoe.data.datasets import SequenceSet, concatenate
from tfmoe.data.negatives.shuffled_positives import shuffle_positives

SOURCE = Kind.GENOMIC
"""Kind of the windows that serve as positives."""
NEGATIVES: Mapping[str, float] = {Kind.DINUCLEOTIDE: 1.0}
"""In training, one fresh shuffle per window."""


def background_sequences(
    genomic: SequenceSet, judge_splits: Collection[str], rng: np.random.Generator
) -> SequenceSet:
    """Label genomic windows as positives, and add shuffles of those in the validation splits.

    Parameters
    ----------
    genomic
        Genomic negatives that overlap no training peak.
    judge_splits
        Splits used to judge the network.
    rng
        Draws the shuffles. Training shuffles are not stored here, because they are drawn again each
        epoch.

    Returns
    -------
    SequenceSet
        Each window once, with label 1, followed by the shuffles, with label 0.
    """
    places = genomic.table[["chrom", "start"]]
    windows = genomic.select(~places.duplicated().to_numpy())
    table = windows.table
    name = f"{BACKGROUND}:{Kind.PEAK}:" + table["chrom"] + ":" + table["start"].astype("str")
    windows = SequenceSet(table.assign(name=name, label=1), windows.codes, windows.flank)
    judged = windows.select(windows.table["split"].isin(list(judge_splits)).to_numpy())
    return concatenate([windows, shuffle_positives(judged, len(judged), BACKGROUND, rng)])
