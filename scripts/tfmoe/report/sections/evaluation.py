"""The sections on models, evaluation, statistics and gate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
from markdown_it import MarkdownIt

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.core.recipes import Recipe, own_recipe
from tfmoe.core.vocabulary import KINDS, OTHER_EXPERTS, is_expert, kind_order
from tfmoe.evaluation.above_background import BACKGROUND
from tfmoe.evaluation.sets import by_stratum, headline_models, mean_over_seeds, name_own_expert
from tfmoe.figures.style import drawing_order, label, stratum_label
from tfmoe.jaspar.matrices import NOT_STATED
from tfmoe.report.blocks import (
    MISSING,
    Block,
    Cell,
    Markup,
    Paragraph,
    Section,
    Table,
    count,
    decimals,
    group_row,
    largest,
    number,
    plural,
    text,
    truths,
)
from tfmoe.report.headline import Scores, roles_of
from tfmoe.report.narrative.titles import FOLDED, PUBLISHED, SHORT
from tfmoe.report.pictures import picture
from tfmoe.report.run_tables import Run, RunTables

GROUPS = {"in_distribution": "in-distribution", "ood": "OOD, all"}
_MEASURES = {
    "auroc": "AUROC",
    "auprc": "AUPRC",
    "brier": "Brier score",
    "ece": "ECE",
    "ece_expected": "ECE of perfect calibration",
}
_STATISTICS_FIGURES = {
    SHORT: (
        "critical_difference",
        "Average rank of each model over the sets of a role; 1 is the highest AUROC of a set. "
        "Models joined by a bar differ by less than the critical difference of Nemenyi's test.",
    ),
    PUBLISHED: (
        "null_simulation",
        "How often each test calls models different that have the same true AUROC, in made-up runs "
        "of as many models, sets and seeds as this one, whose AUROCs vary as this run's do. "
        "Filled: all models vary alike from set to set; open: as unequally as was found. The "
        "analysis as published and DeLong's test are of one made-up set.",
    ),
}
"""Figures of the statistics, by the part of the report behind which they stand."""


def models_section(tables: RunTables, run: Run, figures: Path) -> Section:
    """Return the section on what was trained."""
    training, recipe = run.config["training"], own_recipe(run.config, list(run.experts))
    names = [
        name if list(own) == [name] else f"{name} ({', '.join(own)})"
        for name, own in run.experts.items()
    ]
    background = (
        f"{label(BACKGROUND).capitalize()}: a network of the same kind that saw no peak, only "
        "windows of the genome and their shuffles. "
        if BACKGROUND in set(tables.metrics["model"])
        else ""
    )
    blocks: list[Block] = [
        Paragraph(
            f"Recipe {recipe.name}, {_named('backbone', recipe.backbones)}, "
            f"{plural(training['seeds'], 'seed')}. {plural(len(names), 'expert')}: "
            f"{', '.join(names)}. "
            f"{describe_pooled(recipe, training['pooled_ensemble'])}{background}"
            f"{describe_mixture(recipe, run.config['evaluation']['recipes'])}"
        )
    ]
    chosen = tables.best_expert[truths(tables.best_expert["chosen"])]
    if len(chosen):
        blocks.append(
            Paragraph(
                f"Best expert: {chosen['expert'].iloc[0].removeprefix('expert_')}, by its mean "
                f"AUROC of {decimals(chosen['auroc'].mean())} on the validation split of all "
                "training experiments."
            )
        )
    caption = (
        "Training curves. Above: loss (binary cross-entropy, nats) on the training split (dashed) "
        "and on the validation split (solid); below: AUROC on the validation split; a line a seed; "
        "the dot is the epoch whose weights were kept. All panels share their scales."
    )
    return Section("models", "Models", [*blocks, picture(figures, "training", caption)])


def describe_pooled(recipe: Recipe, ensemble: bool) -> str:
    """Say what pooled networks there are: one a seed, or as many as are mixed."""
    backbones, further = recipe.backbones, len(recipe.pool) - 1
    kind = f", on backbone {backbones[0]}," if len(backbones) > 1 else ""
    pooled = f"The pooled network{kind} is trained on all their sequences at once"
    if not (ensemble and further):
        return f"{pooled}. "
    alike = f", on the backbones {', '.join(backbones)} in turn," if kind else " like it"
    return (
        f"{pooled}; with {plural(further, 'further one')} a seed{alike} there are as many pooled "
        "networks as are mixed. "
    )


def describe_mixture(recipe: Recipe, beside: Sequence[str]) -> str:
    """Say what is mixed, what the mixture is fitted on, and which recipes stand beside it."""
    mixture = recipe.mixture
    mixed = plural(len(recipe.experts), "frozen expert")
    if recipe.generalists:
        mixed += f" and {plural(len(recipe.generalists), 'pooled network')}"
    tuned = ", then fine-tuned with all of them," if mixture["fine_tune"]["epochs"] else ""
    calibrated = (
        f", and is calibrated on {_named('split', mixture['judge_splits'])}"
        if mixture["calibrate"]
        else ""
    )
    return (
        f"The mixture is fitted over {mixed}{tuned} on {_named('split', mixture['fit_splits'])}, "
        f"starting from a uniform gate{calibrated}."
        + (f" Beside it: {_named('recipe', beside)}." if beside else "")
    )


def _named(what: str, names: Sequence[str]) -> str:
    """Return a noun before one name or several."""
    return f"{what}{'s' * (len(names) > 1)} {', '.join(names)}"


def evaluation_section(tables: RunTables, run: Run, scores: Scores, figures: Path) -> Section:
    """Return the section on how good the models are."""
    kind, seeds = KINDS[scores.kind], plural(scores.seeds, "seed")
    auroc = (
        f"AUROC on the test split, {kind}. Markers: mean over {seeds}; dots: the seeds; "
        "bars: 95 % bootstrap intervals over sequences (mean of the seeds' bounds). Numbers at the "
        "right: positives and negatives of a set. The OOD factors were seen by no expert."
    )
    roc = (
        f"ROC curves on the test split, {kind}; mean over {seeds} at the same false positive "
        "rate. The diagonal is chance."
    )
    return Section(
        "evaluation",
        "Evaluation",
        [
            picture(figures, "auroc", auroc),
            per_set_table(scores, run),
            matrices_table(tables.matrices, run),
            picture(figures, "roc", roc),
            _measures(tables.metrics, scores, run),
            *_other_sets(tables.metrics, scores, run),
        ],
    )


def means_table(scores: Scores) -> Table:
    """Return mean AUROCs by model: in-distribution, OOD and each OOD stratum."""
    groups = [*roles_of(scores), *(name for name in scores.sizes if name not in GROUPS)]
    best = {
        # a mean over fewer sets is no rival
        group: largest(
            found.auroc
            for model in scores.models
            if (found := scores.of(group, model)) and found.sets == scores.sizes[group]
        )
        for group in groups
    }
    rows = [
        [text(label(model)), *(_group_mean(scores, group, model, best[group]) for group in groups)]
        for model in scores.models
    ]
    heads = [f"{GROUPS.get(name) or stratum_label(name)} ({scores.sizes[name]})" for name in groups]
    return Table(
        f"Mean AUROC over sets, {KINDS[scores.kind]}, mean of {plural(scores.seeds, 'seed')}; "
        "the highest of a column is bold. In brackets: the number of sets. A cell with a number in "
        "brackets is a mean over that many of them only, where a model has no score on the others.",
        ["model", *heads],
        rows,
    )


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
                rows.append([text(found.name), Cell("not scored")])
                rows[-1] += [Cell(MISSING, number=True)] * (len(scores.models) + 2)
                continue
            rows.append([text(found.name), *_set_cells(table, scores.models)])
    return Table(
        f"AUROC by set, {KINDS[scores.kind]}, mean of {plural(scores.seeds, 'seed')}; the "
        "highest of a row is bold, whether or not a test carries the difference. Other experts: "
        "the lowest to the highest of the single experts but the set's own, those of other factors "
        "and, on further backbones, of the same.",
        ["set", "positives", "negatives", *map(label, scores.models), OTHER_EXPERTS],
        rows,
    )


def matrices_table(matrices: pd.DataFrame, run: Run) -> Table:
    """Return which JASPAR matrix stands for each set's own factor, and what it was made from."""
    by_set = dict(iter(matrices.groupby("experiment")))
    rows: list[list[Cell]] = []
    for stratum, members in by_stratum(run.sets).items():
        rows.append(group_row(stratum_label(stratum)))
        for found in members:
            own = by_set.get(found.experiment, matrices.iloc[:0])
            chosen = own[truths(own["chosen"])]
            if chosen.empty:
                rows.append([text(found.name), *[Cell(MISSING)] * 4])
                continue
            row = chosen.iloc[0]
            like = "no" if truths(chosen["independent"]).iloc[0] else "yes"
            if row["data_type"] == NOT_STATED:
                like = NOT_STATED
            of = f"the best of {len(own)} on validation data"
            if len(own) == 1:
                of = "the only one"
            elif pd.isna(row["auroc_validation"]):
                of = f"the first of {len(own)}"
            rows.append(
                [text(found.name), text(row["matrix_id"]), text(row["data_type"]), Cell(like)]
            )
            rows[-1].append(Cell(of))
    return Table(
        f"The matrix of {run.config['jaspar']['release']} that each factor's own matrix stands for "
        "above, and the data that it was made from. Of several, the one with the highest AUROC on "
        "the set's validation split is taken; for an OOD factor, of which nothing is chosen on its "
        "own data, the one of the curated table, else of the lowest id. A matrix of the run's own "
        "kind of data may come from the very experiment that it is compared on.",
        ["set", "matrix", "made from", "the run's kind of data", "which of its factor's"],
        rows,
        folded=True,
    )


def _set_cells(table: pd.DataFrame, models: list[str]) -> list[Cell]:
    values = table.set_index("model")["auroc"]
    top = largest(values[model] for model in models if model in values.index)
    others = values[values.index.map(is_expert)]
    spread = f"{decimals(others.min())} to {decimals(others.max())}" if len(others) else MISSING
    return [
        count(table["n_pos"].max()),
        count(table["n_neg"].max()),
        *(_mean(values, model, top) for model in models),
        Cell(spread, number=True),
    ]


def _measures(metrics: pd.DataFrame, scores: Scores, run: Run) -> Table:
    columns = list(_MEASURES)
    table = name_own_expert(mean_over_seeds(metrics, scores.kind), run.sets)
    rows: list[list[Cell]] = []
    for role in roles_of(scores):
        rows.append(group_row(f"{GROUPS[role]} ({plural(scores.sizes[role], 'set')})"))
        members = [found.experiment for found in run.sets if found.role == role]
        own = table[table["experiment"].isin(members)]
        for model in sorted(headline_models(list(own["model"].unique())), key=drawing_order):
            means = own.loc[own["model"] == model, columns].mean()
            if means.notna().any():
                rows.append([text(label(model)), *(number(means[name]) for name in columns)])
    sizes = table.groupby("experiment")[["n_pos", "n_neg"]].max()
    prevalence = (sizes["n_pos"] / sizes.sum(axis=1)).mean()
    return Table(
        f"Further measures, mean over sets and seeds, {KINDS[scores.kind]}, at the sets' own "
        f"prevalence ({decimals(prevalence, 2)} on average). AUPRC: average precision, equal to "
        "the prevalence by chance. Brier score and expected calibration error (ECE): lower is "
        "better; the ECE of perfect calibration is not 0 either, and the last column says what it "
        "would be. Scores of a matrix are no probabilities.",
        ["model", *_MEASURES.values()],
        rows,
        folded=True,
    )


def _other_sets(metrics: pd.DataFrame, scores: Scores, run: Run) -> list[Block]:
    """Return mean AUROCs on other negatives, and without overlaps with training peaks."""
    rows: list[list[Cell]] = []
    for kind in sorted(set(metrics["negatives"]), key=kind_order):
        for subset in ("all", "no_overlap"):
            if (kind, subset) == (scores.kind, "all"):
                continue
            table = name_own_expert(mean_over_seeds(metrics, kind, subset), run.sets)
            table = table[table["auroc"].notna()]
            for role in roles_of(scores):
                members = [found.experiment for found in run.sets if found.role == role]
                own = table[table["experiment"].isin(members)]
                if not len(own):
                    continue
                means = own.groupby("model")["auroc"].mean()
                top = largest(means[model] for model in scores.models if model in means.index)
                suffix = ", without overlaps" if subset == "no_overlap" else ""
                head = [
                    text(f"{KINDS[kind]}{suffix}"),
                    text(f"{GROUPS[role]} ({own['experiment'].nunique()})"),
                ]
                rows.append([*head, *(_mean(means, model, top) for model in scores.models)])
    if not rows:
        return []
    compared = " (background vs. shuffle)" if BACKGROUND in set(metrics["model"]) else ""
    caption = (
        "Mean AUROC on other negatives, and on OOD sets without the sequences that overlap a "
        "training peak. Shuffles mostly ask whether a sequence is genomic at all: a network that "
        f"never saw a peak{compared} scores high on them too, so by themselves they are no "
        "evidence about binding; the difference to it is."
    )
    return [Table(caption, ["negatives", "sets", *map(label, scores.models)], rows)]


def _mean(values: pd.Series[float], model: str, top: str | None) -> Cell:
    if model not in values.index:
        return Cell(MISSING, number=True)
    return number(values[model], best=decimals(values[model]) == top)


def statistics_section(path: Pathlike, figures: Path) -> Section:
    """Render ``statistics/report.md``; its headings go one level down.

    What is there to be looked up (`tfmoe.report.narrative.statistics.FOLDED`) is folded. The
    diagram of ranks follows the answer, and how often each test is wrong the published analysis.

    Raises
    ------
    InputError
        If the file is missing.
    """
    try:
        source = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: the file does not exist; run the statistics again") from None
    blocks: list[Block] = []
    for title, html in _render_parts(source):
        blocks.append(Markup(html, title if title in FOLDED else ""))
        if title in _STATISTICS_FIGURES:
            blocks.append(picture(figures, *_STATISTICS_FIGURES[title]))
    return Section("statistics", "Statistics", blocks)


def _render_parts(source: str) -> Iterator[tuple[str, str]]:
    """Render Markdown, a part a heading of the second level: its title and HTML."""
    # raw HTML stays text; tables are not part of CommonMark
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(source)
    starts = [
        index
        for index, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag == "h2"
    ]
    # what stands before is its title, which is the section's own
    for start, end in zip(starts, [*starts[1:], len(tokens)], strict=True):
        part = tokens[start:end]
        title = part[1].content
        if title in FOLDED:
            part = part[3:]  # it is what one unfolds
        for token in part:
            if token.type in ("heading_open", "heading_close"):
                token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
        yield title, str(markdown.renderer.render(part, markdown.options, {}))


def gate_section(scores: Scores, figures: Path) -> Section:
    """Return the section on the gate."""
    caption = (
        "Mean gate weight of each network that is mixed, over the positives of a set's test split, "
        f"mean of {plural(scores.seeds, 'seed')}; a row sums to 1. Framed: the expert of the set's "
        "own factor. A row near uniform means that the gate does not choose."
    )
    return Section("gate", "Gate", [picture(figures, "gate", caption)])
