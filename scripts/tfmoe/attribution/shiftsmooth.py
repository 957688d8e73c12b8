"""ShiftSmooth: the gradient averaged over shifted copies of the sequence.

Tripathi et al. 2025 (arXiv 2507.09754): for a score f and an input x,
SS_n(x) = 1 / (2n + 1) * sum over s = -n..n of T_-s[grad f(T_s x)], with T_s a shift by s positions.
By default, a shift brings in the real flanking bases, or neutral columns of 0.25 if there are none,
and each position is averaged over the shifts that cover it. The authors instead roll the sequence
around its ends, which joins bases that are not neighbours; this is available as ``rolled``.
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

    The shifted windows of all sequences are concatenated before they are cut into batches, so that
    every pass except the last is full.

    Parameters
    ----------
    model
        Maps one-hot float32 (B, 4, L) to logits (B,).
    codes
        uint8 (N, flank + L + flank): each window with its flanking bases, 4 where there is none.
    flank
        Number of flanking bases on each side; at least the largest shift if `fill` is ``flank``.
    sizes
        n of each map, its largest shift; 0 is the plain gradient.
    batch_size
        Shifted windows per pass.
    fill
        Bases that shifts bring in: ``flank``, ``padded`` or ``rolled``.
    triangular
        Whether a shift by s has weight ``n + 1 - |s|`` instead of 1.

    Returns
    -------
    list of Tensor
        float32 (N, 4, L) for each n, at the positions of the unshifted windows.
    """
    rolled, shifts = fill == "rolled", max(sizes)
    extended = extend(codes, flank, shifts, fill)
    rows, length, copies = len(codes), codes.shape[1] - 2 * flank, 2 * shifts + 1
    windows = extended.unfold(1, length, 1)  # copy c begins c - shifts bases to the right
    weights = [shift_weights(size, triangular) for size in sizes]
    # the four values of a position are contiguous, as in the gradients
    totals = [torch.zeros((rows, length, 4), device=codes.device) for _ in sizes]
    for start in range(0, rows * copies, batch_size):
        end = min(start + batch_size, rows * copies)
        first = start // copies
        block = windows[first : -(-end // copies)].reshape(-1, length)
        part = gradient_batch(model, block[start - first * copies : end - first * copies])
        for copy in range(copies):
            # within the batch, the windows of this copy belong to consecutive rows
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
    """Return uint8 (N, shifts + L + shifts): windows and the bases that shifts bring in.

    The arguments are those of `shiftsmooth`.
    """
    if fill == "flank":
        return codes[:, flank - shifts : codes.shape[1] - flank + shifts]
    window = codes[:, flank : codes.shape[1] - flank]
    if fill == "rolled":
        length = window.shape[1]
        positions = torch.arange(-shifts, length + shifts, device=codes.device) % length
        return window.index_select(1, positions)
    neutral = window.new_full((len(window), shifts), UNKNOWN)
    return torch.cat([neutral, window, neutral], dim=1)


def shift_weights(shifts: int, triangular: bool) -> list[int]:
    """Return the weights of the shifts from -n to n."""
    return [shifts + 1 - abs(shift) if triangular else 1 for shift in range(-shifts, shifts + 1)]


def _add_moved(total: Tensor, gradients: Tensor, shift: int, weight: int, rolled: bool) -> None:
    """Add gradients (M, L, 4) of windows shifted to the right to the sums (M, L, 4) in place."""
    length = gradients.shape[1]
    if rolled:
        total.add_(gradients.roll(shift, 1), alpha=weight)
        return
    low, high = max(0, shift), min(length, length + shift)
    if low < high:  # otherwise the shift exceeds the window, and no position overlaps
        total[:, low:high].add_(gradients[:, low - shift : high - shift], alpha=weight)


def _covering(weights: list[int], length: int, rolled: bool, like: Tensor) -> Tensor:
    """Return the total weight of the shifts that cover each position, (L, 1)."""
    shifts = len(weights) // 2
    covering = like.new_zeros((1, length, 1))
    for copy, weight in enumerate(weights):
        _add_moved(covering, torch.ones_like(covering), copy - shifts, weight, rolled)
    return covering[0]
