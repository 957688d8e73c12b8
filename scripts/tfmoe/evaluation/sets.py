"""Evaluation sets as figures and the report show them: order, groups and mean metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from tfmoe.core.errors import InputError
from tfmoe.core.relations import evaluation_role, own_experts
from tfmoe.core.vocabulary import (
    EXPERT,
    OWN_EXPERT,
    STRATA,
    EvaluationRole,
    Stratum,
    Subset,
    is_expert,
    is_other_expert,
    kind_order,
)


@dataclass(frozen=True)
class EvaluationSet:
    """One evaluated experiment.

    Attributes
    ----------
    experiment, factor
        Names of the experiment and its factor.
    role
        One of `tfmoe.core.vocabulary.EvaluationRole`.
    stratum
        One of `tfmoe.core.vocabulary.Stratum`.
    expert
        The expert trained on the experiment, or, in other cells, on its factor; `None` for an
        unseen factor.
    """

    experiment: str
    factor: str
    role: str
    stratum: str
    expert: str | None

    @property
    def name(self) -> str:
        """Name of the experiment, followed by its factor unless the name contains it."""
        if self.factor.upper() in self.experiment.upper():
            return self.experiment
        return f"{self.experiment} ({self.factor})"


def evaluation_sets(
    experiments: Mapping[str, Mapping[str, str]], experts: Mapping[str, Sequence[str]]
) -> list[EvaluationSet]:
    """List the sets by stratum, in-distribution first, in table order within a stratum.

    Parameters
    ----------
    experiments
        By name, at least ``factor``, ``role`` (one of `tfmoe.core.vocabulary.Role`) and
        ``stratum``.
    experts
        Training experiments of each expert.
    """
    own = own_experts({name: row["factor"] for name, row in experiments.items()}, experts)
    sets = []
    for name, row in experiments.items():
        role = evaluation_role(row["role"], row["stratum"])
        trains = role == EvaluationRole.IN_DISTRIBUTION
        stratum = str(Stratum.IN_DISTRIBUTION) if trains else row["stratum"]
        sets.append(EvaluationSet(name, row["factor"], str(role), stratum, own.get(name)))
    return sorted(sets, key=lambda found: stratum_order(found.stratum))


def stratum_order(stratum: str) -> int:
    """Sort key of strata; unknown strata come last."""
    known = [str(name) for name in STRATA]
    return known.index(stratum) if stratum in known else len(known)


def by_stratum(sets: Sequence[EvaluationSet]) -> dict[str, list[EvaluationSet]]:
    """Group sets by stratum, keeping their order."""
    groups: dict[str, list[EvaluationSet]] = {}
    for found in sets:
        groups.setdefault(found.stratum, []).append(found)
    return groups


def most_extreme(
    sets: Sequence[EvaluationSet], values: pd.Series[float], most: int
) -> tuple[list[EvaluationSet], str]:
    """Select the sets with the largest values if a figure cannot show all sets.

    Parameters
    ----------
    sets
        The sets, in order.
    values
        One value per experiment.
    most
        Maximum number of sets.

    Returns
    -------
    tuple
        The selected sets, in order, and a note on the selection; it is empty if all are selected.
    """
    if len(sets) <= most:
        return list(sets), ""
    ordered = values.loc[[found.experiment for found in sets]]
    kept = set(ordered.sort_values(ascending=False, kind="stable").index[:most])
    note = f"the {most} of {len(sets)} sets with the largest shares; the table has all"
    return [found for found in sets if found.experiment in kept], note


def unadapted(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of models that learned from no peaks of an unseen factor."""
    return metrics[metrics["role"] != EvaluationRole.ADAPTED]


def primary_kind(metrics: pd.DataFrame) -> str:
    """Return the primary kind of negatives: genomic if the run has genomic negatives.

    Raises
    ------
    InputError
        If the metrics have no row.
    """
    kinds = sorted(set(metrics["negatives"]), key=kind_order)
    if not kinds:
        raise InputError("evaluation/metrics.tsv has no rows; run the evaluation again")
    return str(kinds[0])


def mean_over_seeds(metrics: pd.DataFrame, kind: str, subset: str = Subset.ALL) -> pd.DataFrame:
    """Average metrics over seeds.

    Parameters
    ----------
    metrics
        ``evaluation/metrics.tsv``.
    kind
        The kind of negatives.
    subset
        One of `tfmoe.core.vocabulary.Subset`.

    Returns
    -------
    pandas.DataFrame
        One row per experiment and model: experiment, model, n_seeds and the mean of each numeric
        column. Bounds of intervals are averaged as well, since they reflect the sampling of
        sequences and not the variation over seeds.
    """
    rows = metrics[(metrics["negatives"] == kind) & (metrics["subset"] == subset)]
    numbers = [
        name
        for name in rows.columns
        if name not in ("experiment", "model", "seed") and pd.api.types.is_numeric_dtype(rows[name])
    ]
    grouped = rows.groupby(["experiment", "model"], sort=False)
    means = grouped[numbers].mean()
    means.insert(0, "n_seeds", grouped.size())
    return means.reset_index()


def name_own_expert(table: pd.DataFrame, sets: Sequence[EvaluationSet]) -> pd.DataFrame:
    """Rename the expert of each set's own factor to ``own_expert``; these rows come last."""
    own = {found.experiment: f"{EXPERT}{found.expert}" for found in sets if found.expert}
    mask = table["model"] == table["experiment"].map(own)
    return pd.concat([table[~mask], table[mask].assign(model=OWN_EXPERT)], ignore_index=True)


def headline_models(models: Sequence[str]) -> list[str]:
    """Return the models without single experts; ``own_expert`` is kept."""
    return [model for model in models if not (is_expert(model) or is_other_expert(model))]
