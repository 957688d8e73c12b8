"""Folds of the cross-validation of an adapted mixture; windows that overlap share a fold."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FOLDS = 5


def overlap_groups(table: pd.DataFrame, window: int) -> NDArray[np.int64]:
    """Return a number per window, equal for windows that overlap, also by way of others.

    Parameters
    ----------
    table
        One row per window with chrom and start (0-based), as `tfmoe.data.datasets` describes it. A
        window without coordinates (start -1) is a group of its own.
    window
        Length of the windows, in bases: starts that are closer than this overlap.

    Returns
    -------
    ndarray
        int64 (n,), from 0.
    """
    chrom = pd.factorize(table["chrom"])[0]
    start = table["start"].to_numpy(np.int64)
    order = np.lexsort((start, chrom))
    chroms, starts = chrom[order], start[order]
    apart = (np.diff(chroms) != 0) | (np.diff(starts) >= window) | (starts[:-1] < 0)
    groups = np.empty(len(table), dtype=np.int64)
    groups[order] = np.concatenate([[0], np.cumsum(apart)])[: len(table)]
    return groups


def deal_folds(
    labels: NDArray[np.bool_], groups: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Deal windows to `FOLDS` folds, peaks and negatives alike, so that no group is divided.

    The groups come in random order, large ones first, and each goes to the fold with the fewest
    windows of its class; a group of both classes counts as one of peaks. Where all groups are
    single windows, the folds of each class differ by at most one window.

    Parameters
    ----------
    labels
        bool (n,): peaks, and negatives.
    groups
        int64 (n,): the group of each window, as `overlap_groups` returns it.
    rng
        Draws the order.

    Returns
    -------
    ndarray
        int64 (n,): the fold of each window.
    """
    number = int(groups.max()) + 1
    # windows of each class, by group and by fold
    counts = {value: np.bincount(groups[labels == value], minlength=number) for value in (0, 1)}
    filled = {value: np.zeros(FOLDS, dtype=np.int64) for value in (0, 1)}
    fold_of = np.full(number, -1, dtype=np.int64)
    for value in (1, 0):
        shuffled = groups[rng.permutation(np.flatnonzero(labels == value))]
        for group in shuffled[np.argsort(-counts[value][shuffled], kind="stable")].tolist():
            if fold_of[group] >= 0:
                continue
            # of equal folds, the one with the fewest negatives, and then the first
            fold = int(np.lexsort((filled[0], filled[value]))[0])
            fold_of[group] = fold
            for other, total in counts.items():
                filled[other][fold] += total[group]
    return fold_of[groups]
