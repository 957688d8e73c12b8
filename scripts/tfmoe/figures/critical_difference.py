"""Figure of the average ranks: bars join models whose ranks do not differ significantly."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from scikit_posthocs import critical_difference_diagram

from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.core.vocabulary import kind_order
from tfmoe.evaluation.panel import ALL, NO_PEAKS, WITH_MATRIX
from tfmoe.figures.save import Drawing, save_drawing
from tfmoe.figures.style import (
    INK,
    ROLES,
    empty_figure,
    figure_style,
    figure_with_strip,
    kind_label,
    label,
    look,
    note_height,
    write_note,
)

logger = logging.getLogger(__name__)
NAME = "critical_difference"
SCOPE = ["role", "negatives", "subset", "stratum", "peaks"]
RANK_COLUMNS = (*SCOPE, "sets", "model", "average_rank")
FRIEDMAN_COLUMNS = (*SCOPE, "p", "critical_difference")
NOTHING = "no ranks: too few models or sets"
SAME = (
    "On {sets:.0f} sets, the average ranks of {models} models differ by at most {largest:.1f}.\n"
    "Only a difference of {difference:.1f} ranks would be significant: see the AUROCs instead."
)
WIDTH = 6.4
TIE = 0.012
"""Distance of the lines of equal ranks, as a share of the range of ranks."""


def draw_critical_difference_files(ranks: Pathlike, friedman: Pathlike, folder: Pathlike) -> None:
    """Write the figure ``critical_difference`` into `folder`.

    Parameters
    ----------
    ranks, friedman
        ``statistics/ranks.tsv`` and ``statistics/friedman.tsv``.
    folder
        Output folder.

    Raises
    ------
    InputError
        If a file is missing, damaged or lacks a column.
    """
    table = rank_table(read_tsv(ranks, RANK_COLUMNS), read_tsv(friedman, FRIEDMAN_COLUMNS))
    with figure_style():
        save_drawing(draw_critical_difference(table), folder, NAME)
    logger.info("%s: drawn from %d rows", NAME, len(table))


def rank_table(ranks: pd.DataFrame, friedman: pd.DataFrame) -> pd.DataFrame:
    """Return the ranks on the primary kind of negatives, for all sequences and strata together.

    If some factors of a role have no matrix, the ranks are those on the sets of the others, so that
    the matrix has one. Models that learned from peaks of a new factor are left out.

    Returns
    -------
    DataFrame
        One row per role and model: the columns of `ranks`, Friedman's p and the critical
        difference; roles without a critical difference are left out.
    """
    table = ranks.merge(friedman[list(FRIEDMAN_COLUMNS)], on=SCOPE)
    table = table[(table["subset"] == "all") & table["critical_difference"].notna()]
    table = table[table["peaks"].astype(str) == NO_PEAKS]
    matrix = table["stratum"] == WITH_MATRIX
    by_role = table["role"].isin(set(table.loc[matrix, "role"]))
    table = table[matrix | (~by_role & (table["stratum"] == ALL))]
    kind = min(table["negatives"], key=kind_order, default="")
    return table[table["negatives"] == kind].reset_index(drop=True)


def draw_critical_difference(table: pd.DataFrame) -> Drawing:
    """Draw `rank_table` in the style of Demsar (2006, JMLR 7:1-30), one line of ranks per role.

    Models under one bar differ by less than the critical difference of Nemenyi's test. A role in
    which no two models differ by as much is in the table only.
    """
    if table.empty:
        return Drawing(empty_figure(NOTHING), table)
    present = [role for role in ROLES if (table["role"] == role).any()]
    roles = [role for role in present if separates(table[table["role"] == role])]
    if not roles:
        return Drawing(empty_figure(_sentence(table[table["role"] == present[-1]])), table)
    heights = [0.55 + 0.13 * (table["role"] == role).sum() for role in roles]
    note = (
        f"{kind_label(table['negatives'].iloc[0])}, test split; rank 1 is the highest AUROC of a "
        "set; a bar joins models whose ranks do not differ significantly"
    )
    if left_out := [ROLES[role] for role in present if role not in roles]:
        names = ", ".join(left_out)
        note += f".\nNot drawn, as no two models differ significantly in rank: {names}"
    figure = figure_with_strip(WIDTH, sum(heights) + 0.3 * len(roles) + 0.2, note_height(note))
    grid = figure.subplots(len(roles), 1, squeeze=False, height_ratios=heights)
    for axes, role in zip(grid[:, 0], roles, strict=True):
        _draw_role(axes, table[table["role"] == role])
        row = table[table["role"] == role].iloc[0]
        axes.set_title(
            f"{ROLES[role]}, {row['sets']:.0f} sets"
            f"{' with a matrix' * (row['stratum'] == WITH_MATRIX)}: critical difference "
            f"{row['critical_difference']:.2f} ranks",
            pad=14,
        )
    write_note(figure, note)
    return Drawing(figure, table)


def separates(rows: pd.DataFrame) -> bool:
    """Return whether any two models of one role differ by the critical difference."""
    return bool(_largest(rows) >= rows["critical_difference"].iloc[0])


def _largest(rows: pd.DataFrame) -> float:
    """Return the largest difference between two average ranks."""
    return float(rows["average_rank"].max() - rows["average_rank"].min())


def _sentence(rows: pd.DataFrame) -> str:
    first = rows.iloc[0]
    return SAME.format(
        sets=first["sets"],
        models=len(rows),
        largest=_largest(rows),
        difference=first["critical_difference"],
    )


def _part_ties(elbows: Sequence[Line2D]) -> None:
    """Move the lines of equal ranks apart, so that none hides or crosses another."""
    points = [np.asarray(line.get_xydata(), dtype=np.float64) for line in elbows]
    ranks = np.array([ends[-1, 0] for ends in points])
    step = TIE * float(np.ptp(ranks))

    def order(place: int) -> tuple[bool, float]:
        """Sort key from left to right: the deepest lines are in the middle."""
        label, depth = points[place][0]
        right = bool(label > ranks[place])
        return (right, depth if right else -depth)

    for place, line in enumerate(elbows):
        tied = sorted(np.flatnonzero(np.isclose(ranks, ranks[place])).tolist(), key=order)
        shift = (tied.index(place) - (len(tied) - 1) / 2) * step
        line.set_xdata(points[place][:, 0] + np.array([0.0, shift, shift]))


def _draw_role(axes: Axes, rows: pd.DataFrame) -> None:
    names = [label(model) for model in rows["model"]]
    ranks = pd.Series(rows["average_rank"].to_numpy(), index=names)
    between = np.abs(np.subtract.outer(ranks.to_numpy(), ranks.to_numpy()))
    apart = between >= rows["critical_difference"].iloc[0]
    drawn = critical_difference_diagram(
        ranks,
        # p values of 0 and 1 make the library draw bars by the critical difference itself
        pd.DataFrame(np.where(apart, 0.0, 1.0), index=names, columns=names),
        ax=axes,
        label_fmt_left="{label} ({rank:.2f})",
        label_fmt_right="({rank:.2f}) {label}",
        label_props={"fontsize": 7.5},
        elbow_props={"linewidth": 0.8},
        crossbar_props={"color": INK, "linewidth": 2.2, "marker": ""},
        marker_props={"s": 14},
        color_palette={
            name: look(model).colour for name, model in zip(names, rows["model"], strict=True)
        },
    )
    _part_ties(drawn["elbows"])
    for (bar,) in drawn["crossbars"]:
        # the library takes the points from a set, whose order differs between processes
        bar.set_xdata(sorted(bar.get_xdata()))
