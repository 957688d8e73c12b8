"""Compare the run with published AUROCs of the paper's benchmark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.core.vocabulary import BACKGROUND, MIXTURE, EvaluationRole, Subset
from tfmoe.evaluation.sets import EvaluationSet

WORKS = ("published", "rerun", "follow_up")
AS_PUBLISHED = f"{MIXTURE}_as_published"
"""Mixture of the recipe that follows the paper."""
MODELS = (AS_PUBLISHED, MIXTURE, BACKGROUND)
DIFFERENCES = ((AS_PUBLISHED, "published"), (MIXTURE, "published"), (MIXTURE, BACKGROUND))
SUBSETS = tuple(subset.value for subset in Subset)
MEAN = "(mean)"
"""Placeholder for the experiment in rows of means over the sets of a role."""
COLUMNS = [
    "subset",
    "role",
    "experiment",
    "n_pos",
    "n_neg",
    "seeds",
    *WORKS,
    "follow_up_sd",
    *(name for model in MODELS for name in (model, f"{model}_sd")),
    *(f"{model}_minus_{other}" for model, other in DIFFERENCES),
]
_PUBLISHED_COLUMNS = ["work", "set", "role", "sha256", "auroc", "sd", "source"]


def read_published(
    path: Pathlike, checksums: Mapping[str, str], sets: Sequence[EvaluationSet]
) -> pd.DataFrame:
    """Read the published AUROCs of the sets of a run, which are identified by sha256.

    Parameters
    ----------
    path
        ``resources/published.tsv``.
    checksums
        Checksums of the files of each experiment, as in the experiment table.
    sets
        Evaluation sets of the run.

    Returns
    -------
    pandas.DataFrame
        work, experiment, role, auroc, sd. Means over the sets of a role (experiment `MEAN`) are
        included if the run has the same sets in that role.

    Raises
    ------
    InputError
        If the file is missing or lacks a column.
    """
    table = read_tsv(path, _PUBLISHED_COLUMNS)
    own = {
        checksum: found.experiment
        for found in sets
        for checksum in checksums[found.experiment].split(";")
    }
    is_mean = table["sha256"] == "-"
    means, by_set = table[is_mean].assign(experiment=MEAN), table[~is_mean]
    known = by_set.assign(experiment=by_set["sha256"].map(own)).dropna(subset=["experiment"])
    roles = [role for role in EvaluationRole if _same_sets(by_set, known, sets, role)]
    found = pd.concat([known, means[means["role"].isin(roles)]], ignore_index=True)
    return found[["work", "experiment", "role", "auroc", "sd"]]


def _same_sets(
    by_set: pd.DataFrame, known: pd.DataFrame, sets: Sequence[EvaluationSet], role: str
) -> bool:
    """Return whether the published sets of a role are exactly the run's sets of this role."""
    published = set(by_set.loc[by_set["role"] == role, "set"])
    matched = known[known["role"] == role]
    own = {found.experiment for found in sets if found.role == role}
    return published == set(matched["set"]) and own == set(matched["experiment"])


def benchmark_table(
    metrics: pd.DataFrame, published: pd.DataFrame, sets: Sequence[EvaluationSet], kind: str
) -> pd.DataFrame:
    """Join the published AUROCs with those of the run, per set and as means over sets.

    Parameters
    ----------
    metrics
        ``evaluation/metrics.tsv``.
    published
        Result of `read_published`.
    sets
        Evaluation sets, in order.
    kind
        Kind of negatives.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`: for each subset and role, one row per set and one row of means over sets. Values
        of the run's models are means and standard deviations over seeds, and NaN for models that
        the run lacks. Published values refer to all sequences, so they are given for the subset
        ``all`` only.
    """
    rows = metrics[(metrics["negatives"] == kind) & metrics["auroc"].notna()]
    parts = [
        row
        for subset in SUBSETS
        for role in EvaluationRole
        for row in _rows(rows[rows["subset"] == subset], published, sets, subset, role)
    ]
    table = pd.DataFrame(parts, columns=COLUMNS)
    for model, other in DIFFERENCES:
        table[f"{model}_minus_{other}"] = table[model] - table[other]
    return table


def _rows(
    metrics: pd.DataFrame,
    published: pd.DataFrame,
    sets: Sequence[EvaluationSet],
    subset: str,
    role: str,
) -> Iterator[dict[str, Any]]:
    scored = set(metrics["experiment"])
    names = [
        found.experiment for found in sets if found.role == role and found.experiment in scored
    ]
    if not names:
        return
    sizes = metrics.drop_duplicates("experiment").set_index("experiment")
    sizes = sizes[["n_pos", "n_neg"]].astype(int)
    results = {model: _over_seeds(metrics, model, names) for model in MODELS}
    known = published[(published["role"] == role) & (subset == Subset.ALL)]
    for name in [*names, MEAN]:
        row: dict[str, Any] = dict.fromkeys(COLUMNS, np.nan)
        row |= {"subset": subset, "role": role, "experiment": name}
        if name != MEAN:
            row["n_pos"], row["n_neg"] = sizes.loc[name, ["n_pos", "n_neg"]]
        row["seeds"] = max(len(values) for values in results.values())
        for model, values in results.items():
            row[model] = values[name].mean()
            row[f"{model}_sd"] = values[name].std(ddof=1)
        for found in known[known["experiment"] == name].to_dict("records"):
            row[found["work"]] = found["auroc"]
            if found["work"] == "follow_up":
                row["follow_up_sd"] = found["sd"]
        yield row


def _over_seeds(metrics: pd.DataFrame, model: str, names: list[str]) -> pd.DataFrame:
    """Return AUROCs with one row per seed and one column per set, and their mean as `MEAN`."""
    own = metrics[metrics["model"] == model]
    values = own.pivot_table("auroc", "seed", "experiment").reindex(columns=names)
    return values.assign(**{MEAN: values.mean(axis=1, skipna=False)})
