"""Detectors without motifs: how well composition alone separates two kinds of sequences."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.dna import UNKNOWN, Codes
from tfmoe.data.negatives.dinucleotide_shuffle import dinucleotide_counts
from tfmoe.data.negatives.sampling import gc_content

FOLDS = 5
MAX_SEQUENCES = 5000
"""Largest number of sequences per kind that a detector is fitted and tested on."""

# smallest number of sequences per kind for a detector
_MIN_SEQUENCES = 10
_WORD = 4

Features = NDArray[np.float64]


def composition_shares(codes: Codes) -> Features:
    """Return GC and dinucleotide shares of sequences, uint8 (N, L): float64 (N, 11).

    The GC share is followed by the shares of the ten dinucleotides that remain distinct when both
    strands are counted together.
    """
    return np.column_stack([gc_content(codes) / codes.shape[1], word_shares(codes, 2)])


def tetramer_shares(codes: Codes) -> Features:
    """Return the shares of the 136 4-mers that are distinct when both strands are counted together.

    Parameters
    ----------
    codes
        uint8 (N, L).

    Returns
    -------
    float64 (N, 136)
    """
    return word_shares(codes, _WORD)


FEATURES: Mapping[str, Callable[[Codes], Features]] = {
    "composition": composition_shares,
    "4-mers": tetramer_shares,
}
"""Features of a detector, by their name in the tables."""


def word_shares(codes: Codes, width: int) -> Features:
    """Count words of sequences on both strands, as shares of the known words of a sequence.

    Parameters
    ----------
    codes
        uint8 (N, L). Words with an unknown base are ignored.
    width
        Length of a word in bases, such as 4.

    Returns
    -------
    float64 (N, W)
        A word and its reverse complement share a column: W is 10 for 2 bases, 136 for 4. Columns
        are in the order of the alphabetically first word of each pair.
    """
    column, columns = _strand_neutral_columns(width)
    words = codes.shape[1] - width + 1
    number = np.zeros((len(codes), max(words, 0)), dtype=np.int64)
    known = np.ones(number.shape, dtype=np.bool_)
    for offset in range(width):
        bases = codes[:, offset : offset + words]
        number = number * 4 + (bases & 3)
        known &= bases < UNKNOWN
    # words with an unknown base go into an extra column, which is dropped
    cells = np.where(known, column[number], columns)
    cells += np.arange(len(codes), dtype=np.int64)[:, None] * (columns + 1)
    counts = np.bincount(cells.ravel(), minlength=len(codes) * (columns + 1))
    counts = counts.reshape(len(codes), columns + 1)[:, :columns]
    shares: Features = counts / np.maximum(known.sum(axis=1, keepdims=True), 1)
    return shares


def _strand_neutral_columns(width: int) -> tuple[NDArray[np.int64], int]:
    """Return the column of each word, numbered in base 4, and the number of columns.

    A word shares its column with its reverse complement.
    """
    words = np.arange(4**width, dtype=np.int64)
    digits = [words // 4**exponent % 4 for exponent in range(width)]
    complement = np.zeros_like(words)
    for digit in digits:
        complement = complement * 4 + (3 - digit)
    distinct, column = np.unique(np.minimum(words, complement), return_inverse=True)
    return column.astype(np.int64), len(distinct)


def dinucleotide_keys(codes: Codes) -> NDArray[np.uint64]:
    """Hash the dinucleotide counts of sequences, uint8 (N, L): uint64 (N,).

    Sequences with different counts get the same key with a probability of 2**-64.
    """
    counts = dinucleotide_counts(codes).reshape(len(codes), 25).astype(np.uint64)
    weights = np.random.default_rng(1).integers(0, 2**64, 25, dtype=np.uint64)
    keys: NDArray[np.uint64] = counts @ weights
    return keys


def shuffle_share(negatives: Codes, positives: Codes) -> float:
    """Return the share of negatives with exactly the dinucleotide counts of some positive.

    It is 1 for exact dinucleotide shuffles, near 0 for other sequences, and NaN without negatives.
    """
    if len(negatives) == 0:
        return float("nan")
    return float(np.isin(dinucleotide_keys(negatives), dinucleotide_keys(positives)).mean())


def subsample(codes: Codes, rng: np.random.Generator) -> Codes:
    """Return at most `MAX_SEQUENCES` of the sequences, at random and in their order."""
    if len(codes) <= MAX_SEQUENCES:
        return codes
    return codes[np.sort(rng.choice(len(codes), MAX_SEQUENCES, replace=False))]


def detector_auroc(
    first: Codes, second: Codes, features: Callable[[Codes], Features], rng: np.random.Generator
) -> float:
    """Return the cross-validated AUROC of a logistic regression on features without motifs.

    An AUROC near one half means that such features do not separate the two kinds of sequences.
    Sequences with the same dinucleotide counts are in the same fold, or else a shuffle would be
    scored by its parent.

    Parameters
    ----------
    first, second
        The sequences to separate, uint8 (N, L) and (M, L).
    features
        One of `FEATURES`.
    rng
        Random numbers for the assignment of sequences to folds.

    Returns
    -------
    float
        Mean over five folds; NaN with fewer than ten sequences of a kind, or if no fold has both.
    """
    if min(len(first), len(second)) < _MIN_SEQUENCES:
        return float("nan")
    both = np.concatenate([first, second])
    values = features(both)
    labels = np.repeat([True, False], [len(first), len(second)])
    groups = np.unique(dinucleotide_keys(both), return_inverse=True)[1]
    fold = rng.permutation(int(groups.max()) + 1)[groups] % FOLDS
    aurocs = []
    for held_out in range(FOLDS):
        fitted, tested = fold != held_out, fold == held_out
        if len(set(labels[fitted])) == len(set(labels[tested])) == 2:
            scores = _fit_and_score(values[fitted], labels[fitted], values[tested])
            aurocs.append(_auroc(scores, labels[tested]))
    return float(np.mean(aurocs)) if aurocs else float("nan")


def _fit_and_score(values: Features, labels: NDArray[np.bool_], others: Features) -> Features:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    # more iterations than by default, so that it always converges
    regression = LogisticRegression(class_weight="balanced", max_iter=1000)
    model = make_pipeline(StandardScaler(), regression).fit(values, labels)
    scores: Features = model.decision_function(others)
    return scores


def _auroc(scores: Features, truth: NDArray[np.bool_]) -> float:
    from scipy.stats import rankdata

    # equal sequences have equal scores, which rounding errors must not separate
    ranks = rankdata(np.round(scores, 9))
    positive, negative = int(truth.sum()), int((~truth).sum())
    return float((ranks[truth].sum() - positive * (positive + 1) / 2) / (positive * negative))
