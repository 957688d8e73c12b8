"""ExplaiNN (Novakovsky et al. 2023, Genome Biology 24:154): independent units, readable one by one.

As published but for two things. The window may be short: its ends are padded so that each filter
reaches over them. And nothing is normalised over the batch: a filter's scores are standardised by
what they are on random sequence, which follows from the filter alone.
Training and use thus compute the same function, and weights can be averaged over the training.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from tfmoe.models.filters import StandardisedFilters
from tfmoe.models.layers import Dropout, MaxPool


class Exponential(nn.Module):
    """The exponential as an activation: it makes filters motifs (Koo and Ploenzke 2021)."""

    def forward(self, scores: Tensor) -> Tensor:
        """Return e to the power of the scores."""
        return scores.exp()


class UnitLinear(nn.Module):
    """A linear layer of its own for each unit: what a grouped convolution of width 1 computes.

    As one batched matrix product it takes a tenth of that convolution's time on a CPU.

    Parameters
    ----------
    units
        Number of units.
    inputs, outputs
        Of each unit.
    """

    def __init__(self, units: int, inputs: int, outputs: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(inputs)  # as torch starts its linear layers
        self.weight = nn.Parameter(torch.empty(units, inputs, outputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(units, 1, outputs).uniform_(-bound, bound))

    def forward(self, values: Tensor) -> Tensor:
        """Return outputs (B, units, outputs) of values (B, units, inputs)."""
        return torch.baddbmm(self.bias, values.transpose(0, 1), self.weight).transpose(0, 1)


class ExplaiNN(nn.Module):
    """Units of one filter each: max-pool, exponential, a small dense network, one number.

    The published network takes the exponential before the pool; the maxima are the same, and of
    fewer numbers it takes less time.

    The features are the units' outputs; the linear embedding that follows weighs them, as the
    published network's last layer does.

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
        Probability with which dropout zeroes a value of the dense layers, in training only.

    Attributes
    ----------
    features
        Number F of features, one a unit.

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
        outputs: Tensor = self.units(self.motifs(sequences)).squeeze(2)
        return outputs


def build(
    length: int,
    units: int,
    kernel_width: int,
    pool_width: int,
    hidden: int,
    dropout: float,
) -> ExplaiNN:
    """Build it from the hyper-parameters of the section ``training.backbones.explainn``."""
    return ExplaiNN(length, units, kernel_width, pool_width, hidden, dropout)
