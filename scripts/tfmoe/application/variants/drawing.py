"""Background variants: random variants in windows that no network was trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from tfmoe.application.reading.tiling import bases_before
from tfmoe.application.variants.windows import (
    Change,
    Kind,
    allele_windows,
    context_width,
)
from tfmoe.core.dna import ALPHABET, UNKNOWN, Codes
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.core.seeds import generator
from tfmoe.core.vocabulary import Kind as Sequences
from tfmoe.core.vocabulary import Split
from tfmoe.data.datasets import SequenceSet, concatenate, read_sequences

NUMBERS: Mapping[Kind, int] = MappingProxyType(
    {Kind.SNV: 10_000, Kind.MNV: 500, Kind.INSERTION: 1_500, Kind.DELETION: 1_500}
)
"""Number of background variants of each kind."""
LONGEST_INDEL = 10
LONGEST_MNV = 3
_SPLITS = (Split.GATE, Split.VALIDATION)
# positives and the negatives that are real sequence; shuffles only where there are no others
_REAL = (Sequences.PEAK, Sequences.GENOMIC, Sequences.NEIGHBOUR, Sequences.FILE)


@dataclass(frozen=True)
class DrawnVariants:
    """n variants, as windows of their alleles.

    Attributes
    ----------
    kinds
        Kind of each variant.
    ref, alt
        Windows of the alleles, uint8 (n, L).
    """

    kinds: list[Kind]
    ref: Codes
    alt: Codes


def draw_background_variants(
    sequences: Sequence[Pathlike], run_seed: int, numbers: Mapping[Kind, int] = NUMBERS
) -> DrawnVariants:
    """Draw random variants in windows of the splits gate and validation.

    The windows are peaks and negatives of the training experiments, each used about equally often.
    A variant lies at a random position at which both alleles' windows are within the stored
    sequence: within the flanks' length of a window's middle. Bases are replaced by random others.
    Insertions and deletions of 1 to 10 bases have probabilities inverse to their lengths; inserted
    bases are drawn from those of the window.

    Parameters
    ----------
    sequences
        ``sequences/<x>.parquet`` of the training experiments.
    run_seed
        The run's seed.
    numbers
        Number of variants of each kind.

    Raises
    ------
    InputError
        If the two splits have no window without unknown bases.
    """
    codes, window = _read(sequences)
    rng = generator(run_seed, "variants", "background")
    kinds, parts = [], []
    for kind, number in numbers.items():
        rows = np.concatenate(
            [rng.permutation(len(codes)) for _ in range(-(-number // len(codes)))]
        )[:number]
        changes = [_draw(codes[row], kind, window, rng) for row in rows]
        contexts = _contexts(codes[rows], changes, window)
        parts.append(allele_windows(contexts, changes, window))
        kinds += [kind] * len(changes)
    ref, alt = (np.concatenate(alleles) for alleles in zip(*parts, strict=True))
    return DrawnVariants(kinds, ref, alt)


def _read(sequences: Sequence[Pathlike]) -> tuple[Codes, int]:
    """Return distinct sequences, with their flanks, and the length of their windows."""
    data = concatenate([read_sequences(path, splits=_SPLITS) for path in sequences])
    real = data.table["kind"].isin(_REAL).to_numpy(dtype=np.bool_)
    if (data.labels[real] == 0).any():
        data = data.select(real)
    known = (data.codes < UNKNOWN).all(axis=1)
    flank = data.flank
    if not known.any():
        # flanks reach beyond the ends of short sequences
        data = SequenceSet(data.table, np.ascontiguousarray(data.windows), 0)
        known, flank = (data.codes < UNKNOWN).all(axis=1), 0
    if not known.any():
        raise InputError(
            f"{', '.join(map(str, sequences))}: the splits gate and validation have no window "
            "without unknown bases, expected some, in which background variants are drawn; change "
            "the section `splits`"
        )
    codes = np.unique(data.codes[known], axis=0)
    return codes, codes.shape[1] - 2 * flank


def _draw(codes: Codes, kind: Kind, window: int, rng: np.random.Generator) -> Change:
    """Draw a variant in one sequence, at a position counted from the sequence's first base."""
    lengths = np.arange(1, LONGEST_INDEL + 1)
    size = 1
    if kind == Kind.MNV:
        size = int(rng.integers(2, LONGEST_MNV + 1))
    elif kind != Kind.SNV:
        size = int(rng.choice(lengths, p=(1 / lengths) / (1 / lengths).sum()))
    replaced = 0 if kind == Kind.INSERTION else size
    shorter = 0 if kind in (Kind.INSERTION, Kind.DELETION) else size
    # both windows need the most bases on each side of the shorter allele
    left = bases_before(window, shorter)
    first, last = left, len(codes) - replaced - (window - left - shorter)
    # without flanks, a window is filled up by unknown bases at its ends
    start = int(rng.integers(first, last + 1)) if first <= last else (len(codes) - replaced) // 2
    ref = codes[start : start + replaced]
    if kind == Kind.INSERTION:
        alt = rng.choice(codes, size)
    elif kind == Kind.DELETION:
        alt = codes[:0]
    else:
        alt = (ref + rng.integers(1, 4, size)) % 4
    return Change(start, _bases(ref), _bases(alt))


def _bases(codes: Codes) -> str:
    return "".join(ALPHABET[code] for code in codes)


def _contexts(codes: Codes, changes: Sequence[Change], window: int) -> Codes:
    """Return the surroundings of a variant in each sequence, with unknown bases beyond its ends."""
    starts: NDArray[np.int64] = np.array([change.start for change in changes], dtype=np.int64)
    padded = np.pad(codes, ((0, 0), (window, 2 * window)), constant_values=UNKNOWN)
    # the padding moves each position by a window, and the surroundings begin a window before it
    places = starts[:, None] + np.arange(context_width(window))
    cut: Codes = np.take_along_axis(padded, places, axis=1)
    return cut
