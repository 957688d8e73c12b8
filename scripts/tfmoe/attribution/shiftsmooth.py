"""ShiftSmooth: the gradient averaged over shifted copies of the sequence.

Tripathi et al. 2025 (arXiv 2507.09754): for a score f and an input x,
SS_n(x) = 1 / (2n + 1) * sum over s = -n..n of T_-s[grad f(T_s x)], with T_s a shift by s positions.
A shift brings in the real bases beside the window, neutral columns of 0.25 where there are none,
and each position is averaged over the shifts that cover it. The authors roll the sequence around
its ends instead, which joins bases that are no neighbours; that can be had too.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from tfmoe.attribution.gradients import gradient_batch
from tfmoe.core.dna import UNKNOWN


def shiftsmooth(
    model: nn.Module,
    codes: Tensor,
    flank: int,
    sizes: Sequence[int],
    batch_size: int,
    fill: str = "flank",
    triangular: bool = False,
) -> list[Tensor]:
    """Compute ShiftSmooth maps of N windows, for several n at the cost of the largest.

    The shifted windows of all sequences stand in one row and are cut into batches, so that each
    pass but the last is full whatever the number of either.

    Parameters
    ----------
    model
        Takes one-hot float32 (B, 4, L), gives logits (B,).
    codes
        uint8 (N, flank + L + flank): each window with the bases beside it, 4 where there are none.
    flank
        Bases beside the window on each side; at least the largest shift if they are the filling.
    sizes
        Each n, the largest shift of a map; 0 gives the plain gradient.
    batch_size
        Shifted windows a pass.
    fill
        What shifts bring in: ``flank``, ``padded`` or ``rolled``.
    triangular
        Whether a shift by s weighs ``n + 1 - |s|``; all weigh alike otherwise.

    Returns
    -------
    list of Tensor
        float32 (N, 4, L) for each n, on the windows' own positions.
    """
    rolled, shifts = fill == "rolled", max(sizes)
    extended = extend(codes, flank, shifts, fill)
    rows, length, copies = len(codes), codes.shape[1] - 2 * flank, 2 * shifts + 1
    windows = extended.unfold(1, length, 1)  # copy c begins c - shifts bases to the right
    weights = [shift_weights(size, triangular) for size in sizes]
    # a base's values side by side, as gradients have them
    totals = [torch.zeros((rows, length, 4), device=codes.device) for _ in sizes]
    for start in range(0, rows * copies, batch_size):
        end = min(start + batch_size, rows * copies)
        first = start // copies
        block = windows[first : -(-end // copies)].reshape(-1, length)
        part = gradient_batch(model, block[start - first * copies : end - first * copies])
        for copy in range(copies):
            # the windows of this copy in the batch belong to rows that follow each other
            offset = (copy - start) % copies
            row = (start + offset) // copies
            moved = part[offset::copies].transpose(1, 2)
            shift = copy - shifts
            for size, weight, total in zip(sizes, weights, totals, strict=True):
                if abs(shift) <= size:
                    sums = total[row : row + len(moved)]
                    _add_moved(sums, moved, shift, weight[shift + size], rolled)
    for weight, total in zip(weights, totals, strict=True):
        total /= _covering(weight, length, rolled, total)
    return [total.transpose(1, 2).contiguous() for total in totals]


def extend(codes: Tensor, flank: int, shifts: int, fill: str) -> Tensor:
    """Return uint8 (N, shifts + L + shifts): windows with the bases that shifts bring in.

    The arguments are those of `shiftsmooth`.
    """
    if fill == "flank":
        return codes[:, flank - shifts : codes.shape[1] - flank + shifts]
    window = codes[:, flank : codes.shape[1] - flank]
    if fill == "rolled":
        length = window.shape[1]
        places = torch.arange(-shifts, length + shifts, device=codes.device) % length
        return window.index_select(1, places)
    neutral = window.new_full((len(window), shifts), UNKNOWN)
    return torch.cat([neutral, window, neutral], dim=1)


def shift_weights(shifts: int, triangular: bool) -> list[int]:
    """Return the weights of the shifts by -n to n."""
    return [shifts + 1 - abs(shift) if triangular else 1 for shift in range(-shifts, shifts + 1)]


def _add_moved(total: Tensor, gradients: Tensor, shift: int, weight: int, rolled: bool) -> None:
    """Add gradients (M, L, 4) of windows `shift` bases to the right to sums (M, L, 4) in place."""
    length = gradients.shape[1]
    if rolled:
        total.add_(gradients.roll(shift, 1), alpha=weight)
        return
    low, high = max(0, shift), min(length, length + shift)
    if low < high:  # otherwise it is shifted by more than its length, and nothing is left to see
        total[:, low:high].add_(gradients[:, low - shift : high - shift], alpha=weight)


def _covering(weights: list[int], length: int, rolled: bool, like: Tensor) -> Tensor:
    """Return the sums of the weights of the shifts that cover each position, (L, 1)."""
    shifts = len(weights) // 2
    covering = like.new_zeros((1, length, 1))
    for copy, weight in enumerate(weights):
        _add_moved(covering, torch.ones_like(covering), copy - shifts, weight, rolled)
    return covering[0]
