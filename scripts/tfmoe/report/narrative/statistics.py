"""The report of the statistics: what a reader finds first stands first.

A sentence stands here only if a test carries it, and a number only if it stands in one of the
tables beside the report.
"""

from __future__ import annotations

import pandas as pd

from tfmoe.core.vocabulary import KINDS, model_order
from tfmoe.evaluation.panel import ALL
from tfmoe.evaluation.settings import EvaluationSettings
from tfmoe.evaluation.statistics import Statistics
from tfmoe.report.narrative.claims import (
    changed_without_overlap,
    claims,
    scope_size,
    strata_table,
)
from tfmoe.report.narrative.limits import limits
from tfmoe.report.narrative.prose import bullets, join, plural
from tfmoe.report.narrative.published import published, set_by_set
from tfmoe.report.narrative.scope import (
    IN_DISTRIBUTION,
    OOD,
    ROLES,
    Scope,
    find_scopes,
)
from tfmoe.report.narrative.shuffles import above_background, worth
from tfmoe.report.narrative.test_tables import details
from tfmoe.report.narrative.titles import FOLDED, PUBLISHED, SHORT
from tfmoe.report.narrative.trust import caution, trust


def write_report(
    statistics: Statistics,
    metrics: pd.DataFrame,
    best_expert: pd.DataFrame,
    settings: EvaluationSettings,
) -> str:
    """Write the report as Markdown.

    Parameters
    ----------
    statistics
        The tests' tables.
    metrics, best_expert
        The tables of the evaluation.
    settings
        The settings that the tests were run with.
    """
    scopes = find_scopes(statistics.two_way)
    primary = scopes[0].negatives if scopes else ""
    first = [scope for scope in scopes if scope.negatives == primary]
    others = [scope for scope in scopes if scope.negatives != primary]
    best = next(iter(best_expert.loc[best_expert["chosen"].astype(bool), "expert"]), "")
    whole = [scope for scope in first if scope.subset == ALL]
    parts = ["# Statistics", f"## {SHORT}", _compared(statistics, metrics, primary)]
    for scope in whole:
        parts += _short(statistics, scope, first, best, settings)
    parts += [_reading(settings), "## What cannot be claimed", bullets(limits(statistics, whole))]
    parts += ["## How often the tests are wrong", *trust(statistics)]
    parts += [f"## {PUBLISHED}", published(statistics, settings.alpha)]
    parts.append(f"## {FOLDED[0]}")
    for scope in first:
        parts += details(statistics, scope, settings.alpha)
    parts += _shuffled(statistics, first, settings)
    if others:
        parts.append(f"## {FOLDED[1]}")
    for scope in others:
        lines = [*claims(statistics, scope, best, settings.alpha)]
        lines += [worth(statistics, scope)] if scope.negatives in settings.shuffled else []
        heading, *rest = details(statistics, scope, settings.alpha)
        parts += [heading, bullets(lines), *rest]
    parts += _shuffled(statistics, others, settings)
    parts += [f"## {FOLDED[2]}", *set_by_set(statistics)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _compared(statistics: Statistics, metrics: pd.DataFrame, primary: str) -> str:
    """Say which models entered, on what."""
    if not primary:
        return "No set was scored, so nothing could be compared."
    ranks = statistics.ranks
    entered = sorted(set(ranks.loc[ranks["negatives"] == primary, "model"]), key=model_order)
    models = join([f"`{model}`" for model in entered]) or "none"
    sizes = metrics.drop_duplicates("experiment")["role"].value_counts()
    seeds = metrics["seed"].nunique()
    return (
        f"Compared (`evaluation.family` of the config): {models}. On the test split of "
        f"{plural(int(sizes.get(IN_DISTRIBUTION, 0)), 'set')} of factors that have an expert and "
        f"{int(sizes.get(OOD, 0))} of factors that no expert has seen (OOD), against "
        f"{KINDS[primary]}, with {plural(seeds, 'training seed')} a model."
    )


def _short(
    statistics: Statistics,
    scope: Scope,
    first: list[Scope],
    best: str,
    settings: EvaluationSettings,
) -> list[str]:
    """Give the answer for one role."""
    size = plural(scope_size(scope, statistics), "set")
    lines = claims(statistics, scope, best, settings.alpha)
    if warning := caution(statistics, scope):
        lines.append(warning)
    if scope.negatives in settings.shuffled:
        lines.append(worth(statistics, scope))
    reduced = [own for own in first if own.role == scope.role and own.subset != ALL]
    lines += [changed_without_overlap(statistics, scope, own) for own in reduced]
    who = ROLES[scope.role]
    parts = [f"**{who[0].upper()}{who[1:]}** ({size}):", bullets(lines)]
    if strata := strata_table(statistics, scope):
        parts += ["By kind of factor, the mixture less the other model:", strata]
    return parts


def _reading(settings: EvaluationSettings) -> str:
    return (
        "Differences are in AUROC, mixture less other, with their interval "
        f"({100 * (1 - settings.alpha):g} %, of the pair alone). The data set is the unit of "
        "replication, and a model's AUROC on a set is the mean over its seeds. A paired t test "
        'over sets decides, for "equivalent" two one-sided ones against a margin of '
        f'{settings.margin:g} and for "not worse" one of them; p is Holm-adjusted over the other '
        "models and decides where the interval seems to say otherwise (`pairwise.tsv`; level "
        f"{settings.alpha:g}). Each number stands in a table of this folder."
    )


def _shuffled(
    statistics: Statistics, scopes: list[Scope], settings: EvaluationSettings
) -> list[str]:
    found = {scope.negatives for scope in scopes}
    text = above_background(statistics, [kind for kind in settings.shuffled if kind in found])
    return ["### What AUROCs on shuffles are worth", text] if text else []
