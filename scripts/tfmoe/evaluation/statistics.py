"""The tests over data sets and seeds, and the published ANOVA beside them, as tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from tfmoe.core.seeds import generator
from tfmoe.evaluation.anova import (
    ROUNDING,
    OneWay,
    PairedT,
    TukeyPair,
    TwoWay,
    one_way,
    paired_t,
    residual_spread,
    spread_within,
    tukey_pairs,
    two_way,
)
from tfmoe.evaluation.background import summarise_background
from tfmoe.evaluation.multiplicity import adjust_holm
from tfmoe.evaluation.null import simulate_null
from tfmoe.evaluation.panel import Panel, make_panels
from tfmoe.evaluation.ranks import Friedman, critical_difference, friedman, nemenyi_p, rank_models
from tfmoe.evaluation.settings import MIXTURE, EvaluationSettings, model_order

SCOPE_COLUMNS = ("role", "negatives", "subset")
HEAD_COLUMNS = (*SCOPE_COLUMNS, "models", "sets", "seeds")
PUBLISHED_COLUMNS = ("experiment", "role", "stratum", "negatives")
RANK_COLUMNS = (
    *HEAD_COLUMNS,
    "model",
    "mean_auroc",
    "sd_over_seeds",
    "average_rank",
)
PAIR_COLUMNS = (
    *HEAD_COLUMNS,
    "model",
    "other",
    *(field.name for field in fields(PairedT)),
    "p_holm",
    "sd_over_seeds",
    "rank_difference",
    "p_nemenyi",
    "verdict",
    "note",
)
TUKEY_COLUMNS = (
    *PUBLISHED_COLUMNS,
    "model",
    "other",
    *(field.name for field in fields(TukeyPair)),
    "note",
)
PSEUDO_REPLICATION = "pseudo-replication: trials of one network on one set are no replicates"
BETTER, WORSE, UNDECIDED, UNTESTED = "better", "worse", "not_distinguishable", "not_tested"


@dataclass(frozen=True)
class Statistics:
    """The tables under ``statistics/``; each field is one file.

    Attributes
    ----------
    two_way
        Model x set F test on seed means: one row a role, kind of negatives and subset.
    friedman
        Friedman's test with Iman and Davenport's F, and Nemenyi's critical difference.
    ranks
        Mean AUROC, its standard deviation over seeds, and average rank of each model.
    pairwise
        The mixture against each other model over sets: paired t test (Holm), Nemenyi, verdict.
    delong_counts
        On how many sets the paired DeLong test finds the mixture better or worse.
    anova_as_published, tukey_as_published
        The published analysis, set by set.
    above_background
        What AUROCs on shuffles have beyond that of ``background_vs_shuffle``.
    null_simulation
        False-positive rates of the published ANOVA and of DeLong's test.
    """

    two_way: pd.DataFrame
    friedman: pd.DataFrame
    ranks: pd.DataFrame
    pairwise: pd.DataFrame
    delong_counts: pd.DataFrame
    anova_as_published: pd.DataFrame
    tukey_as_published: pd.DataFrame
    above_background: pd.DataFrame
    null_simulation: pd.DataFrame


def run_tests(
    metrics: pd.DataFrame,
    comparisons: pd.DataFrame,
    trials: pd.DataFrame,
    settings: EvaluationSettings,
    seed: int,
) -> Statistics:
    """Run every test; one that cannot be run leaves a row that says why.

    Parameters
    ----------
    metrics, comparisons, trials
        The tables of the evaluation.
    settings
        The settings.
    seed
        The run's seed.
    """
    panels = list(make_panels(metrics, settings.family, settings.shuffled))
    alpha = settings.alpha
    published = list(_published(metrics, trials, alpha))
    pairs = [row for panel in panels for row in _pair_rows(panel, alpha)]
    tukey = [pair for _, own in published for pair in own]
    ranks = [row for panel in panels for row in _rank_rows(panel)]
    return Statistics(
        two_way=pd.DataFrame([_two_way_row(panel) for panel in panels]),
        friedman=pd.DataFrame([_friedman_row(panel, alpha) for panel in panels]),
        ranks=pd.DataFrame(ranks, columns=RANK_COLUMNS),
        pairwise=pd.DataFrame(pairs, columns=PAIR_COLUMNS),
        delong_counts=_count_delong(comparisons, alpha),
        anova_as_published=pd.DataFrame([row for row, _ in published]),
        tukey_as_published=pd.DataFrame(tukey, columns=TUKEY_COLUMNS),
        above_background=summarise_background(metrics),
        null_simulation=simulate_null(
            settings.trials, alpha, settings.null_repeats, generator(seed, "null_simulation")
        ),
    )


def _empty(result: type) -> dict[str, Any]:
    return {field.name: np.nan for field in fields(result)}


def _head(panel: Panel) -> dict[str, Any]:
    sizes = {"models": len(panel.models), "sets": len(panel.sets), "seeds": panel.seeds}
    return panel.keys | sizes


def _notes(*notes: str) -> str:
    return "; ".join(note for note in notes if note)


def _two_way_row(panel: Panel) -> dict[str, Any]:
    fault = panel.fault
    if not fault and not residual_spread(panel.auroc):
        fault = "the models differ by the same amount on every set"
    if fault:
        return _head(panel) | _empty(TwoWay) | {"note": _notes(f"skipped: {fault}", panel.note)}
    note = panel.note
    if len(panel.models) >= len(panel.sets):
        note = _notes("no Greenhouse-Geisser: it needs fewer models than sets", note)
    return _head(panel) | asdict(two_way(panel.auroc)) | {"note": note}


def _friedman_row(panel: Panel, alpha: float) -> dict[str, Any]:
    fault = panel.fault
    if not fault and len(panel.models) < 3:
        fault = "two models, at least 3 are needed"
    if not fault and np.ptp(rank_models(panel.auroc)) == 0:
        fault = "all models are tied on every set"
    row = _head(panel) | _empty(Friedman) | {"critical_difference": np.nan}
    if fault:
        return row | {"note": _notes(f"skipped: {fault}", panel.note)}
    row |= asdict(friedman(panel.auroc))
    row["critical_difference"] = critical_difference(len(panel.models), len(panel.sets), alpha)
    agree = "all sets rank the models alike: p is the exact probability of that"
    return row | {"note": _notes(agree if np.isinf(row["f"]) else "", panel.note)}


def _rank_rows(panel: Panel) -> list[dict[str, Any]]:
    if not panel.sets:
        return []
    ranks = rank_models(panel.auroc).mean(axis=1)
    means = panel.by_seed.mean(axis=1)
    spread = means.std(axis=1, ddof=1) if panel.seeds > 1 else np.full(len(means), np.nan)
    rows = []
    for index, model in enumerate(panel.models):
        row = {"model": model, "mean_auroc": means[index].mean(), "sd_over_seeds": spread[index]}
        rows.append(_head(panel) | row | {"average_rank": ranks[index]})
    return rows


def _pair_rows(panel: Panel, alpha: float) -> list[dict[str, Any]]:
    """Test the mixture against each other model over sets.

    Each pair has its own paired t test, for the pooled error of the F test would be too small for
    rivals that vary much from set to set and too large for those that follow the mixture closely.
    """
    models, sets = len(panel.models), len(panel.sets)
    ranks = rank_models(panel.auroc).mean(axis=1) if sets else np.full(models, np.nan)
    rows = []
    for index, other in enumerate(panel.models):
        if other == MIXTURE:
            continue
        row = _head(panel) | {"model": MIXTURE, "other": other} | _empty(PairedT)
        row |= {"p_holm": np.nan, "sd_over_seeds": np.nan}
        row |= {"rank_difference": np.nan, "p_nemenyi": np.nan, "verdict": UNTESTED}
        fault = panel.fault
        if not fault:
            here = panel.models.index(MIXTURE)
            difference = panel.auroc[here] - panel.auroc[index]
            row["difference"] = difference.mean()
            if panel.seeds > 1:
                by_seed = (panel.by_seed[here] - panel.by_seed[index]).mean(axis=0)
                row["sd_over_seeds"] = by_seed.std(ddof=1)
            row["rank_difference"] = ranks[here] - ranks[index]
            row["p_nemenyi"] = nemenyi_p(row["rank_difference"], models, sets)
            if np.ptp(difference) <= ROUNDING:
                fault = "the difference is the same on every set"
            else:
                row |= asdict(paired_t(panel.auroc[here], panel.auroc[index], alpha))
        row["note"] = _notes(f"skipped: {fault}" if fault else "", panel.note)
        rows.append(row)
    for row, adjusted in zip(rows, adjust_holm([row["p"] for row in rows]), strict=True):
        row["p_holm"] = adjusted
        row["verdict"] = decide(row["difference"], adjusted, alpha)
    return rows


def decide(difference: float, p: float, alpha: float) -> str:
    """Say what a two-sided test carries; no small p, no claim."""
    if np.isnan(p):
        return UNTESTED
    if p >= alpha:
        return UNDECIDED
    return BETTER if difference > 0 else WORSE


def _count_delong(comparisons: pd.DataFrame, alpha: float) -> pd.DataFrame:
    comparisons = comparisons[comparisons["model"] == MIXTURE]
    verdicts = pd.DataFrame(
        {
            **{name: comparisons[name] for name in (*SCOPE_COLUMNS, "other")},
            "verdict": [
                decide(difference, p, alpha)
                for difference, p in zip(
                    comparisons["difference"], comparisons["p_holm"], strict=True
                )
            ],
        }
    )
    kinds = (BETTER, WORSE, UNDECIDED, UNTESTED)
    groups = verdicts.groupby([*SCOPE_COLUMNS, "other"], sort=False)["verdict"]
    rows = [
        dict(zip((*SCOPE_COLUMNS, "other"), key, strict=True))
        | {"sets": len(group)}
        | {kind: int((group == kind).sum()) for kind in kinds}
        for key, group in groups
    ]
    return pd.DataFrame(rows, columns=[*SCOPE_COLUMNS, "other", "sets", *kinds])


def _published(
    metrics: pd.DataFrame, trials: pd.DataFrame, alpha: float
) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Give the one-way ANOVA of each set over the mixture and its experts, and its Tukey pairs."""
    sets = metrics.loc[metrics["subset"] == "all", list(PUBLISHED_COLUMNS)].drop_duplicates()
    everyone = sorted(trials["model"].unique(), key=model_order)
    for key in sets.itertuples(index=False, name=None):
        head = dict(zip(PUBLISHED_COLUMNS, key, strict=True))
        own = trials[(trials["experiment"] == key[0]) & (trials["negatives"] == key[3])]
        models = [model for model in everyone if (own["model"] == model).any()]
        draws = [own.loc[own["model"] == model, "auroc"].to_numpy() for model in models]
        values = np.array(draws).reshape(len(models), -1) if draws else np.empty((0, 0))
        row = head | {"models": len(models), "trials": values.shape[1]}
        absent = [f"left out {model}: no scores" for model in everyone if model not in models]
        fault = ""
        if len(models) < 2 or models[0] != MIXTURE:
            fault = "skipped: the mixture and at least one expert are needed"
        elif not spread_within(values):
            fault = "skipped: no trial differs from another"
        if fault:
            yield row | _empty(OneWay) | {"note": _notes(fault, *absent)}, []
            continue
        row |= asdict(one_way(values)) | {"note": _notes(PSEUDO_REPLICATION, *absent)}
        pairs = [
            head
            | {"model": MIXTURE, "other": models[other]}
            | asdict(pair)
            | {"note": PSEUDO_REPLICATION}
            for other, pair in tukey_pairs(values, 0, alpha).items()
        ]
        yield row, pairs
