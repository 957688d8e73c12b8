"""What is left of an AUROC on shuffles above that of a network that never saw a peak."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd

from tfmoe.core.vocabulary import model_order

BACKGROUND = "background_vs_shuffle"
COLUMN = "above_background"


def above_background(metrics: pd.DataFrame, shuffled: Collection[str]) -> pd.Series[float]:
    """Return each AUROC on shuffles minus that of ``background_vs_shuffle`` on the same set.

    Parameters
    ----------
    metrics
        The table of metrics.
    shuffled
        The kinds of negatives that are shuffles.

    Returns
    -------
    pandas.Series
        By row of the table, against the network of the same seed; a model without seeds against
        the mean over seeds. NaN on other negatives, and where there is no such network.
    """
    keys = ["experiment", "subset", "negatives"]
    rows = metrics[metrics["negatives"].isin(shuffled)]
    background = rows[rows["model"] == BACKGROUND]
    of_seed = background.set_index([*keys, "seed"])["auroc"].to_dict()
    of_set = background.groupby(keys)["auroc"].mean().to_dict()
    known = {
        index: of_set.get(scored) if pd.isna(seed) else of_seed.get((*scored, seed))
        for index, seed, *found in zip(
            rows.index, rows["seed"], *(rows[key] for key in keys), strict=True
        )
        for scored in [tuple(found)]
    }
    subtracted = pd.Series(known, dtype="float64").reindex(metrics.index)
    return metrics["auroc"] - subtracted


def summarise_background(metrics: pd.DataFrame) -> pd.DataFrame:
    """Average AUROCs on shuffles, and what they have above the background.

    Returns
    -------
    pandas.DataFrame
        One row a role, subset, kind of negatives and model: role, subset, negatives, model, sets,
        mean_auroc, above_background, means over seeds and then over sets. Empty without
        ``background_vs_shuffle``.
    """
    rows = metrics[metrics[COLUMN].notna()]
    keys = ["role", "subset", "negatives", "model"]
    by_set = rows.groupby([*keys, "experiment"], as_index=False)[["auroc", COLUMN]].mean()
    grouped = by_set.groupby(keys, as_index=False)
    table = grouped.agg(
        sets=("experiment", "size"), mean_auroc=("auroc", "mean"), above_background=(COLUMN, "mean")
    )
    return table.sort_values(keys, key=_order, kind="stable", ignore_index=True)


def _order(column: pd.Series[str]) -> pd.Series[Any]:
    return column.map(model_order) if column.name == "model" else column
