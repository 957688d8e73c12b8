"""Every test on the sets of one scope, in tables and a line each."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tfmoe.core.vocabulary import MIXTURE
from tfmoe.evaluation.pairwise import UNTESTED
from tfmoe.evaluation.statistics import Statistics
from tfmoe.report.narrative.claims import VERDICTS
from tfmoe.report.narrative.limits import AIMS, sets_needed, smallest_difference
from tfmoe.report.narrative.prose import (
    bullets,
    difference,
    name,
    or_dash,
    plural,
    probability,
    reason,
    table,
)
from tfmoe.report.narrative.scope import Scope


def details(statistics: Statistics, scope: Scope, alpha: float) -> list[str]:
    """Set out the tests on the sets of a scope.

    Parameters
    ----------
    statistics
        The tests' tables.
    scope
        The sets.
    alpha
        Level of the tests.

    Returns
    -------
    list
        A heading, tables and a list.
    """
    models, pairs = _models(statistics, scope), _pairs(statistics, scope)
    lines = [
        *_f_tests(statistics, scope, alpha),
        *_friedman(statistics, scope, alpha),
        *_tukey(statistics, scope, alpha),
        *_wilcoxon(statistics, scope, alpha),
    ]
    return [
        f"### {scope.title[0].upper()}{scope.title[1:]}",
        f"Means and ranks (`ranks.tsv`):\n\n{models}" if models else "",
        f"The mixture against each other model (`pairwise.tsv`, `power.tsv`):\n\n{pairs}"
        if pairs
        else "",
        bullets(lines),
        _delong(statistics, scope),
    ]


def _models(statistics: Statistics, scope: Scope) -> str:
    header = ["model", "mean AUROC", "SD over seeds", "average rank"]
    cells = [
        [
            f"`{row.model}`",
            f"{row.mean_auroc:.3f}",
            or_dash(row.sd_over_seeds, ".4f"),
            f"{row.average_rank:.2f}",
        ]
        for row in scope.of(statistics.ranks)
    ]
    return table(header, cells)


def _pairs(statistics: Statistics, scope: Scope) -> str:
    header = [
        "other model",
        "verdict",
        "difference (interval)",
        "p",
        "p, equivalence",
        "p, not worse",
        "p, seeds random",
        "Hedges g (interval)",
        "could be shown",
        *(f"sets for {aim:g}" for aim in AIMS),
    ]
    shown, needed = smallest_difference(statistics, scope), sets_needed(statistics, scope)
    cells = []
    for row in scope.of(statistics.pairwise):
        if row.verdict == UNTESTED:
            cells.append([f"`{row.other}`", "not compared", *["-"] * (len(header) - 2)])
            continue
        adjusted = (
            row.p_holm,
            row.p_equivalence_holm,
            row.p_not_worse_holm,
            row.p_seeds_holm,
        )
        size = (
            "-"
            if np.isnan(row.hedges_g)
            else f"{row.hedges_g:.2f} ({row.hedges_g_low:.2f} to {row.hedges_g_high:.2f})"
        )
        cells.append(
            [
                f"`{row.other}`",
                VERDICTS[row.verdict],
                difference(row),
                *(or_dash(p, ".2g") for p in adjusted),
                size,
                or_dash(shown[row.other].at_difference, ".3f"),
                *(or_dash(needed[row.other, aim].at_sets, ".0f") for aim in AIMS),
            ]
        )
    return table(header, cells)


def _f_tests(statistics: Statistics, scope: Scope, alpha: float) -> Iterator[str]:
    """Say whether the models differ at all: on these seeds, and with seeds random."""
    for row in scope.of(statistics.two_way):
        if np.isnan(row.p):
            yield f"F test (model x set): not made, {reason(row.note)}."
            continue
        corrected = row.p_lower_bound if np.isnan(row.p_gg) else row.p_gg
        how = (
            "at the smallest possible degrees of freedom"
            if np.isnan(row.p_gg)
            else "with Greenhouse and Geisser's correction"
        )
        size = (
            f"partial eta squared {row.partial_eta_squared:.2f} "
            f"({row.partial_eta_squared_low:.2f} to {row.partial_eta_squared_high:.2f}), omega "
            f"squared {row.partial_omega_squared:.2f} ({row.partial_omega_squared_low:.2f} to "
            f"{row.partial_omega_squared_high:.2f})"
        )
        seeds = "" if np.isnan(row.p_seeds) else f" With seeds random {probability(row.p_seeds)}."
        yield (
            f"F test (model x set, `two_way.tsv`): the models' mean AUROCs "
            f"{omnibus_verdict(row.p, corrected, alpha)}, F({row.df_model:.0f}, "
            f"{row.df_residual:.0f}) = {row.f:.2f}, {probability(row.p)}, {how} "
            f"{probability(corrected)}; {size}.{seeds}"
            + (f" Note: {row.note}." if row.note else "")
        )


def omnibus_verdict(p: float, corrected: float, alpha: float) -> str:
    """Word an F test; without correction it takes all differences to vary alike (sphericity)."""
    if corrected < alpha:
        return "differ"
    if p < alpha:
        return (
            "differ if all differences between models vary equally from set to set, which is not "
            "shown, and cannot be told apart otherwise"
        )
    return "cannot be told apart"


def _friedman(statistics: Statistics, scope: Scope, alpha: float) -> Iterator[str]:
    for row in scope.of(statistics.friedman):
        if np.isnan(row.p):
            yield f"Friedman's test: not made, {reason(row.note)}."
            continue
        yield (
            "Friedman's test with Iman and Davenport's F (`friedman.tsv`): the models' ranks "
            f"{'differ' if row.p < alpha else 'cannot be told apart'}, F({row.df_model:.0f}, "
            f"{row.df_residual:.0f}) = {row.f:.2f}, {probability(row.p)}."
        )
        pairs = scope.of(statistics.pairwise)
        apart = [name(pair.other) for pair in pairs if pair.p_nemenyi < alpha]
        yield (
            f"Nemenyi's test: two models have to differ by {row.critical_difference:.2f} average "
            f"ranks; the mixture does from {', '.join(apart) or 'no other model'}."
        )


def _tukey(statistics: Statistics, scope: Scope, alpha: float) -> Iterator[str]:
    found = scope.of(statistics.tukey)
    tested = [row for row in found if not np.isnan(row.p_adjusted)]
    if not tested:
        for note in dict.fromkeys(reason(row.note) for row in found):
            yield f"Tukey's test of all pairs: not made, {note}."
        return
    apart = [row for row in tested if row.p_adjusted < alpha]
    own = [name(row.other) for row in apart if row.model == MIXTURE]
    note = f" Note: {tested[0].note}." if tested[0].note else ""
    yield (
        f"Tukey's test on marginal means (`tukey.tsv`): {len(apart)} of "
        f"{plural(len(tested), 'pair')} differ; the mixture from "
        f"{', '.join(own) or 'no other model'}.{note}"
    )


def _wilcoxon(statistics: Statistics, scope: Scope, alpha: float) -> Iterator[str]:
    found = scope.of(statistics.wilcoxon)
    tested = [row for row in found if not np.isnan(row.p)]
    if tested:
        apart = [
            f"{name(row.other)} ({row.median_difference:+.3f}, {probability(row.p_holm)})"
            for row in tested
            if row.p_holm < alpha
        ]
        yield (
            "Wilcoxon's signed-rank test with Holm (`wilcoxon.tsv`; median difference): the "
            f"mixture differs from {', '.join(apart) or 'no other model'}."
        )
    for note in dict.fromkeys(reason(row.note) for row in found if np.isnan(row.p)):
        others = [name(row.other) for row in found if np.isnan(row.p) and reason(row.note) == note]
        which = "" if len(others) == len(found) else f" of {', '.join(others)}"
        yield f"Wilcoxon's signed-rank test{which}: not made, {note}."


def _delong(statistics: Statistics, scope: Scope) -> str:
    """Set out on how many sets DeLong's test finds the mixture better or worse."""
    found = scope.of(statistics.delong_counts)
    if not found:
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
        for row in found
    ]
    return (
        "Set by set, DeLong's paired test on logits averaged over seeds: on how many sets the "
        "mixture is better or worse by Holm within a set, and by q (Benjamini and Hochberg) over "
        "sets (`delong_counts.tsv`, `../evaluation/comparisons.tsv`):\n\n" + table(header, cells)
    )
