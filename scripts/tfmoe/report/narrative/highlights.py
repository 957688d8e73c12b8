"""Main results in a few sentences, for the head of the page and the summary."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from tfmoe.core.text import decimals, percent, plural
from tfmoe.core.vocabulary import GKM, OWN_EXPERT, EvaluationRole, Subset
from tfmoe.evaluation.references import main_reference
from tfmoe.figures.style import ROLES as ROLE_LABELS
from tfmoe.report.headline import Scores, count_motifs, score_truth
from tfmoe.report.narrative.claims import brief_claims
from tfmoe.report.narrative.prose import ROLES, name
from tfmoe.report.narrative.scope import Scope
from tfmoe.report.run_tables import Run, RunTables


def role_sentences(pairwise: pd.DataFrame, scores: Scores, role: str) -> list[str]:
    """Return the mixture's rank among the models on the sets of a role, and the test results.

    The mixture is the conditioned one, where the run has it.
    """
    size = scores.sizes[role]
    reference = main_reference(scores.models)
    sets = f"On the {plural(size, 'set')} of {ROLES[role]}, {name(reference)}"
    mixture = scores.of(role, reference)
    # a mean over fewer sets is not comparable
    full = {
        model: found.auroc
        for model in scores.models
        if (found := scores.of(role, model)) and found.sets == size
    }
    if mixture is None or not full:
        return [f"{sets} could not be scored."]
    best = max(full, key=lambda model: full[model])
    score = f"{sets} has a mean AUROC of {decimals(mixture.auroc)}"
    if best == reference:
        first = f"{score}, the highest of all models."
    else:
        first = (
            f"{score}. The highest is {decimals(full[best])}, of {name(best)}"
            f"{_knowledge(best, role)}."
        )
    return [first, *_test_sentences(pairwise, Scope(role, scores.kind, Subset.ALL), reference)]


def _knowledge(model: str, role: str) -> str:
    """Return how a model learnt the factor itself, if it did; the mixture never does."""
    if role == EvaluationRole.SAME_FACTOR and model in (OWN_EXPERT, GKM):
        return ", which is trained on that factor's peaks in the training cells"
    if model == OWN_EXPERT or (model == GKM and role == EvaluationRole.IN_DISTRIBUTION):
        return ", which is trained on that factor's own peaks"
    return ""


def _test_sentences(pairwise: pd.DataFrame, scope: Scope, reference: str) -> list[str]:
    """Return the verdicts of the test over sets, as one paragraph."""
    verdicts = brief_claims(replace(scope, reference=reference).pairs(pairwise))
    if not verdicts:
        return []
    lead = (
        f"Paired t tests over the {ROLE_LABELS[scope.role]} sets compare {name(reference)} with "
        "other models (Holm-adjusted)."
    )
    return [" ".join([lead, *verdicts])]


def faithfulness_sentence(faithfulness: pd.DataFrame) -> str:
    """Return the mean faithfulness of each attribution method, best first; empty without any."""
    means = faithfulness.groupby("method", sort=False)["spearman"].mean().dropna()
    if not len(means):
        return ""
    ordered = means.sort_values(ascending=False)
    methods = ", ".join(f"{method} {decimals(value)}" for method, value in ordered.items())
    return f"Faithfulness of attribution (mean correlation with in-silico mutagenesis): {methods}."


def motif_sentence(tables: RunTables, run: Run) -> str:
    """Return how many searches found a motif, and how many first motifs match JASPAR."""
    counts = count_motifs(tables.motifs)
    release = run.config["jaspar"]["file"] or run.config["jaspar"]["release"]
    # a simulation plants JASPAR's own matrices, so that every match is circular
    evidence = (
        "The planted motifs come from the same matrices."
        if run.simulated
        else f"Of these matches, {counts.independent} are independent of the run's own kind of "
        "data."
    )
    searches = plural(counts.searches, "search", "searches")
    return (
        f"Motifs: {counts.with_pattern} of {searches} found a pattern. In {counts.matched} of the "
        f"{counts.checkable} for which {release} has a matrix of the factor or its family, the "
        f"first pattern matches it at q < {run.config['motifs']['fdr']:g}. {evidence}"
    )


def truth_sentence(tables: RunTables, run: Run) -> str:
    """Return how well a simulated run recovered its planted motifs; empty for real data."""
    truth = score_truth(tables, run.config["motifs"]["method"])
    if truth is None:
        return ""
    searches = plural(truth.searches, "search", "searches")
    parts = [f"Planted truth: {truth.recovered} of {searches} found the planted motif."]
    if truth.instances:
        share = percent(truth.hit / truth.instances, 0)
        parts.append(f"Hits of the motifs cover {share} of the planted instances.")
    if pd.notna(truth.auprc):
        parts.append(
            f"Attribution finds planted positions with an AUPRC of {decimals(truth.auprc)} "
            f"(chance: {decimals(truth.prevalence)})."
        )
    return " ".join(parts)
