"""All tests on the sets of one scope: tables, and sentences on the tests of pairs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from tfmoe.core.text import (
    MISSING,
    capitalise,
    decimals,
    interval,
    list_words,
    p_value,
    plural,
    probability,
    signed,
    whole,
)
from tfmoe.core.vocabulary import Verdict
from tfmoe.evaluation.panel import NO_PEAKS
from tfmoe.evaluation.statistics import Statistics
from tfmoe.report.narrative.claims import difference
from tfmoe.report.narrative.limits import AIMS, sets_needed, smallest_difference
from tfmoe.report.narrative.omnibus import describe_omnibus
from tfmoe.report.narrative.prose import SHORT_VERDICTS, bullets, name, reason, table
from tfmoe.report.narrative.scope import Scope


def describe_tests(statistics: Statistics, scope: Scope, alpha: float) -> list[str]:
    """Return the results of all tests on the sets of a scope.

    Parameters
    ----------
    statistics
        Tables of the tests.
    scope
        Sets.
    alpha
        Level of the tests.

    Returns
    -------
    list
        A heading, tables and a list.
    """
    models, pairs = _models(statistics, scope), _all_pairs(statistics, scope)
    lines = [
        *_nemenyi(statistics, scope, alpha),
        *_tukey(statistics, scope, alpha),
        *_wilcoxon(statistics, scope, alpha),
    ]
    return [
        f"### {scope.title}",
        f"Means and ranks (`ranks.tsv`):\n\n{models}" if models else "",
        describe_omnibus(statistics, scope, alpha),
        *pairs,
        bullets(lines),
        *(_delong(statistics, own) for own in _by_reference(statistics, scope)),
    ]


def _by_reference(statistics: Statistics, scope: Scope) -> list[Scope]:
    """Return the scope with each of its references, its own first."""
    models = dict.fromkeys(row.model for row in scope.of(statistics.pairwise))
    found = sorted(models, key=lambda model: model != scope.reference)
    return [replace(scope, reference=model) for model in found]


def _all_pairs(statistics: Statistics, scope: Scope) -> list[str]:
    """Return a table of the tests of each reference."""
    return [
        f"{capitalise(name(own.reference))} against each other model (`pairwise.tsv`, "
        f"`power.tsv`):\n\n{pairs}"
        for own in _by_reference(statistics, scope)
        if (pairs := _pairs(statistics, own))
    ]


def _models(statistics: Statistics, scope: Scope) -> str:
    header = ["model", "mean AUROC", "SD over seeds", "average rank"]
    cells = [
        [
            f"`{row.model}`",
            decimals(row.mean_auroc),
            decimals(row.sd_over_seeds, 4),
            decimals(row.average_rank, 2),
        ]
        for row in scope.of(statistics.ranks)
    ]
    return table(header, cells)


def _pairs(statistics: Statistics, scope: Scope) -> str:
    header = [
        "other model",
        f"verdict on {name(scope.reference)}",
        "difference (interval)",
        "p",
        "p, equivalence",
        "p, not worse",
        "p, random seeds",
        "Hedges g (interval)",
        "smallest detectable difference",
        *(f"sets to detect {aim:g}" for aim in AIMS),
    ]
    shown, needed = smallest_difference(statistics, scope), sets_needed(statistics, scope)
    cells = []
    for row in scope.pairs(statistics.pairwise):
        verdict = [f"`{row.other}`", SHORT_VERDICTS[row.verdict]]
        if row.verdict == Verdict.UNTESTED:
            cells.append(verdict + [MISSING] * (len(header) - len(verdict)))
            continue
        adjusted = (row.p_holm, row.p_equivalence_holm, row.p_not_worse_holm, row.p_seeds_holm)
        cells.append(
            [
                *verdict,
                difference(row),
                *map(probability, adjusted),
                interval(row.hedges_g, row.hedges_g_low, row.hedges_g_high, 2),
                decimals(shown[row.other].at_difference),
                *(whole(needed[row.other, aim].at_sets) for aim in AIMS),
            ]
        )
    return table(header, cells)


def _nemenyi(statistics: Statistics, scope: Scope, alpha: float) -> Iterator[str]:
    for row in scope.of(statistics.friedman):
        if np.isnan(row.p):
            continue
        pairs = scope.pairs(statistics.pairwise)
        apart = [name(pair.other) for pair in pairs if pair.p_nemenyi < alpha]
        yield (
            f"Nemenyi's test: two models differ if their average ranks are "
            f"{decimals(row.critical_difference, 2)} apart. {_differs_from(scope, apart)}"
        )


def _differs_from(scope: Scope, models: list[str]) -> str:
    subject = capitalise(name(scope.reference))
    return f"{subject} differs from {list_words(models) or 'no other model'}."


def _tukey(statistics: Statistics, scope: Scope, alpha: float) -> Iterator[str]:
    pairs = scope.of(statistics.tukey)
    tested = [row for row in pairs if not np.isnan(row.p_adjusted)]
    if not tested:
        for note in dict.fromkeys(reason(row.note) for row in pairs):
            yield f"Tukey's test of all pairs was not performed: {note}."
        return
    apart = [row for row in tested if row.p_adjusted < alpha]
    # each pair is listed once, in the order of the models
    own = [
        name(row.other if row.model == scope.reference else row.model)
        for row in apart
        if scope.reference in (row.model, row.other)
    ]
    assumed = f" {capitalise(reason(tested[0].note))}." if tested[0].note else ""
    yield (
        f"Tukey's test on marginal means (`tukey.tsv`): {len(apart)} of "
        f"{plural(len(tested), 'pair')} differ. {_differs_from(scope, own)}{assumed}"
    )


def _wilcoxon(statistics: Statistics, scope: Scope, alpha: float) -> Iterator[str]:
    pairs = scope.pairs(statistics.wilcoxon)
    tested = [row for row in pairs if not np.isnan(row.p)]
    if tested:
        apart = [
            f"{name(row.other)} ({signed(row.median_difference)}, {p_value(row.p_holm)})"
            for row in tested
            if row.p_holm < alpha
        ]
        yield (
            "Wilcoxon's signed-rank test, exact also with ties, with Holm's adjustment "
            f"(`wilcoxon.tsv`; median differences): {_differs_from(scope, apart)}"
        )
    for note in dict.fromkeys(reason(row.note) for row in pairs if np.isnan(row.p)):
        others = [name(row.other) for row in pairs if np.isnan(row.p) and reason(row.note) == note]
        which = "" if len(others) == len(pairs) else f" of {list_words(others)}"
        yield f"Wilcoxon's signed-rank test{which} was not performed: {note}."


def _delong(statistics: Statistics, scope: Scope) -> str:
    """Return a table of the sets on which DeLong's test finds the reference better or worse."""
    counts = scope.pairs(statistics.delong_counts)
    if not counts:
        return ""
    header = ["other model", "sets", "better", "worse", "neither", "not tested"]
    header += ["better by q", "worse by q"]
    cells = [
        [
            f"`{row.other}`",
            *(
                str(value)
                for value in (
                    row.sets,
                    row.better,
                    row.worse,
                    row.not_distinguishable,
                    row.not_tested,
                    row.better_q,
                    row.worse_q,
                )
            ),
        ]
        for row in counts
    ]
    return (
        f"DeLong's paired test, set by set, on {_scores(scope)}: number of sets on which "
        f"{name(scope.reference)} is better or worse. The first columns use Holm's adjustment "
        "within a set, the last two q over sets (Benjamini and Hochberg; `delong_counts.tsv`, "
        "`../evaluation/comparisons.tsv`).\n\n" + table(header, cells)
    )


def _scores(scope: Scope) -> str:
    # the mean over draws would be a model that learned from the peaks of all draws
    first = "the scores of the first draw of peaks"
    return "scores averaged over seeds" if scope.peaks == NO_PEAKS else first
