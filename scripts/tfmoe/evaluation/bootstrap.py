"""Bootstrap of AUROC and average precision, for many models and resamples at once.

Scores are never sorted again: a resample is a number of copies of each sequence, and how many
copies stand below a threshold is a sparse product followed by a cumulative sum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Floats = NDArray[np.float64]
Counts = NDArray[np.int32]
Measure = Callable[["_Curve"], Floats]
Draws = Iterator[tuple[Counts, Counts]]

CELLS = 250_000
"""Counts of one batch of resamples: small enough to stay in a core's cache."""


@dataclass(frozen=True)
class Resampled:
    """What k models show in B resamples.

    Attributes
    ----------
    auroc, auprc
        AUROC and average precision, (k, B).
    """

    auroc: Floats
    auprc: Floats


@dataclass(frozen=True)
class _Thresholds:
    """Where one model's scores lie among the G distinct scores of its positives, ascending.

    Attributes
    ----------
    positives
        (G, m): 1 where the positive has the score.
    negatives
        (G + 1, n): 1 in the row of the least score above the negative; row G is above all of them.
    ties
        (G, n): 1 where the negative has the score; `None` if none has.
    """

    positives: csr_array
    negatives: csr_array
    ties: csr_array | None


@dataclass(frozen=True)
class _Curve:
    """Counts of one model at its G thresholds in a batch of W resamples.

    Attributes
    ----------
    equal
        Positives at the threshold, (G, W).
    below
        Negatives below the threshold, (G, W).
    ties
        Negatives at the threshold, (G, W); `None` if there never are any.
    positives, negatives
        All of them, (W,).
    """

    equal: Counts
    below: Counts
    ties: Counts | None
    positives: NDArray[np.int64]
    negatives: NDArray[np.int64]


def bootstrap_auroc(
    positives: Floats, negatives: Floats, resamples: int, rng: np.random.Generator
) -> Floats:
    """AUROC of resamples drawn with replacement, positives and negatives apart.

    Parameters
    ----------
    positives
        Scores of the positives, (k, m), finite, m at least 1.
    negatives
        Scores of the negatives, (k, n), finite, n at least 1.
    resamples
        Number of resamples B.
    rng
        Source of the draws. All models are scored on the same resamples.

    Returns
    -------
    ndarray
        float64, (k, B).
    """
    draws = _draw_stratified(positives.shape[1], negatives.shape[1], resamples, rng)
    return _resample(positives, negatives, draws, [_auroc])[0]


def bootstrap_ranking(
    positives: Floats, negatives: Floats, resamples: int, rng: np.random.Generator
) -> Resampled:
    """AUROC and average precision of the resamples of `bootstrap_auroc`."""
    draws = _draw_stratified(positives.shape[1], negatives.shape[1], resamples, rng)
    return Resampled(*_resample(positives, negatives, draws, [_auroc, _auprc]))


def bootstrap_blocks(
    scores: Floats,
    positive: NDArray[np.bool_],
    blocks: NDArray[np.int64],
    resamples: int,
    rng: np.random.Generator,
) -> Floats:
    """AUROC of resamples of whole blocks, drawn with replacement.

    Sequences that lie close together resemble one another, and a resample of single sequences then
    shows less spread than new data would. Blocks that are drawn whole, positives and negatives
    together, keep what is alike together (Bickel et al. 2010, Annals of Applied Statistics
    4:1660-1697).

    Parameters
    ----------
    scores
        (k, N), finite.
    positive
        bool, (N,), with both classes.
    blocks
        The block of each sequence, (N,), 0 to K - 1 without gaps.
    resamples
        Number of resamples B, of K blocks each.
    rng
        Source of the draws. All models are scored on the same resamples.

    Returns
    -------
    ndarray
        float64, (k, B); NaN where the blocks drawn hold one class only.
    """
    draws = _draw_blocks(blocks[positive], blocks[~positive], resamples, rng)
    return _resample(scores[:, positive], scores[:, ~positive], draws, [_auroc])[0]


def chromosome_blocks(
    chrom: NDArray[np.object_], start: NDArray[np.int64], length: int
) -> NDArray[np.int64]:
    """Give each window the number of the stretch of chromosome that it starts in.

    Parameters
    ----------
    chrom, start
        Chromosome and first base (0-based) of each of N windows.
    length
        Bases of a stretch; the first of a chromosome begins at its base 0.

    Returns
    -------
    ndarray
        int64, (N,): 0 to K - 1 for the K stretches in which any window starts.
    """
    _, chromosome = np.unique(chrom.astype(str), return_inverse=True)
    places = np.column_stack([chromosome, start // length])
    _, blocks = np.unique(places, axis=0, return_inverse=True)
    return blocks.astype(np.int64)


def interval(resampled: Floats, alpha: float) -> tuple[Floats, Floats]:
    """Percentile interval of coverage ``1 - alpha`` along the last axis; NaN is passed over."""
    low, high = np.nanquantile(resampled, [alpha / 2, 1 - alpha / 2], axis=-1)
    return low, high


def _resample(
    positives: Floats, negatives: Floats, draws: Draws, measures: list[Measure]
) -> list[Floats]:
    """Apply each measure to each model in all batches of resamples: (k, B) a measure."""
    models = [_place(*scores) for scores in zip(positives, negatives, strict=True)]
    batches = [
        [[measure(curve) for measure in measures] for curve in _count(models, *drawn)]
        for drawn in draws
    ]
    # batches x models x measures x resamples of the batch, which may be fewer in the last
    return [
        np.stack([np.concatenate([batch[model][index] for batch in batches])
                  for model in range(len(models))])
        for index in range(len(measures))
    ]  # fmt: skip


def _place(positives: Floats, negatives: Floats) -> _Thresholds:
    scores, group = np.unique(positives, return_inverse=True)
    first_equal = np.searchsorted(scores, negatives, side="left")
    first_above = np.searchsorted(scores, negatives, side="right")
    tied = np.flatnonzero(first_equal < first_above)
    below = _indicator(first_above, np.arange(negatives.size), (scores.size + 1, negatives.size))
    return _Thresholds(
        positives=_indicator(group, np.arange(positives.size), (scores.size, positives.size)),
        negatives=below,
        ties=_indicator(first_equal[tied], tied, (scores.size, negatives.size))
        if tied.size
        else None,
    )


def _indicator(
    rows: NDArray[np.intp], columns: NDArray[np.intp], shape: tuple[int, int]
) -> csr_array:
    return csr_array((np.ones(rows.size, np.int32), (rows, columns)), shape=shape)


def _count(models: list[_Thresholds], positives: Counts, negatives: Counts) -> Iterator[_Curve]:
    """Count at the thresholds of each model, in copies (m, W) and (n, W) of the sequences."""
    totals = positives.sum(axis=0), negatives.sum(axis=0)
    for model in models:
        yield _Curve(
            model.positives @ positives,
            np.cumsum(model.negatives @ negatives, axis=0, dtype=np.int32)[:-1],
            None if model.ties is None else model.ties @ negatives,
            *totals,
        )


def _auroc(curve: _Curve) -> Floats:
    wins = _dot(curve.equal, curve.below)
    if curve.ties is not None:
        wins += _dot(curve.equal, curve.ties) / 2
    pairs = curve.positives * curve.negatives
    share: Floats = np.divide(wins, pairs, out=np.full(pairs.size, np.nan), where=pairs > 0)
    return share


def _auprc(curve: _Curve) -> Floats:
    """Average precision; every resample has to have positives."""
    true = np.cumsum(curve.equal[::-1], axis=0, dtype=np.int32)[::-1]
    called = true + (curve.negatives.astype(np.int32) - curve.below)
    # where nothing is called there are no positives to count either
    precision = true / np.maximum(called, 1)
    average: Floats = np.einsum("gw,gw->w", curve.equal, precision) / curve.positives
    return average


def _dot(first: Counts, second: Counts) -> Floats:
    """Sum of products down each column; float64, since the counts' products overflow int32."""
    products: Floats = np.einsum("gw,gw->w", first, second, dtype=np.float64)
    return products


def _draw_stratified(m: int, n: int, resamples: int, rng: np.random.Generator) -> Draws:
    for width in _batches(resamples, max(m, n)):
        yield _draw(m, width, rng), _draw(n, width, rng)


def _draw_blocks(
    positives: NDArray[np.int64],
    negatives: NDArray[np.int64],
    resamples: int,
    rng: np.random.Generator,
) -> Draws:
    size = int(max(positives.max(), negatives.max())) + 1
    for width in _batches(resamples, max(positives.size, negatives.size)):
        drawn = _draw(size, width, rng)
        yield drawn[positives], drawn[negatives]


def _batches(resamples: int, size: int) -> Iterator[int]:
    """Give the number of resamples of each batch."""
    width = max(1, CELLS // size)
    for first in range(0, resamples, width):
        yield min(width, resamples - first)


def _draw(size: int, resamples: int, rng: np.random.Generator) -> Counts:
    """Count how often each of `size` items is in each resample: (size, resamples)."""
    drawn = rng.integers(size, size=(size, resamples))
    cells = drawn * resamples + np.arange(resamples)
    counts = np.bincount(cells.ravel(), minlength=size * resamples)
    return counts.reshape(size, resamples).astype(np.int32)
