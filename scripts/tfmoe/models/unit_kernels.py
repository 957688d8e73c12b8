"""The units of ExplaiNN on a CPU: exponential, two linear layers, ReLU and dropout in one pass.

Each unit's matrices are so small that most of the time of separate operations is spent on reading
and writing their results. Here the values of one unit stay in the processor's cache.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import pad

from tfmoe.core.compiled import compiled
from tfmoe.models.layers import draw_bits, kept_bits
from tfmoe.models.row_loops import add_windows, dot, scale_where_positive
from tfmoe.models.sliding.vectors import LANES, copy


def run_units(
    maxima: Tensor, first: tuple[Tensor, Tensor], second: tuple[Tensor, Tensor], dropout: float
) -> Tensor:
    """Return the outputs of all units, with gradients that cannot be differentiated again.

    Parameters
    ----------
    maxima
        Maxima of the filters' scores, (B, units, C), float32 on the CPU.
    first
        Weights (units, C, H) and biases (units, 1, H) of the first layer, which reads the
        exponentials of the maxima and is followed by ReLU and dropout.
    second
        Weights (units, H, 1) and biases (units, 1, 1) of the second layer.
    dropout
        Probability that dropout zeroes a value of the first layer; 0 outside of training.

    Returns
    -------
    Tensor
        Shape (B, units).
    """
    outputs: Tensor = _Units.apply(maxima, *first, *second, dropout)  # type: ignore[no-untyped-call]
    return outputs


def can_run_units(maxima: Tensor) -> bool:
    """Return whether `run_units` takes these maxima: some float32 numbers on the CPU."""
    return maxima.device.type == "cpu" and maxima.dtype == torch.float32 and maxima.numel() > 0


class _Units(torch.autograd.Function):
    """Forward and backward pass of `run_units`."""

    @staticmethod
    def forward(
        ctx: Any, maxima: Tensor, weight: Tensor, bias: Tensor, last_weight: Tensor,
        last_bias: Tensor, dropout: float,
    ) -> Tensor:  # fmt: skip
        rows, units, columns = maxima.shape
        size = -(-weight.shape[2] // LANES) * LANES
        values = maxima.transpose(0, 1).contiguous().exp()
        hidden = torch.empty(units, rows, size)
        outputs = torch.empty(units, rows)
        kept = kept_bits(dropout)
        drawn = draw_bits(hidden.numel()) if dropout else torch.empty(0, dtype=torch.int16)
        _forward(
            values.numpy().reshape(-1), _padded(weight, size), _padded(bias, size),
            _padded(last_weight.transpose(1, 2), size), last_bias.detach().numpy().reshape(-1),
            drawn.numpy(), kept.lowest, kept.scale, columns, hidden.numpy().reshape(-1),
            outputs.numpy(),
        )  # fmt: skip
        ctx.save_for_backward(values, hidden, weight, last_weight)
        ctx.scale = kept.scale
        return outputs.t()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        values, hidden, weight, last_weight = ctx.saved_tensors
        units, columns, outputs = weight.shape
        size = hidden.shape[2]
        wide = -(-columns // LANES) * LANES
        to_values = torch.zeros(*values.shape[:2], wide)
        to_weight, to_bias = torch.zeros(units, columns, size), torch.zeros(units, 1, size)
        to_last = torch.zeros(units, 1, size)
        _backward(
            gradient.t().contiguous().numpy(), values.numpy().reshape(-1),
            hidden.numpy().reshape(-1),
            _padded(weight.transpose(1, 2), wide),
            _padded(last_weight.transpose(1, 2) * ctx.scale, size), columns, outputs,
            to_values.numpy().reshape(-1), to_weight.numpy().reshape(-1),
            to_bias.numpy().reshape(-1), to_last.numpy().reshape(-1),
        )  # fmt: skip
        return (
            (to_values[:, :, :columns] * values).transpose(0, 1),
            to_weight[:, :, :outputs],
            to_bias[:, :, :outputs],
            to_last[:, :, :outputs].transpose(1, 2),
            gradient.sum(0).view(units, 1, 1),
            None,
        )


def _padded(weight: Tensor, size: int) -> Any:
    """Return a matrix per unit, flat, its rows filled up with zeros to `size` numbers."""
    return pad(weight.detach(), (0, size - weight.shape[2])).contiguous().numpy().reshape(-1)


@compiled
def _forward(
    values: Any,
    weight: Any,
    bias: Any,
    last_weight: Any,
    last_bias: Any,
    drawn: Any,
    lowest: int,
    scale: np.float32,
    columns: int,
    hidden: Any,
    outputs: Any,
) -> None:
    """Write the values after dropout, flat (units, B, H), and the outputs (units, B)."""
    units, rows = outputs.shape
    size = len(bias) // units
    quarters = np.empty(columns, dtype=np.int32)
    for unit in range(units):
        for column in range(columns):
            quarters[column] = (unit * columns + column) * size // 4
        begin, end = unit * rows * size, (unit + 1) * rows * size
        for row in range(rows):
            at = begin + row * size
            for lane in range(0, size, LANES):
                copy(hidden, at + lane, bias, unit * size + lane, bias, 0)
            read = (unit * rows + row) * columns
            add_windows(hidden, at, size, weight, values, read, 1, quarters, 0, 1, columns)
        if len(drawn):
            _drop(hidden[begin:end], drawn[begin:end], lowest, scale)
        else:
            _rectify(hidden[begin:end])
        for row in range(rows):
            found = dot(hidden, begin + row * size, last_weight, unit * size, size)
            outputs[unit, row] = found + last_bias[unit]


@compiled
def _drop(values: Any, drawn: Any, lowest: int, scale: np.float32) -> None:
    """Apply ReLU and dropout, each value by its own random bits."""
    for place in range(len(values)):
        kept = scale if drawn[place] >= lowest else np.float32(0)
        values[place] = max(values[place], np.float32(0)) * kept


@compiled
def _rectify(values: Any) -> None:
    """Apply ReLU."""
    for place in range(len(values)):
        values[place] = max(values[place], np.float32(0))


@compiled
def _backward(
    gradient: Any,
    values: Any,
    hidden: Any,
    transposed: Any,
    last_weight: Any,
    columns: int,
    inner: int,
    to_values: Any,
    to_weight: Any,
    to_bias: Any,
    to_last: Any,
) -> None:
    """Add up all gradients; the weights of the second layer include the scale of dropout."""
    units, rows = gradient.shape
    size, wide = len(to_bias) // units, len(transposed) // (units * inner)
    passed = np.empty(rows * size, dtype=np.float32)
    own, ones = np.empty(rows, dtype=np.float32), np.ones(rows, dtype=np.float32)
    # numbers of quarters of four values at which rows begin
    of_row = (np.arange(rows) * (size // 4)).astype(np.int32)
    of_hidden, of_column = np.empty_like(of_row), np.empty(inner, dtype=np.int32)
    for unit in range(units):
        begin, read = unit * rows * size, unit * rows * columns
        for row in range(rows):
            own[row] = gradient[unit, row]
            of_hidden[row] = of_row[row] + begin // 4
            scale_where_positive(
                passed, row * size, hidden, begin + row * size, last_weight, unit * size, size,
                own[row],
            )  # fmt: skip
        for column in range(columns):
            add_windows(
                to_weight, (unit * columns + column) * size, size, passed, values, read + column,
                columns, of_row, 0, 1, rows,
            )  # fmt: skip
        add_windows(to_bias, unit * size, size, passed, ones, 0, 1, of_row, 0, 1, rows)
        add_windows(to_last, unit * size, size, hidden, own, 0, 1, of_hidden, 0, 1, rows)
        for one in range(inner):
            of_column[one] = (unit * inner + one) * wide // 4
        for row in range(rows):
            at = (unit * rows + row) * wide
            add_windows(
                to_values, at, wide, transposed, passed, row * size, 1, of_column, 0, 1, inner
            )
