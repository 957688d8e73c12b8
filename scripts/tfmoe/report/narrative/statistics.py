"""The statistics report: claims first, then their limits, then every test.

Every claim is supported by a test, and every number is in a table next to the report.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from tfmoe.core.text import capitalise, list_words, plural
from tfmoe.core.vocabulary import MIXTURE, PWM, EvaluationRole, Family, Verdict, model_order
from tfmoe.evaluation.panel import ALL, NO_PEAKS, WITH_MATRIX
from tfmoe.evaluation.sets import unadapted
from tfmoe.evaluation.settings import StatisticsSettings
from tfmoe.evaluation.statistics import Statistics
from tfmoe.figures.style import kind_label, peaks_label
from tfmoe.report.narrative.claims import (
    changed_without_overlap,
    claims,
    comparisons,
    scope_size,
    strata_table,
)
from tfmoe.report.narrative.limits import limits
from tfmoe.report.narrative.prose import ROLES, SHORT_VERDICTS, bullets, name, reason
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
    is_primary,
)
from tfmoe.report.narrative.shuffles import above_background, worth
from tfmoe.report.narrative.test_tables import describe_tests
from tfmoe.report.narrative.trust import caution, trust


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
    scopes = find_scopes(statistics)
    primary = scopes[0].negatives if scopes else ""
    first = [scope for scope in scopes if scope.negatives == primary]
    # the tables have the rest: adapted models and sets with a matrix on other negatives
    others = [scope for scope in scopes if scope.negatives != primary]
    others = [scope for scope in others if (scope.stratum, scope.peaks) == (ALL, NO_PEAKS)]
    best = next(iter(best_expert.loc[best_expert["chosen"].astype(bool), "expert"]), "")
    whole = [scope for scope in first if (scope.subset, scope.stratum) == (ALL, ALL)]
    adapted = [scope for scope in whole if scope.peaks != NO_PEAKS]
    whole = [scope for scope in whole if scope.peaks == NO_PEAKS]
    parts = ["# Statistics", f"## {SHORT}", _compared(statistics, metrics, primary)]
    for scope in whole:
        parts += _short(statistics, scope, first, best, settings)
    parts += _adapted(statistics, adapted)
    parts += [
        _reading(settings),
        _families(statistics, whole),
        f"## {LIMITS}",
        bullets(limits(statistics, whole)),
    ]
    parts += [f"## {ERRORS}", *trust(statistics)]
    parts += [f"## {PUBLISHED}", published(statistics, settings.alpha)]
    parts.append(f"## {FOLDED[0]}")
    for scope in first:
        parts += describe_tests(statistics, scope, settings.alpha)
    parts += _shuffled(statistics, first, settings)
    if others:
        parts.append(f"## {FOLDED[1]}")
    for scope in others:
        lines = [*claims(statistics, scope, settings.alpha)]
        lines += [worth(statistics, scope)] if scope.negatives in settings.shuffled else []
        heading, *rest = describe_tests(statistics, scope, settings.alpha)
        pairs = comparisons(scope.pairs(statistics.pairwise), best)
        parts += [heading, bullets(lines), pairs, *rest]
    parts += _shuffled(statistics, others, settings)
    parts += [f"## {FOLDED[2]}", *set_by_set(statistics)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _compared(statistics: Statistics, metrics: pd.DataFrame, primary: str) -> str:
    """Return which models are compared, and on which sets."""
    if not primary:
        return "No set was scored, so nothing could be compared."
    ranks = unadapted(statistics.ranks)
    metrics = unadapted(metrics)
    entered = sorted(set(ranks.loc[ranks["negatives"] == primary, "model"]), key=model_order)
    models = list_words([f"`{model}`" for model in entered]) or "none"
    sizes = metrics.drop_duplicates("experiment")["role"].value_counts()
    sets = [
        f"{plural(int(sizes.get(role, 0)), 'set')} of {words}"
        for role, words in ROLES.items()
        if role in sizes or role in (EvaluationRole.IN_DISTRIBUTION, EvaluationRole.OOD)
    ]
    return (
        f"Models compared (`evaluation.family` of the config): {models}. They are scored on the "
        f"test split of {list_words(sets)}. Negatives: {kind_label(primary)}. Each model has "
        f"{plural(metrics['seed'].nunique(), 'training seed')}."
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
    lead, *lines = claims(statistics, scope, settings.alpha)
    if warning := caution(statistics, scope):
        lines.append(warning)
    if scope.negatives in settings.shuffled:
        lines.append(worth(statistics, scope))
    reduced = [own for own in first if own.role == scope.role and own.subset != ALL]
    reduced = [own for own in reduced if own.stratum == ALL]
    lines += [changed_without_overlap(statistics, scope, own) for own in reduced]
    role = ROLES[scope.role]
    rank = f", {Family.PRIMARY} comparison" if is_primary(statistics, scope) else ""
    parts = [f"**{capitalise(role)}** ({size}{rank}): {lead}"]
    parts += [comparisons(scope.pairs(statistics.pairwise), best), bullets(lines)]
    parts += _other_pairs(statistics, scope)
    if strata := strata_table(statistics, scope):
        subject = name(scope.reference)
        parts += [f"By kind of factor, {subject} minus the other model:", strata]
    return parts


def _other_pairs(statistics: Statistics, scope: Scope) -> list[str]:
    """Return the pairs with the matrix, if some factors have none, and those of the mixture."""
    parts = []
    matrix = replace(scope, stratum=WITH_MATRIX).pairs(statistics.pairwise)
    if compared := comparisons([row for row in matrix if row.other == PWM]):
        sets = plural(int(matrix[0].sets), "set")
        parts += [f"On the {sets} of factors with a matrix:", compared]
    if scope.reference != MIXTURE:
        blind = replace(scope, reference=MIXTURE).pairs(statistics.pairwise)
        if compared := comparisons(blind):
            lead = f"{capitalise(name(MIXTURE))}, which does not know the factor (`{MIXTURE}`):"
            parts += [lead, compared]
    return parts


def _adapted(statistics: Statistics, scopes: list[Scope]) -> list[str]:
    """Return the comparisons of the adapted mixture, for each number of peaks."""
    parts = []
    for scope in scopes:
        pairs = scope.pairs(statistics.pairwise)
        matrix = replace(scope, stratum=WITH_MATRIX).pairs(statistics.pairwise)
        pairs += [row for row in matrix if row.other == PWM]
        sets = plural(scope_size(scope, statistics), "set")
        lead = f"With {peaks_label(scope.peaks)} ({sets})"
        if compared := comparisons(pairs):
            parts += [f"{lead}:", compared]
            continue
        reasons = dict.fromkeys(reason(row.note.split("; ")[0]) for row in pairs)
        parts.append(f"{lead}: not compared, {'; '.join(reasons) or 'nothing was scored'}.")
    if not parts:
        return []
    return [
        f"**{capitalise(ROLES[EvaluationRole.ADAPTED])}**: each number of peaks is a family of "
        "comparisons of its own. The AUROC of a model on a set is its mean over draws of these "
        "peaks, which take the place of training seeds.",
        *parts,
    ]


def _reading(settings: StatisticsSettings) -> str:
    return bullets(
        [
            "How to read this: a difference is in AUROC, the named model minus the other. Its "
            f"{100 * (1 - settings.alpha):g} % interval is for that pair alone.",
            "The data set is the unit of replication. A model's AUROC on a set is its mean over "
            "training seeds.",
            f'"{capitalise(SHORT_VERDICTS[Verdict.BETTER])}" and '
            f'"{SHORT_VERDICTS[Verdict.WORSE]}": a paired t test over sets decides at level '
            f"{settings.alpha:g}. Values of p are adjusted over the other models by Holm's method "
            "(`pairwise.tsv`).",
            f'"{capitalise(SHORT_VERDICTS[Verdict.EQUIVALENT])}": the difference is below '
            f"{settings.margin:g} in either direction, by two one-sided t tests.",
            f'"{capitalise(SHORT_VERDICTS[Verdict.NOT_WORSE])}": lower by less than '
            f"{settings.margin:g}, if at all, by one of these tests.",
            '"Probably": the interval of this pair excludes zero, but the adjusted p is too large '
            "for a claim.",
            "Every number is in a table of this folder.",
        ]
    )


def _families(statistics: Statistics, whole: list[Scope]) -> str:
    """Name the primary family of tests, and state that Holm's adjustment covers one family."""
    first = next((scope for scope in whole if is_primary(statistics, scope)), None)
    if first is None:
        return ""
    return (
        f"The primary comparison is that of {name(first.reference)} with each other model on all "
        f"sets of {ROLES[first.role]}, against {kind_label(first.negatives)}. It uses all test "
        "sequences (`family` in `pairwise.tsv`). It is the same in every run, whichever model is "
        "ahead, and Holm's adjustment covers its tests. All other comparisons are secondary: other "
        "roles and negatives, single kinds of factors, sequences without overlap, other mixtures. "
        "Holm's adjustment holds within each of them, not over all together. So single verdicts "
        "may be due to chance. Tests other than the t test over sets, and tests on single sets, "
        "are secondary too."
    )


def _shuffled(
    statistics: Statistics, scopes: list[Scope], settings: StatisticsSettings
) -> list[str]:
    tested = {scope.negatives for scope in scopes}
    text = above_background(statistics, [kind for kind in settings.shuffled if kind in tested])
    return [f"### {SHUFFLES}", text] if text else []
