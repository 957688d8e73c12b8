"""The first layer of a backbone: a convolution of the padded window, and a pool.

A backbone that begins in this way offers it apart from the rest, for two faster ways on a CPU: the
windows of a long sequence share the convolution (`tfmoe.models.sliding`), and one-hot sequences
need none (`tfmoe.models.one_hot_filters`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from tfmoe.models.layers import MaxPool, StandardisedFilters
from tfmoe.models.one_hot_filters import best_columns, codes_of


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


def pool_one_hot(
    backbone: BeginsWithPool, modules: Iterable[nn.Module], sequences: Tensor
) -> Pooled | None:
    """Return the output of the first layer for one-hot sequences without calling its modules.

    Values and gradients are the same, except that the gradients cannot be differentiated again.

    Parameters
    ----------
    backbone
        The backbone.
    modules
        Its modules from the padding to the pool, and others whose hooks count.
    sequences
        Shape (B, 4, L).

    Returns
    -------
    Pooled or None
        `None` if the modules have to be called: one has a hook or was replaced, as by attribution
        methods such as DeepLIFT; averages are read; a column is neither one-hot nor 0.25 in each
        row; the device is not a CPU, or the numbers are not float32.
    """
    modules = list(modules)
    if (
        sequences.device.type != "cpu"
        or sequences.dtype != torch.float32
        or len(sequences) == 0
        or not any(isinstance(module, MaxPool) for module in modules)
        or any(is_hooked(module) for module in modules)
    ):
        return None
    layer = backbone.first_layer()
    if layer.averages or layer.weight.dtype != torch.float32 or layer.weight.shape[1] != 4:
        return None
    codes = codes_of(sequences, layer.padding)
    if codes is None:
        return None
    return Pooled(best_columns(sequences, codes, layer.weight, layer.bias, layer.pool_width))


def is_hooked(module: nn.Module) -> bool:
    """Return whether a hook is registered for calls of a module or for its gradient."""
    return bool(
        module._forward_pre_hooks
        or module._forward_hooks
        or module._backward_pre_hooks
        or module._backward_hooks
    )


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
