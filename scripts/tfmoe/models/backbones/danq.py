"""DanQ (Quang and Xie 2016, Nucleic Acids Research 44:e107), scaled to short windows."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tfmoe.models.first_layer import FirstLayer, Pooled, after_pool, first_layer, pool_one_hot
from tfmoe.models.layers import Convolution, Dropout, MaxPool


class DanQ(nn.Module):
    """One convolution with ReLU and a pool, then a bidirectional LSTM over the pooled columns.

    The architecture is as published except for its size: instead of 1,000 bases, 320 filters, 2 x
    320 units and a fully connected layer of 925 units, it has a window of any length from
    ``kernel_width + pool_width`` bases, `filters` filters, 2 x `units` units and the expert's
    embedding. The convolution reaches over both ends of the window, onto columns of 0.25, and the
    last pool takes the remaining columns, so that no base is dropped.

    DeepLIFT has no rule for an LSTM; gradients, integrated gradients and mutagenesis work.

    Parameters
    ----------
    length
        Length L of the windows, in bases.
    filters
        Number of filters.
    kernel_width
        Width of the filters, in bases.
    pool_width
        Width and stride of the pool, in bases.
    units
        Number of units of the LSTM in each direction.
    dropout
        Probability that dropout zeroes a value, after the pool and after the LSTM; only in
        training.

    Attributes
    ----------
    features
        Number F of features: 2 x units times the pooled columns.

    Raises
    ------
    ValueError
        If the window is too short.
    """

    def __init__(
        self,
        length: int,
        filters: int,
        kernel_width: int,
        pool_width: int,
        units: int,
        dropout: float,
    ) -> None:
        super().__init__()
        shortest = kernel_width + pool_width
        if length < shortest:
            raise ValueError(
                f"windows of {length} bases are too short, expected at least {shortest} "
                "(kernel_width + pool_width, which leaves the LSTM a few columns to read)"
            )
        self.motifs = nn.Sequential(
            nn.ConstantPad1d(kernel_width - 1, 0.25),
            Convolution(4, filters, kernel_width),
            nn.ReLU(),
            MaxPool(pool_width),
            Dropout(dropout),
        )
        self.recurrence = nn.LSTM(filters, units, batch_first=True, bidirectional=True)
        self.dropout = Dropout(dropout)
        columns = -(-(length + kernel_width - 1) // pool_width)
        self.features = 2 * units * columns

    def forward(self, sequences: Tensor) -> Tensor:
        """Return features (B, features) of sequences (B, 4, L)."""
        pooled = pool_one_hot(self, self.motifs.modules(), sequences)
        if pooled is not None:
            return self.read_pooled(pooled)
        return self._read_motifs(self.motifs(sequences))

    def first_layer(self) -> FirstLayer:
        """Return filters and pool."""
        return first_layer(self.motifs)

    def read_pooled(self, pooled: Pooled) -> Tensor:
        """Return features (B, features) of the output of the first layer."""
        return self._read_motifs(after_pool(self.motifs)(pooled.maxima))

    def _read_motifs(self, motifs: Tensor) -> Tensor:
        columns = motifs.transpose(1, 2)
        explaining = not self.training and torch.is_grad_enabled() and columns.requires_grad
        if explaining:
            # cuDNN computes gradients of an LSTM only in training mode
            with torch.backends.cudnn.flags(enabled=False):
                read, _ = self.recurrence(columns)
        else:
            read, _ = self.recurrence(columns)
        features: Tensor = self.dropout(read).flatten(1)
        return features


def build(
    length: int,
    filters: int,
    kernel_width: int,
    pool_width: int,
    units: int,
    dropout: float,
) -> DanQ:
    """Build the network from the hyper-parameters in ``training.backbones.danq``."""
    return DanQ(length, filters, kernel_width, pool_width, units, dropout)
