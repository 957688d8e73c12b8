"""AUROCs on shuffles minus the AUROC of a network that was trained without any peak."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd

from tfmoe.core.vocabulary import BACKGROUND, model_order

ABOVE_BACKGROUND = "above_background"
"""The column of the metrics that holds the difference."""


def above_background(metrics: pd.DataFrame, shuffled: Collection[str]) -> pd.Series[float]:
    """Subtract the AUROC of ``background_vs_shuffle`` from each AUROC on the same shuffles.

    Parameters
    ----------
    metrics
        The table of metrics.
    shuffled
        The kinds of negatives that are shuffles.

    Returns
    -------
    pandas.Series
        One value per row of the table. The background network has the seed of the row; a model
        without seeds is compared with the mean over the background network's seeds. NaN for other
        negatives, in the role ``adapted``, and where the background network has no AUROC.
    """
    keys = ["experiment", "role", "subset", "negatives"]
    rows = metrics[metrics["negatives"].isin(shuffled)]
    background = rows[rows["model"] == BACKGROUND]
    by_seed = background.set_index([*keys, "seed"])["auroc"].to_dict()
    over_seeds = background.groupby(keys)["auroc"].mean().to_dict()
    known = {
        index: over_seeds.get(scored) if pd.isna(seed) else by_seed.get((*scored, seed))
        for index, seed, *found in zip(
            rows.index, rows["seed"], *(rows[key] for key in keys), strict=True
        )
        for scored in [tuple(found)]
    }
    subtracted = pd.Series(known, dtype="float64").reindex(metrics.index)
    return metrics["auroc"] - subtracted


def summarise_background(metrics: pd.DataFrame) -> pd.DataFrame:
    """Average AUROCs on shuffles and their differences from the background network.

    Returns
    -------
    pandas.DataFrame
        One row per role, subset, kind of negatives and model: role, subset, negatives, model,
        sets, mean_auroc, above_background. Means are over seeds first, then over sets. Empty if
        the run has no ``background_vs_shuffle``.
    """
    rows = metrics[metrics[ABOVE_BACKGROUND].notna()]
    keys = ["role", "subset", "negatives", "model"]
    by_set = rows.groupby([*keys, "experiment"], as_index=False)[["auroc", ABOVE_BACKGROUND]].mean()
    grouped = by_set.groupby(keys, as_index=False)
    table = grouped.agg(
        sets=("experiment", "size"),
        mean_auroc=("auroc", "mean"),
        above_background=(ABOVE_BACKGROUND, "mean"),
    )
    return table.sort_values(keys, key=_order, kind="stable", ignore_index=True)


def _order(column: pd.Series[str]) -> pd.Series[Any]:
    return column.map(model_order) if column.name == "model" else column
