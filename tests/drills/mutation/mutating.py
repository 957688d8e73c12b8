"""Mutants of a module: copies of its source with one small change each, by cosmic-ray's operators.

Of cosmic-ray's operators, those are used that leave the source plausible: `<` becomes `<=` or `>=`,
`+` becomes `-`, a number becomes one more or one less. The others, such as `+` to `>>` on floats,
end in an error in any test and would only raise the share of mutants that are found. Three kinds of
places are left out: annotations and decorators, which decide about no number, and the imports
under `if TYPE_CHECKING`.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator
from dataclasses import dataclass

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

Position = tuple[int, int]

_BINARY = (
    "Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Mul", "Mod_FloorDiv", "Pow_Mul",
    "RShift_LShift", "LShift_RShift", "BitOr_BitAnd", "BitAnd_BitOr", "BitXor_BitAnd",
)  # fmt: skip
_COMPARISON = (
    "Eq_NotEq", "NotEq_Eq", "Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_LtE", "GtE_Gt",
    "GtE_Lt", "Is_IsNot", "IsNot_Is",
)  # fmt: skip
_UNARY = ("Delete_USub", "Delete_Invert", "Delete_Not")
_OTHER = (
    "AddNot", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr",
    "ReplaceOrWithAnd", "ReplaceBreakWithContinue", "ReplaceContinueWithBreak", "ExceptionReplacer",
    "NumberReplacer", "ZeroIterationForLoop",
)  # fmt: skip
OPERATORS = (
    *(f"ReplaceBinaryOperator_{change}" for change in _BINARY),
    *(f"ReplaceComparisonOperator_{change}" for change in _COMPARISON),
    *(f"ReplaceUnaryOperator_{change}" for change in _UNARY),
    *_OTHER,
)


@dataclass(frozen=True)
class Mutant:
    """One mutant.

    Attributes
    ----------
    operator
        Name of cosmic-ray's operator.
    line
        Number of the changed line, from 1.
    before, after
        The line without and with the change, stripped.
    source
        Source of the mutated module.
    """

    operator: str
    line: int
    before: str
    after: str
    source: str


def draw_mutants(source: str, number: int, seed: int) -> tuple[list[Mutant], int]:
    """Draw mutants of a source, in the order of their places.

    Returns
    -------
    tuple
        At most `number` mutants, and the number of mutants that they were drawn from.
    """
    left_out = list(_left_out(source))
    tree = get_ast(source)
    places = [
        (start, name, occurrence)
        for name in OPERATORS
        for occurrence, start in enumerate(_positions(tree, name))
        if not any(first <= start < end for first, end in left_out)
    ]
    drawn = random.Random(seed).sample(places, min(number, len(places)))
    return [_mutate(source, *place) for place in sorted(drawn)], len(places)


def _positions(tree: object, name: str) -> Iterator[Position]:
    operator = get_operator(f"core/{name}")()
    for node in ast_nodes(tree):
        for start, _ in operator.mutation_positions(node):
            yield start


def _mutate(source: str, start: Position, name: str, occurrence: int) -> Mutant:
    mutated = mutate_code(source, get_operator(f"core/{name}")(), occurrence)
    if mutated is None:
        raise ValueError(f"{name} has no occurrence {occurrence}")
    line = start[0] - 1
    before, after = source.splitlines()[line], mutated.splitlines()[line]
    return Mutant(name, start[0], before.strip(), after.strip(), mutated)


def _left_out(source: str) -> Iterator[tuple[Position, Position]]:
    """Yield begin and end of the places that are not mutated."""
    for node in ast.walk(ast.parse(source)):
        found: list[ast.AST | None] = []
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found += node.decorator_list
        if isinstance(node, ast.FunctionDef):
            found.append(node.returns)
        if isinstance(node, ast.arg | ast.AnnAssign):
            found.append(node.annotation)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            found.append(node)
        for part in found:
            if isinstance(part, ast.expr | ast.stmt):
                end = (part.end_lineno or part.lineno, part.end_col_offset or part.col_offset)
                yield (part.lineno, part.col_offset), end
