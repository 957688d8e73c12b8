"""Filters on one-hot sequences, and the maxima of their scores: the first layer on a CPU.

A convolution multiplies by the zeros of a one-hot sequence and stores every score for the pool.
Here a score is a sum of rows of a table, one row for each pair of neighbouring bases, and only the
maximum and its place are stored. In the backward pass, a maximum passes the gradient of a filter to
one of its windows, so that only these windows are read. Together this takes a tenth of the time of
convolution and pool.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable

from tfmoe.core.compiled import compiled
from tfmoe.core.dna import UNKNOWN, Codes
from tfmoe.models.row_loops import add_scaled, add_windows, best_rows
from tfmoe.models.sliding.vectors import LANES

_BASES = UNKNOWN + 1
_PAIRS = _BASES * _BASES


def codes_of(sequences: Tensor, padding: int) -> Codes | None:
    """Return the codes of one-hot sequences with unknown bases around them.

    Parameters
    ----------
    sequences
        Shape (B, 4, L), float32, on the CPU.
    padding
        Unknown bases on each side.

    Returns
    -------
    ndarray or None
        Codes, uint8 (B, padding + L + padding); `None` if a column is neither one-hot nor 0.25 in
        each row.
    """
    columns = sequences.detach().transpose(1, 2).contiguous().numpy()
    codes = np.full((len(columns), columns.shape[1] + 2 * padding), UNKNOWN, dtype=np.uint8)
    return codes if _decode(columns, padding, codes) else None


def best_columns(
    sequences: Tensor, codes: Codes, weight: Tensor, bias: Tensor, pool_width: int
) -> Tensor:
    """Return the largest score of each filter in each pooled column, the first of equal ones.

    Values and gradients are those of padding, convolution and `tfmoe.models.layers.MaxPool`. The
    gradients cannot be differentiated again.

    Parameters
    ----------
    sequences
        The sequences from which `codes` come, (B, 4, L); only their gradient is computed.
    codes
        Result of `codes_of`.
    weight, bias
        Filters (F, 4, K) and their biases (F,), float32 on the CPU.
    pool_width
        Scores per pooled column; the last may have fewer.

    Returns
    -------
    Tensor
        Shape (B, F, columns).
    """
    best: Tensor = _BestColumns.apply(sequences, weight, bias, codes, pool_width)  # type: ignore[no-untyped-call]
    return best


class _BestColumns(torch.autograd.Function):
    """Forward and backward pass of `best_columns`."""

    @staticmethod
    def forward(
        ctx: Any, sequences: Tensor, weight: Tensor, bias: Tensor, codes: Codes, pool_width: int
    ) -> Tensor:
        filters, _, width = weight.shape
        positions = codes.shape[1] - width + 1
        shape = len(codes), -(-positions // pool_width), -(-filters // LANES) * LANES
        maxima, places = torch.empty(shape), torch.empty(shape, dtype=torch.int32)
        table = _table(weight, bias)
        _score(
            codes, table.numpy().reshape(-1), (width + 1) // 2, positions, pool_width,
            maxima.numpy().reshape(-1), places.numpy().reshape(-1),
        )  # fmt: skip
        ctx.save_for_backward(weight)
        ctx.codes, ctx.places, ctx.length = codes, places, sequences.shape[2]
        return maxima[:, :, :filters].transpose(1, 2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        (weight,) = ctx.saved_tensors
        to_sequences, to_weight, to_bias = ctx.needs_input_grad[:3]
        columns = gradient.transpose(1, 2).contiguous()
        return (
            _spread(columns, weight, ctx) if to_sequences else None,
            _gather(columns, weight, ctx) if to_weight else None,
            columns.sum((0, 1)) if to_bias else None,
            None,
            None,
        )


def _table(weight: Tensor, bias: Tensor) -> Tensor:
    """Return the sums of two neighbouring columns of the filters for each pair of bases.

    Its shape is (groups of filters, pairs of columns, 25, LANES); the first pair includes the bias.
    """
    filters, _, width = weight.shape
    pairs, groups = (width + 1) // 2, -(-filters // LANES)
    rows = torch.zeros(2 * pairs, _BASES, groups * LANES)
    rows[:width, :UNKNOWN, :filters] = weight.detach().permute(2, 1, 0)
    rows[:, UNKNOWN] = rows[:, :UNKNOWN].mean(1)
    table = rows[0::2].unsqueeze(2) + rows[1::2].unsqueeze(1)
    table[0, :, :, :filters] += bias.detach()
    return table.view(pairs, _PAIRS, groups, LANES).permute(2, 0, 1, 3).contiguous()


def _gather(gradient: Tensor, weight: Tensor, ctx: Any) -> Tensor:
    """Sum the windows with the best scores, weighted by the gradients (B, columns, F)."""
    filters, bases, width = weight.shape
    size = -(-bases * width // LANES) * LANES
    sums = np.zeros((filters, size), dtype=np.float32)
    _gather_windows(
        ctx.codes, gradient.numpy().reshape(-1), ctx.places.numpy().reshape(-1),
        gradient.shape[1], size, sums.reshape(-1),
    )  # fmt: skip
    found = torch.from_numpy(sums[:, : bases * width])
    return found.view(filters, width, bases).transpose(1, 2)


def _spread(gradient: Tensor, weight: Tensor, ctx: Any) -> Tensor:
    """Add up the filters where they scored best, times the gradients (B, columns, F)."""
    filters, bases, width = weight.shape
    size = -(-bases * width // LANES) * LANES
    rows = np.zeros((filters, size), dtype=np.float32)
    rows[:, : bases * width] = weight.detach().transpose(1, 2).reshape(filters, -1).numpy()
    padded = ctx.codes.shape[1]
    spread = np.zeros((len(ctx.codes), bases * padded), dtype=np.float32)
    _spread_windows(gradient.numpy(), ctx.places.numpy(), rows.reshape(-1), size, spread)
    padding = (padded - ctx.length) // 2
    columns = torch.from_numpy(spread).view(len(spread), padded, bases)
    return columns[:, padding : padded - padding].transpose(1, 2)


@compiled
def _decode(columns: NDArray[np.float32], padding: int, codes: Codes) -> bool:
    """Write the codes of one-hot columns (B, L, 4); return whether all columns have one."""
    for row in range(columns.shape[0]):
        for place in range(columns.shape[1]):
            code, ones, zeros, quarters = 0, 0, 0, 0
            for base in range(4):
                value = columns[row, place, base]
                if value == 1:
                    code, ones = base, ones + 1
                elif value == 0:
                    zeros += 1
                elif value == np.float32(0.25):
                    quarters += 1
            if ones == 1 and zeros == 3:
                codes[row, padding + place] = code
            elif quarters != 4:
                return False
    return True


@compiled
def _score(
    codes: Codes, table: Any, pairs: int, positions: int, pool: int, maxima: Any, places: Any
) -> None:
    """Write maxima and their places, flat (B, columns, F), by the table of `_table`."""
    rows, length = codes.shape
    columns = -(-positions // pool)
    groups = len(table) // (pairs * _PAIRS * LANES)
    offsets = np.empty(length, dtype=np.int64)
    for row in range(rows):
        for place in range(length):
            following = codes[row, place + 1] if place + 1 < length else UNKNOWN
            offsets[place] = (codes[row, place] * _BASES + following) * LANES
        for group in range(groups):
            begin = group * pairs * _PAIRS * LANES
            for column in range(columns):
                to = ((row * columns + column) * groups + group) * LANES
                first = column * pool
                last = min(first + pool, positions)
                best_rows(
                    maxima, places, to, table, begin, pairs, _PAIRS * LANES, offsets, first, last
                )


@compiled
def _gather_windows(
    codes: Codes, gradient: Any, places: Any, columns: int, size: int, sums: Any
) -> None:
    """Add windows of 4 K numbers to `sums`, flat (F, size)."""
    rows, length = codes.shape
    filters, stored = len(sums) // size, len(places) // (rows * columns)
    one_hot = np.zeros(4 * length + size, dtype=np.float32)
    for row in range(rows):
        for place in range(length):
            for base in range(4):
                value = 0.25 if codes[row, place] > 3 else 1.0 * (codes[row, place] == base)
                one_hot[4 * place + base] = value
        for one in range(filters):
            add_windows(
                sums, one * size, size, one_hot, gradient, row * columns * filters + one, filters,
                places, row * columns * stored + one, stored, columns,
            )  # fmt: skip


@compiled
def _spread_windows(gradient: Any, places: Any, weight: Any, size: int, spread: Any) -> None:
    """Add filters, flat (F, size), to `spread` (B, 4 length) at their places."""
    rows, columns, filters = gradient.shape
    buffer = np.empty(spread.shape[1] + size, dtype=np.float32)
    for row in range(rows):
        buffer[:] = 0
        for one in range(filters):
            for column in range(columns):
                begin = 4 * places[row, column, one]
                add_scaled(buffer, begin, weight, one * size, size, gradient[row, column, one])
        spread[row] = buffer[: spread.shape[1]]
