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
    incomplete,
)
from tfmoe.models.encoding import one_hot

MOST_DOUBLINGS = 5
"""At most 32 times the given number of points, for the windows that need them."""
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

    arXiv 1703.01365, equation 1, on straight lines, with Gauss-Legendre quadrature. The points are
    doubled for the windows whose contributions do not sum to the difference of the logits
    (`DifferenceMaps.incomplete`), up to `MOST_DOUBLINGS` times.

    Parameters
    ----------
    model
        Maps float32 (B, 4, L) to logits (B,).
    windows
        uint8 (N, L) codes.
    points
        Number of quadrature points per line to begin with.
    shuffles
        Number of references per window, as in `draw_references`.
    batch_size
        Points per pass.
    rng
        Draws the references.
    """
    count, length = windows.shape
    device = windows.device
    maps = torch.zeros((count, 4, length), device=device)
    differences = torch.zeros(count, device=device)
    for start in range(0, count, BLOCK):
        part = slice(start, start + BLOCK)
        inputs = one_hot(windows[part])
        references = draw_references(windows[part], shuffles, rng)
        ends = compute_logits(model, inputs, batch_size)
        begins = compute_logits(model, references.flatten(0, 1), batch_size)
        differences[part] = ends - begins.view(references.shape[:2]).mean(1)
        maps[part] = _integrate_completely(
            model, inputs, references, differences[part], points, batch_size
        )
    return DifferenceMaps(maps, differences)


def _integrate_completely(
    model: nn.Module,
    inputs: Tensor,
    references: Tensor,
    differences: Tensor,
    points: int,
    batch_size: int,
) -> Tensor:
    """Integrate with more points for the windows that are not complete."""
    maps = torch.zeros_like(inputs)
    left = torch.arange(len(inputs), device=inputs.device)
    for doubling in range(MOST_DOUBLINGS + 1):
        found = _integrate(model, inputs[left], references[left], points << doubling, batch_size)
        maps[left] = found
        sums = (found * inputs[left]).sum((1, 2), dtype=torch.float64)
        left = left[incomplete(sums, differences[left])]
        if len(left) == 0:
            break
    return maps


def _integrate(
    model: nn.Module, inputs: Tensor, references: Tensor, points: int, batch_size: int
) -> Tensor:
    """Return the mean contributions over R lines per window, float32 (N, 4, L).

    ``inputs`` are float32 (N, 4, L), ``references`` float32 (N, R, 4, L).
    """
    device, each = inputs.device, references.shape[1]
    nodes, weights = np.polynomial.legendre.leggauss(points)
    positions = torch.tensor((nodes + 1) / 2, dtype=torch.float32, device=device)
    shares = torch.tensor(weights / 2, dtype=torch.float32, device=device)
    lines = references.flatten(0, 1)
    maps = torch.zeros_like(inputs)
    for chosen in _batches(0, len(lines) * points, batch_size, device):
        line, point = chosen // points, chosen % points
        reference, row = lines[line], line // each
        position, share = positions[point].view(-1, 1, 1), shares[point].view(-1, 1, 1)
        gradients = differentiate(model, torch.lerp(reference, inputs[row], position))[1]
        contributions = hypothetical_contributions(gradients, reference)
        maps.index_add_(0, row, contributions * (share / each))
    return maps


def _batches(start: int, end: int, size: int, device: torch.device) -> Iterator[Tensor]:
    for first in range(start, end, size):
        yield torch.arange(first, min(first + size, end), device=device)
