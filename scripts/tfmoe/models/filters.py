"""A first convolution whose filters are standardised: what backbones have in common."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from tfmoe.models.layers import convolve


class StandardisedFilters(nn.Module):
    """A convolution whose filters score 0 on average, with a set spread, on random sequence.

    From each filter the mean over A, C, G, T is subtracted at each position, and it is scaled so
    that its score has standard deviation ``scale`` where all bases are equally likely. Any filter
    can be written so (the mean is a part of ``bias``, as the four rows of a one-hot sequence sum
    to 1), but training is quicker. It is what batch norm would estimate after this layer; here it
    follows from the filter alone, so that there are no running statistics, and a window is judged
    by itself, in training as in use. A column of 0.25 adds exactly nothing.

    Parameters
    ----------
    filters
        Number of filters.
    width
        Width of the filters, in bases.
    """

    def __init__(self, filters: int, width: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(4 * width)  # as torch starts its convolutions
        self.weight = nn.Parameter(torch.empty(filters, 4, width).uniform_(-bound, bound))
        self.scale = nn.Parameter(torch.ones(filters))
        self.bias = nn.Parameter(torch.zeros(filters))

    def forward(self, sequences: Tensor) -> Tensor:
        """Return scores (B, filters, L - width + 1) of one-hot sequences (B, 4, L)."""
        centred = self.weight - self.weight.mean(1, keepdim=True)
        spread = (centred.square().sum((1, 2)) / 4 + 1e-20).sqrt()
        return convolve(sequences, centred * (self.scale / spread).view(-1, 1, 1), self.bias)
