"""The analysis of variance as published, as a table that says why it cannot be believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from tfmoe.evaluation.sets import EvaluationSet, by_stratum
from tfmoe.figures.save import Drawing
from tfmoe.figures.style import empty_figure, stratum_label
from tfmoe.studies.paper.table import Block, Column, draw_table, number, probability

ANOVA_COLUMNS = (
    "experiment",
    "negatives",
    "models",
    "trials",
    "f",
    "df_between",
    "df_within",
    "p",
    "eta_squared",
    "note",
)
NULL_COLUMNS = ("test", "alpha", "false_positive_rate")
PUBLISHED_TEST = "anova_as_published"


def anova_table(anova: pd.DataFrame, sets: Sequence[EvaluationSet], kind: str) -> pd.DataFrame:
    """Pick the rows on negatives of one kind, in the sets' order.

    Parameters
    ----------
    anova
        ``statistics/anova_as_published.tsv``.
    sets
        The sets, in order.
    kind
        The kind of negatives.
    """
    place = {found.experiment: index for index, found in enumerate(sets)}
    rows = anova[(anova["negatives"] == kind) & anova["experiment"].isin(place)]
    order = rows["experiment"].map(place).sort_values(kind="stable").index
    return rows.loc[order].reset_index(drop=True)


def draw_anova(table: pd.DataFrame, sets: Sequence[EvaluationSet], null: pd.DataFrame) -> Drawing:
    """Typeset `anova_table`: F, the exact p and eta squared of each set.

    Parameters
    ----------
    table
        Of `anova_table`.
    sets
        The sets, in order.
    null
        ``statistics/null_simulation.tsv``.
    """
    tested = table.dropna(subset=["p"])
    if not len(tested):
        return Drawing(empty_figure("the analysis of variance could be run on no set"), table)
    rows = {row["experiment"]: row for row in tested.to_dict("records")}
    blocks = [
        Block(
            stratum_label(stratum),
            [_row(found, rows[found.experiment]) for found in members if found.experiment in rows],
        )
        for stratum, members in by_stratum(sets).items()
    ]
    columns = [
        Column("set", 1.5),
        Column("models", 0.55),
        Column("trials\na model", 0.6),
        Column("F", 0.75),
        Column("degrees of\nfreedom", 0.8),
        Column("p", 0.95),
        Column("η²", 0.6),
    ]
    blocks = [block for block in blocks if block.rows]
    return Drawing(draw_table(columns, blocks, _why(tested, null)), table)


def _row(found: EvaluationSet, row: Mapping[Any, Any]) -> list[str]:
    return [
        found.name,
        f"{row['models']:.0f}",
        f"{row['trials']:.0f}",
        f"{row['f']:,.1f}",
        f"{row['df_between']:.0f}, {row['df_within']:.0f}",
        probability(row["p"]),
        number(row["eta_squared"]),
    ]


def _why(tested: pd.DataFrame, null: pd.DataFrame) -> str:
    simulated = null[null["test"] == PUBLISHED_TEST]
    rate = ""
    if len(simulated):
        share, alpha = simulated["false_positive_rate"].iloc[0], simulated["alpha"].iloc[0]
        rate = (
            f", and models of equal true AUROC are called different (p < {alpha:g}) in "
            f"{100 * share:.0f} % of simulated sets"
        )
    return (
        f"Not to be believed: the {tested['trials'].max():.0f} trials of a model are all of one "
        "set and one network, and no replicates of either (pseudo-replication), so p falls with "
        f"the number of trials whatever the truth is{rate}."
    )
