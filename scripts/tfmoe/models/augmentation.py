"""Training examples of one epoch: positives, stored negatives and fresh shuffles, augmented.

Sequences are bytes here; they become one-hot on the device.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.dna import Codes, reverse_complement
from tfmoe.core.vocabulary import Kind
from tfmoe.data.negatives.dinucleotide_shuffle import dinucleotide_shuffle, two_mer_shuffle

SHUFFLES = {Kind.DINUCLEOTIDE: dinucleotide_shuffle, "two_mers": two_mer_shuffle}


@dataclass(frozen=True)
class EpochSettings:
    """Composition of an epoch.

    Attributes
    ----------
    positives_per_epoch
        Minimum number of positives shown per epoch. A smaller set is repeated, with a new
        augmentation each time.
    stored, dinucleotide
        Negatives per positive shown: stored ones, and freshly drawn shuffles.
    shuffle
        Kind of shuffle: ``dinucleotide`` (exact) or ``two_mers``.
    max_shift
        Windows are shifted by up to this number of bases in either direction, into their stored
        flanks.
    reverse_complement
        Whether each window is shown on a randomly drawn strand.
    """

    positives_per_epoch: int
    stored: float
    dinucleotide: float
    shuffle: str
    max_shift: int
    reverse_complement: bool


@dataclass(frozen=True)
class Examples:
    """Windows to train on: codes uint8 (N, L), labels float32 (N,)."""

    codes: Codes
    labels: NDArray[np.float32]


class EpochSampler:
    """Draws the examples of each epoch from the positives and stored negatives of one expert.

    Parameters
    ----------
    positives, negatives
        Codes with their flanks, uint8 (N, flank + L + flank) and (M, flank + L + flank).
    flank
        Bases stored on each side of a window; at least ``settings.max_shift``.
    settings
        Composition of an epoch.
    """

    def __init__(
        self, positives: Codes, negatives: Codes, flank: int, settings: EpochSettings
    ) -> None:
        self._positives = positives
        self._negatives = negatives
        self._flank = flank
        self._settings = settings
        self._shown = max(len(positives), settings.positives_per_epoch)
        self._stored = round(self._shown * settings.stored) if len(negatives) else 0
        self._shuffles = round(self._shown * settings.dinucleotide)

    @property
    def size(self) -> int:
        """Number of examples per epoch."""
        return self._shown + self._stored + self._shuffles

    @property
    def sources(self) -> tuple[Codes, Codes]:
        """The positives and the stored negatives that epochs are drawn from."""
        return self._positives, self._negatives

    def draw(self, rng: np.random.Generator) -> Examples:
        """Draw the examples of one epoch, in unshuffled order.

        All positives are shown equally often (to within one), and so are all stored negatives.
        """
        windows = [
            self._windows(
                self._positives, _balanced_rows(len(self._positives), self._shown, rng), rng
            ),
            self._windows(
                self._negatives, _balanced_rows(len(self._negatives), self._stored, rng), rng
            ),
        ]
        parents = windows[0][_balanced_rows(self._shown, self._shuffles, rng)]
        windows.append(SHUFFLES[self._settings.shuffle](parents, rng))
        codes = np.concatenate(windows)
        labels = np.zeros(len(codes), dtype=np.float32)
        labels[: self._shown] = 1
        return Examples(codes, labels)

    def _windows(self, codes: Codes, rows: NDArray[np.int64], rng: np.random.Generator) -> Codes:
        """Cut shifted windows (len(rows), L) from codes with flanks, on randomly drawn strands."""
        shift = self._settings.max_shift
        length = codes.shape[1] - 2 * self._flank
        offsets = self._flank + rng.integers(-shift, shift + 1, size=len(rows))
        views = np.lib.stride_tricks.sliding_window_view(codes, length, axis=1)
        windows: Codes = views[rows, offsets]
        if self._settings.reverse_complement:
            other = rng.random(len(rows)) < 0.5
            windows[other] = reverse_complement(windows[other])
        return windows


def draw_epoch(samplers: list[EpochSampler], rng: np.random.Generator) -> Examples:
    """Draw one epoch from each sampler and shuffle all examples together.

    The pooled network is trained on the samplers of all experts. Per epoch it therefore sees
    exactly as many examples as all experts together, with the same proportions of factors.
    """
    parts = [sampler.draw(rng) for sampler in samplers]
    codes = np.concatenate([part.codes for part in parts])
    labels = np.concatenate([part.labels for part in parts])
    order = rng.permutation(len(codes))
    return Examples(codes[order], labels[order])


def _balanced_rows(available: int, wanted: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw `wanted` row numbers so that all rows occur equally often, to within one."""
    if wanted == 0:
        return np.zeros(0, dtype=np.int64)
    rounds = -(-wanted // available)
    return np.concatenate([rng.permutation(available) for _ in range(rounds)])[:wanted]
