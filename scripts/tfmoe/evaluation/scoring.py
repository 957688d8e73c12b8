"""The tables of the evaluation: every model on every set, from the files of predictions."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.files import Pathlike
from tfmoe.core.seeds import generator
from tfmoe.evaluation.background import COLUMN as ABOVE_BACKGROUND
from tfmoe.evaluation.background import above_background
from tfmoe.evaluation.bootstrap import bootstrap_auroc, interval
from tfmoe.evaluation.calibration import NOT_LOGITS, PooledScores
from tfmoe.evaluation.comparisons import COLUMNS as COMPARISON_COLUMNS
from tfmoe.evaluation.comparisons import adjust_over_sets, average_seeds, compare_models
from tfmoe.evaluation.delong import auroc
from tfmoe.evaluation.metrics import (
    Calibration,
    Ranking,
    calibration_metrics,
    find_caution,
    find_fault,
    rank_metrics,
)
from tfmoe.evaluation.predictions import Column, Predictions, read_predictions
from tfmoe.evaluation.settings import (
    BEST_EXPERT,
    MIXTURE,
    EvaluationSettings,
    ExperimentLabels,
    is_expert,
    kind_order,
    model_order,
)

LOGGER = logging.getLogger(__name__)
Floats = NDArray[np.float64]

SET_COLUMNS = ("experiment", "factor", "role", "stratum", "negatives", "subset")
METRIC_COLUMNS = (
    "model",
    *SET_COLUMNS,
    "seed",
    "n_pos",
    "n_neg",
    "prevalence",
    "auroc",
    "auroc_low",
    "auroc_high",
    ABOVE_BACKGROUND,
    *(field.name for field in fields(Ranking)),
    *(field.name for field in fields(Calibration)),
    "note",
)
TRIAL_COLUMNS = ("experiment", "role", "stratum", "negatives", "model", "seed", "trial", "auroc")
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
        AUROCs of single bootstrap resamples, for the ANOVA as published: `TRIAL_COLUMNS`.
    best_expert
        Validation AUROCs that ``best_expert`` was chosen by: `CHOICE_COLUMNS`.
    calibration
        Calibration over the pooled sets of a role: `tfmoe.evaluation.calibration.COLUMNS`.
    """

    metrics: pd.DataFrame
    comparisons: pd.DataFrame
    trials: pd.DataFrame
    best_expert: pd.DataFrame
    calibration: pd.DataFrame


@dataclass(frozen=True)
class ScoredSet:
    """Positives and one kind of negatives of one experiment's test split.

    Attributes
    ----------
    keys
        The set's values of `SET_COLUMNS`.
    positive
        bool, (N,).
    scores
        float64, (C, N), of `columns`.
    columns
        The C columns.
    fault
        Why the set cannot be scored; empty if it can.
    """

    keys: dict[str, str]
    positive: NDArray[np.bool_]
    scores: Floats
    columns: list[Column]
    fault: str


def evaluate_models(
    experiments: Mapping[ExperimentLabels, Pathlike],
    settings: EvaluationSettings,
    seed: int,
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
    for experiment, path in experiments.items():
        predictions = read_predictions(path)
        if experiment.role == "in_distribution":
            choice += _validate_experts(predictions, experiment.experiment)
        for scored in split_sets(predictions, experiment):
            rows = _score_set(scored, settings, seed)
            metrics += rows
            comparisons.append(_compare_set(scored, settings))
            if scored.keys["subset"] == "all" and not scored.fault:
                trials += _draw_trials(scored, settings.trials, seed)
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
        metrics=_sorted(table, names, ["model"]).astype({"seed": "Int64"}),
        comparisons=_sorted(compared, names, ["model", "other"]).astype({"seeds": "Int64"}),
        trials=pd.DataFrame(trials, columns=TRIAL_COLUMNS),
        best_expert=chosen_by,
        calibration=pooled.table(settings.calibration_bins),
    )


def split_sets(predictions: Predictions, experiment: ExperimentLabels) -> Iterator[ScoredSet]:
    """Give each set of an experiment's test split: each kind of negatives, and each subset.

    The subset ``no_overlap``, of OOD experiments only, leaves out what overlaps a peak of a
    training experiment: positives, and negatives, which experts have reason to score high; a
    shuffle goes with its parent.
    """
    test = predictions.split == "test"
    found = set(predictions.kind[test & ~predictions.positive])
    kinds = sorted(found, key=kind_order) or ["genomic"]
    for kind in kinds:
        for subset in ("all", "no_overlap") if experiment.role == "ood" else ("all",):
            used, fault = test, ""
            if subset == "no_overlap" and predictions.overlaps is None:
                fault = "overlap with training peaks is not known"
                used = np.zeros_like(test)
            elif subset == "no_overlap" and predictions.overlaps is not None:
                used = test & ~predictions.overlaps
            rows = used & (predictions.positive | (predictions.kind == kind))
            yield ScoredSet(
                keys=asdict(experiment) | {"negatives": kind, "subset": subset},
                positive=predictions.positive[rows],
                scores=predictions.scores[:, rows],
                columns=predictions.columns,
                fault=fault or find_fault(np.zeros(int(rows.sum())), predictions.positive[rows]),
            )


def _score_set(scored: ScoredSet, settings: EvaluationSettings, seed: int) -> list[dict[str, Any]]:
    positive = scored.positive
    faults = [scored.fault or find_fault(row, positive) for row in scored.scores]
    usable = [row for row, fault in enumerate(faults) if not fault]
    value, low, high = (np.full(len(faults), np.nan) for _ in range(3))
    if usable:
        split = scored.scores[usable][:, positive], scored.scores[usable][:, ~positive]
        value[usable] = auroc(*split)
        # the subset is no part of the purpose: where it leaves nothing out, the draws are the same
        rng = generator(seed, "bootstrap", scored.keys["experiment"], scored.keys["negatives"])
        drawn = bootstrap_auroc(*split, settings.bootstrap_resamples, rng)
        low[usable], high[usable] = interval(drawn, settings.alpha)
    rows = []
    for index, (column, fault) in enumerate(zip(scored.columns, faults, strict=True)):
        row: dict[str, Any] = dict.fromkeys(METRIC_COLUMNS, np.nan)
        row |= {**scored.keys, "model": column.model, "seed": column.seed, "note": fault}
        row |= _sizes(positive)
        row["prevalence"] = positive.mean() if positive.size else np.nan
        if not fault:
            row |= {"auroc": value[index], "auroc_low": low[index], "auroc_high": high[index]}
            row |= _other_metrics(column.model, scored.scores[index], positive, settings)
        rows.append(row)
    return rows


def _other_metrics(
    model: str, scores: Floats, positive: NDArray[np.bool_], settings: EvaluationSettings
) -> dict[str, Any]:
    row: dict[str, Any] = asdict(rank_metrics(scores, positive))
    notes = [find_caution(scores, positive)]
    if model in NOT_LOGITS:
        notes.append("scores are no probabilities: no Brier score and no calibration error")
    else:
        row |= asdict(calibration_metrics(scores, positive, settings.calibration_bins))
    return row | {"note": "; ".join(note for note in notes if note)}


def _compare_set(scored: ScoredSet, settings: EvaluationSettings) -> pd.DataFrame:
    averaged = average_seeds(scored.columns, scored.scores)
    table = compare_models(averaged, scored.positive, settings.alpha, settings.margin)
    if scored.fault:
        table["note"] = scored.fault
    return table.assign(**scored.keys, **_sizes(scored.positive))


def _sizes(positive: NDArray[np.bool_]) -> dict[str, int]:
    n_positive = int(positive.sum())
    return {"n_pos": n_positive, "n_neg": positive.size - n_positive}


def _draw_trials(scored: ScoredSet, number: int, seed: int) -> list[dict[str, Any]]:
    """Draw each model's trials apart, as independent runs of each would give them.

    One trained network a model is what was published, so only the first seed is drawn from.
    """
    seeds = [column.seed for column in scored.columns if column.seed is not None]
    rows = []
    for index, column in enumerate(scored.columns):
        scores = scored.scores[index]
        published = column.model == MIXTURE or is_expert(column.model)
        if not published or column.seed != min(seeds) or find_fault(scores, scored.positive):
            continue
        keys = {key: scored.keys[key] for key in TRIAL_COLUMNS[:4]}
        rng = generator(seed, "trials", *scored.keys.values(), column.model)
        positives, negatives = scores[None, scored.positive], scores[None, ~scored.positive]
        for trial, drawn in enumerate(bootstrap_auroc(positives, negatives, number, rng)[0]):
            row = {"model": column.model, "seed": column.seed, "trial": trial, "auroc": drawn}
            rows.append(keys | row)
    return rows


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
            row = {"seed": column.seed, **_sizes(positive), "auroc": value}
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
