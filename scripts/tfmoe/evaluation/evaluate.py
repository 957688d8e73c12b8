"""Evaluation of every model on every set, from predictions to tables."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.files import Pathlike
from tfmoe.core.vocabulary import (
    BEST_EXPERT,
    EvaluationRole,
    Kind,
    Split,
    Subset,
    is_expert,
    kind_order,
    model_order,
)
from tfmoe.evaluation.above_background import ABOVE_BACKGROUND, above_background
from tfmoe.evaluation.comparisons import COLUMNS as COMPARISON_COLUMNS
from tfmoe.evaluation.comparisons import adjust_over_sets, average_seeds, compare_models
from tfmoe.evaluation.delong import auroc
from tfmoe.evaluation.metrics import find_fault
from tfmoe.evaluation.pooled_calibration import PooledScores
from tfmoe.evaluation.predictions import Predictions, read_predictions
from tfmoe.evaluation.references import reference_models
from tfmoe.evaluation.scored_sets import (
    EXPERIMENT_COLUMNS,
    SET_COLUMNS,
    ExperimentLabels,
    ScoredSet,
    class_sizes,
    split_sets,
)
from tfmoe.evaluation.set_metrics import METRIC_COLUMNS, score_set
from tfmoe.evaluation.settings import ScoringSettings
from tfmoe.evaluation.trials import COLUMNS as TRIAL_COLUMNS
from tfmoe.evaluation.trials import bootstrap_trials, dropout_trials, read_dropout_trials

LOGGER = logging.getLogger(__name__)
Floats = NDArray[np.float64]

CHOICE_COLUMNS = ("expert", "experiment", "negatives", "seed", "n_pos", "n_neg", "auroc", "chosen")


@dataclass(frozen=True)
class Evaluation:
    """The tables of the evaluation.

    Attributes
    ----------
    metrics
        One row per model, experiment, kind of negatives, subset and seed: `METRIC_COLUMNS`.
    comparisons
        All pairs of models on each set, the mixtures' pairs first: `SET_COLUMNS`, class sizes and
        the columns of `tfmoe.evaluation.comparisons`.
    trials
        AUROCs of the trials of the published ANOVA: `tfmoe.evaluation.trials.COLUMNS`.
    best_expert
        Validation AUROCs that determine ``best_expert``: `CHOICE_COLUMNS`.
    calibration
        Calibration over the pooled sets of each role:
        `tfmoe.evaluation.pooled_calibration.COLUMNS`.
    """

    metrics: pd.DataFrame
    comparisons: pd.DataFrame
    trials: pd.DataFrame
    best_expert: pd.DataFrame
    calibration: pd.DataFrame


def evaluate_models(
    experiments: Mapping[ExperimentLabels, Pathlike],
    settings: ScoringSettings,
    seed: int,
    dropout: Sequence[Pathlike] = (),
    adapted: Mapping[ExperimentLabels, Pathlike] | None = None,
) -> Evaluation:
    """Score every model on the test split of every experiment.

    Models that learned from peaks of an unseen factor, and the same factor's mixture, k-mers and
    matrix, are scored on the same test split in the role ``adapted``. There, ``seed`` is the draw
    of the peaks, since one training seed belongs to each draw.

    The whole run has one ``best_expert``: the expert with the highest mean AUROC over seeds and the
    validation splits of the training experiments, against the first kind of negatives in each
    validation split. Its rows repeat the rows of that expert.

    Parameters
    ----------
    experiments
        The file of predictions of each experiment, in reporting order.
    settings
        The settings.
    seed
        The run's seed.
    dropout
        The file of dropout trials of each experiment, for the published analysis of variance.
        Without these files, or if a network has no dropout, trials are bootstrap resamples.
    adapted
        The file of predictions of each adaptation, labelled with the role ``adapted``.

    Raises
    ------
    InputError
        If a file of predictions is missing, damaged or malformed.
    """
    collected = _Collected()
    drawn: Sequence[Pathlike | None] = dropout or [None] * len(experiments)
    files = [*zip(experiments.items(), drawn, strict=True)]
    files += [(item, None) for item in (adapted or {}).items()]
    for (experiment, path), trials_path in files:
        predictions = read_predictions(path)
        dropped = read_dropout_trials(trials_path)
        if experiment.role == EvaluationRole.IN_DISTRIBUTION:
            collected.choice += _score_validation(predictions, experiment.experiment)
        for scored in split_sets(predictions, experiment):
            collected.add(scored, dropped, settings, seed)
        LOGGER.info(
            "%s: scored %d columns of predictions", experiment.experiment, len(predictions.columns)
        )
    chosen_by = _choose_expert(collected.choice)
    best = next(iter(chosen_by.loc[chosen_by["chosen"], "expert"]), None)
    names = [experiment.experiment for (experiment, _), _ in files]
    return Evaluation(
        metrics=_complete_metrics(collected.metrics, best, settings.shuffled, names),
        comparisons=_complete_comparisons(collected.comparisons, best, names),
        trials=pd.DataFrame(collected.trials, columns=TRIAL_COLUMNS),
        best_expert=chosen_by,
        calibration=collected.pooled.table(settings.calibration_bins),
    )


@dataclass
class _Collected:
    """Results of the sets scored so far.

    Attributes
    ----------
    metrics, trials, choice
        Rows of the tables of metrics, trials and validation AUROCs.
    comparisons
        One table per set.
    pooled
        Scores and labels for the calibration over all sets.
    """

    metrics: list[dict[str, Any]] = field(default_factory=list)
    comparisons: list[pd.DataFrame] = field(default_factory=list)
    trials: list[dict[str, Any]] = field(default_factory=list)
    choice: list[dict[str, Any]] = field(default_factory=list)
    pooled: PooledScores = field(default_factory=PooledScores)

    def add(
        self,
        scored: ScoredSet,
        dropped: pd.DataFrame | None,
        settings: ScoringSettings,
        seed: int,
    ) -> None:
        """Measure and compare all models on one set; `dropped` holds its dropout trials."""
        self.metrics += score_set(scored, settings, seed)
        self.comparisons.append(_compare_set(scored, settings))
        if scored.keys["subset"] == Subset.ALL and not scored.fault:
            self.trials += _draw_trials(scored, dropped, settings.trials, seed)
            keys = scored.keys["role"], scored.keys["negatives"]
            self.pooled.add(*keys, scored.columns, scored.scores, scored.positive)


def _by_role(table: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield the rows of models that learned from peaks of the factor apart from all others."""
    adapted = table["role"] == EvaluationRole.ADAPTED
    yield table[~adapted]
    if adapted.any():
        yield table[adapted]


def _complete_metrics(
    rows: list[dict[str, Any]], best: str | None, shuffled: Collection[str], experiments: list[str]
) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=METRIC_COLUMNS).astype({"seed": "float64"})
    table = _add_best_expert(table, best, "model")
    table[ABOVE_BACKGROUND] = above_background(table, shuffled)
    table = _complete_grid(table, ["model", "seed"])
    return _sort_rows(table, experiments, ["model"]).astype({"seed": "Int64", "blocks": "Int64"})


def _complete_comparisons(
    tables: list[pd.DataFrame], best: str | None, experiments: list[str]
) -> pd.DataFrame:
    columns = [*SET_COLUMNS, "n_pos", "n_neg", *COMPARISON_COLUMNS]
    table = pd.concat(tables, ignore_index=True).reindex(columns=columns)
    table = _complete_grid(_add_best_expert(table, best, "other"), ["model", "other"])
    table["q"] = adjust_over_sets(table)
    return _sort_rows(table, experiments, ["model", "other"]).astype({"seeds": "Int64"})


def _compare_set(scored: ScoredSet, settings: ScoringSettings) -> pd.DataFrame:
    columns, scores = scored.columns, scored.scores
    if scored.keys["role"] == EvaluationRole.ADAPTED:
        # the mean over draws would be a model that learned from the peaks of all draws
        first = min((column.seed for column in columns if column.seed is not None), default=None)
        kept = [row for row, column in enumerate(columns) if column.seed in (None, first)]
        columns, scores = [columns[row] for row in kept], scores[kept]
    averaged = average_seeds(columns, scores)
    references = reference_models(averaged, scored.keys["role"])
    table = compare_models(averaged, scored.positive, settings.alpha, settings.margin, references)
    if scored.fault:
        table["note"] = scored.fault
    return table.assign(**scored.keys, **class_sizes(scored.positive))


def _draw_trials(
    scored: ScoredSet, dropped: pd.DataFrame | None, number: int, seed: int
) -> list[dict[str, Any]]:
    if dropped is not None:
        return dropout_trials(dropped, scored.keys)
    return bootstrap_trials(
        scored.keys, scored.columns, scored.scores, scored.positive, number, seed
    )


def _score_validation(predictions: Predictions, experiment: str) -> list[dict[str, Any]]:
    """Score the experts on one validation split, against its first kind of negatives."""
    validation = predictions.split == Split.VALIDATION
    found = set(predictions.kind[validation & ~predictions.positive])
    kind = min(found, key=kind_order, default=Kind.GENOMIC)
    rows = validation & (predictions.positive | (predictions.kind == kind))
    positive = predictions.positive[rows]
    result = []
    for column, scores in zip(predictions.columns, predictions.scores[:, rows], strict=True):
        if is_expert(column.model):
            value = np.nan
            if not find_fault(scores, positive):
                value = float(auroc(scores[None, positive], scores[None, ~positive])[0])
            keys = {"expert": column.model, "experiment": experiment, "negatives": kind}
            row = {"seed": column.seed, **class_sizes(positive), "auroc": value}
            result.append(keys | row)
    return result


def _choose_expert(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Choose the expert with the highest mean among those scored on every usable experiment."""
    table = pd.DataFrame(rows, columns=CHOICE_COLUMNS)
    # experiments without a usable validation split are ignored
    scored = table.groupby("experiment")["auroc"].transform("count") > 0
    usable = table[scored]
    means = usable.groupby("expert")["auroc"].agg(lambda values: values.mean(skipna=False))
    means = means.dropna()
    best = means.idxmax() if len(means) else None
    table["chosen"] = table["expert"] == best
    if best is not None:
        LOGGER.info("best expert by validation AUROC: %s", best)
    return table.astype({"seed": "Int64"})


def _add_best_expert(table: pd.DataFrame, best: str | None, column: str) -> pd.DataFrame:
    """Repeat the rows of the chosen expert as rows of ``best_expert``."""
    experts = sorted({model for model in table[column] if is_expert(model)})
    if not experts:
        return table
    rows = table[table[column] == (best or experts[0])].assign(**{column: BEST_EXPERT})
    if column == "other":
        # the copy of an expert is only compared with the mixtures
        rows = rows[rows["model"].isin(reference_models(set(table["model"]), ""))]
    if best is None:
        kept = [*SET_COLUMNS, "model", "other", "seed", "seeds", "n_pos", "n_neg", "prevalence"]
        rows[[name for name in table.columns if name not in kept]] = np.nan
        rows["note"] = "no expert was chosen: none has an AUROC on every validation split"
    return pd.concat([table, rows], ignore_index=True)


def _complete_grid(table: pd.DataFrame, identifiers: list[str]) -> pd.DataFrame:
    """Add rows for the models and kinds of negatives that are missing on some sets."""
    parts = [_complete_part(part, identifiers) for part in _by_role(table)]
    return pd.concat(parts, ignore_index=True)


def _complete_part(table: pd.DataFrame, identifiers: list[str]) -> pd.DataFrame:
    grid = table[[*EXPERIMENT_COLUMNS, "subset"]].drop_duplicates()
    grid = grid.merge(table[["negatives"]].drop_duplicates(), how="cross")
    grid = grid.merge(table[identifiers].drop_duplicates(), how="cross")
    full = grid.merge(table, how="left", on=list(grid.columns), indicator=True)
    missing = full["_merge"] == "left_only"
    by_set = missing.groupby([full[name] for name in SET_COLUMNS])
    absent = (
        "no scores of this model" if "seed" in identifiers else "no scores of one of the models"
    )
    full.loc[missing, "note"] = absent
    full.loc[by_set.transform("all"), "note"] = "no negatives of this kind"
    return full[list(table.columns)].astype({"n_pos": "Int64", "n_neg": "Int64"})


def _sort_rows(table: pd.DataFrame, experiments: list[str], models: list[str]) -> pd.DataFrame:
    ranks = pd.DataFrame(
        {
            "adapted": table["role"] == EvaluationRole.ADAPTED,
            "experiment": table["experiment"].map(experiments.index),
            "negatives": table["negatives"].map(kind_order),
            "subset": table["subset"],
            **{column: table[column].map(model_order) for column in models},
            "seed": table["seed"].fillna(-1) if "seed" in table else 0,
        }
    )
    order = ranks.sort_values(list(ranks.columns), kind="stable").index
    return table.loc[order].reset_index(drop=True)
