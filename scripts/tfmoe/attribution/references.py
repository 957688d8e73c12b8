"""Reference sequences, and contributions that explain the difference from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tfmoe.data.negatives.dinucleotide_shuffle import dinucleotide_shuffle
from tfmoe.models.encoding import one_hot

TOLERANCE = 0.01
"""Relative deviation of summed contributions from the difference of the logits."""
NEAR_ZERO = 0.1
"""In logits; for smaller differences, the tolerance is that of a difference of this size."""
BLOCK = 64  # sequences whose references are drawn at once; independent of the batch size


def draw_references(windows: Tensor, shuffles: int, rng: np.random.Generator) -> Tensor:
    """Return the references of N windows, float32 (N, R, 4, L).

    Parameters
    ----------
    windows
        uint8 (N, L) codes.
    shuffles
        Number R of exact dinucleotide shuffles per window. With 0, R is 1 and the reference is 0.25
        for each base.
    rng
        Draws the shuffles.
    """
    rows, length = windows.shape
    if shuffles == 0:
        return torch.full((rows, 1, 4, length), 0.25, device=windows.device)
    repeated = np.repeat(windows.cpu().numpy(), shuffles, axis=0)
    shuffled = torch.from_numpy(dinucleotide_shuffle(repeated, rng)).to(windows.device)
    return one_hot(shuffled).view(rows, shuffles, 4, length)


def hypothetical_contributions(multipliers: Tensor, references: Tensor) -> Tensor:
    """Return the contribution that each base would make relative to the reference, (M, 4, L).

    At a position with reference r and multipliers m, base b differs from the reference by e_b - r
    and contributes m_b - sum over c of m_c r_c. At the observed bases these are the contributions.

    Parameters
    ----------
    multipliers, references
        float32 (M, 4, L).
    """
    return multipliers - (multipliers * references).sum(1, keepdim=True)


def incomplete(sums: Tensor, differences: Tensor) -> Tensor:
    """Return whether contributions miss the difference of the logits, bool (N,).

    Both are float (N,). They may deviate by `TOLERANCE` times the difference, or by `TOLERANCE`
    times `NEAR_ZERO` where the difference is smaller than that.
    """
    return (sums - differences).abs() > TOLERANCE * differences.abs().clamp(min=NEAR_ZERO)


@dataclass(frozen=True)
class DifferenceMaps:
    """Maps of N sequences, and the logit differences to which they should sum.

    Attributes
    ----------
    maps
        float32 (N, 4, L): hypothetical contributions, mean over the references.
    differences
        float32 (N,): logit minus the mean logit of the references.
    """

    maps: Tensor
    differences: Tensor

    def incomplete(self, windows: Tensor) -> int:
        """Return the number of windows, uint8 (N, L), whose contributions are `incomplete`."""
        return sum(
            int(incomplete(self._sums(windows, part), self.differences[part]).sum())
            for part in self._parts
        )

    def relative_error(self, windows: Tensor) -> float:
        """Return the deviation of the summed contributions from the differences, relative to these.

        Both are sums of absolute values over sequences. A mean difference below 0.001 logits is
        replaced by 0.001.

        Parameters
        ----------
        windows
            uint8 (N, L) codes.
        """
        if len(windows) == 0:
            return 0.0
        error, expected = 0.0, 0.0
        for part in self._parts:
            error += float((self._sums(windows, part) - self.differences[part]).abs().sum())
            expected += float(self.differences[part].abs().sum())
        return error / max(expected, 1e-3 * len(windows))

    @property
    def _parts(self) -> list[slice]:
        return [slice(start, start + BLOCK) for start in range(0, len(self.maps), BLOCK)]

    def _sums(self, windows: Tensor, part: slice) -> Tensor:
        return (self.maps[part] * one_hot(windows[part])).sum((1, 2), dtype=torch.float64)
