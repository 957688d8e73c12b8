"""Shared 31-mers: overlaps between sequences without coordinates.

Unrelated sequences share no 31-mer by chance (4^31 is 5e18), so a shared 31-mer means the same
piece of the genome, or copies of a repeat. A k-mer is a number with two bits per base; the smaller
of the numbers of both strands is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.compiled import compiled
from tfmoe.core.dna import UNKNOWN, Codes
from tfmoe.core.files import Pathlike, atomic_path, open_npz

K = 31
# not the number of any k-mer: 31 bases take 62 of the 64 bits
NO_KMER = np.uint64(2**64 - 1)
# sequences per chunk where k-mers are counted, which bounds the memory
_CHUNK = 1 << 14
_UNKNOWN = UNKNOWN

Kmers = NDArray[np.uint64]


def canonical_kmers(codes: Codes, k: int = K) -> Kmers:
    """Return the numbers of the k-mers of each sequence, equal for both strands.

    Parameters
    ----------
    codes
        uint8 (N, L).
    k
        Length of a k-mer, 1 to 31.

    Returns
    -------
    uint64 (N, L - k + 1)
        `NO_KMER` where a base is unknown; no columns if L is less than k.

    Raises
    ------
    ValueError
        If `k` is not from 1 to 31.
    """
    if not 1 <= k <= K:
        raise ValueError(f"k: found {k}, expected 1 to {K}")
    found = np.empty((len(codes), max(codes.shape[1] - k + 1, 0)), dtype=np.uint64)
    _number_kmers(codes, k, found)
    return found


@compiled
def _number_kmers(codes: Any, k: int, found: Any) -> None:
    """Slide along each sequence: drop the first base of a k-mer, append the next one."""
    two, three = np.uint64(2), np.uint64(3)
    highest = np.uint64(2 * (k - 1))
    inside = ~(~np.uint64(0) << np.uint64(2 * k))
    for row in range(codes.shape[0]):
        forward, backward, known = np.uint64(0), np.uint64(0), 0
        for column in range(codes.shape[1]):
            # the two low bits encode a base, and their inverse its complement
            base = np.uint64(codes[row, column]) & three
            forward = ((forward << two) | base) & inside
            backward = (backward >> two) | ((base ^ three) << highest)
            known = 0 if codes[row, column] == _UNKNOWN else known + 1
            if column >= k - 1:
                canonical = min(forward, backward)
                found[row, column - k + 1] = canonical if known >= k else NO_KMER


def unique_kmers(codes: Codes, k: int = K) -> Kmers:
    """Return the distinct k-mers of sequences, uint8 (N, L), sorted: uint64 (S,)."""
    found = distinct(canonical_kmers(codes, k).ravel())
    # NO_KMER is the highest number
    return found[:-1] if len(found) and found[-1] == NO_KMER else found


def distinct(kmers: Kmers) -> Kmers:
    """Return sorted k-mers without duplicates, uint64 (S,), of k-mers, uint64 (N,).

    This is fifty times as fast as `numpy.unique`, which hashes first.
    """
    ordered = np.sort(kmers)
    first = np.ones(len(ordered), dtype=np.bool_)
    first[1:] = ordered[1:] != ordered[:-1]
    found: Kmers = ordered[first]
    return found


def shared(kmers: Kmers, known: Kmers) -> NDArray[np.bool_]:
    """Return which k-mers are in a sorted set.

    Parameters
    ----------
    kmers
        uint64 of any shape; the result is false for `NO_KMER`.
    known
        uint64 (S,), sorted.

    Returns
    -------
    bool
        An array with the shape of `kmers`.
    """
    if len(known) == 0:
        return np.zeros(kmers.shape, dtype=np.bool_)
    index = np.minimum(np.searchsorted(known, kmers), len(known) - 1)
    found: NDArray[np.bool_] = (known[index] == kmers) & (kmers != NO_KMER)
    return found


def shared_share(codes: Codes, known: Kmers, k: int = K) -> NDArray[np.float64]:
    """Return the share of each sequence's k-mers that are in a sorted set.

    Parameters
    ----------
    codes
        uint8 (N, L).
    known
        uint64 (S,), sorted k-mers.
    k
        Length of a k-mer.

    Returns
    -------
    float64 (N,)
        Above 0 if at least one k-mer is shared; 0 for a sequence without k-mers.
    """
    share = np.zeros(len(codes), dtype=np.float64)
    for begin in range(0, len(codes), _CHUNK):
        chunk = slice(begin, begin + _CHUNK)
        kmers = canonical_kmers(codes[chunk], k)
        total = (kmers != NO_KMER).sum(axis=1)
        share[chunk] = shared(kmers, known).sum(axis=1) / np.maximum(total, 1)
    return share


@dataclass(frozen=True)
class KmerIndex:
    """The k-mers of several experiments.

    Attributes
    ----------
    k
        Length of a k-mer: 31, or the length of windows if these are shorter.
    kmers
        The k-mers of each experiment, uint64 (S,), sorted and distinct.
    factors
        The factor of each experiment.
    """

    k: int
    kmers: dict[str, Kmers]
    factors: dict[str, str]

    def without_factor(self, factor: str | None) -> Kmers:
        """Return the k-mers of all experiments except those of a factor, ignoring case."""
        left_out = None if factor is None else factor.upper()
        names = [name for name in self.kmers if self.factors[name].upper() != left_out]
        parts = [self.kmers[name] for name in names]
        return distinct(np.concatenate([np.zeros(0, dtype=np.uint64), *parts]))


def index_kmers(windows: Mapping[str, Codes], factors: Mapping[str, str]) -> KmerIndex:
    """Index the k-mers of the sequences of experiments.

    Parameters
    ----------
    windows
        The sequences of each experiment, uint8 (N, L), with the same L for all.
    factors
        The factor of each experiment.
    """
    k = min([K, *(codes.shape[1] for codes in windows.values())])
    kmers = {name: unique_kmers(codes, k) for name, codes in windows.items()}
    return KmerIndex(k, kmers, {name: factors[name] for name in windows})


def write_index(index: KmerIndex, path: Pathlike) -> None:
    """Write an index as ``.npz`` without pickled objects; equal indexes have equal bytes."""
    names = list(index.kmers)
    content: dict[str, Any] = {
        "k": np.int64(index.k),
        "experiments": np.array(names, dtype=np.str_),
        "factors": np.array([index.factors[name] for name in names], dtype=np.str_),
        "counts": np.array([len(index.kmers[name]) for name in names], dtype=np.int64),
        "kmers": np.concatenate([np.zeros(0, dtype=np.uint64), *index.kmers.values()]),
    }
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **content)


def read_index(path: Pathlike) -> KmerIndex:
    """Read an index written by `write_index`.

    Raises
    ------
    InputError
        If the file is missing, damaged or not an index.
    """
    with open_npz(path, "index of k-mers") as content:
        names, factors = content["experiments"].tolist(), content["factors"].tolist()
        parts = np.split(content["kmers"], np.cumsum(content["counts"])[:-1])
        kmers = dict(zip(names, parts, strict=True))
        return KmerIndex(int(content["k"]), kmers, dict(zip(names, factors, strict=True)))
