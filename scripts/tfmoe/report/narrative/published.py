"""The analysis of variance as published, and why it cannot be believed."""

from __future__ import annotations

import numpy as np

from tfmoe.core.vocabulary import is_expert
from tfmoe.evaluation.null import DELONG, PUBLISHED
from tfmoe.evaluation.panel import ALL
from tfmoe.evaluation.published_anova import NO_DROPOUT
from tfmoe.evaluation.statistics import Statistics
from tfmoe.evaluation.trials import BOOTSTRAP, DROPOUT
from tfmoe.report.narrative.prose import (
    bullets,
    join,
    percent,
    plural,
    probability,
    rows,
    table,
)
from tfmoe.report.narrative.scope import IN_DISTRIBUTION, OOD

TRIALS = {
    BOOTSTRAP: "a bootstrap resample of the set's sequences",
    DROPOUT: "a pass over the set with the dropout of the embedding on, as in the paper",
}


def published(statistics: Statistics, alpha: float) -> str:
    """Say in one paragraph what the published analysis makes of this run, and what that is worth.

    Parameters
    ----------
    statistics
        The tests' tables.
    alpha
        Level of the tests.
    """
    anova = statistics.anova_as_published
    text = (
        "Tripathi et al. (arXiv 2507.09754) compare the mixture with its experts by a one-way "
        "analysis of variance on each set. "
    )
    if not anova["p"].notna().any():
        notes = list(dict.fromkeys(row.note for row in rows(anova)))
        why = "; ".join(notes) or "no set was scored"
        return f"{text}Here it could not be made: {why.removeprefix('skipped: ')}."
    source = join([TRIALS[kind] for kind in sorted(set(anova["trials_from"]))])
    asked = anova["note"].fillna("").str.contains(NO_DROPOUT, regex=False).any()
    tukey = statistics.tukey_as_published
    text += (
        f"Here, with {int(anova['trials'].max())} trials a model, each {source}"
        f"{' (dropout was asked for, but ' + NO_DROPOUT + ')' if asked else ''}, all of the "
        "networks of one seed, it calls the models different on "
        f"{int((anova['p'] < alpha).sum())} of {plural(len(anova), 'set')}, and Tukey's test the "
        f"mixture and an expert in {int((tukey['p_adjusted'] < alpha).sum())} of {len(tukey)} "
        f"pairs (`anova_as_published.tsv`, `tukey_as_published.tsv`); {_delong(statistics)} "
        "**The analysis as published cannot be believed**: trials of one network on one set are "
        "replicates of neither (pseudo-replication), and the more are drawn, the smaller the p, "
        "whatever the truth is."
    )
    return text + _simulated(statistics)


def _delong(statistics: Statistics) -> str:
    """Count what DeLong's test finds of the same pairs, by both adjustments."""
    counts = statistics.delong_counts
    own = counts[counts["other"].map(is_expert).astype(bool) & (counts["stratum"] == ALL)]
    own = own[(own["subset"] == ALL) & own["role"].isin((IN_DISTRIBUTION, OOD))]
    tested = int((own["sets"] - own["not_tested"]).sum())
    holm, q = (
        int(own[[f"better{suffix}", f"worse{suffix}"]].to_numpy().sum()) for suffix in ("", "_q")
    )
    return (
        f"DeLong's paired test finds a difference in {holm} of {tested} pairs by Holm within a set "
        f"and in {q} by q over sets (`delong_counts.tsv`)."
    )


def _simulated(statistics: Statistics) -> str:
    found = {row.test: row for row in rows(statistics.null_simulation)}
    if PUBLISHED not in found or np.isnan(found[PUBLISHED].false_positive_rate):
        return ""
    own, delong = found[PUBLISHED], found[DELONG]
    return (
        f" Of {own.repeats} made-up sets on which {int(own.models)} models have the same true "
        f"AUROC, it calls them different in {percent(own.false_positive_rate)}, where "
        f"{percent(own.alpha)} is what it promises; DeLong's test of two of them in "
        f"{percent(delong.false_positive_rate)} (`null_simulation.tsv`, figure `null_simulation`)."
    )


def set_by_set(statistics: Statistics) -> list[str]:
    """Set out the published analysis of each set, and say which could not be analysed."""
    header = ["set", "negatives", "F", "df", "p", "eta squared", "omega squared"]
    anova = statistics.anova_as_published
    cells = [
        [
            row.experiment,
            row.negatives,
            f"{row.f:.1f}",
            f"{row.df_between:.0f}, {row.df_within:.0f}",
            probability(row.p).removeprefix("p ").removeprefix("= "),
            f"{row.eta_squared:.3f}",
            f"{row.omega_squared:.3f}",
        ]
        for row in rows(anova[anova["p"].notna()])
    ]
    skipped = [
        f"{row.experiment}, {row.negatives}: {row.note}." for row in rows(anova[anova["p"].isna()])
    ]
    return [table(header, cells), bullets(skipped)]
