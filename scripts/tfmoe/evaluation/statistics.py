"""Tables of the tests over data sets and seeds and of the published ANOVA."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd

from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.core.vocabulary import EvaluationRole, Subset, Verdict, learned_from
from tfmoe.evaluation.above_background import summarise_background
from tfmoe.evaluation.null import simulate_null
from tfmoe.evaluation.omnibus import (
    FRIEDMAN_COLUMNS,
    RANK_COLUMNS,
    TWO_WAY_COLUMNS,
    friedman_row,
    rank_rows,
    two_way_row,
)
from tfmoe.evaluation.pairs import (
    PAIR_COLUMNS,
    TUKEY_COLUMNS,
    WILCOXON_COLUMNS,
    pair_rows,
    tukey_rows,
    wilcoxon_rows,
)
from tfmoe.evaluation.pairwise import decide
from tfmoe.evaluation.panel import (
    ALL,
    NO_PEAKS,
    SCOPE_COLUMNS,
    WITH_MATRIX,
    make_panels,
    primary_panel,
)
from tfmoe.evaluation.power import POWER_COLUMNS, power_rows
from tfmoe.evaluation.published_anova import published_analysis
from tfmoe.evaluation.references import reference_models
from tfmoe.evaluation.settings import StatisticsSettings
from tfmoe.evaluation.variance_components import VARIANCE_COLUMNS, variance_rows

_MAY_BE_EMPTY = ["note", "method"]
_COUNTED = (Verdict.BETTER, Verdict.WORSE, Verdict.UNDECIDED, Verdict.UNTESTED)
_COUNTED_BY_Q = (Verdict.BETTER, Verdict.WORSE)


@dataclass(frozen=True)
class Statistics:
    """The tables under ``statistics/``: field ``x`` is the file ``x.tsv``.

    Attributes
    ----------
    two_way
        Model x set F test on means over seeds with its assumptions and effect sizes, and the quasi
        F with random seeds: one row per role, kind of negatives, subset and stratum.
    pairwise
        The mixture, the conditioned mixture and each adapted mixture against each other model over
        sets: t tests of difference, equivalence and non-inferiority (Holm over the pairs of one
        of them, a ``family`` that is primary or secondary), t test with random seeds, Hedges' g,
        Nemenyi's test and verdict.
    tukey
        Tukey's test of all pairs of models on the marginal means of the two-way analysis.
    wilcoxon
        Exact signed-rank test of the same pairs (Holm), without sets whose difference is 0.
    friedman
        Friedman's test with Iman and Davenport's F, and Nemenyi's critical difference.
    ranks
        Mean AUROC, its standard deviation over seeds, and average rank of each model.
    variance_components
        Variances of sets, seeds and their interactions with the models, over all strata.
    power
        Differences that the run can detect, and the sets needed for smaller ones, over all strata.
    delong_counts
        Numbers of sets on which the paired DeLong test finds a mixture better or worse than
        another model, by Holm's adjustment within a set and by q over sets.
    anova_as_published, tukey_as_published
        The published analysis of each set.
    above_background
        AUROCs on shuffles minus that of ``background_vs_shuffle``.
    null_simulation
        False-positive rate of each test in simulated runs with the variances of this run.
    """

    two_way: pd.DataFrame
    pairwise: pd.DataFrame
    tukey: pd.DataFrame
    wilcoxon: pd.DataFrame
    friedman: pd.DataFrame
    ranks: pd.DataFrame
    variance_components: pd.DataFrame
    power: pd.DataFrame
    delong_counts: pd.DataFrame
    anova_as_published: pd.DataFrame
    tukey_as_published: pd.DataFrame
    above_background: pd.DataFrame
    null_simulation: pd.DataFrame


def read_statistics(folder: Pathlike) -> Statistics:
    """Read the tables of the tests from their files, which keep nine digits of each number.

    Parameters
    ----------
    folder
        The folder ``statistics/`` of a run.

    Raises
    ------
    InputError
        If a table is missing or empty.
    """
    tables = {}
    for field in fields(Statistics):
        table = read_tsv(Path(folder) / f"{field.name}.tsv")
        if "peaks" in table:
            # with nothing but numbers, the column would be read as such
            table["peaks"] = table["peaks"].astype(str)
        # in a file, an empty text and a missing value look the same
        texts = table.columns.intersection(_MAY_BE_EMPTY)
        tables[field.name] = table.astype(dict.fromkeys(texts, "object")).fillna(
            dict.fromkeys(texts, "")
        )
    return Statistics(**tables)


def run_tests(
    metrics: pd.DataFrame,
    comparisons: pd.DataFrame,
    trials: pd.DataFrame,
    settings: StatisticsSettings,
    seed: int,
) -> Statistics:
    """Run every test; the note gives the reason if a test is impossible.

    Parameters
    ----------
    metrics, comparisons, trials
        The tables of the evaluation.
    settings
        The settings.
    seed
        The run's seed.
    """
    panels = list(make_panels(metrics, settings.family, settings.shuffled))
    whole = [panel for panel in panels if panel.stratum == ALL]
    powered = [panel for panel in panels if panel.stratum in (ALL, WITH_MATRIX)]
    alpha, margin = settings.alpha, settings.margin
    published = published_analysis(metrics, trials, settings.trials_from, alpha)
    first = primary_panel(panels)
    pairs = [
        row for panel in panels for row in pair_rows(panel, margin, alpha, primary=panel is first)
    ]
    tukey = [row for panel in panels for row in tukey_rows(panel, alpha)]
    wilcoxon = [row for panel in panels for row in wilcoxon_rows(panel, alpha)]
    ranks = [row for panel in panels for row in rank_rows(panel)]
    variances = [row for panel in whole for row in variance_rows(panel)]
    power = [row for panel in powered for row in power_rows(panel, alpha)]
    tests = [two_way_row(panel, alpha) for panel in panels]
    friedman = [friedman_row(panel, alpha) for panel in panels]
    return Statistics(
        two_way=pd.DataFrame(tests, columns=TWO_WAY_COLUMNS),
        pairwise=pd.DataFrame(pairs, columns=PAIR_COLUMNS),
        tukey=pd.DataFrame(tukey, columns=TUKEY_COLUMNS),
        wilcoxon=pd.DataFrame(wilcoxon, columns=WILCOXON_COLUMNS),
        friedman=pd.DataFrame(friedman, columns=FRIEDMAN_COLUMNS),
        ranks=pd.DataFrame(ranks, columns=RANK_COLUMNS),
        variance_components=pd.DataFrame(variances, columns=VARIANCE_COLUMNS),
        power=pd.DataFrame(power, columns=POWER_COLUMNS),
        delong_counts=_count_delong(comparisons, alpha),
        anova_as_published=published.anova,
        tukey_as_published=published.tukey,
        above_background=summarise_background(metrics),
        null_simulation=simulate_null(panels, comparisons, trials, settings, seed),
    )


def _count_delong(comparisons: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """Count the sets with each verdict, over all sets of a role and per OOD stratum.

    Verdicts rest on p adjusted within each set (Holm); ``better_q`` and ``worse_q`` rest on p
    adjusted over sets (Benjamini and Hochberg).
    """
    parts = [
        part[part["model"].isin(reference_models(set(part["model"]), str(role)))]
        for role, part in comparisons.groupby("role", sort=False)
    ]
    pairs = pd.concat([comparisons.iloc[:0], *parts])
    pairs = pairs.assign(
        peaks=[_peaks(*pair) for pair in zip(pairs["model"], pairs["other"], strict=True)]
    )
    for column, p in (("verdict", "p_holm"), ("verdict_q", "q")):
        tests = zip(pairs["difference"], pairs[p], strict=True)
        pairs = pairs.assign(**{column: [decide(*test, alpha) for test in tests]})
    whole_ood = (pairs["role"] == EvaluationRole.OOD) & (pairs["subset"] == Subset.ALL)
    keys = [*SCOPE_COLUMNS, "model", "other"]
    rows = [
        dict(zip(keys, key, strict=True))
        | {"sets": len(group)}
        | {verdict: int((group["verdict"] == verdict).sum()) for verdict in _COUNTED}
        | {f"{verdict}_q": int((group["verdict_q"] == verdict).sum()) for verdict in _COUNTED_BY_Q}
        for part in (pairs.assign(stratum=ALL), pairs[whole_ood])
        for key, group in part.groupby(keys, sort=False)
    ]
    by_q = [f"{verdict}_q" for verdict in _COUNTED_BY_Q]
    return pd.DataFrame(rows, columns=[*keys, "sets", *_COUNTED, *by_q])


def _peaks(model: str, other: str) -> str:
    """Return the number of peaks that a pair of models learned from."""
    learned = learned_from(model) or learned_from(other)
    return learned[1] if learned else NO_PEAKS
