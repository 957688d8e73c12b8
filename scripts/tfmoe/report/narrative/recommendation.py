"""The headline: which model to use, and whether networks and fitted weights help."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

import pandas as pd

from tfmoe.core.text import decimals, interval, list_words, plural
from tfmoe.core.vocabulary import CONDITIONED, EQUAL_SUM, KMERS_MATRIX
from tfmoe.figures.style import kind_label, peaks_label
from tfmoe.report.headline import Scores
from tfmoe.report.narrative.prose import name
from tfmoe.report.ranking import (
    ROLE_WORDS,
    Best,
    PairedDifference,
    by_peaks,
    by_role,
    find_best,
    paired_difference,
)
from tfmoe.report.run_tables import Run, RunTables

_GAINS = {
    KMERS_MATRIX: (
        "Gain from networks and fitted weights over k-mers and matrix alone (the conditioned "
        "mixture minus the sum of k-mers and matrix"
    ),
    EQUAL_SUM: (
        "Gain from fitted over equal weights (the conditioned mixture minus the equal-weight sum "
        "of networks, k-mers and matrix"
    ),
}


def headline(tables: RunTables, run: Run, scores: Scores) -> list[str]:
    """Return the model to use for each group of factors, and the gains of the mixture.

    Parameters
    ----------
    tables
        Tables of the run.
    run
        The run.
    scores
        Its mean AUROCs.

    Returns
    -------
    list
        The recommendation, then one sentence per gain; empty without any score.
    """
    roles = by_role(scores, run)
    lines = [recommend(roles, by_peaks(tables, scores.kind), scores.kind)]
    lines += [gain(roles, other, run.config["evaluation"]["alpha"]) for other in _GAINS]
    return [line for line in lines if line]


def recommend(
    roles: Mapping[str, pd.DataFrame], peaks: Mapping[str, pd.DataFrame], kind: str
) -> str:
    """Return the best model for known and for unseen factors, and for each number of peaks.

    Parameters
    ----------
    roles, peaks
        See `tfmoe.report.ranking.by_role` and `tfmoe.report.ranking.by_peaks`.
    kind
        Kind of negatives.
    """
    parts = [
        f"{name(best.model)} for {ROLE_WORDS[role]} ({_numbers(best)})"
        for role, table in roles.items()
        if (best := find_best(table))
    ]
    found = {number: best for number, table in peaks.items() if (best := find_best(table))}
    for model, group in groupby(found.items(), key=lambda item: item[1].model):
        own = list(group)
        numbers = list_words([f"{peaks_label(number)} ({_numbers(best)})" for number, best in own])
        parts.append(f"{name(model)} with {numbers} of a new factor")
    if not parts:
        return ""
    return (
        f"Use {'; '.join(parts)}: of all models, these have the highest mean AUROC against "
        f"{kind_label(kind)}, over the sets that all models score."
    )


def _numbers(best: Best) -> str:
    """Return the mean of the best model, the next model with its mean, and the number of sets."""
    second = (
        f"; next, {name(best.runner_up)}, {decimals(best.runner_up_auroc)}"
        if best.runner_up
        else ""
    )
    return f"{decimals(best.auroc)}{second}; {plural(best.sets, 'set')}"


def gain(roles: Mapping[str, pd.DataFrame], other: str, alpha: float) -> str:
    """Return the conditioned mixture's difference to a sum, by role; empty without scores.

    Parameters
    ----------
    roles
        See `tfmoe.report.ranking.by_role`.
    other
        The sum.
    alpha
        Intervals cover ``1 - alpha``.
    """
    parts = [
        f"{interval(found.mean, found.low, found.high, sign=True)} on the "
        f"{plural(found.sets, 'set')} of {ROLE_WORDS[role]}, {_verdict(found)}"
        for role, table in roles.items()
        if (found := paired_difference(table, CONDITIONED, other, alpha))
    ]
    if not parts:
        return ""
    return f"{_GAINS[other]}, {100 * (1 - alpha):g} % interval over sets): {'; '.join(parts)}."


def _verdict(found: PairedDifference) -> str:
    if found.low > 0:
        return "a gain"
    if found.high < 0:
        return "a loss"
    return "no difference shown"
