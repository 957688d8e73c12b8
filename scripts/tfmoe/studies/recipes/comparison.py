"""What a recipe changes against the run's own: AUROC on each set, and faithfulness."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student

from tfmoe.core.files import Pathlike, read_tsv

SET = ("experiment", "factor", "role", "stratum", "negatives", "subset")
STATISTICS = (
    "seeds", "own_mean", "own_sd", "recipe_mean", "recipe_sd", "difference", "difference_low",
    "difference_high",
)  # fmt: skip
EFFECT_COLUMNS = (*SET, "sets", "model", *STATISTICS)
MEAN = "-"
"""Stands for the mean over all sets of a role."""
FEWEST_SEEDS = 3
"""With fewer seeds an interval would say more of the t distribution than of the seeds."""
MEASURES = ("spearman", "spearman_map", "gain")


@dataclass(frozen=True)
class RecipeNames:
    """The names of a recipe's models: its mixture, the mean of its experts, and its experts."""

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
    """Compare the AUROCs of two recipes, set by set and on the mean over sets.

    Seeds are the repeats: intervals are those of the paired t test over seeds, and say how far the
    mean over seeds can be relied on for these sets, not how it would be on other sets.

    Parameters
    ----------
    own, other
        The metrics of the run's own recipe and of the other, as
        `tfmoe.evaluation.set_metrics.METRIC_COLUMNS`; further models in them do not matter.
    names
        The names of the models of both.
    experts
        The expert of each training experiment.
    alpha
        Intervals cover ``1 - alpha``; with fewer than three seeds there are none.

    Returns
    -------
    DataFrame
        `EFFECT_COLUMNS`: for each set and each of the models ``mixture``, ``own_expert`` (of the
        set's factor, where both recipes have it) and ``mean_of_experts`` the means and standard
        deviations over seeds, and the difference, recipe less own. Then come the means over the
        sets of each role (experiment `MEAN`): of those that both recipes were scored on with all
        seeds, ``sets`` in number.
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
    """Pair the models of both recipes, each with the experiments that the pair is compared on."""
    own, other = names
    found: dict[str, dict[tuple[str, str], list[str] | None]] = {
        "mixture": {(own.mixture, other.mixture): None},
        "own_expert": {},
        "mean_of_experts": {(own.mean_of_experts, other.mean_of_experts): None},
    }
    for experiment, expert in experts.items():
        if expert in own.experts and expert in other.experts:
            pair = own.experts[expert], other.experts[expert]
            on = found["own_expert"].setdefault(pair, [])
            if on is not None:
                on.append(experiment)
    return found


def _paired(
    own: pd.DataFrame, other: pd.DataFrame, here: str, there: str, experiments: list[str] | None
) -> pd.DataFrame:
    """Put the AUROCs of two models beside one another, a row a set and seed."""
    keys = [*SET, "seed"]
    first = own.loc[own["model"] == here, [*keys, "auroc"]]
    second = other.loc[other["model"] == there, [*keys, "auroc"]]
    table = first.merge(second, on=keys, suffixes=("_own", "_recipe"))
    return table if experiments is None else table[table["experiment"].isin(experiments)]


def _mean_sets(table: pd.DataFrame) -> pd.DataFrame:
    """Average over the sets of a role that have both AUROCs with every seed, seed by seed."""
    values = ["auroc_own", "auroc_recipe"]
    whole = table[values].notna().all(axis=1)
    usable = whole.groupby([table[name] for name in (*SET, "model")]).transform("all")
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
            "own_sd": spread(own),
            "recipe_mean": recipe.mean(),
            "recipe_sd": spread(recipe),
            "difference": (recipe - own).mean(),
            "difference_low": low,
            "difference_high": high,
        }
        rows.append(row)
    return pd.DataFrame(rows, columns=list(EFFECT_COLUMNS))


def spread(values: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """Return the standard deviation of a sample (N,); NaN for a single value."""
    return float(values.std(ddof=1)) if len(values) > 1 else float("nan")


def paired_interval(
    differences: np.ndarray[Any, np.dtype[np.float64]], alpha: float
) -> tuple[float, float]:
    """Return the interval of the mean of paired differences (N,), by the t distribution.

    It is NaN with fewer than `FEWEST_SEEDS` of them.
    """
    number = len(differences)
    if number < FEWEST_SEEDS:
        return float("nan"), float("nan")
    half = float(student.ppf(1 - alpha / 2, number - 1)) * spread(differences) / np.sqrt(number)
    return float(differences.mean() - half), float(differences.mean() + half)


def faithfulness_effect(own: Sequence[Pathlike], other: Sequence[Pathlike]) -> pd.DataFrame:
    """Put the faithfulness of two recipes' experts, each on its own experiment, side by side.

    Parameters
    ----------
    own, other
        The tables of `tfmoe.attribution.faithfulness` of each expert, in the same order.

    Returns
    -------
    DataFrame
        experiment, factor, method; for the run's own recipe (``own_``) and the other (``recipe_``)
        the model, the sequences that count and those whose map is zero, and each of `MEASURES` with
        its interval over sequences; and the ``difference_`` of the measures, recipe less own.
    """
    parts = [_side_by_side(*pair) for pair in zip(own, other, strict=True)]
    keys = ["experiment", "factor", "method"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=keys)


def _side_by_side(own: Pathlike, other: Pathlike) -> pd.DataFrame:
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
