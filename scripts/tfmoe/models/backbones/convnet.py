"""The ConvNet of Tripathi et al. 2025 (arXiv 2507.09754), a descendant of DeepBind."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tfmoe.models.first_layer import FirstLayer, Pooled
from tfmoe.models.layers import Convolution, MaxPool, Padding, best_scores

POOLS = ("max", "max_average")


class ConvNet(nn.Module):
    """One convolution, ReLU and global pooling.

    The sequence is padded by ``kernel_width - 1`` columns of 0.25 on each side, so that a motif cut
    off by a window still meets every position of a filter. Padding, activation and pools are
    modules, each used once per pass, because attribution methods such as DeepLIFT hook modules. The
    pools have a fixed size because DeepLIFT is not complete through adaptive ones.

    Convolution and maximum are fused (`tfmoe.models.layers.best_scores`) if only the maximum is
    pooled, no module has a hook, and a CPU computes in float32. The fused function yields the same
    values and gradients in a fraction of the time. The activation is then applied to the maxima,
    because a ReLU changes neither which score is the largest nor its gradient.

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
        if self._may_fuse(sequences):
            return self._activate_best(sequences)
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

    def _activate_best(self, sequences: Tensor) -> Tensor:
        convolution = self.convolution
        padded = self.padding(sequences)
        best: Tensor = self.activation(best_scores(padded, convolution.weight, convolution.bias))
        return best

    def _may_fuse(self, sequences: Tensor) -> bool:
        """Return whether the result may be computed without calling each module."""
        device = sequences.device.type
        return (
            self.average is None
            and device == "cpu"
            and not torch.is_autocast_enabled(device)
            and not any(_is_hooked(module) for module in self.children())
        )


def _is_hooked(module: nn.Module) -> bool:
    """Return whether a hook is registered for calls of a module or for its gradient."""
    return bool(
        module._forward_pre_hooks
        or module._forward_hooks
        or module._backward_pre_hooks
        or module._backward_hooks
    )


def build(length: int, filters: int, kernel_width: int, pool: str) -> ConvNet:
    """Build the network from the hyper-parameters in ``training.backbones.convnet``."""
    return ConvNet(length, filters, kernel_width, pool)
