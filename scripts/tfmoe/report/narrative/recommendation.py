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
    KMERS_MATRIX: "adding networks and fitted weights to k-mers and matrix",
    EQUAL_SUM: "fitting the weights instead of setting them equal",
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
    return [*lines, *_with_peaks(peaks, alpha)]


def _which_model(found: Mapping[str, Best]) -> str:
    parts: list[str] = []
    for model, group in groupby(found.items(), key=lambda item: item[1].model):
        own = list(group)
        known = list_words([ROLE_WORDS[role] for role, _ in own])
        scores = list_words([decimals(best.auroc) for _, best in own])
        parts.append(f"{name(model)} for {known} ({'' if parts else 'mean AUROC '}{scores})")
    return f"Use {list_words(parts)}."


def _lead(table: pd.DataFrame, best: Best, group: str, alpha: float) -> str:
    """Return the lead of the best model over the next one, or that it shows no difference."""
    found = _ahead(table, best, alpha)
    assert best.runner_up is not None and found is not None
    first, second = name(best.model), name(best.runner_up)
    lead = with_interval(signed(found.mean), found.low, found.high, 1 - alpha, found.sets)
    if found.low > 0:
        return f"{capitalise(group)}: {first} is better than {second}. AUROC difference: {lead}."
    return (
        f"{capitalise(group)}: {first} does not differ clearly from {second}. AUROC difference: "
        f"{lead}."
    )


def _ahead(table: pd.DataFrame, best: Best, alpha: float) -> PairedDifference | None:
    """Return the best model minus the next one, over the sets that all models score."""
    if best.runner_up is None:
        return None
    return paired_difference(complete_sets(table), best.model, best.runner_up, alpha)


def _with_peaks(peaks: Mapping[str, pd.DataFrame], alpha: float) -> Iterator[str]:
    """Yield the best model by number of peaks, and which next ones it is not shown to beat."""
    found = {number: best for number, table in peaks.items() if (best := find_best(table))}
    for model, group in groupby(found.items(), key=lambda item: item[1].model):
        own = list(group)
        numbers = list_words([peaks_label(number).removesuffix(" peaks") for number, _ in own])
        scores = list_words([decimals(best.auroc) for _, best in own])
        doubt = _doubt(dict(own), peaks, alpha)
        yield (
            f"With {numbers} peaks of a new factor, use {name(model)} (mean AUROC {scores}, "
            f"{plural(own[0][1].sets, 'set')}).{doubt}"
        )


def _doubt(found: Mapping[str, Best], peaks: Mapping[str, pd.DataFrame], alpha: float) -> str:
    """Return which next models the best one is not shown to beat; empty if it beats each."""
    close: dict[str, list[str]] = {}
    for number, best in found.items():
        lead = _ahead(peaks[number], best, alpha)
        if best.runner_up and lead and not lead.low > 0:
            close.setdefault(name(best.runner_up), []).append(peaks_label(number))
    return "".join(
        f" It does not differ clearly from {other}."
        if len(numbers) == len(found)
        else f" With {list_words(numbers)}, it does not differ clearly from {other}."
        for other, numbers in close.items()
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
        f"{capitalise(ROLE_WORDS[role])}: {subject} {_gain(found)}. AUROC difference: "
        f"{with_interval(signed(found.mean), found.low, found.high, 1 - alpha, found.sets)}."
        for other, subject in _GAINS.items()
        for role, table in roles.items()
        if (found := paired_difference(table, CONDITIONED, other, alpha))
    ]


def _gain(found: PairedDifference) -> str:
    if found.low > 0:
        return "raises the mean AUROC"
    if found.high < 0:
        return "lowers the mean AUROC"
    return "makes no difference that these sets can show"
