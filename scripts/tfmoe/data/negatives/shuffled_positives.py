"""Shuffled positives: sequence sets of exact dinucleotide shuffles of positives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.dna import UNKNOWN, Codes
from tfmoe.core.vocabulary import Kind
from tfmoe.data.datasets import SequenceSet
from tfmoe.data.negatives.dinucleotide_shuffle import dinucleotide_shuffle

_KIND = Kind.DINUCLEOTIDE.value
NO_SHUFFLE = "some positives have no other arrangement with the same dinucleotides"
"""Reason for a shortage of shuffles."""
# a sequence that has another arrangement is hardly ever shuffled into itself this many times
_ATTEMPTS = 20


def draw_turns(count: int, number: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw `number` of `count` rows, int64 (number,), each equally often or once more."""
    turns = [rng.permutation(count) for _ in range(-(-number // max(count, 1)))]
    return np.concatenate([np.zeros(0, dtype=np.int64), *turns])[:number]


def shuffle_positives(
    positives: SequenceSet, number: int, experiment: str, rng: np.random.Generator
) -> SequenceSet:
    """Shuffle the positives in turn.

    The flanks of a shuffle are unknown, because no real sequence surrounds it. A positive that has
    no other arrangement with the same dinucleotides, such as a run of one base, has no shuffle.

    Parameters
    ----------
    positives
        Named ``<experiment>:peak:<place>``.
    number
        Number of shuffles to make.
    experiment
        Name of the experiment; shuffles are named ``<experiment>:dinucleotide:<place>:<number>``.
    rng
        Random numbers for the shuffles and for the choice of the positives that get one more than
        the others.

    Returns
    -------
    SequenceSet
        In the order of the positives; fewer than `number` where positives have no shuffle.
    """
    rows = draw_turns(len(positives), number, rng)
    copies = np.arange(number, dtype=np.int64) // max(len(positives), 1)
    order = np.lexsort((copies, rows))
    rows, copies = rows[order], copies[order]
    shuffled = _shuffle(positives.windows[rows], rng)
    different = (shuffled != positives.windows[rows]).any(axis=1)
    rows, copies, shuffled = rows[different], copies[different], shuffled[different]
    parents = positives.table.iloc[rows].reset_index(drop=True)
    place = parents["name"].str.slice(len(f"{experiment}:peak:"))
    table = parents.assign(
        name=f"{experiment}:{_KIND}:" + place + ":" + (copies + 1).astype("str"),
        label=np.int8(0),
        kind=_KIND,
        parent=parents["name"],
        repeat_share=np.float32(np.nan),
    )
    codes = np.full((len(rows), positives.codes.shape[1]), UNKNOWN, dtype=np.uint8)
    codes[:, positives.flank : codes.shape[1] - positives.flank] = shuffled
    return SequenceSet(table, codes, positives.flank)


def _shuffle(windows: Codes, rng: np.random.Generator) -> Codes:
    """Shuffle windows, and shuffle those again that did not change."""
    shuffled = dinucleotide_shuffle(windows, rng)
    for _ in range(_ATTEMPTS):
        unchanged = np.flatnonzero((shuffled == windows).all(axis=1))
        if len(unchanged) == 0:
            break
        shuffled[unchanged] = dinucleotide_shuffle(windows[unchanged], rng)
    return shuffled
