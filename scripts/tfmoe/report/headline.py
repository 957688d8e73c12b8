"""Headline metrics of a run, computed from its tables."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from tfmoe.core.vocabulary import EvaluationRole
from tfmoe.evaluation.sets import (
    headline_models,
    mean_over_seeds,
    name_own_expert,
    primary_kind,
)
from tfmoe.figures.style import drawing_order
from tfmoe.report.blocks import truths
from tfmoe.report.run_tables import Run, RunTables


@dataclass(frozen=True)
class MeanScore:
    """Mean AUROC of a model over a group of sets, and the number of sets with a score."""

    auroc: float
    sets: int


@dataclass(frozen=True, eq=False)
class Scores:
    """Mean AUROCs of the run.

    Attributes
    ----------
    kind
        Primary kind of negatives.
    seeds
        Number of training seeds.
    per_set
        One row per set and model, averaged over seeds; a set's own expert is ``own_expert``.
    models
        Models in order, without single experts except ``own_expert``.
    sizes
        Number of sets by group: ``in_distribution``, ``ood`` and each stratum.
    means
        Mean over the sets of a group, by group and model.
    """

    kind: str
    seeds: int
    per_set: pd.DataFrame
    models: list[str]
    sizes: dict[str, int]
    means: dict[tuple[str, str], MeanScore]

    @property
    def averaged(self) -> str:
        """Words for the mean over training seeds, which a single seed does not need."""
        return "one training seed" if self.seeds == 1 else f"mean over {self.seeds} training seeds"

    def of(self, group: str, model: str) -> MeanScore | None:
        """Return a model's mean over a group of sets; `None` without any score."""
        return self.means.get((group, model))


@dataclass(frozen=True)
class MotifCounts:
    """Results of the motif searches.

    Attributes
    ----------
    searches, with_pattern
        All searches, and those that found a pattern.
    checkable, matched, independent
        Searches of factors with a matrix of their own or their family; those of them whose first
        motif matches such a matrix; and those of these whose matrix comes from other data.
    """

    searches: int
    with_pattern: int
    checkable: int
    matched: int
    independent: int


@dataclass(frozen=True)
class TruthScores:
    """Recovery of the planted motifs in a simulated run.

    Attributes
    ----------
    searches, recovered
        Searches of factors with a planted motif, and those that found its matrix.
    instances, hit
        Planted instances in positive windows, and those covered by hits of the found motifs.
    auprc, prevalence
        Localisation by the method whose maps are searched, and chance; NaN if not measured.
    """

    searches: int
    recovered: int
    instances: int
    hit: int
    auprc: float
    prevalence: float


def score_run(tables: RunTables, run: Run) -> Scores:
    """Average the AUROCs on the primary negatives over seeds, then over sets."""
    metrics = tables.metrics
    kind = primary_kind(metrics)
    per_set = name_own_expert(mean_over_seeds(metrics, kind), run.sets)
    per_set = per_set[per_set["auroc"].notna()]
    groups: dict[str, list[str]] = {}
    for found in run.sets:
        for group in dict.fromkeys((found.role, found.stratum)):
            groups.setdefault(group, []).append(found.experiment)
    models = set(headline_models(list(per_set["model"])))
    means = {}
    for group, members in groups.items():
        own = per_set[per_set["experiment"].isin(members)]
        for model, values in own.groupby("model")["auroc"]:
            means[group, str(model)] = MeanScore(float(values.mean()), len(values))
    return Scores(
        kind=kind,
        seeds=int(metrics["seed"].nunique()),
        per_set=per_set,
        models=sorted(models, key=drawing_order),
        sizes={group: len(members) for group, members in groups.items()},
        means=means,
    )


def roles_of(scores: Scores) -> list[str]:
    """Return the roles for which the run has sets."""
    return [role for role in EvaluationRole if scores.sizes.get(role)]


def count_motifs(summary: pd.DataFrame) -> MotifCounts:
    """Count the searches of ``motifs/summary.tsv`` by result."""
    return MotifCounts(
        searches=len(summary),
        with_pattern=int((summary["n_patterns"] > 0).sum()),
        checkable=int(summary["own_or_family_at_fdr"].notna().sum()),
        matched=int(truths(summary["own_or_family_at_fdr"]).sum()),
        independent=int(truths(summary["independent_at_fdr"]).sum()),
    )


def score_truth(tables: RunTables, method: str) -> TruthScores | None:
    """Summarise the recovery of planted motifs; `None` for real data."""
    recovery = tables.recovery
    if recovery is None:
        return None
    rows = tables.localisation[tables.localisation["method"] == method]
    return TruthScores(
        searches=len(recovery),
        recovered=int(truths(recovery["recovered"]).sum()),
        instances=int(recovery["instances"].sum()),
        hit=int(recovery["instances_hit"].sum()),
        auprc=float(rows["auprc"].mean()),
        prevalence=float(rows["prevalence"].mean()),
    )
