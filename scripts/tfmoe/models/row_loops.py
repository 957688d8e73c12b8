"""Loops over rows of 16 numbers whose result stays in the processor's registers.

As in `tfmoe.models.sliding.vectors`, arrays are one-dimensional, rows are addressed by the index of
their first number, and nothing checks these indices.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from tfmoe.models.sliding.vectors import LANES

_INDEX = ir.IntType(64)
_PLACES = ir.VectorType(ir.IntType(32), LANES)
_ROW = ir.VectorType(ir.FloatType(), LANES)
# a product and a sum may be rounded once, together
_FUSED = ("contract",)


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def best_rows(
    _context: Any, maxima: Any, places: Any, _to: Any, table: Any, _begin: Any, _pairs: Any,
    _step: Any, offsets: Any, _first: Any, _last: Any,
) -> tuple[Any, Any]:  # fmt: skip
    """Write the largest of several sums of rows, and its place, to the rows at `to`.

    The sum at place p, from `first` to before `last`, adds up `pairs` rows ``table[begin + j * step
    + offsets[p + 2 * j]]``. Of equal sums, the first is chosen; a sum that is not a number counts
    as the largest.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        maxima, places, to, table, begin, pairs, step, offsets, first, last = arguments
        kinds = signature.args
        table = _data(context, builder, kinds[3], table)
        offsets = _data(context, builder, kinds[7], offsets)
        best, found, total = (cgutils.alloca_once(builder, kind) for kind in (_ROW, _PLACES, _ROW))
        builder.store(ir.Constant(_ROW, [float("-inf")] * LANES), best)
        builder.store(_splat(builder, builder.trunc(first, _PLACES.element), _PLACES), found)
        with _range(builder, first, last) as place:
            start = builder.add(begin, builder.load(builder.gep(offsets, [place])))
            builder.store(_load(builder, table, start), total)
            with _range(builder, _INDEX(1), pairs) as pair:
                offset = builder.gep(offsets, [builder.add(place, builder.shl(pair, _INDEX(1)))])
                start = builder.add(begin, builder.mul(pair, step))
                start = builder.add(start, builder.load(offset))
                added = builder.fadd(builder.load(total), _load(builder, table, start))
                builder.store(added, total)
            score = builder.load(total)
            larger = builder.fcmp_unordered(">", score, builder.load(best))
            builder.store(builder.select(larger, score, builder.load(best)), best)
            here = _splat(builder, builder.trunc(place, _PLACES.element), _PLACES)
            builder.store(builder.select(larger, here, builder.load(found)), found)
        to_maxima = builder.gep(_data(context, builder, kinds[0], maxima), [to])
        to_places = builder.gep(_data(context, builder, kinds[1], places), [to])
        builder.store(builder.load(best), builder.bitcast(to_maxima, _ROW.as_pointer()), align=4)
        builder.store(
            builder.load(found), builder.bitcast(to_places, _PLACES.as_pointer()), align=4
        )
        return context.get_dummy_value()

    index = types.intp
    signature = types.void(maxima, places, index, table, index, index, index, offsets, index, index)
    return signature, generate


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def add_windows(
    _context: Any, sums: Any, _at: Any, _size: Any, values: Any, weights: Any, _weight: Any,
    _weight_step: Any, places: Any, _place: Any, _place_step: Any, _number: Any,
) -> tuple[Any, Any]:  # fmt: skip
    """Add up windows of `size` numbers of `values`, times their weights, to the row at `at`.

    Window k begins at ``4 * places[place + k * place_step]``; its weight is ``weights[weight + k *
    weight_step]``. `size` is a multiple of `LANES`.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        (
            sums, at, size, values, weights, weight, weight_step, places, place, place_step, number,
        ) = arguments  # fmt: skip
        kinds = signature.args
        sums, values, weights, places = (
            _data(context, builder, kinds[index], array)
            for index, array in ((0, sums), (3, values), (4, weights), (7, places))
        )
        total = cgutils.alloca_once(builder, _ROW)
        with _range(builder, _INDEX(0), size, LANES) as lane:
            row = builder.add(at, lane)
            builder.store(_load(builder, sums, row), total)
            with _range(builder, _INDEX(0), number) as window:
                chosen = builder.add(place, builder.mul(window, place_step))
                start = builder.sext(builder.load(builder.gep(places, [chosen])), _INDEX)
                start = builder.add(builder.shl(start, _INDEX(2)), lane)
                chosen = builder.add(weight, builder.mul(window, weight_step))
                factor = _splat(builder, builder.load(builder.gep(weights, [chosen])), _ROW)
                product = builder.fmul(factor, _load(builder, values, start), flags=_FUSED)
                builder.store(builder.fadd(builder.load(total), product, flags=_FUSED), total)
            _store(builder, builder.load(total), sums, row)
        return context.get_dummy_value()

    index = types.intp
    signature = types.void(
        sums, index, index, values, weights, index, index, places, index, index, index
    )
    return signature, generate


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def add_scaled(
    _context: Any, sums: Any, _at: Any, values: Any, _begin: Any, _size: Any, _factor: Any
) -> tuple[Any, Any]:
    """Add `factor` times `size` numbers of `values`, a multiple of `LANES`, to `sums`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        sums, at, values, begin, size, factor = arguments
        sums = _data(context, builder, signature.args[0], sums)
        values = _data(context, builder, signature.args[2], values)
        factors = _splat(builder, factor, _ROW)
        with _range(builder, _INDEX(0), size, LANES) as lane:
            row = builder.add(at, lane)
            product = builder.fmul(
                factors, _load(builder, values, builder.add(begin, lane)), flags=_FUSED
            )
            _store(
                builder, builder.fadd(_load(builder, sums, row), product, flags=_FUSED), sums, row
            )
        return context.get_dummy_value()

    index = types.intp
    return types.void(sums, index, values, index, index, types.float32), generate


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def scale_where_positive(
    _context: Any, out: Any, _to: Any, gate: Any, _i: Any, values: Any, _k: Any, _size: Any,
    _factor: Any,
) -> tuple[Any, Any]:  # fmt: skip
    """Write values[k] multiplied by `factor` to out[to] where gate[i] is positive, elsewhere 0.

    This is done for `size` numbers, a multiple of `LANES`.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        out, to, gate, first, values, second, size, factor = arguments
        out, gate, values = (
            _data(context, builder, signature.args[index], array)
            for index, array in ((0, out), (2, gate), (4, values))
        )
        zeros, factors = ir.Constant(_ROW, [0.0] * LANES), _splat(builder, factor, _ROW)
        with _range(builder, _INDEX(0), size, LANES) as lane:
            scaled = builder.fmul(factors, _load(builder, values, builder.add(second, lane)))
            opened = _load(builder, gate, builder.add(first, lane))
            passed = builder.select(builder.fcmp_ordered(">", opened, zeros), scaled, zeros)
            _store(builder, passed, out, builder.add(to, lane))
        return context.get_dummy_value()

    index = types.intp
    signature = types.void(out, index, gate, index, values, index, index, types.float32)
    return signature, generate


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def dot(_context: Any, one: Any, _i: Any, two: Any, _k: Any, _size: Any) -> tuple[Any, Any]:
    """Return the sum of products of `size` numbers, a multiple of `LANES`, from one[i], two[k]."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        one, first, two, second, size = arguments
        one = _data(context, builder, signature.args[0], one)
        two = _data(context, builder, signature.args[2], two)
        total = cgutils.alloca_once(builder, _ROW)
        builder.store(ir.Constant(_ROW, [0.0] * LANES), total)
        with _range(builder, _INDEX(0), size, LANES) as lane:
            left = _load(builder, one, builder.add(first, lane))
            product = builder.fmul(
                left, _load(builder, two, builder.add(second, lane)), flags=_FUSED
            )
            builder.store(builder.fadd(builder.load(total), product, flags=_FUSED), total)
        parts = builder.load(total)
        while parts.type.count > 1:  # the halves are added up, so that few additions are in a row
            half = parts.type.count // 2
            low, high = (
                builder.shuffle_vector(
                    parts,
                    ir.Constant(parts.type, ir.Undefined),
                    ir.Constant(
                        ir.VectorType(ir.IntType(32), half), list(range(start, start + half))
                    ),
                )
                for start in (0, half)
            )
            parts = builder.fadd(low, high)
        return builder.extract_element(parts, ir.IntType(32)(0))

    index = types.intp
    return types.float32(one, index, two, index, index), generate


@contextmanager
def _range(builder: Any, start: Any, stop: Any, step: int = 1) -> Iterator[Any]:
    with cgutils.for_range_slice(builder, start, stop, _INDEX(step), inc=True) as (index, _):
        yield index


def _data(context: Any, builder: Any, kind: Any, array: Any) -> Any:
    return context.make_array(kind)(context, builder, array).data


def _load(builder: Any, data: Any, index: Any) -> Any:
    pointer = builder.bitcast(builder.gep(data, [index]), _ROW.as_pointer())
    return builder.load(pointer, align=4)


def _store(builder: Any, row: Any, data: Any, index: Any) -> None:
    pointer = builder.bitcast(builder.gep(data, [index]), _ROW.as_pointer())
    builder.store(row, pointer, align=4)


def _splat(builder: Any, value: Any, kind: Any) -> Any:
    single = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.IntType(32)(0))
    mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(single, ir.Constant(kind, ir.Undefined), mask)
