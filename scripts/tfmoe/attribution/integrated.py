"""SmoothGrad and integrated gradients: gradients averaged over inputs that are not one-hot."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from tfmoe.attribution.gradients import compute_logits, differentiate
from tfmoe.attribution.references import (
    BLOCK,
    DifferenceMaps,
    draw_references,
    hypothetical_contributions,
)
from tfmoe.models.encoding import one_hot

NOISE = 0.1  # standard deviation; one-hot values span a range of 1


def smoothgrad(
    model: nn.Module, windows: Tensor, copies: int, batch_size: int, rng: np.random.Generator
) -> Tensor:
    """Average the gradient over noisy copies of each of N windows (Smilkov et al. 2017).

    arXiv 1706.03825. Each of the 4 x L values receives normal noise with standard deviation
    `NOISE`, a tenth of the range of the values, as in the ShiftSmooth paper.

    Parameters
    ----------
    model
        Maps float32 (B, 4, L) to logits (B,).
    windows
        uint8 (N, L) codes.
    copies
        Number of noisy copies per window.
    batch_size
        Copies per pass. It does not affect the noise.
    rng
        Draws the noise.

    Returns
    -------
    Tensor
        float32 (N, 4, L).
    """
    count, length = windows.shape
    total = torch.zeros((count, 4, length), device=windows.device)
    for rows in _batches(0, count * copies, batch_size, windows.device):
        rows = rows // copies
        noise = rng.standard_normal((len(rows), 4, length), dtype=np.float32)
        noisy = one_hot(windows[rows]) + NOISE * torch.from_numpy(noise).to(windows.device)
        total.index_add_(0, rows, differentiate(model, noisy)[1])
    return total / copies


def integrated_gradients(
    model: nn.Module,
    windows: Tensor,
    points: int,
    shuffles: int,
    batch_size: int,
    rng: np.random.Generator,
) -> DifferenceMaps:
    """Integrate the gradient from references to each of N windows (Sundararajan et al. 2017).

    arXiv 1703.01365, equation 1, on straight lines, with Gauss-Legendre quadrature.

    Parameters
    ----------
    model
        Maps float32 (B, 4, L) to logits (B,).
    windows
        uint8 (N, L) codes.
    points
        Number of quadrature points per line.
    shuffles
        Number of references per window, as in `draw_references`.
    batch_size
        Points per pass.
    rng
        Draws the references.
    """
    count, length = windows.shape
    device = windows.device
    nodes, weights = np.polynomial.legendre.leggauss(points)
    positions = torch.tensor((nodes + 1) / 2, dtype=torch.float32, device=device)
    shares = torch.tensor(weights / 2, dtype=torch.float32, device=device)
    maps = torch.zeros((count, 4, length), device=device)
    differences = torch.zeros(count, device=device)
    for start in range(0, count, BLOCK):
        inputs = one_hot(windows[start : start + BLOCK])
        references = draw_references(windows[start : start + BLOCK], shuffles, rng)
        each = references.shape[1]
        references = references.flatten(0, 1)
        ends = compute_logits(model, inputs, batch_size)
        begins = compute_logits(model, references, batch_size).view(-1, each)
        differences[start : start + BLOCK] = ends - begins.mean(1)
        block = maps[start : start + BLOCK]
        for chosen in _batches(0, len(references) * points, batch_size, device):
            line, point = chosen // points, chosen % points
            reference, row = references[line], line // each
            position, share = positions[point].view(-1, 1, 1), shares[point].view(-1, 1, 1)
            gradients = differentiate(model, torch.lerp(reference, inputs[row], position))[1]
            contributions = hypothetical_contributions(gradients, reference)
            block.index_add_(0, row, contributions * (share / each))
    return DifferenceMaps(maps, differences)


def _batches(start: int, end: int, size: int, device: torch.device) -> Iterator[Tensor]:
    for first in range(start, end, size):
        yield torch.arange(first, min(first + size, end), device=device)
