"""The best model of each group of sets, and paired differences between two models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from tfmoe.core.paired_interval import paired_interval
from tfmoe.core.vocabulary import BACKGROUND, EvaluationRole, learned_from, peaks_order
from tfmoe.evaluation.panel import UNADAPTED
from tfmoe.evaluation.sets import mean_over_seeds
from tfmoe.report.headline import Scores, roles_of
from tfmoe.report.run_tables import Run, RunTables


@dataclass(frozen=True)
class Best:
    """The model with the highest mean AUROC over the sets that all models score, and the next.

    Attributes
    ----------
    model, auroc
        The best model and its mean.
    runner_up, runner_up_auroc
        The next model and its mean; `None` and NaN for a single model.
    sets
        Number of these sets.
    """

    model: str
    auroc: float
    runner_up: str | None
    runner_up_auroc: float
    sets: int


@dataclass(frozen=True)
class PairedDifference:
    """Mean difference of the AUROCs of two models over sets, with the bounds of its interval."""

    mean: float
    low: float
    high: float
    sets: int


def by_role(scores: Scores, run: Run) -> dict[str, pd.DataFrame]:
    """Return the AUROC of each set (rows) and usable model (columns), by role.

    A network that never saw a peak is no usable model.
    """
    models = [model for model in scores.models if model != BACKGROUND]
    own = scores.per_set[scores.per_set["model"].isin(models)]
    tables = {}
    for role in roles_of(scores):
        members = [found.experiment for found in run.sets if found.role == role]
        tables[str(role)] = _by_set(own[own["experiment"].isin(members)], models)
    return tables


def by_peaks(tables: RunTables, kind: str) -> dict[str, pd.DataFrame]:
    """Return the AUROC of each set (rows) and model (columns), by number of peaks of its factor.

    AUROCs are means over draws of the peaks. Models that learned from these peaks are columns
    without the number, for example ``moe_adapted_``.
    """
    means = mean_over_seeds(tables.adapted, kind)
    means = means[means["auroc"].notna()]
    families: dict[str, dict[str, str]] = {}
    for model in means["model"].unique():
        if learned := learned_from(model):
            families.setdefault(learned[1], {})[model] = learned[0]
    found = {}
    for peaks in sorted(families, key=peaks_order):
        names = families[peaks] | {model: model for model in UNADAPTED}
        sets = means.loc[means["model"].isin(families[peaks]), "experiment"]
        own = means[means["experiment"].isin(sets) & means["model"].isin(names)]
        own = own.assign(model=own["model"].map(names))
        found[peaks] = _by_set(own, list(dict.fromkeys(names.values())))
    return found


def _by_set(rows: pd.DataFrame, models: list[str]) -> pd.DataFrame:
    table = rows.pivot_table(index="experiment", columns="model", values="auroc", sort=False)
    return table.reindex(columns=[model for model in models if model in table.columns])


def find_best(table: pd.DataFrame) -> Best | None:
    """Return the best model of a table of `by_role` or `by_peaks`; `None` without any AUROC.

    If no set has an AUROC of every model, models that lack some sets are left out instead.
    """
    complete = complete_sets(table)
    if complete.empty:
        return None
    means = complete.mean().sort_values(ascending=False, kind="stable")
    names = [str(model) for model in means.index]
    return Best(
        model=names[0],
        auroc=float(means.iloc[0]),
        runner_up=names[1] if len(names) > 1 else None,
        runner_up_auroc=float(means.iloc[1]) if len(names) > 1 else float("nan"),
        sets=len(complete),
    )


def complete_sets(table: pd.DataFrame) -> pd.DataFrame:
    """Return the sets that all models score, or else the models that score all sets."""
    complete = table.dropna()
    return table.dropna(axis="columns") if complete.empty else complete


def paired_difference(
    table: pd.DataFrame, model: str, other: str, alpha: float
) -> PairedDifference | None:
    """Return `model` minus `other` over the sets that both score; `None` without any."""
    if not {model, other} <= set(table.columns):
        return None
    difference = (table[model] - table[other]).dropna()
    if difference.empty:
        return None
    low, high = paired_interval(difference.to_numpy(), alpha)
    return PairedDifference(float(difference.mean()), low, high, len(difference))


ROLE_WORDS: Mapping[str, str] = {
    EvaluationRole.IN_DISTRIBUTION: "known factors",
    EvaluationRole.SAME_FACTOR: "known factors in other cells",
    EvaluationRole.OOD: "unseen factors",
}
"""Short names of the groups of factors, for the headline."""
