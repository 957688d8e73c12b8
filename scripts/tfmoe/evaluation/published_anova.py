"""The published analysis: one-way ANOVA over the mixture and its experts on each set.

Tripathi et al. 2025 (arXiv 2507.09754), section 7, used F and Tukey's test over 30 trials per
model. Trials repeat only the scoring, neither the training nor the sampling of sequences
(`tfmoe.evaluation.trials`), so the p-value does not generalise to other networks or sets.
`tfmoe.evaluation.null` quantifies its error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from tfmoe.core.vocabulary import MIXTURE, EvaluationRole, Subset, model_order
from tfmoe.evaluation.anova import OneWay, TukeyPair, one_way, spread_within, tukey_pairs
from tfmoe.evaluation.rows import field_names
from tfmoe.evaluation.trials import BOOTSTRAP, DROPOUT

SET_COLUMNS = ("experiment", "role", "stratum", "negatives")
ANOVA_COLUMNS = (
    *SET_COLUMNS,
    "models",
    "trials",
    "trials_from",
    *field_names(OneWay),
    "note",
)
TUKEY_COLUMNS = (
    *SET_COLUMNS,
    "model",
    "other",
    *field_names(TukeyPair),
    "note",
)
PSEUDO_REPLICATION = "pseudo-replication: trials of one network on one set are no replicates"
NO_DROPOUT = "no network has dropout to be left on, so trials are bootstrap resamples"


@dataclass(frozen=True)
class Published:
    """Tables of the published analysis: `ANOVA_COLUMNS` per set, `TUKEY_COLUMNS` per pair."""

    anova: pd.DataFrame
    tukey: pd.DataFrame


def published_analysis(
    metrics: pd.DataFrame, trials: pd.DataFrame, asked: str, alpha: float
) -> Published:
    """Analyse the trials of each set; the note gives the reason if a set cannot be analysed.

    Parameters
    ----------
    metrics, trials
        The tables of the evaluation.
    asked
        Kind of trials that the settings ask for, ``dropout`` or ``bootstrap``.
    alpha
        Tukey's intervals cover ``1 - alpha``.
    """
    found = list(_analyse(metrics, trials, asked, alpha))
    return Published(
        pd.DataFrame([row for row, _ in found], columns=ANOVA_COLUMNS),
        pd.DataFrame([pair for _, own in found for pair in own], columns=TUKEY_COLUMNS),
    )


def _analyse(
    metrics: pd.DataFrame, trials: pd.DataFrame, asked: str, alpha: float
) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    rows = (metrics["subset"] == Subset.ALL) & (metrics["role"] != EvaluationRole.ADAPTED)
    sets = metrics.loc[rows, list(SET_COLUMNS)].drop_duplicates()
    everyone = sorted(trials["model"].unique(), key=model_order)
    for key in sets.itertuples(index=False, name=None):
        head = dict(zip(SET_COLUMNS, key, strict=True))
        own = trials[(trials["experiment"] == key[0]) & (trials["negatives"] == key[3])]
        models = [model for model in everyone if (own["model"] == model).any()]
        draws = [own.loc[own["model"] == model, "auroc"].to_numpy() for model in models]
        values = np.array(draws).reshape(len(models), -1) if draws else np.empty((0, 0))
        used = next(iter(own["trials_from"]), asked)
        row = head | {"models": len(models), "trials": values.shape[1], "trials_from": used}
        notes = [NO_DROPOUT] if (asked, used) == (DROPOUT, BOOTSTRAP) else []
        notes += [f"left out {model}: no scores" for model in everyone if model not in models]
        fault = ""
        if len(models) < 2 or models[0] != MIXTURE:
            fault = "skipped: the mixture and at least one expert are needed"
        elif not spread_within(values):
            fault = "skipped: no trial differs from another"
        if fault:
            yield row | {"note": "; ".join([fault, *notes])}, []
            continue
        note = "; ".join([PSEUDO_REPLICATION, *notes])
        pairs = [
            head | {"model": MIXTURE, "other": models[other]} | asdict(pair) | {"note": note}
            for other, pair in tukey_pairs(values, 0, alpha).items()
        ]
        yield row | asdict(one_way(values)) | {"note": note}, pairs
