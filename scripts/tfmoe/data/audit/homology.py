"""Homology: sequence that the test split shares with positives of other splits, by 31-mers.

Splits by chromosome, or by blocks, part places, not sequences: a repeat or a duplicated gene can
lie in several of them. Both strands count as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.dna import Codes
from tfmoe.core.experiments import Experiment
from tfmoe.data.kmers import NO_KMER, K, canonical_kmers, distinct, shared, unique_kmers

ANY = "any"
"""Stands in the tables for all training experiments taken together."""
COLUMNS = (
    "experiment", "factor", "role", "training_experiment", "n", "share_31mer", "near_identical",
    "n_negatives", "negatives_31mer", "negatives_near_identical",
)  # fmt: skip

# a sequence that shares as large a share of its 31-mers is called nearly identical
_NEARLY = 0.5
# 31-mers of test positives, and as many of test negatives, that are held at once, in all
_BUDGET = 25_000_000
_LEAST = 200


def limit_tested(codes: Codes, experiments: int, rng: np.random.Generator) -> Codes:
    """Return as many test sequences of one experiment as memory has room for, at random.

    Parameters
    ----------
    codes
        Its test positives, or negatives, uint8 (N, L).
    experiments
        How many experiments there are, which all get the same room.
    rng
        Decides which.
    """
    words = max(codes.shape[1] - K + 1, 1)
    most = max(_BUDGET // (words * experiments), _LEAST)
    if len(codes) <= most:
        return codes
    chosen: Codes = codes[np.sort(rng.choice(len(codes), most, replace=False))]
    return chosen


def compare_splits(
    tested: Mapping[str, Codes],
    negatives: Mapping[str, Codes],
    trained: Iterable[tuple[str, Codes]],
    experiments: Mapping[str, Experiment],
) -> pd.DataFrame:
    """Say which share of the test split shares sequence with positives of other splits.

    A test positive that does may be known by heart; a test negative that does is taken for one.

    Parameters
    ----------
    tested, negatives
        For each experiment test positives, and test negatives that are no shuffles, uint8 (N, L).
    trained
        For each training experiment its positives of all other splits, (M, L). They are looked at
        one experiment at a time.
    experiments
        The experiment table.

    Returns
    -------
    DataFrame
        `COLUMNS`. Against the experiment's own other splits, if it trains an expert, and against
        those of all training experiments (`ANY`): n test positives looked at, the share that has a
        31-mer in common with one of those positives, and the share of which at least half of the
        31-mers are found there; then the same of the test negatives. In windows shorter than 31
        bases the whole window is the word.
    """
    length = max((codes.shape[1] for codes in tested.values()), default=K)
    k = min(K, length)
    both = [*tested.values(), *negatives.values()]
    words = [np.zeros(0, dtype=np.uint64), *(unique_kmers(codes, k) for codes in both)]
    asked = distinct(np.concatenate(words))
    found = np.zeros(len(asked), dtype=np.bool_)
    rows = {}
    for name, codes in trained:
        known = unique_kmers(codes, k)
        found |= _among(asked, known)
        if name in tested:
            rows[name, name] = _shares(tested[name], known, k) + _shares(negatives[name], known, k)
    known = asked[found]
    for name, codes in tested.items():
        rows[name, ANY] = _shares(codes, known, k) + _shares(negatives[name], known, k)
    table = [
        (name, experiments[name].factor, experiments[name].role, other, *rows[name, other])
        for name in tested
        for other in (name, ANY)
        if (name, other) in rows
    ]
    return pd.DataFrame(table, columns=list(COLUMNS))


def _among(asked: NDArray[np.uint64], known: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Say which of sorted numbers are among others, which are sorted too."""
    found = np.zeros(len(asked), dtype=np.bool_)
    if len(asked):
        # the known ones are looked up, as they come in order, and mostly are fewer
        place = np.minimum(np.searchsorted(asked, known), len(asked) - 1)
        found[place[asked[place] == known]] = True
    return found


def _shares(codes: Codes, known: NDArray[np.uint64], k: int) -> tuple[int, float, float]:
    """Return the number of sequences, and which share has any, or half, of its k-mers known."""
    if len(codes) == 0:
        return 0, float("nan"), float("nan")
    kmers = canonical_kmers(codes, k)
    hits = shared(kmers, known).sum(axis=1)
    total = (kmers != NO_KMER).sum(axis=1)
    near = (hits > 0) & (hits >= _NEARLY * total)
    return len(codes), float((hits > 0).mean()), float(near.mean())
