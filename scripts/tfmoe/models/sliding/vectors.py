"""Operations on 16 adjacent float32 numbers at once, for compiled loops.

LLVM turns them into vector instructions of any CPU. It does not do so for a plain loop over so few
numbers, which takes five times as long. Arrays are one-dimensional, rows are addressed by the index
of their first number, and nothing checks these indices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

LANES = 16
"""Numbers in a row."""
_ROW = ir.VectorType(ir.FloatType(), LANES)

_Result = Callable[[Any, Any, Any, Any], Any]


def _row_operation(result: _Result) -> Any:
    """Return a function of (out, i, one, j, two, k), which compiled code can call.

    It writes `result` of the rows `out[i]`, `one[j]` and `two[k]` to the row `out[i]`.
    """

    @intrinsic  # type: ignore[untyped-decorator, unused-ignore]
    def operation(
        _context: Any, out: Any, _i: Any, one: Any, _j: Any, two: Any, _k: Any
    ) -> tuple[Any, Any]:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            pointers = [
                _row_pointer(context, builder, signature.args[place], *arguments[place : place + 2])
                for place in (0, 2, 4)
            ]
            rows = [builder.load(pointer, align=4) for pointer in pointers]
            builder.store(result(builder, *rows), pointers[0], align=4)
            return context.get_dummy_value()

        signature = types.void(out, types.intp, one, types.intp, two, types.intp)
        return signature, generate

    return operation


def _row_pointer(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), _ROW.as_pointer())


def _larger(builder: Any, one: Any, two: Any) -> Any:
    return builder.select(builder.fcmp_ordered(">", one, two), one, two)


def _positive(builder: Any, row: Any) -> Any:
    return _larger(builder, row, ir.Constant(_ROW, [0.0] * LANES))


copy = _row_operation(lambda _builder, _out, one, _two: one)
"""out = one"""
add = _row_operation(lambda builder, _out, one, two: builder.fadd(one, two))
"""out = one + two"""
larger = _row_operation(lambda builder, _out, one, two: _larger(builder, one, two))
"""out = max(one, two)"""
keep_larger_difference = _row_operation(
    lambda builder, out, one, two: _larger(builder, out, builder.fsub(one, two))
)
"""out = max(out, one - two)"""
add_positive = _row_operation(
    lambda builder, out, one, _two: builder.fadd(out, _positive(builder, one))
)
"""out = out + max(one, 0)"""
add_positive_difference = _row_operation(
    lambda builder, out, one, two: builder.fadd(out, _positive(builder, builder.fsub(one, two)))
)
"""out = out + max(one - two, 0)"""
