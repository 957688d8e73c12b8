"""What a network sees in an epoch: positives, negatives, fresh shuffles; shifted, on a strand.

Everything here is bytes; one-hot is made on the device.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.dna import Codes, reverse_complement
from tfmoe.data.negatives.dinucleotide_shuffle import dinucleotide_shuffle, two_mer_shuffle

SHUFFLES = {"dinucleotide": dinucleotide_shuffle, "two_mers": two_mer_shuffle}


@dataclass(frozen=True)
class EpochSettings:
    """How an epoch is put together.

    Attributes
    ----------
    positives_per_epoch
        An epoch shows at least so many positives: a small set is shown several times over, each
        time augmented anew.
    stored, dinucleotide
        Negatives for each positive shown: stored ones, and shuffles made afresh.
    shuffle
        What the shuffles are: ``dinucleotide`` for exact ones, or ``two_mers``.
    max_shift
        Windows are moved by up to so many bases either way, into their stored flanks.
    reverse_complement
        Whether each window is shown on a strand drawn at random.
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
        Bases stored on each side of a window, at least ``settings.max_shift``.
    settings
        How an epoch is put together.
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
        """Number of examples of an epoch."""
        return self._shown + self._stored + self._shuffles

    @property
    def sources(self) -> tuple[Codes, Codes]:
        """The positives and the stored negatives that epochs are drawn from."""
        return self._positives, self._negatives

    def draw(self, rng: np.random.Generator) -> Examples:
        """Draw one epoch's examples, not shuffled.

        Each positive is shown equally often (to within one), and so is each stored negative.
        """
        windows = [
            self._windows(self._positives, _repeat(len(self._positives), self._shown, rng), rng),
            self._windows(self._negatives, _repeat(len(self._negatives), self._stored, rng), rng),
        ]
        parents = windows[0][_repeat(self._shown, self._shuffles, rng)]
        windows.append(SHUFFLES[self._settings.shuffle](parents, rng))
        codes = np.concatenate(windows)
        labels = np.zeros(len(codes), dtype=np.float32)
        labels[: self._shown] = 1
        return Examples(codes, labels)

    def _windows(self, codes: Codes, rows: NDArray[np.int64], rng: np.random.Generator) -> Codes:
        """Cut shifted windows (len(rows), L) out of codes with flanks, on strands drawn."""
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
    """Draw an epoch from several samplers and shuffle it: what all of them would show on their own.

    The pooled network is trained on the samplers of all experts, so that it sees per epoch exactly
    as many examples as the experts do together, each factor in the same proportion.
    """
    parts = [sampler.draw(rng) for sampler in samplers]
    codes = np.concatenate([part.codes for part in parts])
    labels = np.concatenate([part.labels for part in parts])
    order = rng.permutation(len(codes))
    return Examples(codes[order], labels[order])


def _repeat(available: int, wanted: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw `wanted` row numbers such that each row comes equally often, to within one."""
    if wanted == 0:
        return np.zeros(0, dtype=np.int64)
    rounds = -(-wanted // available)
    return np.concatenate([rng.permutation(available) for _ in range(rounds)])[:wanted]
