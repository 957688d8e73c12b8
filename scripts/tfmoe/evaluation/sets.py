"""The evaluation sets of a run: their order, groups, and which rows of the metrics are primary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from tfmoe.core.errors import InputError
from tfmoe.core.vocabulary import EXPERT, OWN_EXPERT, STRATA, is_expert, is_other_expert, kind_order

IN_DISTRIBUTION = "in_distribution"
OOD = "ood"


@dataclass(frozen=True)
class EvaluationSet:
    """One experiment as it is evaluated.

    Attributes
    ----------
    experiment, factor
        Names.
    role
        ``in_distribution`` or ``ood``.
    stratum
        The stratum of an OOD set; ``in_distribution`` for the others.
    expert
        The expert that was trained on it; `None` for an OOD set.
    """

    experiment: str
    factor: str
    role: str
    stratum: str
    expert: str | None

    @property
    def name(self) -> str:
        """The experiment, with its factor where the name does not hold it."""
        if self.factor.upper() in self.experiment.upper():
            return self.experiment
        return f"{self.experiment} ({self.factor})"


def evaluation_sets(
    experiments: Mapping[str, Mapping[str, str]], experts: Mapping[str, Sequence[str]]
) -> list[EvaluationSet]:
    """List the sets: in-distribution first, then by stratum, within these as in the table.

    Parameters
    ----------
    experiments
        By name, at least ``factor``, ``role`` (``train`` or ``ood``) and ``stratum``.
    experts
        For each expert the experiments it is trained on.
    """
    own = {name: expert for expert, trained_on in experts.items() for name in trained_on}
    sets = []
    for name, row in experiments.items():
        trained = row["role"] == "train"
        role, stratum = (IN_DISTRIBUTION,) * 2 if trained else (OOD, row["stratum"])
        sets.append(EvaluationSet(name, row["factor"], role, stratum, own.get(name)))
    return sorted(sets, key=lambda found: stratum_order(found.stratum))


def stratum_order(stratum: str) -> int:
    """Sort key of strata; one that is not known comes last."""
    known = list(STRATA)
    return known.index(stratum) if stratum in known else len(known)


def by_stratum(sets: Sequence[EvaluationSet]) -> dict[str, list[EvaluationSet]]:
    """Group sets by stratum, in order."""
    groups: dict[str, list[EvaluationSet]] = {}
    for found in sets:
        groups.setdefault(found.stratum, []).append(found)
    return groups


def most_extreme(
    sets: Sequence[EvaluationSet], values: pd.Series[float], most: int
) -> tuple[list[EvaluationSet], str]:
    """Pick the sets with the largest values where there are too many to draw.

    Parameters
    ----------
    sets
        The sets, in order.
    values
        A value for each experiment.
    most
        How many can be drawn.

    Returns
    -------
    tuple
        The sets, in order, and a note that says which they are; it is empty if all are there.
    """
    if len(sets) <= most:
        return list(sets), ""
    ordered = values.loc[[found.experiment for found in sets]]
    kept = set(ordered.sort_values(ascending=False, kind="stable").index[:most])
    note = f"the {most} of {len(sets)} sets with the largest shares; the table has all"
    return [found for found in sets if found.experiment in kept], note


def primary_kind(metrics: pd.DataFrame) -> str:
    """Return the kind of negatives that the results rest on: genomic, wherever there are any.

    Raises
    ------
    InputError
        If the metrics have no row.
    """
    kinds = sorted(set(metrics["negatives"]), key=kind_order)
    if not kinds:
        raise InputError("evaluation/metrics.tsv has no row; run the evaluation again")
    return str(kinds[0])


def mean_over_seeds(metrics: pd.DataFrame, kind: str, subset: str = "all") -> pd.DataFrame:
    """Average metrics over seeds.

    Parameters
    ----------
    metrics
        ``evaluation/metrics.tsv``.
    kind
        The kind of negatives.
    subset
        ``all`` or ``no_overlap``.

    Returns
    -------
    pandas.DataFrame
        One row an experiment and model: experiment, model, n_seeds, and the mean of every numeric
        column (bounds of intervals too: they tell how far a result depends on the sequences drawn,
        not on the seed).
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
    """Call the model of a set's own expert ``own_expert``; these rows come last."""
    own = {found.experiment: f"{EXPERT}{found.expert}" for found in sets if found.expert}
    mask = table["model"] == table["experiment"].map(own)
    return pd.concat([table[~mask], table[mask].assign(model=OWN_EXPERT)], ignore_index=True)


def headline_models(models: Sequence[str]) -> list[str]:
    """Return the models but single experts: the own one of a set is called ``own_expert``."""
    return [model for model in models if not (is_expert(model) or is_other_expert(model))]
