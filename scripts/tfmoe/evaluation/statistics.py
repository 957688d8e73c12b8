"""The tests over data sets and seeds, and the published ANOVA beside them, as tables."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd

from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.core.vocabulary import MIXTURE
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
from tfmoe.evaluation.pairwise import BETTER, UNDECIDED, UNTESTED, WORSE, decide
from tfmoe.evaluation.panel import ALL, make_panels
from tfmoe.evaluation.power import POWER_COLUMNS, power_rows
from tfmoe.evaluation.published_anova import published_analysis
from tfmoe.evaluation.rows import SCOPE_COLUMNS
from tfmoe.evaluation.settings import EvaluationSettings
from tfmoe.evaluation.variance_components import VARIANCE_COLUMNS, variance_rows

_MAY_BE_EMPTY = ("note", "method")


@dataclass(frozen=True)
class Statistics:
    """The tables under ``statistics/``; each field is one file.

    Attributes
    ----------
    two_way
        Model x set F test on seed means, with what it rests on, effect sizes, and the quasi F with
        seeds random as well: one row a role, kind of negatives, subset and stratum.
    pairwise
        The mixture against each other model over sets: t tests of a difference, of equivalence and
        of not being worse (Holm), the t test with seeds random as well, Hedges' g, Nemenyi,
        verdict.
    tukey
        All pairs of models on the marginal means of the two-way analysis.
    wilcoxon
        The mixture against each other model by signed ranks (Holm).
    friedman
        Friedman's test with Iman and Davenport's F, and Nemenyi's critical difference.
    ranks
        Mean AUROC, its standard deviation over seeds, and average rank of each model.
    variance_components
        Variances between sets, seeds and their interactions with the models; all strata together,
        as in the next.
    power
        Differences that this number of sets and seeds shows, and how many sets others need.
    delong_counts
        On how many sets the paired DeLong test finds the mixture better or worse, by Holm's
        adjustment within a set and by q over sets.
    anova_as_published, tukey_as_published
        The published analysis, set by set.
    above_background
        What AUROCs on shuffles have beyond that of ``background_vs_shuffle``.
    null_simulation
        False-positive rate of every test in made-up runs that vary as this one does.
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
    """Read the tables of the tests back from their files, which keep nine digits of each number.

    Parameters
    ----------
    folder
        A run's ``statistics/``, with one file ``<field>.tsv`` per table.

    Raises
    ------
    InputError
        If a table is missing or empty.
    """
    tables = {}
    for field in fields(Statistics):
        table = read_tsv(Path(folder) / f"{field.name}.tsv")
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
    settings: EvaluationSettings,
    seed: int,
) -> Statistics:
    """Run every test; one that cannot be run leaves a row that says why.

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
    alpha, margin = settings.alpha, settings.margin
    published = published_analysis(metrics, trials, settings.trials_from, alpha)
    pairs = [row for panel in panels for row in pair_rows(panel, margin, alpha)]
    tukey = [row for panel in panels for row in tukey_rows(panel, alpha)]
    wilcoxon = [row for panel in panels for row in wilcoxon_rows(panel, alpha)]
    ranks = [row for panel in panels for row in rank_rows(panel)]
    variances = [row for panel in whole for row in variance_rows(panel)]
    power = [row for panel in whole for row in power_rows(panel, alpha)]
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
    """Count verdicts over sets, all together and by OOD stratum.

    By the p adjusted within each set (Holm), and, as ``better_q`` and ``worse_q``, by the one
    adjusted over sets (Benjamini and Hochberg).
    """
    own = comparisons[comparisons["model"] == MIXTURE]
    for column, p in (("verdict", "p_holm"), ("verdict_q", "q")):
        p_values = zip(own["difference"], own[p], strict=True)
        own = own.assign(**{column: [decide(difference, p, alpha) for difference, p in p_values]})
    by_stratum = own[(own["role"] == "ood") & (own["subset"] == "all")]
    kinds = (BETTER, WORSE, UNDECIDED, UNTESTED)
    keys = [*SCOPE_COLUMNS, "other"]
    rows = [
        dict(zip(keys, key, strict=True))
        | {"sets": len(group)}
        | {kind: int((group["verdict"] == kind).sum()) for kind in kinds}
        | {f"{kind}_q": int((group["verdict_q"] == kind).sum()) for kind in (BETTER, WORSE)}
        for part in (own.assign(stratum=ALL), by_stratum)
        for key, group in part.groupby(keys, sort=False)
    ]
    columns = [*keys, "sets", *kinds, f"{BETTER}_q", f"{WORSE}_q"]
    return pd.DataFrame(rows, columns=columns)
