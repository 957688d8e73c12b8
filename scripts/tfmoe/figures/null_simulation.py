"""Figure of the tests' false-positive rates, compared with their level."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullLocator

from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.core.vocabulary import EvaluationRole
from tfmoe.evaluation.null import AS_FOUND, CLOSE
from tfmoe.evaluation.panel import ALL
from tfmoe.figures.save import Drawing, save_drawing
from tfmoe.figures.style import (
    INK,
    LIGHT,
    ROLES,
    empty_figure,
    figure_style,
    figure_with_strip,
    note_height,
    write_legend,
    write_note,
)

logger = logging.getLogger(__name__)
COLUMNS = ("role", "test", "models_vary", "alpha", "repeats", "false_positive_rate")
TESTS = {
    "anova_as_published": "one-way ANOVA over trials, as published",
    "delong": "DeLong, two models on one set",
    "f_test": "F test, model x set",
    "f_test_greenhouse_geisser": "F test, Greenhouse-Geisser",
    "f_test_lower_bound": "F test, fewest degrees of freedom",
    "f_test_seeds": "quasi F, random sets and seeds",
    "friedman": "Friedman (Iman and Davenport)",
    "nemenyi": "Nemenyi, any two models",
    "tukey": "Tukey, any two models",
    "paired_t": "paired t, Holm, any other model",
    "paired_t_seeds": "t, random sets and seeds, Holm",
    "wilcoxon": "Wilcoxon, Holm, any other model",
    "equivalence": "equivalence, at the margin",
    "not_worse": "not worse, at the margin",
}
"""Labels of the tests, in the order in which they are drawn."""
_ROLES: Mapping[str, tuple[str, str, float]] = {
    EvaluationRole.IN_DISTRIBUTION: (ROLES[EvaluationRole.IN_DISTRIBUTION], "#E69F00", -0.17),
    EvaluationRole.SAME_FACTOR: (ROLES[EvaluationRole.SAME_FACTOR], "#009E73", 0.0),
    EvaluationRole.OOD: (ROLES[EvaluationRole.OOD], "#0072B2", 0.17),
    ALL: ("one set", INK, 0.0),
}
_SMALLEST = 0.002
_TICKS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


def draw_null_file(path: Pathlike, folder: Pathlike) -> None:
    """Write the figure ``null_simulation`` of ``statistics/null_simulation.tsv`` into `folder`.

    Raises
    ------
    InputError
        If the file is missing, damaged or lacks a column.
    """
    table = read_tsv(path, COLUMNS)
    with figure_style():
        save_drawing(draw_null(table), folder, "null_simulation")
    logger.info("null_simulation: drawn from %d rows", len(table))


def draw_null(table: pd.DataFrame) -> Drawing:
    """Draw each test's false-positive rates on a logarithmic axis.

    Parameters
    ----------
    table
        ``statistics/null_simulation.tsv``.
    """
    drawn = table.dropna(subset=["false_positive_rate"])
    if drawn.empty:
        return Drawing(empty_figure("nothing could be simulated"), table)
    tests = [test for test in TESTS if (drawn["test"] == test).any()]
    alpha = float(drawn["alpha"].iloc[0])
    note = (
        f"Shaded: within {100 * CLOSE:.0f} % of the level of {alpha:g}. Rates below {_SMALLEST:g} "
        f"are drawn at {_SMALLEST:g}.\nOpen: models vary as unequally as in this run; rank tests "
        f"then find differences between models of equal mean.\n{_precision(drawn, alpha)}"
    )
    strip = note_height(note) + 0.25
    figure = figure_with_strip(6.4, 0.24 * len(tests) + 0.55 + strip, strip)
    axes = figure.subplots()
    axes.axvspan((1 - CLOSE) * alpha, (1 + CLOSE) * alpha, color=LIGHT, linewidth=0, zorder=0)
    axes.axvline(alpha, color=INK, linewidth=0.7, zorder=1)
    roles = [role for role in _ROLES if (drawn["role"] == role).any()]
    for role in roles:
        own = drawn[drawn["role"] == role]
        found = own["models_vary"] == AS_FOUND
        _mark(axes, own[~found], role, tests, filled=True)
        _mark(axes, own[found], role, tests, filled=False)
    axes.set_yticks(range(len(tests)), [TESTS[test] for test in tests])
    axes.set_ylim(len(tests) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.set_xscale("log")
    axes.set_xlim(0.85 * _SMALLEST, 1.15)
    axes.set_xticks(_TICKS)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("share of simulated runs with equally good models in which the test rejects")
    handles = [_handle(role, filled=True) for role in roles]
    labels = [_ROLES[role][0] for role in roles]
    if (drawn["models_vary"] == AS_FOUND).any():
        handles.append(_handle(ALL, filled=False))
        labels.append("models vary as found")
    write_legend(figure, handles, labels, len(handles), note)
    write_note(figure, note)
    return Drawing(figure, table)


def _precision(drawn: pd.DataFrame, alpha: float) -> str:
    """Return a sentence on the error of the simulated rates."""
    repeats = int(drawn["repeats"].min())
    half = 1.96 * np.sqrt(alpha * (1 - alpha) / repeats)
    return f"At least {repeats:,} simulated runs: a rate of {alpha:g} is known within {half:.3f}."


def _mark(axes: Axes, rows: pd.DataFrame, role: str, tests: list[str], filled: bool) -> None:
    """Draw the rates of one role, one marker per test."""
    _, colour, shift = _ROLES[role]
    rows = rows[rows["test"].isin(tests)]
    height = np.array([tests.index(test) for test in rows["test"]]) + shift
    axes.plot(
        rows["false_positive_rate"].clip(lower=_SMALLEST),
        height,
        linestyle="none",
        marker="o",
        color=colour,
        markersize=4.4,
        markerfacecolor=colour if filled else "white",
        markeredgewidth=0.9,
        zorder=3,
    )


def _handle(role: str, filled: bool) -> Line2D:
    colour = _ROLES[role][1]
    face = colour if filled else "white"
    return Line2D([], [], linestyle="none", marker="o", color=colour, markerfacecolor=face)
