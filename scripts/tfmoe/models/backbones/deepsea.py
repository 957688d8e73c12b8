"""DeepSEA (Zhou and Troyanskaya 2015, Nature Methods 12:931-934), scaled to short windows."""

from __future__ import annotations

from torch import Tensor, nn

from tfmoe.models.first_layer import FirstLayer, Pooled, after_pool, first_layer, pool_one_hot
from tfmoe.models.layers import Convolution, Dropout, MaxPool, StandardisedFilters


class DeepSEA(nn.Module):
    """Three convolutions with ReLU, the first two pooled; the features keep their positions.

    The architecture is as published except for its size: instead of 1,000 bases, 320 filters and a
    fully connected layer of 925 units, it has a window of any length from ``kernel_width *
    pool_width`` bases, `filters` filters and the expert's embedding. The numbers of filters keep
    their ratio of 320 : 480 : 960. The first convolution reaches over both ends of the window, onto
    columns of 0.25; the other two see zeros there. A pool at the right end takes the remaining
    columns, so that no base is dropped. The first filters are standardised (see
    `tfmoe.models.layers.StandardisedFilters`). The others start with the initialisation of He et
    al. 2015 (arXiv 1502.01852) for ReLU. Without both, three layers learn little from a few
    thousand peaks.

    Parameters
    ----------
    length
        Length L of the windows, in bases.
    filters
        Filters of the first convolution; the second has 1.5 and the third 3 times as many.
    kernel_width
        Width of all filters, in bases for the first convolution and in pooled columns for the
        others.
    pool_width
        Width and stride of both pools, in columns.
    dropout
        Probability that dropout zeroes a value, after each pool and after the third convolution;
        only in training.

    Attributes
    ----------
    features
        Number F of features: filters of the third convolution times its columns.

    Raises
    ------
    ValueError
        If the window is too short.
    """

    def __init__(
        self, length: int, filters: int, kernel_width: int, pool_width: int, dropout: float
    ) -> None:
        super().__init__()
        shortest = kernel_width * pool_width
        if length < shortest:
            raise ValueError(
                f"windows of {length} bases are too short, expected at least {shortest} "
                "(kernel_width * pool_width, the reach of the second convolution)"
            )
        second, third = 3 * filters // 2, 3 * filters
        margin = kernel_width // 2
        self.layers = nn.Sequential(
            nn.ConstantPad1d(kernel_width - 1, 0.25),
            StandardisedFilters(filters, kernel_width),
            nn.ReLU(),
            MaxPool(pool_width),
            Dropout(dropout),
            Convolution(filters, second, kernel_width, padding=margin),
            nn.ReLU(),
            MaxPool(pool_width),
            Dropout(dropout),
            Convolution(second, third, kernel_width, padding=margin),
            nn.ReLU(),
            Dropout(dropout),
            nn.Flatten(),
        )
        for layer in self.layers:
            if isinstance(layer, Convolution):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        grown = (
            2 * margin - kernel_width + 1
        )  # 1 for an even width, whose padding is one column too wide
        columns = -(-(length + kernel_width - 1) // pool_width) + grown
        columns = -(-columns // pool_width) + grown
        self.features = third * columns

    def forward(self, sequences: Tensor) -> Tensor:
        """Return features (B, features) of sequences (B, 4, L)."""
        pooled = pool_one_hot(self, self.layers.modules(), sequences)
        if pooled is not None:
            return self.read_pooled(pooled)
        features: Tensor = self.layers(sequences)
        return features

    def first_layer(self) -> FirstLayer:
        """Return the first filters and their pool."""
        return first_layer(self.layers)

    def read_pooled(self, pooled: Pooled) -> Tensor:
        """Return features (B, features) of the output of the first layer."""
        features: Tensor = after_pool(self.layers)(pooled.maxima)
        return features


def build(length: int, filters: int, kernel_width: int, pool_width: int, dropout: float) -> DeepSEA:
    """Build the network from the hyper-parameters in ``training.backbones.deepsea``."""
    return DeepSEA(length, filters, kernel_width, pool_width, dropout)
