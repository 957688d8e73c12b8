"""The tables of the evaluation: every model on every set, from the files of predictions."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.files import Pathlike
from tfmoe.core.vocabulary import BEST_EXPERT, MIXTURE, is_expert, kind_order, model_order
from tfmoe.evaluation.above_background import COLUMN as ABOVE_BACKGROUND
from tfmoe.evaluation.above_background import above_background
from tfmoe.evaluation.comparisons import COLUMNS as COMPARISON_COLUMNS
from tfmoe.evaluation.comparisons import adjust_over_sets, average_seeds, compare_models
from tfmoe.evaluation.delong import auroc
from tfmoe.evaluation.metrics import (
    find_fault,
)
from tfmoe.evaluation.pooled_calibration import PooledScores
from tfmoe.evaluation.predictions import Predictions, read_predictions
from tfmoe.evaluation.scored_sets import SET_COLUMNS, ScoredSet, class_sizes, split_sets
from tfmoe.evaluation.set_metrics import METRIC_COLUMNS, score_set
from tfmoe.evaluation.settings import EvaluationSettings, ExperimentLabels
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
        One row a model, experiment, kind of negatives, subset and seed: `METRIC_COLUMNS`.
    comparisons
        Every two models on each set, the mixture's pairs first: `SET_COLUMNS`, sizes, columns of
        `tfmoe.evaluation.comparisons`.
    trials
        AUROCs of single trials, for the ANOVA as published: `tfmoe.evaluation.trials.COLUMNS`.
    best_expert
        Validation AUROCs that ``best_expert`` was chosen by: `CHOICE_COLUMNS`.
    calibration
        Calibration over the pooled sets of a role: `tfmoe.evaluation.pooled_calibration.COLUMNS`.
    """

    metrics: pd.DataFrame
    comparisons: pd.DataFrame
    trials: pd.DataFrame
    best_expert: pd.DataFrame
    calibration: pd.DataFrame


def evaluate_models(
    experiments: Mapping[ExperimentLabels, Pathlike],
    settings: EvaluationSettings,
    seed: int,
    dropout: Sequence[Pathlike] = (),
) -> Evaluation:
    """Score every model on the test split of every experiment, one file at a time.

    ``best_expert`` is one expert for the whole run: the one with the highest mean AUROC over the
    validation splits of the training experiments and over seeds, against the first kind of
    negatives that the validation split has. Its rows repeat that expert's rows.

    Parameters
    ----------
    experiments
        The file of predictions of each experiment, in the order in which they are to be reported.
    settings
        The settings.
    seed
        The run's seed.
    dropout
        Each experiment's trials with dropout on, for the analysis of variance as published; if
        none are given, or the networks have no dropout, its trials are bootstrap resamples.

    Raises
    ------
    InputError
        If a file of predictions is missing, damaged or malformed.
    """
    metrics: list[dict[str, Any]] = []
    comparisons: list[pd.DataFrame] = []
    trials: list[dict[str, Any]] = []
    choice: list[dict[str, Any]] = []
    pooled = PooledScores()
    drawn: Sequence[Pathlike | None] = dropout or [None] * len(experiments)
    for (experiment, path), trials_path in zip(experiments.items(), drawn, strict=True):
        predictions = read_predictions(path)
        dropped = read_dropout_trials(trials_path)
        if experiment.role == "in_distribution":
            choice += _validate_experts(predictions, experiment.experiment)
        for scored in split_sets(predictions, experiment):
            rows = score_set(scored, settings, seed)
            metrics += rows
            comparisons.append(_compare_set(scored, settings))
            if scored.keys["subset"] == "all" and not scored.fault:
                trials += _trials(scored, dropped, settings.trials, seed)
                found = scored.columns, scored.scores, scored.positive
                pooled.add(experiment.role, scored.keys["negatives"], *found)
        LOGGER.info(
            "%s: %d models and seeds scored", experiment.experiment, len(predictions.columns)
        )
    chosen_by = _choose_expert(choice)
    best = next(iter(chosen_by.loc[chosen_by["chosen"], "expert"]), None)
    table = pd.DataFrame(metrics, columns=METRIC_COLUMNS).astype({"seed": "float64"})
    table = _add_best(table, best, "model")
    table[ABOVE_BACKGROUND] = above_background(table, settings.shuffled)
    table = _complete_grid(table, ["model", "seed"])
    columns = [*SET_COLUMNS, "n_pos", "n_neg", *COMPARISON_COLUMNS]
    compared = pd.concat(comparisons, ignore_index=True).reindex(columns=columns)
    compared = _complete_grid(_add_best(compared, best, "other"), ["model", "other"])
    compared["q"] = adjust_over_sets(compared)
    names = [experiment.experiment for experiment in experiments]
    return Evaluation(
        metrics=_sorted(table, names, ["model"]).astype({"seed": "Int64", "blocks": "Int64"}),
        comparisons=_sorted(compared, names, ["model", "other"]).astype({"seeds": "Int64"}),
        trials=pd.DataFrame(trials, columns=TRIAL_COLUMNS),
        best_expert=chosen_by,
        calibration=pooled.table(settings.calibration_bins),
    )


def _compare_set(scored: ScoredSet, settings: EvaluationSettings) -> pd.DataFrame:
    averaged = average_seeds(scored.columns, scored.scores)
    table = compare_models(averaged, scored.positive, settings.alpha, settings.margin)
    if scored.fault:
        table["note"] = scored.fault
    return table.assign(**scored.keys, **class_sizes(scored.positive))


def _trials(
    scored: ScoredSet, dropped: pd.DataFrame | None, number: int, seed: int
) -> list[dict[str, Any]]:
    if dropped is not None:
        return dropout_trials(dropped, scored.keys)
    found = scored.columns, scored.scores, scored.positive
    return bootstrap_trials(scored.keys, *found, number, seed)


def _validate_experts(predictions: Predictions, experiment: str) -> list[dict[str, Any]]:
    """Score the experts on one validation split, against its first kind of negatives."""
    validation = predictions.split == "validation"
    found = set(predictions.kind[validation & ~predictions.positive])
    kind = min(found, key=kind_order, default="genomic")
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
    """Mark the expert with the highest mean; one that was not scored everywhere is not chosen."""
    table = pd.DataFrame(rows, columns=CHOICE_COLUMNS)
    # an experiment whose validation split is unusable counts for no expert
    scored = table.groupby("experiment")["auroc"].transform("count") > 0
    usable = table[scored]
    means = usable.groupby("expert")["auroc"].agg(lambda values: values.mean(skipna=False))
    means = means.dropna()
    best = means.idxmax() if len(means) else None
    table["chosen"] = table["expert"] == best
    if best is not None:
        LOGGER.info("best expert on the validation splits: %s", best)
    return table.astype({"seed": "Int64"})


def _add_best(table: pd.DataFrame, best: str | None, column: str) -> pd.DataFrame:
    """Add the rows of ``best_expert``: those of the chosen expert under that name."""
    experts = sorted({model for model in table[column] if is_expert(model)})
    if not experts:
        return table
    rows = table[table[column] == (best or experts[0])].assign(**{column: BEST_EXPERT})
    if column == "other":
        # a copy of an expert is compared with the mixture only
        rows = rows[rows["model"] == MIXTURE]
    if best is None:
        named = [*SET_COLUMNS, "model", "other", "seed", "seeds", "n_pos", "n_neg", "prevalence"]
        numbers = [name for name in table.columns if name not in named]
        rows[numbers] = np.nan
        rows["note"] = "no expert was chosen: none has an AUROC on every validation split"
    return pd.concat([table, rows], ignore_index=True)


def _complete_grid(table: pd.DataFrame, who: list[str]) -> pd.DataFrame:
    """Add the rows that a set lacks: those of absent models, and of absent kinds of negatives."""
    experiment = ["experiment", "factor", "role", "stratum"]
    grid = table[[*experiment, "subset"]].drop_duplicates()
    grid = grid.merge(table[["negatives"]].drop_duplicates(), how="cross")
    grid = grid.merge(table[who].drop_duplicates(), how="cross")
    full = grid.merge(table, how="left", on=list(grid.columns), indicator=True)
    missing = full["_merge"] == "left_only"
    by_set = missing.groupby([full[name] for name in SET_COLUMNS])
    absent = "no scores of this model" if "seed" in who else "no scores of one of the models"
    full.loc[missing, "note"] = absent
    full.loc[by_set.transform("all"), "note"] = "no negatives of this kind"
    return full[list(table.columns)].astype({"n_pos": "Int64", "n_neg": "Int64"})


def _sorted(table: pd.DataFrame, experiments: list[str], models: list[str]) -> pd.DataFrame:
    ranks = pd.DataFrame(
        {
            "experiment": table["experiment"].map(experiments.index),
            "negatives": table["negatives"].map(kind_order),
            "subset": table["subset"],
            **{column: table[column].map(model_order) for column in models},
            "seed": table["seed"].fillna(-1) if "seed" in table else 0,
        }
    )
    order = ranks.sort_values(list(ranks.columns), kind="stable").index
    return table.loc[order].reset_index(drop=True)
