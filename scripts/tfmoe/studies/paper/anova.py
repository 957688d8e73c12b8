"""Typeset the analysis of variance as published, with the reason why it is invalid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from tfmoe.core.text import decimals
from tfmoe.evaluation.sets import EvaluationSet, by_stratum
from tfmoe.figures.save import Drawing
from tfmoe.figures.style import empty_figure, stratum_label
from tfmoe.studies.paper.table import Block, Column, draw_table, exact_p

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
    """Select the rows for one kind of negatives, in the order of the sets.

    Parameters
    ----------
    anova
        ``statistics/anova_as_published.tsv``.
    sets
        Evaluation sets, in order.
    kind
        Kind of negatives.
    """
    position = {found.experiment: index for index, found in enumerate(sets)}
    rows = anova[(anova["negatives"] == kind) & anova["experiment"].isin(position)]
    order = rows["experiment"].map(position).sort_values(kind="stable").index
    return rows.loc[order].reset_index(drop=True)


def draw_anova(table: pd.DataFrame, sets: Sequence[EvaluationSet], null: pd.DataFrame) -> Drawing:
    """Typeset an `anova_table`: F, exact p value and eta squared of each set.

    Parameters
    ----------
    table
        Result of `anova_table`.
    sets
        Evaluation sets, in order.
    null
        ``statistics/null_simulation.tsv``.
    """
    tested = table.dropna(subset=["p"])
    if not len(tested):
        return Drawing(empty_figure("the analysis of variance could not be run on any set"), table)
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
        Column("trials\nper model", 0.6),
        Column("F", 0.75),
        Column("degrees of\nfreedom", 0.8),
        Column("p", 0.95),
        Column("η²", 0.6),
    ]
    blocks = [block for block in blocks if block.rows]
    return Drawing(draw_table(columns, blocks, _explain_invalidity(tested, null)), table)


def _row(found: EvaluationSet, row: Mapping[Any, Any]) -> list[str]:
    return [
        found.name,
        f"{row['models']:.0f}",
        f"{row['trials']:.0f}",
        f"{row['f']:,.1f}",
        f"{row['df_between']:.0f}, {row['df_within']:.0f}",
        exact_p(row["p"]),
        decimals(row["eta_squared"]),
    ]


def _explain_invalidity(tested: pd.DataFrame, null: pd.DataFrame) -> str:
    simulated = null[null["test"] == PUBLISHED_TEST]
    rate = ""
    if len(simulated):
        share, alpha = simulated["false_positive_rate"].iloc[0], simulated["alpha"].iloc[0]
        rate = (
            f": on {100 * share:.0f} % of simulated sets, models with equal true AUROC differ "
            f"significantly (p < {alpha:g})"
        )
    return (
        f"Invalid: the {tested['trials'].max():.0f} trials of a model use the same set and the "
        "same network, so they are not replicates of either (pseudo-replication), and p decreases "
        f"with the number of trials even if all models are equal{rate}."
    )
