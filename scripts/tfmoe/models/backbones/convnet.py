"""The ConvNet of Tripathi et al. 2025 (arXiv 2507.09754), a descendant of DeepBind."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tfmoe.models.layers import Convolution, MaxPool

POOLS = ("max", "max_average")


class ConvNet(nn.Module):
    """One convolution, ReLU and global pooling.

    The sequence is padded by ``kernel_width - 1`` columns of 0.25 on each side, so that a motif
    which a window cuts off still meets every position of a filter. Padding, activation and pools
    are modules, each used once in a pass: attribution methods such as DeepLIFT hook them, and they
    are fixed-size pools because DeepLIFT is not complete through adaptive ones.

    Parameters
    ----------
    length
        Length L of the windows, in bases.
    filters
        Number of filters.
    kernel_width
        Width of the filters, in bases.
    pool
        ``max`` (features = filters) or ``max_average`` (maximum and average, features = 2 filters).
    """

    def __init__(self, length: int, filters: int, kernel_width: int, pool: str) -> None:
        super().__init__()
        if pool not in POOLS:
            raise ValueError(f"pool is {pool!r}, expected one of {', '.join(POOLS)}")
        positions = length + kernel_width - 1
        self.padding = nn.ConstantPad1d(kernel_width - 1, 0.25)
        self.convolution = Convolution(4, filters, kernel_width)
        self.activation = nn.ReLU()
        self.maximum = MaxPool(positions)
        self.average = nn.AvgPool1d(positions) if pool == "max_average" else None
        self.features = filters if self.average is None else 2 * filters

    def forward(self, sequences: Tensor) -> Tensor:
        """Return features (B, features) of sequences (B, 4, L)."""
        activity = self.activation(self.convolution(self.padding(sequences)))
        pooled: Tensor = self.maximum(activity).squeeze(2)
        if self.average is not None:
            pooled = torch.cat([pooled, self.average(activity).squeeze(2)], dim=1)
        return pooled


def build(length: int, filters: int, kernel_width: int, pool: str) -> ConvNet:
    """Build it from the hyper-parameters of the section ``training.backbones.convnet``."""
    return ConvNet(length, filters, kernel_width, pool)
