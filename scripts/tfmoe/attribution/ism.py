"""In-silico mutagenesis: what each single substitution does to the logit."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tfmoe.attribution.gradients import check_logits
from tfmoe.models.encoding import one_hot

BLOCK = 64  # sequences whose substitutions are listed at a time: bounds the list, not the passes


def in_silico_mutagenesis(model: nn.Module, windows: Tensor, batch_size: int) -> Tensor:
    """Compute centred in-silico mutagenesis of N windows, with all substitutions of each.

    The value of base b at a position is the logit with b there, minus the mean of the logits with
    each of the four: the same centring as that of a corrected gradient, so that neither has an
    advantage when they are compared. An unknown base is replaced by each of the four.

    Parameters
    ----------
    model
        Takes one-hot float32 (B, 4, L), gives logits (B,).
    windows
        uint8 (N, L) codes.
    batch_size
        Substituted windows a pass.

    Returns
    -------
    Tensor
        float32 (N, 4, L).
    """
    rows, length = windows.shape
    maps = torch.empty((rows, 4, length), device=windows.device)
    with torch.no_grad():
        for start in range(0, rows, BLOCK):
            block = windows[start : start + BLOCK]
            maps[start : start + BLOCK] = _substitute(model, block, batch_size)
    centred: Tensor = maps - maps.mean(dim=1, keepdim=True)
    return centred


def _substitute(model: nn.Module, windows: Tensor, batch_size: int) -> Tensor:
    """Return float32 (N, 4, L): each substitution's logit minus that of the sequence itself."""
    own = _logits(model, windows, batch_size)
    bases = torch.arange(4, dtype=windows.dtype, device=windows.device)[None, :, None]
    different = windows[:, None, :] != bases
    row, base, position = torch.nonzero(different, as_tuple=True)
    changes = torch.zeros(different.shape, device=windows.device)
    for start in range(0, len(row), batch_size):
        part = slice(start, start + batch_size)
        mutated = windows[row[part]]  # indexing copies
        mutated[torch.arange(len(mutated), device=windows.device), position[part]] = base[part].to(
            windows.dtype
        )
        logits = check_logits(model(one_hot(mutated)), len(mutated))
        changes[row[part], base[part], position[part]] = logits - own[row[part]]
    return changes


def _logits(model: nn.Module, windows: Tensor, batch_size: int) -> Tensor:
    parts = []
    for start in range(0, len(windows), batch_size):
        part = windows[start : start + batch_size]
        parts.append(check_logits(model(one_hot(part)), len(part)))
    return torch.cat(parts)
