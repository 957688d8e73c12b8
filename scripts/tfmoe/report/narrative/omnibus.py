"""Tests of whether the models differ at all, as one table with its remarks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tfmoe.core.text import MISSING, capitalise, decimals, interval, probability
from tfmoe.evaluation.statistics import Statistics
from tfmoe.report.narrative.prose import bullets, reason, table
from tfmoe.report.narrative.scope import Scope

_HEADER = [
    "test",
    "the models differ",
    "F (degrees of freedom)",
    "p",
    "p, corrected",
    "p, random seeds",
    "partial eta squared",
    "omega squared (interval)",
]
_ONLY_IF_SPHERICAL = "only if differences vary equally"
_SPHERICITY = (
    "p assumes that the differences between models vary equally from set to set, which is not "
    "known. The corrected p does not: it is "
)


def describe_omnibus(statistics: Statistics, scope: Scope, alpha: float) -> str:
    """Return the F test and Friedman's test on the sets of a scope as Markdown.

    Parameters
    ----------
    statistics
        Tables of the tests.
    scope
        Sets.
    alpha
        Level of the tests.
    """
    f_tests = [row for row in scope.of(statistics.two_way) if not np.isnan(row.p)]
    friedman = [row for row in scope.of(statistics.friedman) if not np.isnan(row.p)]
    cells = [
        *(_f_test(row, alpha) for row in f_tests),
        *(_friedman(row, alpha) for row in friedman),
    ]
    tests = table(_HEADER, cells)
    title = f"Do the models differ at all (`two_way.tsv`, `friedman.tsv`)?\n\n{tests}"
    remarks = bullets([*_remarks(f_tests), *_skipped(statistics, scope)])
    return "\n\n".join([*([title] if cells else []), *([remarks] if remarks else [])])


def omnibus_verdict(p: float, corrected: float, alpha: float) -> str:
    """Return whether the models differ by an F test, in words for a cell.

    Without correction the test assumes that all differences vary equally (sphericity).
    """
    if corrected < alpha:
        return "yes"
    return _ONLY_IF_SPHERICAL if p < alpha else "not shown"


def _f_test(row: Any, alpha: float) -> list[str]:
    corrected = row.p_lower_bound if np.isnan(row.p_gg) else row.p_gg
    return [
        "F test, model x set",
        omnibus_verdict(row.p, corrected, alpha),
        _f(row),
        probability(row.p),
        probability(corrected),
        probability(row.p_seeds),
        decimals(row.partial_eta_squared, 2),
        interval(
            max(row.partial_omega_squared, 0.0),
            row.partial_omega_squared_low,
            row.partial_omega_squared_high,
            2,
        ),
    ]


def _friedman(row: Any, alpha: float) -> list[str]:
    return [
        "Friedman's test on ranks, with Iman and Davenport's F",
        "yes" if row.p < alpha else "not shown",
        _f(row),
        probability(row.p),
        *[MISSING] * 4,
    ]


def _f(row: Any) -> str:
    return f"{decimals(row.f, 2)} ({row.df_model:.0f}, {row.df_residual:.0f})"


def _remarks(f_tests: list[Any]) -> Iterator[str]:
    for row in f_tests:
        corrected = (
            "the p at the smallest possible degrees of freedom."
            if np.isnan(row.p_gg)
            else "Greenhouse and Geisser's."
        )
        yield f"{_SPHERICITY}{corrected}"
        if row.note:
            yield f"{capitalise(reason(row.note))}."
        if row.partial_omega_squared < 0:
            yield "The estimate of omega squared is negative, and shown as 0."


def _skipped(statistics: Statistics, scope: Scope) -> Iterator[str]:
    for row in scope.of(statistics.two_way):
        if np.isnan(row.p):
            yield f"The F test (model x set) was not performed: {reason(row.note)}."
    for row in scope.of(statistics.friedman):
        if np.isnan(row.p):
            yield f"Friedman's test was not performed: {reason(row.note)}."
