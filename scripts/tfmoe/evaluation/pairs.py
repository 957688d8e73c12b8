"""Rows of the tables of pairwise tests: the mixtures against each model, and all pairs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import studentized_range

from tfmoe.core.vocabulary import Family
from tfmoe.evaluation.anova import TukeyPair, critical_range
from tfmoe.evaluation.effect_sizes import FEWEST_SETS, HedgesG, hedges_g
from tfmoe.evaluation.mean_squares import ROUNDING
from tfmoe.evaluation.multiplicity import adjust_holm
from tfmoe.evaluation.omnibus import variation_fault
from tfmoe.evaluation.pairwise import (
    OverSets,
    OverSetsAndSeeds,
    decide_with_margin,
    over_sets,
    over_sets_and_seeds,
)
from tfmoe.evaluation.panel import Panel
from tfmoe.evaluation.ranks import nemenyi_p_values, rank_models
from tfmoe.evaluation.references import main_reference
from tfmoe.evaluation.rows import (
    HEAD_COLUMNS,
    field_names,
    field_values,
    head_values,
    join_notes,
    missing_values,
)
from tfmoe.evaluation.sphericity import mauchly
from tfmoe.evaluation.two_way import two_way
from tfmoe.evaluation.wilcoxon import DECIMALS, fewest_sets, signed_rank_p, smallest_adjusted_p

Floats = NDArray[np.float64]
HOLM = {
    "p": "p_holm",
    "p_equivalence": "p_equivalence_holm",
    "p_not_worse": "p_not_worse_holm",
    "p_seeds": "p_seeds_holm",
}
"""Columns of p-values in ``pairwise.tsv`` and of the same values adjusted over the rivals."""
PAIR_COLUMNS = (
    *HEAD_COLUMNS,
    "model",
    "other",
    "family",
    *field_names(OverSets),
    "margin",
    *field_names(OverSetsAndSeeds),
    *HOLM.values(),
    *field_names(HedgesG),
    "sd_over_seeds",
    "rank_difference",
    "p_nemenyi",
    "verdict",
    "note",
)
TUKEY_COLUMNS = (*HEAD_COLUMNS, "model", "other", *field_names(TukeyPair), "note")
WILCOXON_COLUMNS = (
    *HEAD_COLUMNS,
    "model",
    "other",
    "median_difference",
    "p",
    "p_holm",
    "smallest_p_holm",
    "note",
)


def rivals(panel: Panel, reference: str) -> Iterator[tuple[str, Floats]]:
    """Yield each other model and the reference's AUROC minus that model's, float64 (N, S)."""
    if reference not in panel.models:
        missing = np.full(panel.by_seed.shape[1:], np.nan)
        yield from ((other, missing) for other in panel.models)
        return
    mixture = panel.by_seed[panel.models.index(reference)]
    for index, other in enumerate(panel.models):
        if other != reference:
            yield other, mixture - panel.by_seed[index]


def pair_fault(panel: Panel, differences: Floats) -> str:
    """Return why a pair cannot be tested over sets, or an empty string."""
    if panel.fault:
        return panel.fault
    if np.ptp(differences.mean(axis=1)) <= ROUNDING:
        return "the difference is the same on every set"
    return ""


def pair_rows(
    panel: Panel, margin: float, alpha: float, *, primary: bool = False
) -> list[dict[str, Any]]:
    """Test each reference of a panel against each other model over sets: rows of `PAIR_COLUMNS`.

    Each pair has its own t test, because the pooled error of the F test would be too small for
    rivals that vary strongly between sets and too large for rivals that follow the mixture. Each
    kind of p is adjusted over the rivals of a reference by Holm's method. Verdicts rest on the
    adjusted values. The pairs of one reference on one panel are a family, which ``family`` ranks:
    if the panel is `primary`, that of the main reference is primary; all others are secondary.
    """
    first = main_reference(panel.models) if primary else ""
    return [
        row | {"family": str(Family.PRIMARY if name == first else Family.SECONDARY)}
        for name in panel.references
        for row in _rival_rows(panel, name, margin, alpha)
    ]


def _rival_rows(panel: Panel, reference: str, margin: float, alpha: float) -> list[dict[str, Any]]:
    tested = not panel.fault
    nemenyi = nemenyi_p_values(panel.auroc) if tested else None
    ranks = rank_models(panel.auroc).mean(axis=1) if tested else np.empty(0)
    rows = []
    for other, differences in rivals(panel, reference):
        row = head_values(panel) | dict.fromkeys(PAIR_COLUMNS[len(HEAD_COLUMNS) :], np.nan)
        row |= {"model": reference, "other": other, "margin": margin}
        if nemenyi is not None:
            here, there = panel.models.index(reference), panel.models.index(other)
            row["difference"] = differences.mean()
            row["rank_difference"] = ranks[here] - ranks[there]
            row["p_nemenyi"] = nemenyi[here, there]
            if panel.seeds > 1:
                row["sd_over_seeds"] = differences.mean(axis=0).std(ddof=1)
        fault = pair_fault(panel, differences)
        note = f"skipped: {fault}"
        if not fault:
            by_set = differences.mean(axis=1)
            row |= field_values(over_sets(by_set, margin, alpha))
            row |= field_values(over_sets_and_seeds(differences, alpha), hedges_g(by_set, alpha))
            few = f"no Hedges' g: it needs {FEWEST_SETS} sets"
            note = few if by_set.size < FEWEST_SETS else ""
        rows.append(row | {"note": join_notes(note, panel.note)})
    return _add_verdicts(rows, alpha)


def _add_verdicts(rows: list[dict[str, Any]], alpha: float) -> list[dict[str, Any]]:
    """Adjust each kind of p over the rows and add a verdict to each row."""
    for plain, holm in HOLM.items():
        for row, adjusted in zip(rows, adjust_holm([row[plain] for row in rows]), strict=True):
            row[holm] = adjusted
    for row in rows:
        row["verdict"] = decide_with_margin(
            row["difference"],
            row["p_holm"],
            row["p_equivalence_holm"],
            row["p_not_worse_holm"],
            alpha,
        )
    return rows


def tukey_rows(panel: Panel, alpha: float) -> list[dict[str, Any]]:
    """Compare all pairs of models by Tukey's test on marginal means: rows of `TUKEY_COLUMNS`.

    All pairs share the error of the two-way analysis.
    """
    fault = variation_fault(panel)
    pairs = list(combinations(range(len(panel.models)), 2))
    rows = [
        head_values(panel)
        | {"model": panel.models[one], "other": panel.models[two]}
        | missing_values(TukeyPair)
        | {"note": join_notes(f"skipped: {fault}" if fault else "", panel.note)}
        for one, two in pairs
    ]
    if fault:
        return rows
    models, sets = panel.auroc.shape
    test = two_way(panel.auroc)
    error = float(np.sqrt(test.ss_residual / test.df_residual / sets))
    width = critical_range(models, test.df_residual, alpha) * error
    means = panel.auroc.mean(axis=1)
    differences = np.array([means[one] - means[two] for one, two in pairs])
    p_values = studentized_range.sf(np.abs(differences) / error, models, test.df_residual)
    note = join_notes(_sphericity_note(panel, alpha), panel.note)
    for row, difference, p in zip(rows, differences.tolist(), p_values.tolist(), strict=True):
        pair = TukeyPair(difference, difference - width, difference + width, min(1.0, max(0.0, p)))
        row |= field_values(pair) | {"note": note}
    return rows


def _sphericity_note(panel: Panel, alpha: float) -> str:
    """Return a note unless the data support one error for all pairs."""
    p = float(mauchly(panel.auroc).mauchly_p)
    if len(panel.models) == 2 or p >= alpha:
        return ""
    taken = "all differences are taken to vary equally from set to set"
    if np.isnan(p):
        return f"{taken}, which so few sets cannot test"
    return f"{taken}, which they do not (Mauchly's test)"


def wilcoxon_rows(panel: Panel, alpha: float) -> list[dict[str, Any]]:
    """Test each reference against each other model by signed ranks: rows of `WILCOXON_COLUMNS`.

    If even differences of the same sign on every set could not yield a p below `alpha` after
    Holm's adjustment, the test is skipped and the note gives this reason.
    """
    return [row for name in panel.references for row in _signed_rank_rows(panel, name, alpha)]


def _signed_rank_rows(panel: Panel, reference: str, alpha: float) -> list[dict[str, Any]]:
    pairs, sets = len(panel.models) - 1, len(panel.sets)
    smallest = smallest_adjusted_p(sets, pairs) if not panel.fault else np.nan
    rows = []
    for other, differences in rivals(panel, reference):
        row = head_values(panel) | dict.fromkeys(WILCOXON_COLUMNS[len(HEAD_COLUMNS) :], np.nan)
        row |= {"model": reference, "other": other, "smallest_p_holm": smallest}
        by_set = np.round(differences.mean(axis=1), DECIMALS) if sets else np.zeros(0)
        fault = panel.fault
        if not fault:
            row["median_difference"] = np.median(by_set)
            if smallest >= alpha:
                fault = (
                    f"no outcome of {sets} sets can reject for {pairs} pairs after Holm's "
                    f"adjustment, {fewest_sets(pairs, alpha)} sets are needed"
                )
            elif not by_set.any():
                fault = "the difference is 0 on every set"
            else:
                row["p"] = float(signed_rank_p(by_set))
        rows.append(row | {"note": join_notes(f"skipped: {fault}" if fault else "", panel.note)})
    for row, adjusted in zip(rows, adjust_holm([row["p"] for row in rows]), strict=True):
        row["p_holm"] = adjusted
    return rows
