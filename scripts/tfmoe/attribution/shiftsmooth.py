"""ShiftSmooth: the gradient averaged over shifted copies of the sequence.

Tripathi et al. 2025 (arXiv 2507.09754): for a score f and an input x,
SS_n(x) = 1 / (2n + 1) * sum over s = -n..n of T_-s[grad f(T_s x)], with T_s a shift by s positions.
Here a shift brings in the real bases beside the window (the authors roll the sequence around its
ends), neutral columns of 0.25 where there are none, and each position is averaged over the shifts
that cover it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tfmoe.attribution.gradients import input_gradients


def shiftsmooth(
    model: nn.Module, codes: Tensor, flank: int, shifts: int, batch_size: int
) -> Tensor:
    """Compute ShiftSmooth maps of N windows.

    Shifts and sequences are batched together, so that a pass is full whatever the number of either.

    Parameters
    ----------
    model
        Takes one-hot float32 (B, 4, L), gives logits (B,).
    codes
        uint8 (N, flank + L + flank): each window with the bases beside it, 4 where there are none.
    flank
        Bases beside the window on each side, at least `shifts`.
    shifts
        n, the largest shift; 0 gives the plain gradient.
    batch_size
        Shifted windows a pass.

    Returns
    -------
    Tensor
        float32 (N, 4, L), on the windows' own positions.
    """
    rows, width = codes.shape
    length = width - 2 * flank
    copies = 2 * shifts + 1
    maps = torch.zeros((rows, 4, length), device=codes.device)
    step = max(1, batch_size // copies)
    for start in range(0, rows, step):
        block = codes[start : start + step, flank - shifts : width - flank + shifts]
        windows = block.unfold(1, length, 1)  # (rows, copies, L): copy c starts c - shifts bases on
        gradients = input_gradients(model, windows.reshape(-1, length), batch_size)
        maps[start : start + step] = realign(gradients.view(len(block), copies, 4, length), shifts)
    return maps


def realign(gradients: Tensor, shifts: int) -> Tensor:
    """Move the gradients of shifted windows back and average them where they cover a position.

    Parameters
    ----------
    gradients
        float32 (N, 2 * shifts + 1, 4, L); copy c is the window that starts ``c - shifts`` bases to
        the right of the sequence's own, so that its position j is position ``j + c - shifts``.
    shifts
        n, the largest shift.

    Returns
    -------
    Tensor
        float32 (N, 4, L).
    """
    length = gradients.shape[-1]
    total = torch.zeros_like(gradients[:, 0])
    covering = torch.zeros(length, device=gradients.device)
    for copy in range(2 * shifts + 1):
        shift = copy - shifts
        low, high = max(0, shift), min(length, length + shift)
        if low >= high:  # shifted by more than the window's length: nothing is left to see
            continue
        total[..., low:high] += gradients[:, copy, :, low - shift : high - shift]
        covering[low:high] += 1
    return total / covering
