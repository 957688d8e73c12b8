"""Layers shared by the backbones: torch's convolution, pooling and dropout, faster on a CPU.

The layers compute the same as their parent classes and keep their attributes and weights. torch's
one-dimensional kernels walk along the sequence one channel after the other. Its image kernels
support a layout in which the channels of a position are adjacent in memory (``channels_last``) and
are processed together. A sequence is therefore handled as an image of height 1 in that layout,
which the layers in between (activations, dropout, sums) keep. A max pool then takes a fifth of the
time, or less.

Attribution tools that look up modules by type know the rules of the parent classes. DeepLIFT of
captum and of tangermeme needs `MaxPool` registered as another type with the rule of
`torch.nn.MaxPool1d`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, max_pool2d

_NUMBERS = 1 << 16  # of 16 bits


def convolve(
    sequences: Tensor, weight: Tensor, bias: Tensor | None, padding: int = 0, groups: int = 1
) -> Tensor:
    """Convolve with stride 1, as `torch.nn.functional.conv1d` does.

    Parameters
    ----------
    sequences
        Shape (B, C, L), in any layout.
    weight
        Shape (filters, C / groups, width).
    bias
        Shape (filters,).
    padding
        Columns of zeros on each side.
    groups
        Number of groups of channels, each with its own filters.

    Returns
    -------
    Tensor
        Shape (B, filters, L + 2 padding - width + 1), with the channels of a position adjacent.
    """
    filters = _as_image(weight)
    return conv2d(_as_image(sequences), filters, bias, 1, (0, padding), 1, groups).squeeze(2)


class Padding(nn.ConstantPad1d):
    """Columns of one value on each side, in the memory layout of the sequences."""

    def forward(self, sequences: Tensor) -> Tensor:
        """Return (B, C, columns + L + columns) of sequences (B, C, L)."""
        # torch keeps the layout of images, but returns sequences in the default layout
        return super().forward(sequences.unsqueeze(2)).squeeze(2)


class Convolution(nn.Conv1d):
    """A convolution of stride 1 along the sequence."""

    def __init__(
        self, channels: int, filters: int, width: int, padding: int = 0, groups: int = 1
    ) -> None:
        super().__init__(channels, filters, width, padding=padding, groups=groups)
        self._columns = padding

    def forward(self, sequences: Tensor) -> Tensor:
        """Return (B, filters, columns) of sequences (B, channels, L)."""
        return convolve(sequences, self.weight, self.bias, self._columns, self.groups)


class StandardisedFilters(nn.Module):
    """A convolution whose filters have mean score 0 and a set spread on random sequence.

    The mean over A, C, G, T is subtracted from each position of a filter. The filter is then scaled
    so that its score has standard deviation ``scale`` if all bases are equally likely. Any filter
    can be written in this form (the mean becomes part of ``bias``, because the four rows of a
    one-hot sequence sum to 1), but training is faster. A batch norm after this layer would estimate
    the same numbers. Here they follow from the filter alone, so that there are no running
    statistics and each window is scored by itself, in training as in use. A column of 0.25 adds
    exactly nothing.

    Parameters
    ----------
    filters
        Number of filters.
    width
        Width of the filters, in bases.
    """

    def __init__(self, filters: int, width: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(4 * width)  # as torch initialises its convolutions
        self.weight = nn.Parameter(torch.empty(filters, 4, width).uniform_(-bound, bound))
        self.scale = nn.Parameter(torch.ones(filters))
        self.bias = nn.Parameter(torch.zeros(filters))

    def forward(self, sequences: Tensor) -> Tensor:
        """Return scores (B, filters, L - width + 1) of one-hot sequences (B, 4, L)."""
        return convolve(sequences, self.standardised(), self.bias)

    def standardised(self) -> Tensor:
        """Return the standardised filters, (filters, 4, width)."""
        centred = self.weight - self.weight.mean(1, keepdim=True)
        spread = (centred.square().sum((1, 2)) / 4 + 1e-20).sqrt()
        return centred * (self.scale / spread).view(-1, 1, 1)


class MaxPool(nn.MaxPool1d):
    """The maximum of neighbouring columns; windows do not overlap, and no column is dropped.

    The last window may be shorter. Of equal maxima, the first receives the gradient.

    Parameters
    ----------
    width
        Number of columns per window.
    """

    def __init__(self, width: int) -> None:
        super().__init__(width, ceil_mode=True)
        self.width = width
        self._window = (1, width)

    def forward(self, activity: Tensor) -> Tensor:
        """Return (B, channels, ceil(L / width)) of activity (B, channels, L)."""
        pooled = max_pool2d(_as_image(activity), self._window, ceil_mode=True)
        if pooled.requires_grad:
            # The gradient from the next layers has the other layout. Without this hook the pool
            # would copy its whole input to that layout, and its own gradient back.
            pooled.register_hook(_with_channels_last_strides)  # type: ignore[no-untyped-call]
        return pooled.squeeze(2)


@dataclass(frozen=True)
class KeptBits:
    """Which numbers of 16 random bits keep a value in dropout.

    Attributes
    ----------
    lowest
        The lowest such number, from -2^15 to 2^15; all higher ones are kept, too.
    scale
        By which a kept value is multiplied: one over the share of such numbers.
    """

    lowest: int
    scale: np.float32


def kept_bits(dropout: float) -> KeptBits:
    """Return the numbers that keep a value with probability 1 - `dropout`, to within 2^-17."""
    dropped = min(round(dropout * _NUMBERS), _NUMBERS - 1)
    return KeptBits(dropped - _NUMBERS // 2, np.float32(_NUMBERS / (_NUMBERS - dropped)))


def draw_bits(number: int, device: torch.device | None = None) -> Tensor:
    """Draw int16 numbers (number,), all equally likely, from torch's generator, four at once."""
    drawn = torch.empty(-(-number // 4), dtype=torch.int64, device=device)
    return drawn.random_(torch.iinfo(torch.int64).min, None).view(torch.int16)[:number]


class Dropout(nn.Dropout):
    """Dropout by 16 random bits per value, in a fraction of the time of torch's.

    The few values of an embedding are not worth it.
    """

    def forward(self, values: Tensor) -> Tensor:
        """Return the values; in training, zero each with probability `p` or scale it up."""
        if not self.training:
            return values
        kept = kept_bits(self.p)
        drawn = draw_bits(values.numel(), values.device).view(values.shape)
        return values * (drawn >= kept.lowest).to(values.dtype).mul_(float(kept.scale))


def _as_image(values: Tensor) -> Tensor:
    """Return (N, C, 1, L) of values (N, C, L), the channels of a position adjacent in memory."""
    return values.unsqueeze(2).contiguous(memory_format=torch.channels_last)


def _with_channels_last_strides(image: Tensor) -> Tensor:
    """Return an image (N, C, 1, L) in the layout ``channels_last``.

    Unlike `contiguous`, this sets the strides of the layout even for an image with one column.
    """
    _, channels, _, columns = image.shape
    values = image.squeeze(2).transpose(1, 2).contiguous()
    size = channels * columns
    return values.as_strided(image.shape, (size, 1, size, channels))
