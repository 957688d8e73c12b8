"""The finding about one factor, in sentences for its card and its page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from tfmoe.core.text import decimals, percent, q_value
from tfmoe.core.vocabulary import is_expert
from tfmoe.figures.style import label
from tfmoe.motifs.shown_match import OTHER, OWN

FEW_HITS = 0.05
"""A motif with hits in a smaller share of the peaks explains few of them."""


def motif_finding(
    factor: str, model: str, consensus: str, match: Mapping[str, Any] | None, fdr: float
) -> str:
    """Return which motif a model found on a factor's peaks, and which matrix it matches.

    Parameters
    ----------
    factor, model
        The factor, and the model whose attributions were searched.
    consensus
        Consensus of the search's first pattern, on the strand of its logo.
    match
        Result of `tfmoe.motifs.shown_match.choose_match_row` for the pattern.
    fdr
        Level of the joint q-values.
    """
    found = f"On {factor}'s peaks, {_finder(model)} found the motif {consensus}"
    if match is None:
        return f"{found}, which resembles no matrix in JASPAR."
    matrix = f"{match['name']} ({match['matrix_id']}, {q_value(match['q'])})"
    if match["q"] >= fdr:
        return f"{found}. It matches no JASPAR matrix; the closest is {matrix}."
    if match["relation"] == OTHER:
        return f"{found}. It matches the JASPAR matrix of another factor, {matrix}."
    whose = "factor's own" if match["relation"] == OWN else "family's"
    return f"{found}. It matches the {whose} JASPAR matrix, {matrix}."


def no_motif(factor: str, model: str, note: Any) -> str:
    """Return that a search found no motif, with its reason."""
    reason = "" if pd.isna(note) or not note else f": {note}"
    return f"On {factor}'s peaks, {_finder(model)} found no motif{reason}."


def _finder(model: str) -> str:
    return "its expert" if is_expert(model) else f"the {label(model)}"


def explaining_motif(gate: pd.DataFrame, experiment: str, fdr: float) -> dict[str, Any] | None:
    """Return the expert's motif whose hits are most in excess in the peaks of an experiment.

    Parameters
    ----------
    gate
        ``motifs/gate_motifs.tsv``.
    experiment
        Name of the experiment.
    fdr
        Level of the q-values of the excess.

    Returns
    -------
    dict
        Its row, with the number of networks in the mixture as ``networks``; `None` if no motif is
        enriched.
    """
    of_set = gate[gate["experiment"] == experiment]
    own = of_set[of_set["q"] < fdr]
    own = own.assign(excess=own["rate_positives"] - own["rate_negatives"])
    own = own[own["excess"] > 0]
    if own.empty:
        return None
    best = own.iloc[int(own["excess"].to_numpy().argmax())]
    row = {str(key): value for key, value in best.items()}
    return row | {"networks": of_set["expert"].nunique()}


def explanation(factor: str, row: Mapping[str, Any] | None, consensus: str) -> list[str]:
    """Return whose motif explains an unseen factor, and the expert's weight in the gate.

    Parameters
    ----------
    factor
        The factor.
    row
        Result of `explaining_motif`.
    consensus
        Consensus of that motif, on the strand of its logo.
    """
    if row is None:
        return [f"No expert saw {factor}, and no expert's motif is enriched in its peaks."]
    share, chance = percent(row["rate_positives"], 0), percent(row["rate_negatives"], 0)
    rates = f"{share} of test peaks have a hit, and {chance} of negatives."
    motif = f"motif {consensus} of {row['expert']}'s expert"
    if row["rate_positives"] < FEW_HITS:
        lead = f"No expert saw {factor}, and no motif explains many of its peaks."
        return [lead, f"The best is the {motif}: {rates}"]
    lines = [f"No expert saw {factor}. The {motif} explains it best: {rates}"]
    if pd.notna(row["weight"]):
        several = row["networks"] > 1
        even = f" (an even share is {decimals(1 / row['networks'], 2)})" if several else ""
        weight = decimals(row["weight"], 2)
        lines.append(f"The gate gives this expert a mean weight of {weight}{even}.")
    return lines
