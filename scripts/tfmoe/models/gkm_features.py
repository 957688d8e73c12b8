"""Counts of gapped k-mers on both strands, the features of the baseline ``gkm``.

A gapped k-mer is a word of l bases, k of which are read while the others may be any base (Ghandi et
al. 2014, PLoS Comput. Biol. 10:e1003711). It and its reverse complement are one feature.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from tfmoe.core.dna import UNKNOWN, Codes

BLOCK = 1000
"""Number of sequences whose features are expanded at once before they are counted."""

Integers = NDArray[np.int64]


def feature_number(length: int, informative: int) -> int:
    """Return the number of features; a gapped k-mer and its reverse complement count once."""
    return int(_feature_columns(length, informative)[-1])


def count_gapped_kmers(codes: Codes, length: int, informative: int) -> csr_matrix:
    """Count the gapped k-mers of sequences on both strands, scaled to unit norm.

    Parameters
    ----------
    codes
        uint8 (N, L). Gapped k-mers that read an unknown base are not counted.
    length, informative
        Number l of bases of a word, and number k of them that are read.

    Returns
    -------
    csr_matrix
        float32 (N, `feature_number`). Each row has Euclidean norm 1, or 0 if it has no counts. A
        sequence and its reverse complement have the same row.
    """
    parts = [
        _count_block(codes[start : start + BLOCK], length, informative)
        for start in range(0, max(len(codes), 1), BLOCK)
    ]
    return vstack(parts, format="csr")


def _count_block(codes: Codes, length: int, informative: int) -> csr_matrix:
    columns = _feature_columns(length, informative)
    features = feature_number(length, informative)
    found = columns[_gapped_kmer_numbers(codes, length, informative)]
    found.sort(axis=1)
    # the count of a feature is the length of its run in the sorted row
    first = np.ones(found.shape, dtype=np.bool_)
    first[:, 1:] = found[:, 1:] != found[:, :-1]
    starts = np.flatnonzero(first)
    counts = np.diff(np.append(starts, found.size)).astype(np.float64)
    index = found.ravel()[starts]
    rows = starts // max(found.shape[1], 1)
    known = index < features
    index, counts, rows = index[known], counts[known], rows[known]
    norms = np.sqrt(np.bincount(rows, counts**2, minlength=len(codes)))
    values = (counts / norms[rows]).astype(np.float32)
    bounds = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(codes)))])
    shape = (len(codes), features)
    return csr_matrix((values, index.astype(np.int32), bounds.astype(np.int32)), shape=shape)


def _gapped_kmer_numbers(codes: Codes, length: int, informative: int) -> Integers:
    """Return the numbers of gapped k-mers, int64 (N, patterns x words); see `_feature_columns`."""
    words = max(codes.shape[1] - length + 1, 0)
    unknown = comb(length, informative) * 4**informative
    parts = []
    for number, pattern in enumerate(combinations(range(length), informative)):
        value = np.full((len(codes), words), number, dtype=np.int64)
        known = np.ones(value.shape, dtype=np.bool_)
        for offset in pattern:
            bases = codes[:, offset : offset + words]
            value = value * 4 + (bases & 3)
            known &= bases < UNKNOWN
        parts.append(np.where(known, value, unknown))
    return np.concatenate(parts, axis=1)


@cache
def _feature_columns(length: int, informative: int) -> Integers:
    """Return the feature column of each gapped k-mer, shared with its reverse complement.

    The number of a gapped k-mer is (pattern, bases) in base 4, with patterns in the order of
    `itertools.combinations`. The last number represents all gapped k-mers with an unknown base and
    has the last column.
    """
    patterns = list(combinations(range(length), informative))
    number_of = {pattern: number for number, pattern in enumerate(patterns)}
    bases = np.arange(4**informative, dtype=np.int64)
    partner = np.zeros_like(bases)
    for position in range(informative):
        partner = partner * 4 + (3 - bases // 4**position % 4)
    smaller = [
        np.minimum(
            number * 4**informative + bases,
            number_of[tuple(length - 1 - offset for offset in reversed(pattern))] * 4**informative
            + partner,
        )
        for number, pattern in enumerate(patterns)
    ]
    whole = np.append(np.concatenate(smaller), len(patterns) * 4**informative)
    return np.unique(whole, return_inverse=True)[1].astype(np.int64)
