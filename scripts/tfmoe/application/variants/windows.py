"""Windows of the two alleles of a variant.

The bases that both alleles share at their ends are trimmed first, so that ``ACG>ATG`` and ``C>T``
have the same windows. Each allele is then centred in its own window, as the summit of a peak is in
training (`tfmoe.application.reading.tiling.bases_before`). So a genome that has the other allele
yields the same two windows in exchanged roles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from tfmoe.application.reading.tiling import bases_before
from tfmoe.core.dna import UNKNOWN, Codes, encode_text


class Kind(StrEnum):
    """Kinds of variants, by the lengths of the trimmed alleles."""

    SNV = "snv"
    MNV = "mnv"
    INSERTION = "insertion"
    DELETION = "deletion"


@dataclass(frozen=True)
class Change:
    """A replacement of bases, without bases that both alleles share at their ends.

    Attributes
    ----------
    start
        0-based position of the first replaced base, or for an insertion of the base after it.
    ref, alt
        The replaced and the new bases, upper case; one of them may be empty.
    """

    start: int
    ref: str
    alt: str

    @property
    def kind(self) -> Kind:
        """Kind of the variant; a replacement by more or fewer bases is an insertion or deletion."""
        if len(self.ref) != len(self.alt):
            return Kind.DELETION if len(self.ref) > len(self.alt) else Kind.INSERTION
        return Kind.SNV if len(self.ref) == 1 else Kind.MNV

    @property
    def longest(self) -> int:
        """Number of bases of the longer allele."""
        return max(len(self.ref), len(self.alt))


def trim(start: int, ref: str, alt: str) -> Change:
    """Trim the bases that two alleles share: at the right end first, then at the left.

    Parameters
    ----------
    start
        0-based position of the first base of `ref`.
    ref, alt
        Alleles, upper or lower case.
    """
    ref, alt = ref.upper(), alt.upper()
    most = min(len(ref), len(alt))
    right = 0
    while right < most and ref[-1 - right] == alt[-1 - right]:
        right += 1
    ref, alt = ref[: len(ref) - right], alt[: len(alt) - right]
    most = min(len(ref), len(alt))
    left = 0
    while left < most and ref[left] == alt[left]:
        left += 1
    return Change(start + left, ref[left:], alt[left:])


def context_width(window: int) -> int:
    """Return the number of bases of a variant's surroundings that `allele_windows` needs."""
    return 3 * window


def context_start(change: Change, window: int) -> int:
    """Return the 0-based position of the first base of a variant's surroundings."""
    return change.start - window


def allele_windows(
    contexts: Codes, changes: Sequence[Change], window: int, offset: int = 0
) -> tuple[Codes, Codes]:
    """Build the windows of both alleles of n variants.

    Parameters
    ----------
    contexts
        uint8 (n, `context_width`): the genome around each variant, from `context_start` on.
    changes
        The variants; no allele is longer than ``window - 2 * abs(offset)``.
    window
        Length of the windows, L.
    offset
        Bases by which both windows are moved to the right.

    Returns
    -------
    ref, alt
        uint8 (n, L).
    """
    replaced = np.array([len(change.ref) for change in changes], dtype=np.int64)
    return (
        _windows(contexts, replaced, [change.ref for change in changes], window, offset),
        _windows(contexts, replaced, [change.alt for change in changes], window, offset),
    )


def _windows(
    contexts: Codes, replaced: NDArray[np.int64], alleles: Sequence[str], window: int, offset: int
) -> Codes:
    """Put one allele per variant in the place of the replaced bases."""
    lengths = np.array([len(allele) for allele in alleles], dtype=np.int64)
    padded = np.full((len(alleles), int(lengths.max(initial=0))), UNKNOWN, dtype=np.uint8)
    for row, allele in enumerate(alleles):
        padded[row, : len(allele)] = encode_text(allele)
    width = contexts.shape[1]
    # position of each base of the window relative to the first base of the allele
    place = np.arange(window)[None, :] - (bases_before(window, lengths) - offset)[:, None]
    after = place - lengths[:, None]
    source = np.where(place < 0, window + place, window + replaced[:, None] + after)
    source = np.where((place >= 0) & (after < 0), width + place, source)
    windows: Codes = np.take_along_axis(np.concatenate([contexts, padded], axis=1), source, axis=1)
    return windows


def gc_content(windows: Codes) -> NDArray[np.float64]:
    """Return the share of G and C among the known bases of windows (n, L), or 0 without any."""
    known = (windows < UNKNOWN).sum(axis=1)
    strong = ((windows == 1) | (windows == 2)).sum(axis=1)
    share: NDArray[np.float64] = strong / np.maximum(known, 1)
    return share
