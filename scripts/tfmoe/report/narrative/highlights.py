"""Main results in sentences, for the head of the page, its sections and the summary."""

from __future__ import annotations

import pandas as pd

from tfmoe.attribution.method_names import parse_method
from tfmoe.core.text import decimals, list_words, percent, plural
from tfmoe.report.headline import count_motifs, score_truth
from tfmoe.report.run_tables import Run, RunTables


def faithfulness_sentence(faithfulness: pd.DataFrame) -> str:
    """Return the most faithful attribution method and the next; empty without any."""
    means = faithfulness.groupby("method", sort=False)["spearman"].mean().dropna()
    if not len(means):
        return ""
    ordered = means.sort_values(ascending=False, kind="stable")
    (best, value), *others = ordered.items()
    rest = list_words(
        [f"{decimals(other)} for {parse_method(str(method)).title}" for method, other in others]
    )
    against = f", against {rest}" if rest else ""
    return (
        f"Agreement with in-silico mutagenesis (mean Spearman correlation) is highest for "
        f"{parse_method(str(best)).title}, {decimals(value)}{against}. The order was not tested."
    )


def match_sentence(tables: RunTables, run: Run) -> str:
    """Return how many first motifs match JASPAR, and whether that is independent evidence."""
    counts = count_motifs(tables.motifs)
    release = run.config["jaspar"]["file"] or run.config["jaspar"]["release"]
    if not counts.checkable:
        return f"No motif could be checked, because {release} has no matrix of these families."
    known = " with a known matrix" if counts.checkable < counts.searches else ""
    return (
        f"In {counts.matched} of {plural(counts.checkable, 'search', 'searches')}{known}, the "
        f"first motif matches {release}'s matrix of the factor or its family (q < "
        f"{run.config['motifs']['fdr']:g})."
    )


def searches_sentence(tables: RunTables, run: Run) -> str:
    """Return how many searches found a motif, and whether their matches are independent."""
    counts = count_motifs(tables.motifs)
    # a simulation plants JASPAR's own matrices, so that every match is circular
    evidence = (
        "The simulation planted motifs of the same JASPAR matrices."
        if run.simulated
        else f"Of the {plural(counts.matched, 'match', 'matches')} with the factor or its family, "
        f"{counts.independent} {'is' if counts.independent == 1 else 'are'} independent: the "
        "matrix comes from another kind of data than the run's."
    )
    searches = plural(counts.searches, "search", "searches")
    return f"{counts.with_pattern} of {searches} found a motif. {evidence}"


def truth_sentences(tables: RunTables, run: Run) -> list[str]:
    """Return how well a simulated run recovered its planted motifs; empty for real data."""
    truth = score_truth(tables, run.config["motifs"]["method"])
    if truth is None:
        return []
    searches = plural(truth.searches, "search", "searches")
    lines = [f"Planted truth: {truth.recovered} of {searches} found the planted motif."]
    if truth.instances:
        share = percent(truth.hit / truth.instances, 0)
        lines.append(f"Hits of the motifs cover {share} of the planted instances.")
    if pd.notna(truth.auprc):
        lines.append(
            f"Attribution finds planted positions with an AUPRC of {decimals(truth.auprc)} "
            f"(chance: {decimals(truth.prevalence)})."
        )
    return lines
