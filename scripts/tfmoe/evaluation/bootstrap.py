"""Bootstrap of AUROC and average precision, for many models and resamples at once.

Scores are sorted only once. A resample is the number of copies of each sequence, so a sparse
product followed by a cumulative sum counts the copies below each threshold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import expit, logit, stdtrit

Floats = NDArray[np.float64]
Counts = NDArray[np.int32]
Measure = Callable[["_Curve"], Floats]
Draws = Iterator[tuple[Counts, Counts]]

CELLS = 250_000
"""Counts per batch of resamples; this many fit into a core's cache."""
EXTREME = 1e-12
"""A measure this close to 0 or 1 differs from it by rounding only, and has no logit."""


@dataclass(frozen=True)
class Resampled:
    """AUROC and average precision of k models in B resamples.

    Attributes
    ----------
    auroc, auprc
        float64, (k, B).
    """

    auroc: Floats
    auprc: Floats


@dataclass(frozen=True)
class _Thresholds:
    """Positions of one model's scores among the G distinct scores of its positives, ascending.

    Attributes
    ----------
    positives
        (G, m): 1 where the positive has the score.
    negatives
        (G + 1, n): 1 in the row of the lowest threshold above the negative; row G holds the
        negatives that no threshold exceeds.
    ties
        (G, n): 1 where the negative has the score; `None` if no negative ties with a positive.
    """

    positives: csr_array
    negatives: csr_array
    ties: csr_array | None


@dataclass(frozen=True)
class _Curve:
    """Counts for one model at its G thresholds in a batch of W resamples.

    Attributes
    ----------
    equal
        Positives at the threshold, (G, W).
    below
        Negatives below the threshold, (G, W).
    ties
        Negatives at the threshold, (G, W); `None` if no negative ties with a positive.
    positives, negatives
        Sizes of the classes, (W,).
    """

    equal: Counts
    below: Counts
    ties: Counts | None
    positives: NDArray[np.int64]
    negatives: NDArray[np.int64]


def bootstrap_auroc(
    positives: Floats, negatives: Floats, resamples: int, rng: np.random.Generator
) -> Floats:
    """Compute AUROCs of resamples drawn with replacement, separately for each class.

    Parameters
    ----------
    positives
        Scores of the positives, (k, m), finite, m at least 1.
    negatives
        Scores of the negatives, (k, n), finite, n at least 1.
    resamples
        Number of resamples B.
    rng
        Random generator. All models are scored on the same resamples.

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
    """Compute AUROC and average precision on the resamples of `bootstrap_auroc`."""
    draws = _draw_stratified(positives.shape[1], negatives.shape[1], resamples, rng)
    return Resampled(*_resample(positives, negatives, draws, [_auroc, _auprc]))


def average_precision(positives: Floats, negatives: Floats) -> Floats:
    """Compute the average precision of k models, float64 (k,), from the scores of both classes."""
    once = (np.ones((scores.shape[1], 1), np.int32) for scores in (positives, negatives))
    return _resample(positives, negatives, iter([(next(once), next(once))]), [_auprc])[0][:, 0]


def bootstrap_blocks(
    scores: Floats,
    positive: NDArray[np.bool_],
    blocks: NDArray[np.int64],
    resamples: int,
    rng: np.random.Generator,
) -> Floats:
    """Compute AUROCs of resamples of whole blocks, drawn with replacement.

    Neighbouring sequences resemble each other, so resampling single sequences underestimates how
    much new data would differ. Drawing whole blocks, with their positives and negatives, preserves
    the local correlation (Bickel et al. 2010, Annals of Applied Statistics 4:1660-1697).

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
        Random generator. All models are scored on the same resamples.

    Returns
    -------
    ndarray
        float64, (k, B); NaN where the drawn blocks hold only one class.
    """
    draws = _draw_blocks(blocks[positive], blocks[~positive], resamples, rng)
    return _resample(scores[:, positive], scores[:, ~positive], draws, [_auroc])[0]


def chromosome_blocks(
    chrom: NDArray[np.object_], start: NDArray[np.int64], length: int
) -> NDArray[np.int64]:
    """Assign each window to the fixed-length block of its chromosome in which it starts.

    Parameters
    ----------
    chrom, start
        Chromosome and first base (0-based) of each of N windows.
    length
        Bases per block; the first block of a chromosome begins at base 0.

    Returns
    -------
    ndarray
        int64, (N,): block numbers 0 to K - 1; blocks in which no window starts are not counted.
    """
    _, chromosome = np.unique(chrom.astype(str), return_inverse=True)
    positions = np.column_stack([chromosome, start // length])
    _, blocks = np.unique(positions, axis=0, return_inverse=True)
    return blocks.astype(np.int64)


def logit_interval(
    estimate: Floats, resampled: Floats, replicates: int, alpha: float
) -> tuple[Floats, Floats]:
    """Compute intervals of AUROCs or average precisions on the logit scale.

    Percentile intervals of these measures lie too high and are too narrow. A resample repeats
    sequences, which raises average precision, and a measure close to 1 varies more below its
    estimate than above. Therefore, bias and standard deviation of the resamples are carried to the
    logit scale by the delta method (Boyd, Eng and Page 2013, ECML PKDD, for the logit), with the
    factor ``n / (n - 1)`` of the variance and Student's t for few replicates (Hesterberg 2015, The
    American Statistician 69:371-386). ``benchmarks/interval_coverage.tsv`` has the coverage of both
    kinds.

    Parameters
    ----------
    estimate
        The measure on the data, (k,), from 0 to 1.
    resampled
        The measure in each resample, (k, B); NaN is ignored.
    replicates
        Number n of units that were resampled, in the smaller class.
    alpha
        The interval covers ``1 - alpha``.

    Returns
    -------
    tuple
        Lower and upper bounds, float64 (k,). They contain the estimate and equal it if it is 0 or
        1; otherwise they are NaN for a single replicate.
    """
    slope = estimate * (1 - estimate)
    extreme = slope < EXTREME
    if replicates < 2:
        unknown = np.where(extreme, estimate, np.nan)
        return unknown, unknown
    slope = np.where(extreme, 1.0, slope)
    bias = (np.nanmean(resampled, axis=-1) - estimate) / slope
    error = np.nanstd(resampled, axis=-1, ddof=1) / slope * np.sqrt(replicates / (replicates - 1))
    centre = logit(np.where(extreme, 0.5, estimate)) - bias
    half = stdtrit(replicates - 1, 1 - alpha / 2) * error
    low, high = expit(centre - half), expit(centre + half)
    return (
        np.where(extreme, estimate, np.minimum(low, estimate)),
        np.where(extreme, estimate, np.maximum(high, estimate)),
    )


def _resample(
    positives: Floats, negatives: Floats, draws: Draws, measures: list[Measure]
) -> list[Floats]:
    """Apply each measure to each model in all batches of resamples; (k, B) per measure."""
    models = [_find_thresholds(*scores) for scores in zip(positives, negatives, strict=True)]
    batches = [
        [[measure(curve) for measure in measures] for curve in _count(models, *drawn)]
        for drawn in draws
    ]
    # batches x models x measures x resamples; the last batch may be smaller
    return [
        np.stack([np.concatenate([batch[model][index] for batch in batches])
                  for model in range(len(models))])
        for index in range(len(measures))
    ]  # fmt: skip


def _find_thresholds(positives: Floats, negatives: Floats) -> _Thresholds:
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
    """Count copies of the sequences, (m, W) and (n, W), at the thresholds of each model."""
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
    """Compute average precision; every resample must contain positives."""
    true = np.cumsum(curve.equal[::-1], axis=0, dtype=np.int32)[::-1]
    called = true + (curve.negatives.astype(np.int32) - curve.below)
    # thresholds that call no sequence have no positives either, so they add nothing
    precision = true / np.maximum(called, 1)
    average: Floats = np.einsum("gw,gw->w", curve.equal, precision) / curve.positives
    return average


def _dot(first: Counts, second: Counts) -> Floats:
    """Sum products along each column, in float64 because products of counts overflow int32."""
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
    """Yield the number of resamples in each batch."""
    width = max(1, CELLS // size)
    for first in range(0, resamples, width):
        yield min(width, resamples - first)


def _draw(size: int, resamples: int, rng: np.random.Generator) -> Counts:
    """Count how often each of `size` items occurs in each resample; (size, resamples)."""
    drawn = rng.integers(size, size=(size, resamples))
    cells = drawn * resamples + np.arange(resamples)
    counts = np.bincount(cells.ravel(), minlength=size * resamples)
    return counts.reshape(size, resamples).astype(np.int32)
