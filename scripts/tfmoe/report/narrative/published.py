"""The analysis of variance as published, and why it is not valid."""

from __future__ import annotations

import numpy as np

from tfmoe.core.text import decimals, list_words, percent, plural, probability
from tfmoe.core.vocabulary import MIXTURE, EvaluationRole, is_expert
from tfmoe.evaluation.null import DELONG, PUBLISHED
from tfmoe.evaluation.panel import ALL
from tfmoe.evaluation.published_anova import NO_DROPOUT
from tfmoe.evaluation.statistics import Statistics
from tfmoe.evaluation.trials import BOOTSTRAP, DROPOUT
from tfmoe.figures.style import kind_label
from tfmoe.report.narrative.prose import bullets, reason, rows, table

TRIALS = {
    BOOTSTRAP: "a bootstrap resample of the set's sequences",
    DROPOUT: "a pass over the set with the embedding's dropout on, as in the paper",
}


def published(statistics: Statistics, alpha: float) -> str:
    """Return one paragraph: the result of the published analysis on this run, and its worth.

    Parameters
    ----------
    statistics
        Tables of the tests.
    alpha
        Level of the tests.
    """
    anova = statistics.anova_as_published
    text = (
        "Tripathi et al. (arXiv 2507.09754) compare the mixture with its experts by a one-way "
        "analysis of variance on each set. "
    )
    if not anova["p"].notna().any():
        notes = list(dict.fromkeys(reason(row.note) for row in rows(anova)))
        return f"{text}This run does not allow it: {'; '.join(notes) or 'no set was scored'}."
    source = list_words([TRIALS[kind] for kind in sorted(set(anova["trials_from"]))])
    asked = anova["note"].fillna("").str.contains(NO_DROPOUT, regex=False).any()
    tukey = statistics.tukey_as_published
    text += (
        "This run repeats it with the networks of one seed and "
        f"{plural(int(anova['trials'].max()), 'trial')} per model; each trial is {source}"
        f"{' (dropout was requested, but ' + NO_DROPOUT + ')' if asked else ''}. It finds that the "
        f"models differ on {int((anova['p'] < alpha).sum())} of {plural(len(anova), 'set')}. "
        "Tukey's test finds that the mixture and an expert differ in "
        f"{int((tukey['p_adjusted'] < alpha).sum())} of {plural(len(tukey), 'pair')} "
        f"(`anova_as_published.tsv`, `tukey_as_published.tsv`). {_delong(statistics)} "
        "**The analysis as published is not valid**: its trials repeat one network on one set, so "
        "they replicate neither (pseudo-replication). The more trials are drawn, the smaller p "
        "becomes, whatever the truth is."
    )
    return text + _simulated(statistics)


def _delong(statistics: Statistics) -> str:
    """Count the differences that DeLong's test finds in the same pairs, by both adjustments."""
    counts = statistics.delong_counts
    own = counts[counts["other"].map(is_expert).astype(bool) & (counts["stratum"] == ALL)]
    own = own[own["model"] == MIXTURE]
    own = own[(own["subset"] == ALL) & own["role"].isin(list(EvaluationRole))]
    tested = int((own["sets"] - own["not_tested"]).sum())
    holm, q = (
        int(own[[f"better{suffix}", f"worse{suffix}"]].to_numpy().sum()) for suffix in ("", "_q")
    )
    return (
        f"DeLong's paired test finds a difference in {holm} of {plural(tested, 'pair')} after "
        f"Holm's adjustment within a set, and in {q} by q over sets (`delong_counts.tsv`)."
    )


def _simulated(statistics: Statistics) -> str:
    rates = {row.test: row for row in rows(statistics.null_simulation)}
    if PUBLISHED not in rates or np.isnan(rates[PUBLISHED].false_positive_rate):
        return ""
    own, delong = rates[PUBLISHED], rates[DELONG]
    return (
        f" In {int(own.repeats)} simulated sets, {int(own.models)} models have the same true "
        "AUROC. The analysis as published finds a difference in "
        f"{percent(own.false_positive_rate)} of them; its "
        f"level promises {percent(own.alpha)}. DeLong's test of two such models finds one in "
        f"{percent(delong.false_positive_rate)} (`null_simulation.tsv`, figure `null_simulation`)."
    )


def set_by_set(statistics: Statistics) -> list[str]:
    """Return the published analysis of each set as a table, and the sets it does not cover."""
    header = ["set", "negatives", "F", "df", "p", "eta squared", "omega squared"]
    anova = statistics.anova_as_published
    cells = [
        [
            row.experiment,
            kind_label(row.negatives),
            decimals(row.f, 1),
            f"{row.df_between:.0f}, {row.df_within:.0f}",
            probability(row.p),
            decimals(row.eta_squared),
            decimals(row.omega_squared),
        ]
        for row in rows(anova[anova["p"].notna()])
    ]
    skipped = [
        f"{row.experiment}, {kind_label(row.negatives)}: not analysed, {reason(row.note)}."
        for row in rows(anova[anova["p"].isna()])
    ]
    return [table(header, cells), bullets(skipped)]
