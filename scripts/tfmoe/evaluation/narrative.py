"""The report of the statistics, written from the tables by rules.

A sentence stands here only if a test carries it, and a number only if it stands in one of the
tables beside the report.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from tfmoe.evaluation.background import BACKGROUND
from tfmoe.evaluation.pairwise import (
    BETTER,
    EQUIVALENT,
    NOT_WORSE,
    UNDECIDED,
    UNTESTED,
    WORSE,
)
from tfmoe.evaluation.panel import ALL
from tfmoe.evaluation.settings import (
    EXPERT,
    KINDS,
    MIXTURE,
    EvaluationSettings,
    is_expert,
    kind_order,
)
from tfmoe.evaluation.statistics import Statistics

NAMES = {
    "moe": "the mixture",
    "best_expert": "the best single expert",
    "mean_of_experts": "the mean of the experts",
    "mean_of_pool": "the mean of all networks that are mixed",
    "pooled": "the pooled network",
    "pooled_ensemble": "the mean of as many pooled networks as are mixed",
    "gkm": "the gapped k-mer model",
    "background_vs_shuffle": "a network that never saw a peak",
    "pwm": "the factor's own JASPAR matrix",
}
SETS = {
    ("in_distribution", "all"): "factors that have an expert",
    ("ood", "all"): "factors that no expert has seen",
    ("ood", "no_overlap"): "factors that no expert has seen, without sequences that overlap a "
    "training peak",
}
TRIALS = {
    "bootstrap": "a bootstrap resample of the set's sequences",
    "dropout": "a pass over the set with the dropout of the embedding on, as in the paper",
}
VERDICTS = {
    BETTER: "The mixture is better than {other}",
    WORSE: "The mixture is worse than {other}",
    EQUIVALENT: "The mixture is as good as {other}, give or take the margin",
    NOT_WORSE: "The mixture is not worse than {other}, give or take the margin",
    UNDECIDED: "The mixture cannot be told apart from {other}",
}
Scope = tuple[str, str, str]


def write_report(
    statistics: Statistics,
    metrics: pd.DataFrame,
    comparisons: pd.DataFrame,
    best_expert: pd.DataFrame,
    settings: EvaluationSettings,
) -> str:
    """Write the report as Markdown.

    Parameters
    ----------
    statistics
        The tests' tables.
    metrics, comparisons, best_expert
        The tables of the evaluation.
    settings
        The settings that the tests were run with.
    """
    whole = statistics.two_way[statistics.two_way["stratum"] == ALL]
    scopes: list[Scope] = list(
        whole[["role", "negatives", "subset"]].itertuples(index=False, name=None)
    )
    primary = min((scope[1] for scope in scopes), key=kind_order, default="genomic")
    first = [scope for scope in scopes if scope[1] == primary]
    others = sorted(
        (scope for scope in scopes if scope[1] != primary), key=lambda scope: kind_order(scope[1])
    )
    best = next(iter(best_expert.loc[best_expert["chosen"], "expert"]), "")
    parts = ["# Statistics", *_compared(statistics, metrics, settings, primary), "## In short"]
    for scope in first:
        parts += [f"For {_title(scope)}:", _bullets(_claims(statistics, scope, best))]
    parts += [_shuffles(first, statistics, settings.shuffled), "## Test by test"]
    for scope in first:
        parts += _details(statistics, scope, settings)
    if others:
        parts += ["## Other kinds of negatives", _shuffles(others, statistics, settings.shuffled)]
    for scope in others:
        parts += [
            *_details(statistics, scope, settings),
            _bullets(_claims(statistics, scope, best)),
        ]
    parts += ["## What cannot be claimed", _bullets(_limits(statistics, first, settings))]
    parts += ["## The analysis of variance as published", *_published(statistics, comparisons)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _compared(
    statistics: Statistics, metrics: pd.DataFrame, settings: EvaluationSettings, primary: str
) -> list[str]:
    models = ", ".join(f"`{model}`" for model in dict.fromkeys(statistics.ranks["model"]))
    sizes = metrics.drop_duplicates("experiment")["role"].value_counts()
    seeds = metrics["seed"].nunique()
    return [
        f"Models: {models}. Sets: the test split of "
        f"{sizes.get('in_distribution', 0)} experiments of factors that have an expert and of "
        f"{sizes.get('ood', 0)} of factors that no expert has seen (OOD). Training seeds: {seeds}. "
        f"Primary result: {KINDS[primary]}. Level of all tests: "
        f"{settings.alpha:g}; intervals cover {100 * (1 - settings.alpha):g} %.",
        "The unit of replication is the data set, and a model's AUROC on a set is the mean over "
        "its training seeds. Whether the mixture is better than another model is decided by a "
        "paired t test over sets, Holm-adjusted over the other models (`pairwise.tsv`); the "
        "interval of a difference is that of its pair alone, so where one that excludes 0 stands "
        "beside a large adjusted p, the p decides. Each number here stands in a table of this "
        "folder, or in `../evaluation/`.",
    ]


def _title(scope: Scope) -> str:
    role, negatives, subset = scope
    return f"{SETS[role, subset]}, against {KINDS[negatives]}"


def _name(model: str) -> str:
    if is_expert(model):
        return f"expert {model.removeprefix(EXPERT)}"
    return NAMES.get(model, f"`{model}`")


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _pick(table: pd.DataFrame, scope: Scope) -> pd.DataFrame:
    role, negatives, subset = scope
    chosen = (table["role"] == role) & (table["negatives"] == negatives)
    chosen &= table["stratum"] == ALL
    return table[chosen & (table["subset"] == subset)]


def _p(value: float) -> str:
    return "p < 1e-300" if value == 0 else f"p = {value:.2g}"


def _claims(statistics: Statistics, scope: Scope, best: str) -> list[str]:
    """Say what holds of the mixture: a sentence a rival, one a verdict on the single experts."""
    rows = _pick(statistics.pairwise, scope)
    lines = []
    for row in _rows(rows[~rows["other"].map(is_expert)]):
        if row.verdict == UNTESTED:
            lines.append(f"The mixture and {_name(row.other)} were not compared: {row.note}.")
            continue
        lines.append(
            f"{VERDICTS[row.verdict].format(other=f'**{_name(row.other)}**')}: difference in "
            f"AUROC {row.difference:+.3f} (interval {row.low:+.3f} to {row.high:+.3f}; paired t "
            f"test over {row.sets} sets, adjusted {_p(row.p_holm)}{_seed_spread(row)})."
        )
    experts = rows[rows["other"].map(is_expert)]
    for verdict, sentence in VERDICTS.items():
        own = experts[experts["verdict"] == verdict]
        if len(own):
            names = ", ".join(
                f"{row.other.removeprefix(EXPERT)}{' (best on validation)' * (row.other == best)} "
                f"{row.difference:+.3f} ({row.low:+.3f} to {row.high:+.3f})"
                for row in _rows(own)
            )
            count = f"{len(own)} of {len(experts)} single experts"
            lines.append(f"{sentence.format(other=count)}: {names}.")
    untested = experts[experts["verdict"] == UNTESTED]
    if len(untested):
        names = ", ".join(_name(other) for other in untested["other"])
        lines.append(f"The mixture was not compared with {names}: {untested['note'].iloc[0]}.")
    return lines or ["nothing could be compared."]


def _seed_spread(row: Any) -> str:
    if np.isnan(row.sd_over_seeds):
        return ""
    return f"; standard deviation over seeds {row.sd_over_seeds:.4f}"


def _details(statistics: Statistics, scope: Scope, settings: EvaluationSettings) -> list[str]:
    parts = [f"### {_title(scope)[0].upper()}{_title(scope)[1:]}"]
    means = _pick(statistics.ranks, scope)
    if len(means):
        header = ["model", "mean AUROC", "SD over seeds", "average rank"]
        rows = [
            [
                f"`{row.model}`",
                f"{row.mean_auroc:.3f}",
                _or_dash(row.sd_over_seeds, ".4f"),
                f"{row.average_rank:.2f}",
            ]
            for row in _rows(means)
        ]
        parts += [_table(header, rows), "(`ranks.tsv`)"]
    parts.append(_bullets([*_omnibus(statistics, scope, settings), *_delong(statistics, scope)]))
    return parts


def _omnibus(statistics: Statistics, scope: Scope, settings: EvaluationSettings) -> list[str]:
    """Say whether the models differ at all: the F test, and Friedman's."""
    lines = []
    row = _rows(_pick(statistics.two_way, scope))[0]
    if np.isnan(row.p):
        lines.append(f"F test (model x set): {row.note}.")
    else:
        corrected = row.p_lower_bound if np.isnan(row.p_gg) else row.p_gg
        how = (
            "at the smallest possible degrees of freedom"
            if np.isnan(row.p_gg)
            else "with Greenhouse and Geisser's correction"
        )
        lines.append(
            f"F test (model x set, `two_way.tsv`): the models' mean AUROCs "
            f"{_omnibus_verdict(row.p, corrected, settings.alpha)}: F({row.df_model}, "
            f"{row.df_residual}) = {row.f:.2f}, {_p(row.p)}, {how} {_p(corrected)}; partial eta "
            f"squared {row.partial_eta_squared:.2f}." + (f" Note: {row.note}." if row.note else "")
        )
    row = _rows(_pick(statistics.friedman, scope))[0]
    if np.isnan(row.p):
        lines.append(f"Friedman's test: {row.note}.")
    else:
        lines.append(
            f"Friedman's test with Iman and Davenport's F (`friedman.tsv`): the models' ranks "
            f"{'differ' if row.p < settings.alpha else 'cannot be told apart'}, "
            f"F({row.df_model}, {row.df_residual}) = {row.f:.2f}, {_p(row.p)}."
        )
    return lines


def _omnibus_verdict(p: float, corrected: float, alpha: float) -> str:
    """Word an F test; without correction it takes all differences to vary alike (sphericity)."""
    if corrected < alpha:
        return "differ"
    if p < alpha:
        return (
            "differ if all differences between models vary equally from set to set, which is not "
            "shown, and cannot be told apart otherwise"
        )
    return "cannot be told apart"


def _delong(statistics: Statistics, scope: Scope) -> list[str]:
    counts = [
        f"{_name(row.other)} {row.better}/{row.worse}/{row.not_distinguishable}"
        + (f" ({row.not_tested} not tested)" if row.not_tested else "")
        for row in _rows(_pick(statistics.delong_counts, scope))
    ]
    if not counts:
        return []
    return [
        "Set by set (DeLong's paired test on logits averaged over seeds, Holm within a set; "
        "`delong_counts.tsv`, `../evaluation/comparisons.tsv`), on how many sets the mixture is "
        f"better/worse/neither: {'; '.join(counts)}."
    ]


def _shuffles(scopes: list[Scope], statistics: Statistics, shuffled: list[str]) -> str:
    """Say what an AUROC on shuffles is worth, if some of the scopes have such negatives."""
    kinds = [kind for kind in shuffled if kind in {scope[1] for scope in scopes}]
    if not kinds:
        return ""
    text = (
        "Against shuffles part of an AUROC is the question whether a sequence comes "
        "from a genome at all, which a network can answer that never saw a peak."
    )
    if not len(statistics.above_background):
        return text + (
            " This run has no model that measures that part, so the differences below say which "
            "model separates peaks from shuffles better, and not that it knows binding better."
        )
    text += (
        f" `{BACKGROUND}` measures that part: it learnt to tell windows of the genome that are no "
        "peak from their shuffles, and nothing else. In brackets: the difference to it, which is "
        "all of an AUROC here that can be knowledge of binding."
    )
    table = statistics.above_background
    parts = [
        f"Against {KINDS[kind]}:\n\n{_above_background(table[table['negatives'] == kind])}"
        for kind in kinds
    ]
    return "\n\n".join([text, *parts, "(`above_background.tsv`)"])


def _above_background(table: pd.DataFrame) -> str:
    """Set out mean AUROCs on shuffles, with what they have above the background in brackets."""
    found = set(zip(table["role"], table["subset"], strict=True))
    scopes = [scope for scope in SETS if scope in found]
    cells = {
        (row.role, row.subset, row.model): f"{row.mean_auroc:.3f}"
        + (f" ({row.above_background:+.3f})" if row.model != BACKGROUND else "")
        for row in _rows(table)
    }
    rows = [
        [f"`{model}`", *(cells.get((*scope, model), "-") for scope in scopes)]
        for model in table["model"].drop_duplicates()
    ]
    return _table(["model", *(SETS[scope] for scope in scopes)], rows)


def _limits(statistics: Statistics, scopes: list[Scope], settings: EvaluationSettings) -> list[str]:
    lines = [
        '"Cannot be told apart" does not mean equal: the interval says which differences remain '
        "possible.",
        "Nothing is claimed here about one kind of unseen factor: tests of each OOD stratum apart "
        "stand in the tables, on few sets each.",
    ]
    for scope in scopes:
        row = _rows(_pick(statistics.friedman, scope))[0]
        if not np.isnan(row.critical_difference):
            pairs = _pick(statistics.pairwise, scope)
            apart = pairs.loc[pairs["p_nemenyi"] < settings.alpha, "other"]
            lines.append(
                f"By ranks, for {_title(scope)}: with {row.models} models on {row.sets} sets two "
                f"models have to differ by {row.critical_difference:.2f} average ranks before "
                "Nemenyi's test tells them apart. The mixture differs by that much from "
                + (", ".join(map(_name, apart)) if len(apart) else "no other model")
                + "."
            )
    return [*lines, _seed_limit(statistics)]


def _seed_limit(statistics: Statistics) -> str:
    seeds = int(statistics.pairwise["seeds"].max()) if len(statistics.pairwise) else 0
    if seeds < 2:
        return (
            "There is one training seed, so nothing can be said about how a difference would vary "
            "if the networks were trained again."
        )
    return (
        f"The tests speak of the networks of these {seeds} seeds. A network is scored on all sets, "
        "so what chance gave it in training is shared by all of them and is not in the intervals; "
        "the standard deviation over seeds stands beside each difference (`pairwise.tsv`)."
    )


def _published(statistics: Statistics, comparisons: pd.DataFrame) -> list[str]:
    anova = statistics.anova_as_published
    tested = anova.dropna(subset=["p"])
    null = {row.test: row for row in _rows(statistics.null_simulation)}
    simulated, delong = null["anova_as_published"], null["delong"]
    alpha = simulated.alpha
    tukey = statistics.tukey_as_published
    own = (comparisons["model"] == MIXTURE) & comparisons["other"].map(is_expert)
    same = comparisons[own & (comparisons["subset"] == "all")]
    same = same.dropna(subset=["p_holm"])
    text = (
        "Tripathi et al. (arXiv 2507.09754) compare the mixture with its experts by a one-way "
        f"analysis of variance on each set, with {int(anova['trials'].max())} trials a model. Here "
        f"a trial is {' or '.join(TRIALS[kind] for kind in sorted(set(anova['trials_from'])))}, "
        "scored by the networks of one seed "
        "(`anova_as_published.tsv`; Tukey's test in `tukey_as_published.tsv`). It calls the models "
        f"different on {int((tested['p'] < alpha).sum())} of {len(anova)} sets, and Tukey's test "
        f"the mixture and an expert in {int((tukey['p_adjusted'] < alpha).sum())} of {len(tukey)} "
        f"pairs; DeLong's paired test, in {int((same['p_holm'] < alpha).sum())} of {len(same)}."
    )
    why = (
        "**It cannot be believed.** The trials are drawn from one network and one set: they are "
        "not replicates of either (pseudo-replication). The more are drawn, the smaller the p, "
        "whatever the truth is."
    )
    if not np.isnan(simulated.false_positive_rate):
        why += (
            f" In a simulation in which {simulated.models} models have the same true AUROC, it "
            f"calls them different in {100 * simulated.false_positive_rate:.1f} % of "
            f"{simulated.repeats} sets; DeLong's paired test of two of them, in "
            f"{100 * delong.false_positive_rate:.1f} % (`null_simulation.tsv`; the level is "
            f"{alpha:g})."
        )
    header = ["set", "negatives", "F", "df", "p", "eta squared", "omega squared"]
    rows = [
        [
            row.experiment,
            row.negatives,
            f"{row.f:.1f}",
            f"{row.df_between:.0f}, {row.df_within:.0f}",
            _p(row.p),
            f"{row.eta_squared:.3f}",
            f"{row.omega_squared:.3f}",
        ]
        for row in _rows(tested)
    ]
    skipped = [
        f"{row.experiment}, {row.negatives}: {row.note}." for row in _rows(anova[anova["p"].isna()])
    ]
    return [text, why, _table(header, rows) if rows else "", _bullets(skipped)]


def _rows(table: pd.DataFrame) -> list[Any]:
    """Return the rows as named tuples."""
    return list((table.fillna({"note": ""}) if "note" in table else table).itertuples())


def _or_dash(value: float, form: str) -> str:
    return "-" if np.isnan(value) else format(value, form)


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
