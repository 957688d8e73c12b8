"""Which model to use, and whether networks and fitted weights help."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

import pandas as pd

from tfmoe.core.text import capitalise, decimals, list_words, plural, signed
from tfmoe.core.vocabulary import CONDITIONED, EQUAL_SUM, KMERS_MATRIX
from tfmoe.figures.style import peaks_label
from tfmoe.report.narrative.prose import name, with_interval
from tfmoe.report.ranking import (
    ROLE_WORDS,
    Best,
    PairedDifference,
    complete_sets,
    find_best,
    paired_difference,
)

_GAINS = {
    KMERS_MATRIX: "Networks and fitted weights change the mean AUROC of k-mers and matrix",
    EQUAL_SUM: "Fitted instead of equal weights change the mean AUROC",
}


def recommend(
    roles: Mapping[str, pd.DataFrame], peaks: Mapping[str, pd.DataFrame], alpha: float
) -> list[str]:
    """Return the best model for known and for unseen factors, its lead, and the best with peaks.

    Parameters
    ----------
    roles, peaks
        See `tfmoe.report.ranking.by_role` and `tfmoe.report.ranking.by_peaks`.
    alpha
        Intervals cover ``1 - alpha``.

    Returns
    -------
    list
        The recommendation, then a sentence or two per group of factors; empty without any score.
    """
    found = {role: best for role, table in roles.items() if (best := find_best(table))}
    lines = [_which_model(found)] if found else []
    lines += [
        _lead(roles[role], best, ROLE_WORDS[role], alpha)
        for role, best in found.items()
        if best.runner_up
    ]
    return [*lines, *_with_peaks(peaks)]


def _which_model(found: Mapping[str, Best]) -> str:
    parts: list[str] = []
    for model, group in groupby(found.items(), key=lambda item: item[1].model):
        own = list(group)
        known = list_words([ROLE_WORDS[role] for role, _ in own])
        scores = list_words([decimals(best.auroc) for _, best in own])
        parts.append(f"{name(model)} for {known} ({'' if parts else 'mean AUROC '}{scores})")
    return f"Use {list_words(parts)}."


def _lead(table: pd.DataFrame, best: Best, group: str, alpha: float) -> str:
    """Return the lead of the best model over the next one, and whether it could be chance."""
    assert best.runner_up is not None
    found = paired_difference(complete_sets(table), best.model, best.runner_up, alpha)
    assert found is not None
    lead = with_interval(decimals(found.mean), found.low, found.high, 1 - alpha, found.sets)
    return (
        f"{capitalise(group)}: {name(best.model)} leads {name(best.runner_up)} by {lead}. "
        f"{_worth(found)}"
    )


def _worth(found: PairedDifference) -> str:
    if found.low > 0:
        return "That is unlikely to be chance."
    return "That could be chance."


def _with_peaks(peaks: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    found = {number: best for number, table in peaks.items() if (best := find_best(table))}
    for model, group in groupby(found.items(), key=lambda item: item[1].model):
        own = list(group)
        numbers = list_words([peaks_label(number).removesuffix(" peaks") for number, _ in own])
        scores = list_words([decimals(best.auroc) for _, best in own])
        yield (
            f"With {numbers} peaks of a new factor, use {name(model)} (mean AUROC {scores}, "
            f"{plural(own[0][1].sets, 'set')})."
        )


def gains(roles: Mapping[str, pd.DataFrame], alpha: float) -> list[str]:
    """Return the conditioned mixture's difference to simpler sums, one sentence per group of sets.

    Parameters
    ----------
    roles
        See `tfmoe.report.ranking.by_role`.
    alpha
        Intervals cover ``1 - alpha``.
    """
    return [
        f"{subject} by "
        f"{with_interval(signed(found.mean), found.low, found.high, 1 - alpha, found.sets)} on "
        f"{ROLE_WORDS[role]}: {_gain(found)}."
        for other, subject in _GAINS.items()
        for role, table in roles.items()
        if (found := paired_difference(table, CONDITIONED, other, alpha))
    ]


def _gain(found: PairedDifference) -> str:
    if found.low > 0:
        return "a gain"
    if found.high < 0:
        return "a loss"
    return "no difference shown"
