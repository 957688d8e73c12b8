"""Findings about each factor: sentences, and the motif whose logo shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tfmoe.core.vocabulary import EXPERT
from tfmoe.evaluation.sets import EvaluationSet
from tfmoe.motifs.shown_match import choose_match_row, textbook_strand
from tfmoe.report.blocks import complement
from tfmoe.report.narrative.factors import (
    explaining_motif,
    explanation,
    motif_finding,
    no_motif,
)

Patterns = Mapping[tuple[str, str], pd.DataFrame]
"""``patterns.tsv`` by experiment and model."""


@dataclass(frozen=True)
class Finding:
    """Finding about the factor of an experiment.

    Attributes
    ----------
    sentences
        The finding in words.
    experiment, model, pattern
        The pattern that shows it; all empty without one.
    alternative
        Description of the pattern's logo.
    """

    sentences: list[str]
    experiment: str = ""
    model: str = ""
    pattern: str = ""
    alternative: str = ""


@dataclass(frozen=True, eq=False)
class MotifTables:
    """Tables on motifs.

    Attributes
    ----------
    patterns
        ``patterns.tsv`` of each search.
    matches, summary, gate
        ``motifs/jaspar.tsv``, ``motifs/summary.tsv`` and ``motifs/gate_motifs.tsv``.
    fdr
        Level of the joint q-values.
    """

    patterns: Patterns
    matches: pd.DataFrame
    summary: pd.DataFrame
    gate: pd.DataFrame
    fdr: float

    def matches_of(self, experiment: str, model: str, pattern: str) -> pd.DataFrame:
        """Return the matches of a pattern."""
        table = self.matches
        own = table[(table["experiment"] == experiment) & (table["model"] == model)]
        return own[own["pattern"] == pattern]

    def consensus_of(self, experiment: str, model: str, row: Mapping[Any, Any]) -> str:
        """Return the consensus of a pattern, on the strand on which its logo is drawn."""
        matches = self.matches_of(experiment, model, str(row["pattern"]))
        consensus = str(row["consensus"])
        return complement(consensus) if textbook_strand(matches, self.fdr) == "-" else consensus

    def search_of(self, row: Mapping[Any, Any]) -> tuple[str, str] | None:
        """Return the search that found an expert's motif, of a row of the gate table."""
        model, pattern = f"{EXPERT}{row['expert']}", row["pattern"]
        for pair, table in self.patterns.items():
            if pair[1] == model and pattern in set(table["pattern"]):
                return pair
        return None


def find(found: EvaluationSet, tables: MotifTables) -> Finding:
    """Return the motif that a model found on the experiment, or else whose motif explains it.

    The search that is shown is that of the factor's own expert, or else the first one with a motif.
    An unseen factor without a search is explained by an expert's motif.
    """
    searches = [pair for pair in tables.patterns if pair[0] == found.experiment]
    searches.sort(
        key=lambda pair: (pair[1] != f"{EXPERT}{found.expert}", tables.patterns[pair].empty)
    )
    if searches and len(tables.patterns[searches[0]]):
        return _own_motif(found, tables, searches[0])
    if searches and found.expert:
        rows = tables.summary
        own = rows[(rows["experiment"] == found.experiment) & (rows["model"] == searches[0][1])]
        note = own["note"].iloc[0] if len(own) else None
        return Finding([no_motif(found.factor, searches[0][1], note)])
    return _explained(found, tables)


def _own_motif(found: EvaluationSet, tables: MotifTables, search: tuple[str, str]) -> Finding:
    row: dict[Any, Any] = tables.patterns[search].iloc[0].to_dict()
    match = choose_match_row(tables.matches_of(*search, row["pattern"]), tables.fdr)
    consensus = tables.consensus_of(*search, row)
    sentence = motif_finding(found.factor, search[1], consensus, match, tables.fdr)
    matrix = f" above {match['name']} {match['matrix_id']}" if match else ""
    return Finding([sentence], *search, row["pattern"], f"Logo of {consensus}{matrix}")


def _explained(found: EvaluationSet, tables: MotifTables) -> Finding:
    row = explaining_motif(tables.gate, found.experiment, tables.fdr)
    if row is None:
        return Finding(explanation(found.factor, None, ""))
    search = tables.search_of(row)
    if search is None:
        return Finding(explanation(found.factor, row, str(row["consensus"])))
    consensus = tables.consensus_of(*search, row)
    sentences = explanation(found.factor, row, consensus)
    return Finding(sentences, *search, str(row["pattern"]), f"Logo of {consensus}")
