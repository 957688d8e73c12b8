"""ExplaiNN (Novakovsky et al. 2023, Genome Biology 24:154): independent units.

The architecture is as published with two exceptions. The window may be short: its ends are padded
so that each filter reaches over them. Nothing is normalised over the batch: the scores of a filter
are standardised by their distribution on random sequence, which follows from the filter alone.
Training and use therefore compute the same function, and weights can be averaged over the training.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from tfmoe.models.first_layer import (
    FirstLayer,
    Pooled,
    after_pool,
    first_layer,
    is_hooked,
    pool_one_hot,
)
from tfmoe.models.layers import Dropout, MaxPool, StandardisedFilters
from tfmoe.models.unit_kernels import can_run_units, run_units


class Exponential(nn.Module):
    """The exponential activation, which makes filters resemble motifs (Koo and Ploenzke 2021)."""

    def forward(self, scores: Tensor) -> Tensor:
        """Return e to the power of the scores."""
        return scores.exp()


class UnitLinear(nn.Module):
    """A separate linear layer for each unit, equivalent to a grouped convolution of width 1.

    As one batched matrix product it takes a tenth of the convolution's time on a CPU.

    Parameters
    ----------
    units
        Number of units.
    inputs, outputs
        Numbers of inputs and outputs per unit.
    """

    def __init__(self, units: int, inputs: int, outputs: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(inputs)  # as torch initialises its linear layers
        self.weight = nn.Parameter(torch.empty(units, inputs, outputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(units, 1, outputs).uniform_(-bound, bound))

    def forward(self, values: Tensor) -> Tensor:
        """Return outputs (B, units, outputs) of values (B, units, inputs)."""
        return torch.baddbmm(self.bias, values.transpose(0, 1), self.weight).transpose(0, 1)


class ExplaiNN(nn.Module):
    """Units with one filter each: max pool, exponential, a small dense network, one output.

    The published network takes the exponential before the pool. The maxima are the same, and the
    exponential of fewer numbers takes less time.

    The features are the units' outputs. The linear embedding that follows weighs them, like the
    last layer of the published network.

    Parameters
    ----------
    length
        Length L of the windows, in bases.
    units
        Number of units, each with one filter.
    kernel_width
        Width of the filters, in bases.
    pool_width
        Width and stride of the pool, in bases.
    hidden
        Width of each unit's dense layer.
    dropout
        Probability that dropout zeroes a value of the dense layers, only in training.

    Attributes
    ----------
    features
        Number F of features, one per unit.

    Raises
    ------
    ValueError
        If the window is too short.
    """

    def __init__(
        self,
        length: int,
        units: int,
        kernel_width: int,
        pool_width: int,
        hidden: int,
        dropout: float,
    ) -> None:
        super().__init__()
        shortest = kernel_width + pool_width
        if length < shortest:
            raise ValueError(
                f"windows of {length} bases are too short, expected at least {shortest} "
                "(kernel_width + pool_width)"
            )
        columns = -(-(length + kernel_width - 1) // pool_width)
        self.motifs = nn.Sequential(
            nn.ConstantPad1d(kernel_width - 1, 0.25),
            StandardisedFilters(units, kernel_width),
            MaxPool(pool_width),
            Exponential(),
        )
        self.units = nn.Sequential(
            UnitLinear(units, columns, hidden),
            nn.ReLU(),
            Dropout(dropout),
            UnitLinear(units, hidden, 1),
        )
        self.features = units

    def forward(self, sequences: Tensor) -> Tensor:
        """Return features (B, units) of sequences (B, 4, L)."""
        pooled = pool_one_hot(self, self.motifs.modules(), sequences)
        if pooled is not None:
            return self.read_pooled(pooled)
        return self._read_units(self.motifs(sequences))

    def first_layer(self) -> FirstLayer:
        """Return filters and pool."""
        return first_layer(self.motifs)

    def read_pooled(self, pooled: Pooled) -> Tensor:
        """Return features (B, units) of the output of the first layer."""
        maxima, modules = pooled.maxima, [self.motifs[3], *self.units.modules()]
        if can_run_units(maxima) and not any(is_hooked(module) for module in modules):
            first, _, dropout, second = self.units
            assert isinstance(first, UnitLinear)
            assert isinstance(dropout, Dropout)
            assert isinstance(second, UnitLinear)
            share = dropout.p if dropout.training else 0.0
            layers = (first.weight, first.bias), (second.weight, second.bias)
            return run_units(maxima, *layers, share)
        return self._read_units(after_pool(self.motifs)(maxima))

    def _read_units(self, exponentials: Tensor) -> Tensor:
        outputs: Tensor = self.units(exponentials).squeeze(2)
        return outputs


def build(
    length: int,
    units: int,
    kernel_width: int,
    pool_width: int,
    hidden: int,
    dropout: float,
) -> ExplaiNN:
    """Build the network from the hyper-parameters in ``training.backbones.explainn``."""
    return ExplaiNN(length, units, kernel_width, pool_width, hidden, dropout)
