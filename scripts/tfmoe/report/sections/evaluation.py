"""Section on the evaluation: AUROCs and further measures of the models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from tfmoe.core.text import MISSING, decimals, plural
from tfmoe.core.vocabulary import (
    BACKGROUND,
    OTHER_EXPERTS,
    EvaluationRole,
    Subset,
    is_expert,
    kind_order,
)
from tfmoe.evaluation.sets import by_stratum, headline_models, mean_over_seeds, name_own_expert
from tfmoe.figures import precision_recall
from tfmoe.figures.style import drawing_order, kind_label, label, stratum_label
from tfmoe.jaspar.matrices import NOT_STATED
from tfmoe.report.blocks import (
    Block,
    Bullets,
    Cell,
    Heading,
    Section,
    Table,
    count_cell,
    group_row,
    largest,
    number_cell,
    text_cell,
    truths,
)
from tfmoe.report.headline import Scores, roles_of
from tfmoe.report.narrative.recommendation import gains
from tfmoe.report.pictures import picture
from tfmoe.report.ranking import by_role
from tfmoe.report.run_tables import Run, RunTables
from tfmoe.report.sections.adaptation import adapted_table
from tfmoe.report.sections.new_factors import (
    control_blocks,
    expectation_blocks,
    few_peaks_blocks,
)

GROUPS: Mapping[str, str] = {
    EvaluationRole.IN_DISTRIBUTION: "in-distribution",
    EvaluationRole.SAME_FACTOR: "training factors, other cells",
    EvaluationRole.OOD: "OOD, all",
}
"""Labels of the roles next to those of the strata."""
_MEASURES = {
    "auroc": "AUROC",
    "auprc": "AUPRC",
    "brier": "Brier score",
    "ece": "ECE",
    "ece_expected": "ECE of perfect calibration",
}


def evaluation_section(tables: RunTables, run: Run, scores: Scores, figures: Path) -> Section:
    """Return the section: known and unseen factors, new factors with peaks, and controls."""
    kind, averaged = kind_label(scores.kind), scores.averaged
    auroc = (
        f"AUROC on the test split against {kind}. Markers: {averaged}; dots: single seeds; "
        "bars: 95 % bootstrap intervals over sequences (mean of the seeds' bounds). Below "
        "each name: positives and negatives of the set. No expert has seen the OOD factors."
    )
    roc = (
        f"ROC curves on the test split against {kind}: {averaged}, at the same false "
        "positive rate. Above each panel: AUROC with its interval and the number of positives and "
        "negatives. The diagonal is chance."
    )
    precision = (
        f"Precision against recall on the test split against {kind}: {averaged}, at the same "
        "recall. Above each panel: average precision with its interval. Grey dashes: the "
        "prevalence, which is the precision of chance. With more negatives per "
        "positive, as in a scan of a genome, precision is lower."
    )
    blocks: list[Block] = [
        Heading("How well does each model separate peaks from other sequences?"),
        means_table(scores),
        picture(figures, "auroc", auroc),
        per_set_table(scores, run),
        matrices_table(tables.matrices, run),
        picture(figures, "roc", roc),
        picture(figures, precision_recall.NAME, precision),
        _measures(tables.metrics, scores, run),
        *_few_peaks(tables, scores, figures),
        *_controls(tables, run, scores),
        *_other_sets(tables.metrics, scores, run),
    ]
    return Section("evaluation", "Evaluation", blocks)


def _few_peaks(tables: RunTables, scores: Scores, figures: Path) -> list[Block]:
    """Return what to expect on a new factor, without peaks and with some of them."""
    adapted = adapted_table(tables, scores)
    blocks = [
        *expectation_blocks(tables.expected),
        *few_peaks_blocks(tables.adapted, figures),
        *([adapted] if adapted else []),
    ]
    return [Heading("What can I expect on a new factor?"), *blocks] if blocks else []


def _controls(tables: RunTables, run: Run, scores: Scores) -> list[Block]:
    """Return the parts of the conditioned mixture that matter."""
    found = gains(by_role(scores, run), run.config["evaluation"]["alpha"])
    blocks = [*([Bullets(found)] if found else []), *control_blocks(tables.controls)]
    return [Heading("Which part of the mixture matters?"), *blocks] if blocks else []


def means_table(scores: Scores) -> Table:
    """Return mean AUROCs by model: of each role and each OOD stratum."""
    groups = [*roles_of(scores), *(name for name in scores.sizes if name not in GROUPS)]
    best = {
        # a mean over fewer sets is not comparable
        group: largest(
            found.auroc
            for model in scores.models
            if (found := scores.of(group, model)) and found.sets == scores.sizes[group]
        )
        for group in groups
    }
    rows = [
        [
            text_cell(label(model)),
            *(_group_mean(scores, group, model, best[group]) for group in groups),
        ]
        for model in scores.models
    ]
    heads = [f"{_group_label(group)} ({scores.sizes[group]})" for group in groups]
    return Table(
        f"Mean AUROC over sets against {kind_label(scores.kind)}, "
        f"{scores.averaged}; the highest value of a column is bold. The number of "
        "sets is in brackets; in a cell, it shows that the model has no score on the other sets.",
        ["model", *heads],
        rows,
    )


def _group_label(group: str) -> str:
    return GROUPS.get(group) or stratum_label(group)


def _group_mean(scores: Scores, group: str, model: str, best: str | None) -> Cell:
    found = scores.of(group, model)
    if found is None:
        return Cell(MISSING, number=True)
    shown = decimals(found.auroc)
    if found.sets < scores.sizes[group]:
        return Cell(f"{shown} ({found.sets})", number=True)
    return Cell(shown, best=shown == best, number=True)


def per_set_table(scores: Scores, run: Run) -> Table:
    """Return the AUROC of each model on each set; the other experts as a range."""
    by_set = dict(iter(scores.per_set.groupby("experiment")))
    rows: list[list[Cell]] = []
    for stratum, members in by_stratum(run.sets).items():
        rows.append(group_row(stratum_label(stratum)))
        for found in members:
            table = by_set.get(found.experiment)
            if table is None:
                rows.append([text_cell(found.name), Cell("not scored")])
                rows[-1] += [Cell(MISSING, number=True)] * (len(scores.models) + 2)
                continue
            rows.append([text_cell(found.name), *_set_cells(table, scores.models)])
    return Table(
        f"AUROC by set against {kind_label(scores.kind)}, {scores.averaged}. "
        "The highest value of a row is bold, whether or not the difference is significant. Other "
        "experts: range of all single experts except the set's own. They are the experts of other "
        "factors and those of the same factor on further backbones.",
        ["set", "positives", "negatives", *map(label, scores.models), OTHER_EXPERTS],
        rows,
    )


def matrices_table(matrices: pd.DataFrame, run: Run) -> Table:
    """Return the JASPAR matrix of each set's own factor, and the data that it was made from."""
    by_set = dict(iter(matrices.groupby("experiment")))
    rows: list[list[Cell]] = []
    for stratum, members in by_stratum(run.sets).items():
        rows.append(group_row(stratum_label(stratum)))
        for found in members:
            own = by_set.get(found.experiment, matrices.iloc[:0])
            rows.append([text_cell(found.name), *_matrix_cells(own)])
    return Table(
        f"Matrix of {run.config['jaspar']['release']} that represents each factor above, and the "
        "data that it was made from. Of several matrices, the one with the highest AUROC on the "
        "set's validation split is used. Nothing is chosen on the data of a set that trains no "
        "expert: it has the matrix of the curated table, or else the one with the lowest id. A "
        "matrix from the run's own kind of data may come from the very experiment that it is "
        "evaluated on.",
        ["set", "matrix", "made from", "the run's kind of data", "choice"],
        rows,
        folded=True,
    )


def _matrix_cells(own: pd.DataFrame) -> list[Cell]:
    """Return the chosen matrix of a set, its data, and how it was chosen."""
    chosen = own[truths(own["chosen"])]
    if chosen.empty:
        return [Cell(MISSING)] * 4
    row = chosen.iloc[0]
    same_kind = "no" if truths(chosen["independent"]).iloc[0] else "yes"
    if row["data_type"] == NOT_STATED:
        same_kind = NOT_STATED
    choice = f"best of {len(own)} on validation data"
    if len(own) == 1:
        choice = "the only one"
    elif pd.isna(row["auroc_validation"]):
        choice = f"first of {len(own)}"
    return [text_cell(row["matrix_id"]), text_cell(row["data_type"]), Cell(same_kind), Cell(choice)]


def _set_cells(table: pd.DataFrame, models: list[str]) -> list[Cell]:
    values = table.set_index("model")["auroc"]
    top = largest(values[model] for model in models if model in values.index)
    others = values[values.index.map(is_expert)]
    spread = f"{decimals(others.min())} to {decimals(others.max())}" if len(others) else MISSING
    return [
        count_cell(table["n_pos"].max()),
        count_cell(table["n_neg"].max()),
        *(_mean(values, model, top) for model in models),
        Cell(spread, number=True),
    ]


def _measures(metrics: pd.DataFrame, scores: Scores, run: Run) -> Table:
    columns = list(_MEASURES)
    table = name_own_expert(mean_over_seeds(metrics, scores.kind), run.sets)
    rows: list[list[Cell]] = []
    for role in roles_of(scores):
        rows.append(group_row(f"{_group_label(role)} ({plural(scores.sizes[role], 'set')})"))
        own = _of_role(table, run, role)
        for model in sorted(headline_models(list(own["model"].unique())), key=drawing_order):
            means = own.loc[own["model"] == model, columns].mean()
            if means.notna().any():
                rows.append(
                    [text_cell(label(model)), *(number_cell(means[name]) for name in columns)]
                )
    sizes = table.groupby("experiment")[["n_pos", "n_neg"]].max()
    prevalence = (sizes["n_pos"] / sizes.sum(axis=1)).mean()
    return Table(
        f"Further measures against {kind_label(scores.kind)}, mean over sets and seeds, at the "
        f"sets' own prevalence ({decimals(prevalence, 2)} on average). AUPRC is average precision; "
        "chance is the prevalence. Lower is better for the Brier score and the expected "
        "calibration error (ECE). Even perfect calibration has an ECE above 0, which the last "
        "column gives. Scores of a matrix are not probabilities.",
        ["model", *_MEASURES.values()],
        rows,
        folded=True,
    )


def _of_role(table: pd.DataFrame, run: Run, role: str) -> pd.DataFrame:
    """Return the rows on the sets of a role."""
    members = [found.experiment for found in run.sets if found.role == role]
    return table[table["experiment"].isin(members)]


def _other_sets(metrics: pd.DataFrame, scores: Scores, run: Run) -> list[Block]:
    """Return mean AUROCs on other negatives, and without overlaps with training peaks."""
    rows: list[list[Cell]] = []
    for kind in sorted(set(metrics["negatives"]), key=kind_order):
        for subset in Subset:
            if (kind, subset) == (scores.kind, Subset.ALL):
                continue
            table = name_own_expert(mean_over_seeds(metrics, kind, subset), run.sets)
            table = table[table["auroc"].notna()]
            for role in roles_of(scores):
                own = _of_role(table, run, role)
                if not len(own):
                    continue
                means = own.groupby("model")["auroc"].mean()
                top = largest(means[model] for model in scores.models if model in means.index)
                suffix = ", without overlaps" if subset == Subset.NO_OVERLAP else ""
                head = [
                    text_cell(f"{kind_label(kind)}{suffix}"),
                    text_cell(f"{_group_label(role)} ({own['experiment'].nunique()})"),
                ]
                rows.append([*head, *(_mean(means, model, top) for model in scores.models)])
    if not rows:
        return []
    compared = " (background vs. shuffle)" if BACKGROUND in set(metrics["model"]) else ""
    caption = (
        "Mean AUROC on other negatives, and on sets that train no expert without sequences that "
        "overlap a training peak. Shuffles mostly test whether a sequence is genomic: even a "
        f"network that never saw a peak{compared} scores high on them. Only the difference to "
        "that network is evidence about binding."
    )
    heading = Heading("Does it hold on other negatives, and without overlaps?")
    return [heading, Table(caption, ["negatives", "sets", *map(label, scores.models)], rows)]


def _mean(values: pd.Series[float], model: str, top: str | None) -> Cell:
    if model not in values.index:
        return Cell(MISSING, number=True)
    return number_cell(values[model], best=decimals(values[model]) == top)
