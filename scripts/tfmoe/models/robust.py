"""Adversarial training on one-hot sequences without extra passes.

"Free" adversarial training (Shafahi et al. 2019, arXiv 1904.12843) shows each batch several times
in a row and trains for proportionally fewer epochs. The backward pass for the weights also yields
the gradient of the input, and the input is moved along it before it is shown again. An image may be
moved slightly everywhere, but a sequence stays a sequence of bases only if whole bases are
substituted. Here the few substitutions are made that, to first order, increase the loss most.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import one_hot


@dataclass(frozen=True)
class RobustSettings:
    """Settings of adversarial training by substitutions.

    Attributes
    ----------
    substitutions
        Maximum number of substituted bases per sequence; 0 disables adversarial training.
    replays
        Number of times that a batch is shown in a row, the first time unchanged.
    share
        Share of the examples of a batch that are changed.
    """

    substitutions: int
    replays: int
    share: float

    @property
    def passes_per_batch(self) -> int:
        """Number of times that a batch is shown in a row: `replays`, or 1 without substitutions."""
        return self.replays if self.substitutions else 1


def perturb(shown: Tensor, original: Tensor, settings: RobustSettings) -> Tensor:
    """Return the batch to show next: its first sequences substituted, the others unchanged.

    Parameters
    ----------
    shown
        The batch as shown last, (B, 4, L), with the gradient of the loss in ``grad``.
    original
        The unchanged batch. No sequence differs from it by more than the allowed substitutions.
    settings
        Number of substitutions and share of the batch, whose order is already random.
    """
    if shown.grad is None:
        raise ValueError("perturb: the batch has no gradient")
    rows = round(settings.share * len(original))
    changed = substitute(original[:rows], shown.grad[:rows], settings.substitutions)
    return torch.cat([changed, original[rows:]])


def substitute(sequences: Tensor, gradients: Tensor, number: int) -> Tensor:
    """Substitute the bases that increase a function most to first order.

    Replacing base a by base b at a position changes the function by the difference of its gradient
    at b and at a.

    Parameters
    ----------
    sequences
        One-hot (B, 4, L). Unknown bases, 0.25 in all rows, are not substituted.
    gradients
        Gradient of the function, (B, 4, L).
    number
        Maximum number of substitutions per sequence; fewer if fewer increase the function.

    Returns
    -------
    Tensor
        One-hot (B, 4, L), without a gradient.
    """
    with torch.no_grad():
        own = (gradients * sequences).sum(1, keepdim=True)
        gains, bases = (gradients - own).max(1)
        gains = torch.where(sequences.amax(1) == 1, gains, 0.0)
        best, positions = gains.topk(min(number, sequences.shape[2]), dim=1)
        columns = positions.unsqueeze(1).expand(-1, 4, -1)
        substitutes = one_hot(bases.gather(1, positions), 4).transpose(1, 2).to(sequences.dtype)
        kept = sequences.gather(2, columns)
        return sequences.scatter(2, columns, torch.where(best.unsqueeze(1) > 0, substitutes, kept))
