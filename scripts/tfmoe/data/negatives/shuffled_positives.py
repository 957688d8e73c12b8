"""Negatives that are exact dinucleotide shuffles of the positives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.dna import UNKNOWN, Codes
from tfmoe.data.datasets import SequenceSet
from tfmoe.data.negatives.dinucleotide_shuffle import dinucleotide_shuffle

KIND = "dinucleotide"
NO_SHUFFLE = "some positives have no other arrangement with the same dinucleotides"
"""Why there are fewer shuffles than asked for."""
# what has another arrangement at all is hardly ever shuffled into itself so often
_ATTEMPTS = 20


def draw_turns(count: int, asked: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw `asked` of `count` rows, int64 (asked,): each as often as the others, or once more."""
    turns = [rng.permutation(count) for _ in range(-(-asked // max(count, 1)))]
    return np.concatenate([np.zeros(0, dtype=np.int64), *turns])[:asked]


def shuffle_positives(
    positives: SequenceSet, asked: int, experiment: str, rng: np.random.Generator
) -> SequenceSet:
    """Shuffle each positive in turn.

    A shuffle has no real sequence beside it: its flanks are unknown. A positive that has no other
    arrangement with the same dinucleotides, such as a run of one base, has no shuffle.

    Parameters
    ----------
    positives
        Named ``<experiment>:peak:<place>``.
    asked
        How many shuffles to make.
    experiment
        The experiment's name; shuffles are named ``<experiment>:dinucleotide:<place>:<number>``.
    rng
        Decides which positives get one more than the others, and the shuffles.

    Returns
    -------
    SequenceSet
        In the order of the positives; fewer than asked where positives have no shuffle.
    """
    rows = draw_turns(len(positives), asked, rng)
    copies = np.arange(asked, dtype=np.int64) // max(len(positives), 1)
    order = np.lexsort((copies, rows))
    rows, copies = rows[order], copies[order]
    shuffled = _shuffled(positives.windows[rows], rng)
    different = (shuffled != positives.windows[rows]).any(axis=1)
    rows, copies, shuffled = rows[different], copies[different], shuffled[different]
    parents = positives.table.iloc[rows].reset_index(drop=True)
    place = parents["name"].str.slice(len(f"{experiment}:peak:"))
    table = parents.assign(
        name=f"{experiment}:{KIND}:" + place + ":" + (copies + 1).astype("str"),
        label=np.int8(0),
        kind=KIND,
        parent=parents["name"],
        repeat_share=np.float32(np.nan),
    )
    codes = np.full((len(rows), positives.codes.shape[1]), UNKNOWN, dtype=np.uint8)
    codes[:, positives.flank : codes.shape[1] - positives.flank] = shuffled
    return SequenceSet(table, codes, positives.flank)


def _shuffled(windows: Codes, rng: np.random.Generator) -> Codes:
    """Shuffle windows, those that stay as they are again."""
    shuffled = dinucleotide_shuffle(windows, rng)
    for _ in range(_ATTEMPTS):
        same = np.flatnonzero((shuffled == windows).all(axis=1))
        if len(same) == 0:
            break
        shuffled[same] = dinucleotide_shuffle(windows[same], rng)
    return shuffled
