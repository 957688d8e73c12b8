"""Background sequence of the simulated genome, without binding sites.

Sequence is drawn from second-order Markov chains with the dinucleotide frequencies of the human
genome (CpG at a fifth of its expectation), in stretches of lower and higher GC content; GC-rich
islands keep their CpG. Repeat families are copied with mutations and written in lower case.
Chromosome ends and a few gaps are N.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.dna import UNKNOWN, Codes, reverse_complement

# textbook frequencies in the human genome, both strands, in the order AA, AC, AG, AT, CA, ...
_DINUCLEOTIDES = np.array(
    [
        [0.0977, 0.0503, 0.0699, 0.0773],
        [0.0725, 0.0521, 0.0099, 0.0699],
        [0.0593, 0.0427, 0.0521, 0.0503],
        [0.0656, 0.0593, 0.0725, 0.0977],
    ]
)
_RUN = 1.2  # AAA, CCC, GGG and TTT are more frequent than in a first-order chain
_ISOCHORES = (0.37, 0.41, 0.47)  # GC contents of the stretches
_ISLAND_GC, _ISLAND_CPG = 0.64, 0.85  # CpG as a share of its expectation from the GC content
_PIECE = 1000  # bases per chain; all chains are drawn in parallel
_STRETCH = 40  # mean number of pieces before the GC content changes
_END = 3000  # number of N at each end of a chromosome
_GAPS_PER_MEGABASE = 6
_FAMILIES = 8
_ISLAND_LENGTH = (500, 1500)
_REPEAT_LENGTH = (150, 900)


@dataclass(frozen=True)
class Background:
    """A genome without binding sites; its chromosomes are concatenated on one axis.

    Attributes
    ----------
    codes
        uint8 (L,): A, C, G, T = 0..3, N = 4.
    repeat, island
        bool (L,): whether a base is a soft-masked repeat, or in a GC-rich island.
    names
        Names of the chromosomes.
    starts
        int64 (chromosomes + 1,): start of each chromosome on the axis, and the end of the last one.
    """

    codes: Codes
    repeat: NDArray[np.bool_]
    island: NDArray[np.bool_]
    names: tuple[str, ...]
    starts: NDArray[np.int64]


def draw_background(
    chromosomes: int,
    chromosome_length: int,
    islands: float,
    repeats: float,
    rng: np.random.Generator,
) -> Background:
    """Draw a genome without binding sites.

    Parameters
    ----------
    chromosomes
        Number of chromosomes, named sim1, sim2, ...
    chromosome_length
        Mean length in bases; lengths decrease evenly from 4/3 to 2/3 of it.
    islands, repeats
        Shares of the genome drawn as GC-rich islands and as repeats; repeats may overwrite islands.
    rng
        Source of all random numbers.
    """
    factors = np.linspace(4 / 3, 2 / 3, chromosomes) if chromosomes > 1 else np.ones(1)
    lengths = np.rint(factors * chromosome_length).astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    total = int(starts[-1])
    codes = _draw_stretches(total, rng)
    island = np.zeros(total, dtype=bool)
    repeat = np.zeros(total, dtype=bool)
    _add_islands(codes, island, islands, rng)
    _add_repeats(codes, repeat, repeats, rng)
    _add_unknown(codes, starts, rng)
    known = codes != UNKNOWN
    names = tuple(f"sim{number}" for number in range(1, chromosomes + 1))
    return Background(codes, repeat & known, island & known & ~repeat, names, starts)


def transitions(gc: float, cpg: float | None = None) -> NDArray[np.float64]:
    """Return the second-order chain of a given GC content.

    Parameters
    ----------
    gc
        GC content.
    cpg
        CpG as a share of its expectation from the GC content; `None` keeps the human genome's.

    Returns
    -------
    float64 (16, 4)
        Probability of the next base after each dinucleotide.
    """
    base = _DINUCLEOTIDES.sum(axis=1)
    target = np.array([1 - gc, gc, gc, 1 - gc]) / 2
    # keep the ratio of each dinucleotide to its expectation, and change the expectation
    ratio = _DINUCLEOTIDES / np.outer(base, base)
    if cpg is not None:
        ratio = np.sqrt(ratio)
        ratio[1, 2] = cpg
    pairs = ratio * np.outer(target, target)
    for _ in range(50):  # Sinkhorn: rows and columns must sum to the target
        pairs *= (target / pairs.sum(axis=1))[:, None]
        pairs *= target / pairs.sum(axis=0)
    triples = pairs[:, :, None] * (pairs / pairs.sum(axis=1, keepdims=True))[None]
    for code in range(4):
        triples[code, code, code] *= _RUN
    table: NDArray[np.float64] = (triples / triples.sum(axis=2, keepdims=True)).reshape(16, 4)
    return table


def draw_chains(
    tables: NDArray[np.float64], length: int, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Draw one sequence from each of N second-order chains.

    Parameters
    ----------
    tables
        float64 (N, 16, 4), from `transitions`.
    length
        Length of a sequence, L.

    Returns
    -------
    uint8 (N, L)
        Base codes without N.
    """
    number = len(tables)
    limits = np.cumsum(tables, axis=2)[:, :, :3].astype(np.float32)
    chain = np.arange(number)
    warm_up = 20
    context = rng.integers(0, 16, number)
    drawn = np.empty((length + warm_up, number), dtype=np.uint8)
    for position in range(length + warm_up):
        chance = rng.random(number, dtype=np.float32)
        base = (chance[:, None] >= limits[chain, context]).sum(axis=1)
        context = (context % 4) * 4 + base
        drawn[position] = base
    return np.ascontiguousarray(drawn[warm_up:].T)


def _draw_stretches(total: int, rng: np.random.Generator) -> Codes:
    """Draw sequence whose GC content changes from stretch to stretch."""
    pieces = -(-total // _PIECE)
    change = rng.random(pieces) < 1 / _STRETCH
    change[0] = True
    kinds = rng.integers(0, len(_ISOCHORES), pieces)[change][np.cumsum(change) - 1]
    tables = np.stack([transitions(gc) for gc in _ISOCHORES])[kinds]
    return draw_chains(tables, _PIECE, rng).ravel()[:total].copy()


def _add_islands(
    codes: Codes, island: NDArray[np.bool_], share: float, rng: np.random.Generator
) -> None:
    """Overwrite a share of the genome by GC-rich islands, in place."""
    low, high = _ISLAND_LENGTH
    number = round(share * len(codes) / ((low + high) / 2))
    tables = np.broadcast_to(transitions(_ISLAND_GC, _ISLAND_CPG), (number, 16, 4))
    sequences = draw_chains(tables, high, rng)
    lengths = rng.integers(low, high + 1, number)
    starts = rng.integers(0, len(codes) - high, number)
    for sequence, start, length in zip(sequences, starts, lengths, strict=True):
        codes[start : start + length] = sequence[:length]
        island[start : start + length] = True


def _add_repeats(
    codes: Codes, repeat: NDArray[np.bool_], share: float, rng: np.random.Generator
) -> None:
    """Overwrite a share of the genome by mutated copies of repeat families, in place."""
    low, high = _REPEAT_LENGTH
    tables = np.stack([transitions(gc) for gc in rng.uniform(0.38, 0.52, _FAMILIES)])
    consensus = draw_chains(tables, high, rng)
    lengths = rng.integers(low, high + 1, _FAMILIES)
    ages = rng.uniform(0.04, 0.2, _FAMILIES)  # share of bases mutated since
    abundance = rng.dirichlet(np.full(_FAMILIES, 2.0))
    missing = round(share * len(codes))
    while missing > 0:
        family = int(rng.choice(_FAMILIES, p=abundance))
        length = int(lengths[family])
        # copies of real elements are often truncated at their 5' end
        first = int(length * rng.random() ** 2 * 0.7)
        copy = _mutate(consensus[family, first:length], ages[family], rng)
        if rng.random() < 0.5:
            copy = reverse_complement(copy)
        start = int(rng.integers(0, len(codes) - len(copy)))
        target = slice(start, start + len(copy))
        missing -= int((~repeat[target]).sum())
        codes[target] = copy
        repeat[target] = True


def _mutate(sequence: Codes, age: float, rng: np.random.Generator) -> Codes:
    """Return a copy with a share `age` of its bases substituted."""
    hit = rng.random(len(sequence)) < age
    shift = rng.integers(1, 4, len(sequence)) * hit
    return ((sequence + shift) % 4).astype(np.uint8)


def _add_unknown(codes: Codes, starts: NDArray[np.int64], rng: np.random.Generator) -> None:
    """Overwrite chromosome ends and a few gaps by N, in place."""
    for start, end in itertools.pairwise(starts.tolist()):
        ends = min(_END, (end - start) // 10)
        codes[start : start + ends] = UNKNOWN
        codes[end - ends : end] = UNKNOWN
    for _ in range(round(_GAPS_PER_MEGABASE * len(codes) / 1e6)):
        length = int(np.exp(rng.uniform(0, np.log(2000))))
        start = int(rng.integers(0, len(codes) - length))
        codes[start : start + length] = UNKNOWN
