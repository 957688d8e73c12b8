"""What a network learns that never saw a peak: windows of the genome against their shuffles.

Against shuffled negatives, a part of any model's AUROC is the question whether a sequence comes
from a genome at all. The baseline ``background_vs_shuffle`` is a network of the run's backbone that
was asked nothing else.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from tfmoe.data.datasets import SequenceSet, concatenate
from tfmoe.data.negatives.shuffled_positives import KIND as SHUFFLE
from tfmoe.data.negatives.shuffled_positives import shuffle_positives

BACKGROUND = "background_vs_shuffle"
SOURCE = "genomic"
NEGATIVES = {SHUFFLE: 1.0}
"""A fresh shuffle a window in training."""


def background_sequences(
    genomic: SequenceSet, judge_splits: Collection[str], rng: np.random.Generator
) -> SequenceSet:
    """Make positives of windows that are no peak, and shuffles of those that are judged by.

    Parameters
    ----------
    genomic
        Genomic negatives that overlap no training peak.
    judge_splits
        The splits that the network is judged by.
    rng
        For the shuffles; those that are trained on are made afresh each epoch.

    Returns
    -------
    SequenceSet
        Each window once, with label 1; then the shuffles, with label 0.
    """
    places = genomic.table[["chrom", "start"]]
    windows = genomic.select(~places.duplicated().to_numpy())
    table = windows.table
    name = f"{BACKGROUND}:peak:" + table["chrom"] + ":" + table["start"].astype("str")
    windows = SequenceSet(table.assign(name=name, label=1), windows.codes, windows.flank)
    judged = windows.select(windows.table["split"].isin(list(judge_splits)).to_numpy())
    return concatenate([windows, shuffle_positives(judged, len(judged), BACKGROUND, rng)])
