"""The ConvNet of Tripathi et al. 2025 (arXiv 2507.09754), a descendant of DeepBind."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tfmoe.models.first_layer import FirstLayer, Pooled, pool_one_hot
from tfmoe.models.layers import Convolution, MaxPool, Padding

POOLS = ("max", "max_average")


class ConvNet(nn.Module):
    """One convolution, ReLU and global pooling.

    The sequence is padded by ``kernel_width - 1`` columns of 0.25 on each side, so that a motif cut
    off by a window still meets every position of a filter. Padding, activation and pools are
    modules, each used once per pass, because attribution methods such as DeepLIFT hook modules. The
    pools have a fixed size because DeepLIFT is not complete through adaptive ones.

    If only the maximum is pooled, convolution and maximum may be computed at once
    (`tfmoe.models.first_layer.pool_one_hot`). The activation is then applied to the maxima, because
    a ReLU changes neither which score is the largest nor its gradient.

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
        self.padding = Padding(kernel_width - 1, 0.25)
        self.convolution = Convolution(4, filters, kernel_width)
        self.activation = nn.ReLU()
        self.maximum = MaxPool(positions)
        self.average = nn.AvgPool1d(positions) if pool == "max_average" else None
        self.features = filters if self.average is None else 2 * filters

    def forward(self, sequences: Tensor) -> Tensor:
        """Return features (B, features) of sequences (B, 4, L)."""
        best = pool_one_hot(self, self.children(), sequences)
        if best is not None:
            return self.read_pooled(best)
        activity = self.activation(self.convolution(self.padding(sequences)))
        pooled: Tensor = self.maximum(activity).squeeze(2)
        if self.average is not None:
            pooled = torch.cat([pooled, self.average(activity).squeeze(2)], dim=1)
        return pooled

    def first_layer(self) -> FirstLayer:
        """Return convolution and pools."""
        convolution, bias = self.convolution, self.convolution.bias
        assert bias is not None
        padding, averages = convolution.kernel_size[0] - 1, self.average is not None
        return FirstLayer(convolution.weight, bias, padding, self.maximum.width, averages)

    def read_pooled(self, pooled: Pooled) -> Tensor:
        """Return features (B, features) of the output of the first layer."""
        best: Tensor = self.activation(pooled.maxima.squeeze(2))
        return best if pooled.averages is None else torch.cat([best, pooled.averages], dim=1)


def build(length: int, filters: int, kernel_width: int, pool: str) -> ConvNet:
    """Build the network from the hyper-parameters in ``training.backbones.convnet``."""
    return ConvNet(length, filters, kernel_width, pool)
