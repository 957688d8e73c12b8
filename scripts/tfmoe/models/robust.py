"""Adversarial training without extra passes, on one-hot sequences.

"Free" adversarial training (Shafahi et al. 2019, arXiv 1904.12843) shows each batch several times
in a row and trains for as many times fewer epochs. The backward pass that gives the gradient of the
weights also gives that of the input, and the input is moved up along it before it is shown again.
An image may be moved a little everywhere; a sequence stays a sequence of bases only if whole bases
are substituted. So the few substitutions are made that raise the loss most to first order.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import one_hot


@dataclass(frozen=True)
class RobustSettings:
    """How a network is trained against substitutions.

    Attributes
    ----------
    substitutions
        The most bases that are substituted in a sequence; 0 trains as usual.
    replays
        How often a batch is shown in a row, the first time as it is.
    share
        Share of the examples of a batch that are changed.
    """

    substitutions: int
    replays: int
    share: float

    @property
    def shows(self) -> int:
        """How often a batch is shown in a row: `replays`, or once where nothing is substituted."""
        return self.replays if self.substitutions else 1


def perturb(shown: Tensor, original: Tensor, settings: RobustSettings) -> Tensor:
    """Return what of a batch is shown next: its first sequences substituted, the others as before.

    Parameters
    ----------
    shown
        The batch as it was shown, (B, 4, L), with the gradient of the loss in ``grad``.
    original
        The batch as it is, from which no sequence gets further than the substitutions asked for.
    settings
        How many substitutions, and in which share of the batch; its order is random already.
    """
    if shown.grad is None:
        raise ValueError("perturb: the batch has no gradient")
    rows = round(settings.share * len(original))
    changed = substitute(original[:rows], shown.grad[:rows], settings.substitutions)
    return torch.cat([changed, original[rows:]])


def substitute(sequences: Tensor, gradients: Tensor, number: int) -> Tensor:
    """Substitute the bases that raise a function most to first order.

    Base b for base a at a position changes it by the difference of the gradient at b and at a.

    Parameters
    ----------
    sequences
        One-hot (B, 4, L); an unknown base, 0.25 in all rows, stays.
    gradients
        Of the function, (B, 4, L).
    number
        The most substitutions in a sequence; fewer where fewer raise the function.

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
