"""The statistics report: claims first, then their limits, then every test.

Every claim is supported by a test, and every number is in a table next to the report.
"""

from __future__ import annotations

import pandas as pd

from tfmoe.core.vocabulary import EvaluationRole, model_order
from tfmoe.evaluation.panel import ALL
from tfmoe.evaluation.settings import StatisticsSettings
from tfmoe.evaluation.statistics import Statistics
from tfmoe.figures.style import kind_label
from tfmoe.report.narrative.claims import (
    changed_without_overlap,
    claims,
    scope_size,
    strata_table,
)
from tfmoe.report.narrative.limits import limits
from tfmoe.report.narrative.prose import ROLES, bullets
from tfmoe.report.narrative.published import published, set_by_set
from tfmoe.report.narrative.scope import (
    ERRORS,
    FOLDED,
    LIMITS,
    PUBLISHED,
    SHORT,
    SHUFFLES,
    Scope,
    find_scopes,
)
from tfmoe.report.narrative.shuffles import above_background, worth
from tfmoe.report.narrative.test_tables import describe_tests
from tfmoe.report.narrative.trust import caution, trust
from tfmoe.report.text import capitalise, list_words, plural


def statistics_report(
    statistics: Statistics,
    metrics: pd.DataFrame,
    best_expert: pd.DataFrame,
    settings: StatisticsSettings,
) -> str:
    """Return the statistics report in Markdown.

    Parameters
    ----------
    statistics
        Tables of the tests.
    metrics, best_expert
        Tables of the evaluation.
    settings
        Settings of the tests.
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
    parts += [_reading(settings), f"## {LIMITS}", bullets(limits(statistics, whole))]
    parts += [f"## {ERRORS}", *trust(statistics)]
    parts += [f"## {PUBLISHED}", published(statistics, settings.alpha)]
    parts.append(f"## {FOLDED[0]}")
    for scope in first:
        parts += describe_tests(statistics, scope, settings.alpha)
    parts += _shuffled(statistics, first, settings)
    if others:
        parts.append(f"## {FOLDED[1]}")
    for scope in others:
        lines = [*claims(statistics, scope, best, settings.alpha)]
        lines += [worth(statistics, scope)] if scope.negatives in settings.shuffled else []
        heading, *rest = describe_tests(statistics, scope, settings.alpha)
        parts += [heading, bullets(lines), *rest]
    parts += _shuffled(statistics, others, settings)
    parts += [f"## {FOLDED[2]}", *set_by_set(statistics)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _compared(statistics: Statistics, metrics: pd.DataFrame, primary: str) -> str:
    """Return which models are compared, and on which sets."""
    if not primary:
        return "No set was scored, so nothing could be compared."
    ranks = statistics.ranks
    entered = sorted(set(ranks.loc[ranks["negatives"] == primary, "model"]), key=model_order)
    models = list_words([f"`{model}`" for model in entered]) or "none"
    sizes = metrics.drop_duplicates("experiment")["role"].value_counts()
    sets = [
        f"{plural(int(sizes.get(role, 0)), 'set')} of {words}"
        for role, words in ROLES.items()
        if role in sizes or role != EvaluationRole.SAME_FACTOR
    ]
    return (
        f"Models compared (`evaluation.family` of the config): {models}. They are scored on the "
        f"test split of {list_words(sets)}, against {kind_label(primary)}, with "
        f"{plural(metrics['seed'].nunique(), 'training seed')} per model."
    )


def _short(
    statistics: Statistics,
    scope: Scope,
    first: list[Scope],
    best: str,
    settings: StatisticsSettings,
) -> list[str]:
    """Return the answer for one role."""
    size = plural(scope_size(scope, statistics), "set")
    lines = claims(statistics, scope, best, settings.alpha)
    if warning := caution(statistics, scope):
        lines.append(warning)
    if scope.negatives in settings.shuffled:
        lines.append(worth(statistics, scope))
    reduced = [own for own in first if own.role == scope.role and own.subset != ALL]
    lines += [changed_without_overlap(statistics, scope, own) for own in reduced]
    role = ROLES[scope.role]
    parts = [f"**{capitalise(role)}** ({size}):", bullets(lines)]
    if strata := strata_table(statistics, scope):
        parts += ["By kind of factor, the mixture minus the other model:", strata]
    return parts


def _reading(settings: StatisticsSettings) -> str:
    return (
        "How to read this: differences are in AUROC, the mixture minus the other model, with a "
        f"{100 * (1 - settings.alpha):g} % interval for that pair alone. The data set is the unit "
        "of replication, and a model's AUROC on a set is its mean over training seeds. A paired t "
        f"test over sets decides at level {settings.alpha:g}. "
        '"Equivalent" takes two one-sided t tests against a margin of '
        f'{settings.margin:g}, "not worse" one of them. Values of p are Holm-adjusted over the '
        "other models; where p and the interval disagree, p decides (`pairwise.tsv`). Every number "
        "is in a table of this folder."
    )


def _shuffled(
    statistics: Statistics, scopes: list[Scope], settings: StatisticsSettings
) -> list[str]:
    tested = {scope.negatives for scope in scopes}
    text = above_background(statistics, [kind for kind in settings.shuffled if kind in tested])
    return [f"### {SHUFFLES}", text] if text else []
