"""The first layer of a network on all windows of a long sequence, with the filters' scores shared.

A filter of K columns scores every placement inside the sequence once, for all windows around it. At
the edges of a window it reaches onto padding. With the mean over the four bases subtracted from
each column, padding and unknown bases add exactly 0, so that the score of a placement cut off by an
edge is the sum of its columns inside the window: a sum of the first or the last columns of a
placement in the sequence. One pass over the columns of each placement yields them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tfmoe.core.compiled import compiled
from tfmoe.core.dna import UNKNOWN
from tfmoe.core.sliding import SlidingWindows
from tfmoe.models.first_layer import FirstLayer, Pooled
from tfmoe.models.sliding.vectors import (
    LANES,
    add,
    add_positive,
    add_positive_difference,
    copy,
    keep_larger_difference,
    larger,
)

_Floats = NDArray[np.float32]
_Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Columns:
    """Which placements each pooled column of a window takes.

    Placement p of a window begins p bases after the window's first base, from -P to L - K + P.

    Attributes
    ----------
    lefts, rights
        Numbers of columns that take placements cut off by the left and by the right edge.
    left, right
        int64 (P + 1,): where the score of the placement of which k bases hang over an edge is kept,
        relative to the row of the placement; entry 0 is unused. Left, a row is that of the window's
        first base; right, that of its last placement.
    from_left, from_right
        int64 (columns,): place of the column among those cut off, or -1 for others.
    first, number
        int64 (columns,): first placement inside the window, and how many.
    """

    lefts: int
    rights: int
    left: _Integers
    right: _Integers
    from_left: _Integers
    from_right: _Integers
    first: _Integers
    number: _Integers

    @classmethod
    def of(cls, window: int, width: int, padding: int, pool: int) -> _Columns:
        """Assign the placements of a filter to the columns."""
        placements = np.arange(-padding, window - width + padding + 1)
        column = (placements + padding) // pool
        inside = (placements >= 0) & (placements <= window - width)
        overhang = np.arange(padding + 1)
        left, right = column[padding - overhang], column[padding + window - width + overhang]
        last_left, first_right = left[min(padding, 1)], right[min(padding, 1)]
        lefts, rights = int(last_left) + 1, int(right[padding] - first_right) + 1
        each = np.arange(column[-1] + 1)
        number = np.bincount(column[inside], minlength=len(each))
        first = np.array([placements[inside & (column == one)].min(initial=window) for one in each])
        return cls(
            lefts,
            rights,
            (overhang * lefts + left) * LANES,
            ((padding - overhang) * rights + right - first_right) * LANES,
            np.where((each <= last_left) & (padding > 0), each, -1),
            np.where((each >= first_right) & (padding > 0), each - first_right, -1),
            first,
            number,
        )


class SharedFilters:
    """The first layer of a network, for all windows of a sequence at once.

    Parameters
    ----------
    layer
        The first layer; its filters are no wider than the window.
    window
        Length L of the windows, in bases.
    """

    def __init__(self, layer: FirstLayer, window: int) -> None:
        weight = layer.weight.detach().cpu().double().numpy()
        self._filters, self._width = int(weight.shape[0]), int(weight.shape[2])
        if self._width > window:
            raise ValueError(f"filters of {self._width} bases are wider than windows of {window}")
        means = weight.mean(axis=1)
        self._groups = -(-self._filters // LANES)
        table = np.zeros((self._width, UNKNOWN + 1, self._groups * LANES))
        table[:, :4, : self._filters] = (weight - means[:, None]).transpose(2, 1, 0)
        bias = np.zeros(self._groups * LANES)
        bias[: self._filters] = layer.bias.detach().cpu().double().numpy() + means.sum(axis=1)
        # one table per group of filters
        shape = self._width, UNKNOWN + 1, self._groups, LANES
        self._table = table.reshape(shape).transpose(2, 0, 1, 3).reshape(-1).astype(np.float32)
        self._bias = bias.astype(np.float32)
        self._window, self._padding, self._averages = window, layer.padding, layer.averages
        self._columns = _Columns.of(window, self._width, layer.padding, layer.pool_width)
        if layer.averages and len(self._columns.number) > 1:
            raise ValueError("averages are of one pooled column")

    @property
    def floats_per_window(self) -> int:
        """Number of float32 values that a window's pooled columns take."""
        return self._groups * LANES * len(self._columns.number)

    def pooled(self, windows: SlidingWindows) -> Pooled:
        """Return the output of the layer for all windows, on the CPU."""
        columns, found = self._columns, len(windows)
        shape = found, len(columns.number), self._groups * LANES
        maxima = np.empty(shape, dtype=np.float32)
        sums = np.empty((found if self._averages else 0, *shape[1:]), dtype=np.float32)
        codes = np.full(len(windows.sequence) + 2 * self._padding, UNKNOWN, dtype=np.uint8)
        codes[self._padding : self._padding + len(windows.sequence)] = windows.sequence
        _pool(
            codes, self._table, self._bias, self._width, self._window, windows.stride,
            columns.lefts, columns.rights, columns.left, columns.right, columns.from_left,
            columns.from_right, columns.first, columns.number, maxima.reshape(-1),
            sums.reshape(-1),
        )  # fmt: skip
        used = torch.from_numpy(maxima)[:, :, : self._filters].transpose(1, 2)
        if not self._averages:
            return Pooled(used)
        placements = self._window - self._width + 2 * self._padding + 1
        return Pooled(used, torch.from_numpy(sums)[:, 0, : self._filters] / placements)


@compiled
def _pool(
    codes: Any,
    table: Any,
    bias: Any,
    width: int,
    window: int,
    stride: int,
    lefts: int,
    rights: int,
    left: Any,
    right: Any,
    from_left: Any,
    from_right: Any,
    first: Any,
    number: Any,
    maxima: Any,
    sums: Any,
) -> None:
    """Write maxima and, unless `sums` is empty, sums of all windows, flat (windows, columns, F)."""
    padding, columns, groups = len(left) - 1, len(number), len(bias) // LANES
    placements = len(codes) - width + 1
    windows = len(maxima) // (columns * groups * LANES)
    rows, span = placements + padding, max(number.max(), 1)
    size = 1 if len(sums) == 0 else rows * LANES
    scores = np.empty(rows * LANES, dtype=np.float32)
    slid = np.empty_like(scores)
    cut_left = np.empty(rows * lefts * LANES, dtype=np.float32)
    cut_right = np.empty(rows * rights * LANES, dtype=np.float32)
    positive = np.zeros(size, dtype=np.float32)
    slid_positive, sum_left, sum_right = (
        np.empty_like(positive), np.empty_like(positive), np.empty_like(positive),
    )  # fmt: skip
    lowest = np.full(LANES, -np.inf, dtype=np.float32)
    for group in range(groups):
        cut_left[:] = -np.inf
        cut_right[:] = -np.inf
        positive[:] = 0
        sum_left[:] = 0
        sum_right[:] = 0
        part = table[group * width * 5 * LANES : (group + 1) * width * 5 * LANES]
        _score(
            codes, part, bias[group * LANES : (group + 1) * LANES], width, left, right, lefts,
            rights, scores, cut_left, cut_right, positive, sum_left, sum_right,
        )  # fmt: skip
        _slide_maxima(scores, slid, placements, span)
        if len(sums):
            _slide_sums(positive, slid_positive, placements, span)
        for index in range(windows):
            start = index * stride
            from_start, from_end = start + padding, start + window - width + 2 * padding
            for column in range(columns):
                to = ((index * columns + column) * groups + group) * LANES
                begin = from_start + first[column]
                if number[column] == span:
                    copy(maxima, to, slid, begin * LANES, slid, 0)
                else:
                    copy(maxima, to, lowest, 0, lowest, 0)
                    for place in range(begin, begin + number[column]):
                        larger(maxima, to, maxima, to, scores, place * LANES)
                if from_left[column] >= 0:
                    row = (from_start * lefts + from_left[column]) * LANES
                    larger(maxima, to, maxima, to, cut_left, row)
                if from_right[column] >= 0:
                    row = (from_end * rights + from_right[column]) * LANES
                    larger(maxima, to, maxima, to, cut_right, row)
                if len(sums):
                    add(sums, to, slid_positive, begin * LANES, sum_left, from_start * LANES)
                    add(sums, to, sums, to, sum_right, from_end * LANES)


@compiled
def _score(
    codes: Any,
    table: Any,
    bias: Any,
    width: int,
    left: Any,
    right: Any,
    lefts: int,
    rights: int,
    scores: Any,
    cut_left: Any,
    cut_right: Any,
    positive: Any,
    sum_left: Any,
    sum_right: Any,
) -> None:
    """Score all placements of one group of filters, inside windows and cut off by their edges.

    `left` and `right` are as in `_Columns`.
    """
    padding, summed = len(left) - 1, len(positive) > 1
    prefix = np.empty((width + 1) * LANES, dtype=np.float32)
    whole = np.empty(LANES, dtype=np.float32)
    prefix[:LANES] = bias
    end = width * LANES
    for place in range(len(codes) - width + 1):
        bases = codes[place : place + width]
        for column in range(width):
            row = (column * 5 + bases[column]) * LANES
            add(prefix, (column + 1) * LANES, prefix, column * LANES, table, row)
        copy(scores, place * LANES, prefix, end, prefix, end)
        # minus the sum of the first k columns, which includes the bias, it is that of the others
        add(whole, 0, prefix, end, bias, 0)
        row_left, row_right = place * lefts * LANES, place * rights * LANES
        for cut in range(1, padding + 1):
            row = row_left + left[cut]
            keep_larger_difference(cut_left, row, whole, 0, prefix, cut * LANES)
            row = row_right + right[cut]
            larger(cut_right, row, cut_right, row, prefix, (width - cut) * LANES)
        if summed:
            add_positive(positive, place * LANES, prefix, end, prefix, end)
            for cut in range(1, padding + 1):
                row = row_left + left[cut]
                add_positive_difference(sum_left, row, whole, 0, prefix, cut * LANES)
                row = row_right + right[cut]
                add_positive(sum_right, row, prefix, (width - cut) * LANES, prefix, 0)


@compiled
def _slide_maxima(values: Any, out: Any, rows: int, span: int) -> None:
    """Write the maximum of `span` rows from each row on to `out` (van Herk 1992).

    It is the larger of a maximum up to the end of a block of `span` rows and of one from the
    beginning of the next block. Fewer rows are left at the end, where the values have no use.
    """
    running = np.empty(LANES, dtype=np.float32)
    for begin in range(0, rows, span):
        end = min(begin + span, rows)
        copy(out, (end - 1) * LANES, values, (end - 1) * LANES, values, 0)
        for row in range(end - 2, begin - 1, -1):
            larger(out, row * LANES, out, (row + 1) * LANES, values, row * LANES)
        if begin == 0:
            continue
        copy(running, 0, values, begin * LANES, values, 0)
        for row in range(begin, min(begin + span - 1, rows)):
            larger(running, 0, running, 0, values, row * LANES)
            to = (row - span + 1) * LANES
            larger(out, to, out, to, running, 0)


@compiled
def _slide_sums(values: Any, out: Any, rows: int, span: int) -> None:
    """Write the sum of `span` rows from each row on to `out`, in the same way.

    Unlike a running sum it subtracts nothing, so that rounding errors do not grow.
    """
    running = np.empty(LANES, dtype=np.float32)
    for begin in range(0, rows, span):
        end = min(begin + span, rows)
        copy(out, (end - 1) * LANES, values, (end - 1) * LANES, values, 0)
        for row in range(end - 2, begin - 1, -1):
            add(out, row * LANES, out, (row + 1) * LANES, values, row * LANES)
        if begin == 0:
            continue
        running[:] = 0
        for row in range(begin, min(begin + span - 1, rows)):
            add(running, 0, running, 0, values, row * LANES)
            to = (row - span + 1) * LANES
            add(out, to, out, to, running, 0)
