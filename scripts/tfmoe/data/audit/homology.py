"""Homology: sequence that the test split shares with positives of other splits, by 31-mers.

Splits by chromosome or by blocks separate positions, not sequences: a repeat or a duplicated gene
can occur in several splits. Both strands are compared.
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
"""Name in the tables of all training experiments together."""
COLUMNS = (
    "experiment", "factor", "role", "training_experiment", "n", "share_31mer", "near_identical",
    "n_negatives", "negatives_31mer", "negatives_near_identical",
)  # fmt: skip

# share of common 31-mers from which on a sequence is called nearly identical
_NEARLY = 0.5
# number of 31-mers of test positives, and of test negatives, in memory at once
_BUDGET = 25_000_000
_MIN_SEQUENCES = 200


def limit_tested(codes: Codes, experiments: int, rng: np.random.Generator) -> Codes:
    """Return a random subset of the test sequences of one experiment that fits into memory.

    Parameters
    ----------
    codes
        Its test positives, or negatives, uint8 (N, L).
    experiments
        Number of experiments, which share the memory equally.
    rng
        Random numbers for the choice.
    """
    words = max(codes.shape[1] - K + 1, 1)
    maximum = max(_BUDGET // (words * experiments), _MIN_SEQUENCES)
    if len(codes) <= maximum:
        return codes
    chosen: Codes = codes[np.sort(rng.choice(len(codes), maximum, replace=False))]
    return chosen


def compare_splits(
    tested: Mapping[str, Codes],
    negatives: Mapping[str, Codes],
    trained: Iterable[tuple[str, Codes]],
    experiments: Mapping[str, Experiment],
) -> pd.DataFrame:
    """Return the share of the test split that has sequence in common with positives elsewhere.

    A network may have memorised such a test positive, and may mistake such a test negative for a
    positive.

    Parameters
    ----------
    tested, negatives
        Test positives, and test negatives other than shuffles, uint8 (N, L), by experiment.
    trained
        Name of each training experiment and its positives of all other splits, (M, L). One
        experiment is in memory at a time.
    experiments
        The experiment table.

    Returns
    -------
    DataFrame
        `COLUMNS`. Each experiment is compared with the other splits of all training experiments
        (`ANY`) and, if it trains an expert, with its own. The columns are the number of test
        positives compared, the share with a 31-mer in common, and the share with at least half of
        the 31-mers in common; then the same for the test negatives. Windows shorter than 31 bases
        are compared as a whole.
    """
    length = max((codes.shape[1] for codes in tested.values()), default=K)
    k = min(K, length)
    both = [*tested.values(), *negatives.values()]
    words = [np.zeros(0, dtype=np.uint64), *(unique_kmers(codes, k) for codes in both)]
    queried = distinct(np.concatenate(words))
    found = np.zeros(len(queried), dtype=np.bool_)
    rows = {}
    for name, codes in trained:
        known = unique_kmers(codes, k)
        found |= _is_in(queried, known)
        if name in tested:
            rows[name, name] = _shares(tested[name], known, k) + _shares(negatives[name], known, k)
    known = queried[found]
    for name, codes in tested.items():
        rows[name, ANY] = _shares(codes, known, k) + _shares(negatives[name], known, k)
    table = [
        (name, experiments[name].factor, experiments[name].role, other, *rows[name, other])
        for name in tested
        for other in (name, ANY)
        if (name, other) in rows
    ]
    return pd.DataFrame(table, columns=list(COLUMNS))


def _is_in(queried: NDArray[np.uint64], known: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Return which sorted numbers occur among other sorted numbers: bool (N,)."""
    found = np.zeros(len(queried), dtype=np.bool_)
    if len(queried):
        # the known numbers are looked up, because they are sorted and usually fewer
        index = np.minimum(np.searchsorted(queried, known), len(queried) - 1)
        found[index[queried[index] == known]] = True
    return found


def _shares(codes: Codes, known: NDArray[np.uint64], k: int) -> tuple[int, float, float]:
    """Return the number of sequences, and the shares with any, and half, of their k-mers known."""
    if len(codes) == 0:
        return 0, float("nan"), float("nan")
    kmers = canonical_kmers(codes, k)
    hits = shared(kmers, known).sum(axis=1)
    total = (kmers != NO_KMER).sum(axis=1)
    near = (hits > 0) & (hits >= _NEARLY * total)
    return len(codes), float((hits > 0).mean()), float(near.mean())
