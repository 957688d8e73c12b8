"""What a sequence is compared with, and whether what is said of the difference adds up to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tfmoe.data.negatives.dinucleotide_shuffle import dinucleotide_shuffle
from tfmoe.models.encoding import one_hot

BLOCK = 64  # sequences whose references are drawn at a time, whatever the batch size


def draw_references(windows: Tensor, shuffles: int, rng: np.random.Generator) -> Tensor:
    """Return the references of N windows, float32 (N, R, 4, L).

    Parameters
    ----------
    windows
        uint8 (N, L) codes.
    shuffles
        R exact dinucleotide shuffles of each window; with 0, R is 1, and the reference is 0.25 for
        each base.
    rng
        Draws the shuffles.
    """
    rows, length = windows.shape
    if shuffles == 0:
        return torch.full((rows, 1, 4, length), 0.25, device=windows.device)
    repeated = np.repeat(windows.cpu().numpy(), shuffles, axis=0)
    shuffled = torch.from_numpy(dinucleotide_shuffle(repeated, rng)).to(windows.device)
    return one_hot(shuffled).view(rows, shuffles, 4, length)


def hypothetical(multipliers: Tensor, references: Tensor) -> Tensor:
    """Return what each base would contribute in place of the reference, (M, 4, L).

    Base b at a position would differ from the reference r there by e_b - r, which the multipliers m
    weigh: m_b - sum over c of m_c r_c. At the bases that are there these are the contributions.

    Parameters
    ----------
    multipliers, references
        float32 (M, 4, L).
    """
    return multipliers - (multipliers * references).sum(1, keepdim=True)


@dataclass(frozen=True)
class Compared:
    """Maps of N sequences, and what they should add up to.

    Attributes
    ----------
    maps
        float32 (N, 4, L): hypothetical contributions, means over the references.
    differences
        float32 (N,): the logit minus the mean of the references' logits.
    """

    maps: Tensor
    differences: Tensor

    def convergence(self, windows: Tensor) -> float:
        """Return by how much the contributions miss the differences, as a share of these.

        Both are summed over the sequences without their signs. Differences of less than 0.001
        logits in the mean count as much.

        Parameters
        ----------
        windows
            uint8 (N, L) codes.
        """
        if len(windows) == 0:
            return 0.0
        missed, expected = 0.0, 0.0
        for start in range(0, len(windows), BLOCK):
            part = slice(start, start + BLOCK)
            sums = (self.maps[part] * one_hot(windows[part])).sum((1, 2), dtype=torch.float64)
            missed += float((sums - self.differences[part]).abs().sum())
            expected += float(self.differences[part].abs().sum())
        return missed / max(expected, 1e-3 * len(windows))
