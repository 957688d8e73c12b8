"""The first layer of a backbone: a convolution of the padded window, and a pool.

A backbone that begins in this way offers it apart from the rest, so that the windows of a long
sequence can share the convolution (`tfmoe.models.sliding`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor, nn

from tfmoe.models.layers import MaxPool, StandardisedFilters


@dataclass(frozen=True, eq=False)
class FirstLayer:
    """A convolution of stride 1 and a pool of its scores; an activation comes after the pool.

    Attributes
    ----------
    weight, bias
        Filters (F, 4, K) and their biases (F,).
    padding
        Columns of 0.25 on each side of the window.
    pool_width
        Columns per pooled column; pooled columns do not overlap, and the last may be shorter.
    averages
        Whether the mean of the positive parts of all scores is read too.
    """

    weight: Tensor
    bias: Tensor
    padding: int
    pool_width: int
    averages: bool = False


@dataclass(frozen=True, eq=False)
class Pooled:
    """Output of the first layer for B windows.

    Attributes
    ----------
    maxima
        Shape (B, F, columns).
    averages
        Shape (B, F): the mean of the positive parts of all scores, if `FirstLayer.averages`.
    """

    maxima: Tensor
    averages: Tensor | None = None


@runtime_checkable
class BeginsWithPool(Protocol):
    """A backbone that offers its first layer apart."""

    def first_layer(self) -> FirstLayer:
        """Return the first layer with its current weights."""

    def read_pooled(self, pooled: Pooled) -> Tensor:
        """Return the features (B, features) of the output of the first layer."""


def first_layer(layers: nn.Sequential) -> FirstLayer:
    """Return the first layer of a sequence of padding, filters, activation or none, and pool."""
    padding, filters, pool = layers[0], layers[1], layers[_place_of_pool(layers)]
    assert isinstance(padding, nn.ConstantPad1d)
    assert isinstance(filters, StandardisedFilters | nn.Conv1d)
    assert isinstance(pool, MaxPool)
    assert filters.bias is not None
    weight = filters.standardised() if isinstance(filters, StandardisedFilters) else filters.weight
    return FirstLayer(weight, filters.bias, padding.padding[0], pool.width)


def after_pool(layers: nn.Sequential) -> nn.Sequential:
    """Return the modules of such a sequence that follow filters and pool.

    An activation before the pool follows it here. That changes nothing, because it never decreases.
    """
    place = _place_of_pool(layers)
    modules = list(layers)
    return nn.Sequential(*modules[2:place], *modules[place + 1 :])


def _place_of_pool(layers: nn.Sequential) -> int:
    return next(place for place, layer in enumerate(layers) if isinstance(layer, MaxPool))
