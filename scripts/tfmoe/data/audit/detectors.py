"""Detectors that know no motif: how well composition alone tells two kinds of sequences apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.dna import UNKNOWN, Codes
from tfmoe.data.negatives.dinucleotide_shuffle import dinucleotide_counts
from tfmoe.data.negatives.sampling import gc_content

FOLDS = 5
MOST = 5000
"""Sequences of a kind that a detector is fitted and tested on."""

# fewer sequences of a kind than this make no detector
_LEAST = 10
_WORD = 4

Features = NDArray[np.float64]


def composition_shares(codes: Codes) -> Features:
    """Return GC and dinucleotides of sequences, uint8 (N, L): float64 (N, 11).

    The GC share, and the share of each of the ten dinucleotides that differ once the strands are
    taken together.
    """
    return np.column_stack([gc_content(codes) / codes.shape[1], word_shares(codes, 2)])


def tetramer_shares(codes: Codes) -> Features:
    """Return the share of each of the 136 4-mers that differ once the strands are taken together.

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
"""What a detector may see, by the name that the tables give it."""


def word_shares(codes: Codes, width: int) -> Features:
    """Count the words of sequences on both strands, as shares of a sequence's known words.

    Parameters
    ----------
    codes
        uint8 (N, L). A word with an unknown base does not count.
    width
        Bases of a word, such as 4.

    Returns
    -------
    float64 (N, W)
        A word and its reverse complement share a column: W is 10 for 2 bases, 136 for 4. Columns
        are in the order of the alphabetically first word of each pair.
    """
    column, columns = _both_strands(width)
    words = codes.shape[1] - width + 1
    number = np.zeros((len(codes), max(words, 0)), dtype=np.int64)
    known = np.ones(number.shape, dtype=np.bool_)
    for place in range(width):
        bases = codes[:, place : place + words]
        number = number * 4 + (bases & 3)
        known &= bases < UNKNOWN
    # words that are not known go into one more column, which is dropped
    cells = np.where(known, column[number], columns)
    cells += np.arange(len(codes), dtype=np.int64)[:, None] * (columns + 1)
    counts = np.bincount(cells.ravel(), minlength=len(codes) * (columns + 1))
    counts = counts.reshape(len(codes), columns + 1)[:, :columns]
    shares: Features = counts / np.maximum(known.sum(axis=1, keepdims=True), 1)
    return shares


def _both_strands(width: int) -> tuple[NDArray[np.int64], int]:
    """Give each word, by its number in base 4, a column that it shares with its partner."""
    words = np.arange(4**width, dtype=np.int64)
    digits = [words // 4**place % 4 for place in range(width)]
    partner = np.zeros_like(words)
    for digit in digits:
        partner = partner * 4 + (3 - digit)
    distinct, column = np.unique(np.minimum(words, partner), return_inverse=True)
    return column.astype(np.int64), len(distinct)


def dinucleotide_keys(codes: Codes) -> NDArray[np.uint64]:
    """Give sequences, uint8 (N, L), a number: equal where all dinucleotide counts are. uint64 (N,).

    Sequences with different counts get the same number with a chance of 2**-64.
    """
    counts = dinucleotide_counts(codes).reshape(len(codes), 25).astype(np.uint64)
    weights = np.random.default_rng(1).integers(0, 2**64, 25, dtype=np.uint64)
    keys: NDArray[np.uint64] = counts @ weights
    return keys


def shuffle_share(negatives: Codes, positives: Codes) -> float:
    """Return which share of negatives have exactly the dinucleotide counts of some positive.

    Of exact dinucleotide shuffles it is 1, of sequences from elsewhere near 0; NaN of none.
    """
    if len(negatives) == 0:
        return float("nan")
    return float(np.isin(dinucleotide_keys(negatives), dinucleotide_keys(positives)).mean())


def draw(codes: Codes, rng: np.random.Generator) -> Codes:
    """Return at most `MOST` of some sequences, at random and in their order."""
    if len(codes) <= MOST:
        return codes
    return codes[np.sort(rng.choice(len(codes), MOST, replace=False))]


def detector_auroc(
    first: Codes, second: Codes, features: Callable[[Codes], Features], rng: np.random.Generator
) -> float:
    """Return the AUROC, cross-validated, of a logistic regression on features without a motif.

    Near one half, the two kinds of sequences cannot be told apart by such features. Sequences with
    the same dinucleotide counts are in one fold: else a shuffle would be taken for its parent.

    Parameters
    ----------
    first, second
        The sequences to tell apart, uint8 (N, L) and (M, L).
    features
        One of `FEATURES`.
    rng
        Deals sequences to folds.

    Returns
    -------
    float
        The mean over five folds; NaN if there are fewer than ten sequences of a kind, or if no fold
        has both.
    """
    if min(len(first), len(second)) < _LEAST:
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

    # more rounds than it takes by default, so that it always converges
    regression = LogisticRegression(class_weight="balanced", max_iter=1000)
    model = make_pipeline(StandardScaler(), regression).fit(values, labels)
    scores: Features = model.decision_function(others)
    return scores


def _auroc(scores: Features, truth: NDArray[np.bool_]) -> float:
    from scipy.stats import rankdata

    # equal sequences get equal scores, which rounding errors must not part
    ranks = rankdata(np.round(scores, 9))
    positive, negative = int(truth.sum()), int((~truth).sum())
    return float((ranks[truth].sum() - positive * (positive + 1) / 2) / (positive * negative))
