"""Compare a recipe with the run's own: AUROC on each set, and faithfulness of attribution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.core.paired_interval import paired_interval, standard_deviation
from tfmoe.core.vocabulary import MEAN_OF_EXPERTS, OWN_EXPERT

SET = ("experiment", "factor", "role", "stratum", "negatives", "subset")
STATISTICS = (
    "seeds", "own_mean", "own_sd", "recipe_mean", "recipe_sd", "difference", "difference_low",
    "difference_high",
)  # fmt: skip
EFFECT_COLUMNS = (*SET, "sets", "model", *STATISTICS)
MEAN = "-"
"""Placeholder for the experiment in rows of means over the sets of a role."""
MIXTURES = "mixture"
"""Name for the mixtures of both recipes in the table of effects."""
MEASURES = ("spearman", "spearman_map", "gain")


@dataclass(frozen=True)
class RecipeNames:
    """Names of a recipe's models: mixture, mean of experts, and each expert."""

    mixture: str
    mean_of_experts: str
    experts: Mapping[str, str]


def recipe_effect(
    own: pd.DataFrame,
    other: pd.DataFrame,
    names: tuple[RecipeNames, RecipeNames],
    experts: Mapping[str, str],
    alpha: float,
) -> pd.DataFrame:
    """Compare the AUROCs of two recipes, per set and as means over sets.

    Seeds are the repeats. Intervals are those of the paired t test over seeds: they quantify the
    uncertainty of the mean over seeds on these sets and do not generalise to other sets.

    Parameters
    ----------
    own, other
        Metrics of the run's own recipe and of the other recipe, with the columns of
        `tfmoe.evaluation.set_metrics.METRIC_COLUMNS`; other models are ignored.
    names
        Names of the models of both recipes.
    experts
        Expert of each experiment's own factor, where there is one.
    alpha
        Intervals have coverage ``1 - alpha``; they are empty with fewer than three seeds.

    Returns
    -------
    DataFrame
        `EFFECT_COLUMNS`: for each set and each of the models ``mixture``, ``own_expert`` (the
        expert of the set's factor, if both recipes have it) and ``mean_of_experts``, the means and
        standard deviations over seeds and the difference, recipe minus own. The last rows are means
        over the sets of each role (experiment `MEAN`); they include only sets with AUROCs of both
        recipes for all seeds, and ``sets`` is their number.
    """
    rows = []
    for model, pairs in _models(names, experts).items():
        for (here, there), experiments in pairs.items():
            rows.append(_paired(own, other, here, there, experiments).assign(model=model))
    table = pd.concat(rows, ignore_index=True)
    single = _describe(table.assign(sets=1), [*SET, "model"], alpha)
    means = _describe(_mean_sets(table), [*SET, "model"], alpha)
    found = pd.concat([single, means], ignore_index=True)
    return found[list(EFFECT_COLUMNS)]


def _models(
    names: tuple[RecipeNames, RecipeNames], experts: Mapping[str, str]
) -> dict[str, dict[tuple[str, str], list[str] | None]]:
    """Pair the models of both recipes; each pair has its experiments, or None for all."""
    own, other = names
    found: dict[str, dict[tuple[str, str], list[str] | None]] = {
        MIXTURES: {(own.mixture, other.mixture): None},
        OWN_EXPERT: {},
        MEAN_OF_EXPERTS: {(own.mean_of_experts, other.mean_of_experts): None},
    }
    for experiment, expert in experts.items():
        if expert in own.experts and expert in other.experts:
            pair = own.experts[expert], other.experts[expert]
            on = found[OWN_EXPERT].setdefault(pair, [])
            if on is not None:
                on.append(experiment)
    return found


def _paired(
    own: pd.DataFrame, other: pd.DataFrame, here: str, there: str, experiments: list[str] | None
) -> pd.DataFrame:
    """Join the AUROCs of two models: one row per set and seed."""
    keys = [*SET, "seed"]
    first = own.loc[own["model"] == here, [*keys, "auroc"]]
    second = other.loc[other["model"] == there, [*keys, "auroc"]]
    table = first.merge(second, on=keys, suffixes=("_own", "_recipe"))
    return table if experiments is None else table[table["experiment"].isin(experiments)]


def _mean_sets(table: pd.DataFrame) -> pd.DataFrame:
    """Average over the sets of a role that have both AUROCs for all seeds, separately per seed."""
    values = ["auroc_own", "auroc_recipe"]
    complete = table[values].notna().all(axis=1)
    usable = complete.groupby([table[name] for name in (*SET, "model")]).transform("all")
    keys = ["model", "role", "negatives", "subset", "seed"]
    groups = table[usable].groupby(keys, sort=False)
    means = groups[values].mean()
    means["sets"] = groups["experiment"].nunique()
    return means.reset_index().assign(experiment=MEAN, factor=MEAN, stratum=MEAN)


def _describe(table: pd.DataFrame, keys: Sequence[str], alpha: float) -> pd.DataFrame:
    rows = []
    for labels, part in table.groupby(list(keys), sort=False):
        row: dict[str, Any] = dict(zip(keys, labels, strict=True))
        row["sets"] = int(part["sets"].iloc[0])
        own, recipe = (part[f"auroc_{name}"].to_numpy(np.float64) for name in ("own", "recipe"))
        low, high = paired_interval(recipe - own, alpha)
        row |= {
            "seeds": len(part),
            "own_mean": own.mean(),
            "own_sd": standard_deviation(own),
            "recipe_mean": recipe.mean(),
            "recipe_sd": standard_deviation(recipe),
            "difference": (recipe - own).mean(),
            "difference_low": low,
            "difference_high": high,
        }
        rows.append(row)
    return pd.DataFrame(rows, columns=list(EFFECT_COLUMNS))


def faithfulness_effect(own: Sequence[Pathlike], other: Sequence[Pathlike]) -> pd.DataFrame:
    """Join the faithfulness of two recipes' experts, each on its own experiment.

    Parameters
    ----------
    own, other
        Tables of `tfmoe.attribution.faithfulness` for each expert, in the same order.

    Returns
    -------
    DataFrame
        experiment, factor, method; for the run's own recipe (``own_``) and the other recipe
        (``recipe_``) the model, the numbers of sequences and of zero maps, and each of `MEASURES`
        with its interval over sequences; and the ``difference_`` of the measures, recipe minus own.
    """
    parts = [_join_faithfulness(*pair) for pair in zip(own, other, strict=True)]
    keys = ["experiment", "factor", "method"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=keys)


def _join_faithfulness(own: Pathlike, other: Pathlike) -> pd.DataFrame:
    keys = ["experiment", "factor", "method"]
    columns = ["model", "n_sequences", "n_zero", *_with_intervals()]
    tables = [
        read_tsv(path, [*keys, *columns])[[*keys, *columns]].rename(
            columns={name: f"{prefix}_{name}" for name in columns}
        )
        for path, prefix in ((own, "own"), (other, "recipe"))
    ]
    table = tables[0].merge(tables[1], on=keys)
    for name in MEASURES:
        table[f"difference_{name}"] = table[f"recipe_{name}"] - table[f"own_{name}"]
    return table


def _with_intervals() -> Iterator[str]:
    for name in MEASURES:
        yield from (name, f"{name}_low", f"{name}_high")
