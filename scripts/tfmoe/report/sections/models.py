"""Sections on the trained models and on the gate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tfmoe.core.recipes import Recipe, own_recipe
from tfmoe.core.text import capitalise, decimals, list_words, plural
from tfmoe.core.vocabulary import BACKGROUND, EXPERT
from tfmoe.figures.style import label
from tfmoe.report.blocks import Block, Paragraph, Section, truths
from tfmoe.report.headline import Scores
from tfmoe.report.pictures import picture
from tfmoe.report.run_tables import Run, RunTables


def models_section(tables: RunTables, run: Run, figures: Path) -> Section:
    """Return the section on the trained models."""
    training, recipe = run.config["training"], own_recipe(run.config, list(run.experts))
    names = [
        name if list(own) == [name] else f"{name} ({', '.join(own)})"
        for name, own in run.experts.items()
    ]
    background = (
        f"{capitalise(label(BACKGROUND))}: a network of the same kind that saw no peak, only "
        "genomic windows and their shuffles. "
        if BACKGROUND in set(tables.metrics["model"])
        else ""
    )
    blocks: list[Block] = [
        Paragraph(
            f"Recipe {recipe.name}, {_with_names('backbone', recipe.backbones)}, "
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
                f"Best expert: {chosen['expert'].iloc[0].removeprefix(EXPERT)}. It has the highest "
                "mean AUROC on the validation splits of all training experiments "
                f"({decimals(chosen['auroc'].mean())})."
            )
        )
    caption = (
        "Training curves, one line per seed. Above: loss (binary cross-entropy, nats) on the "
        "training split (dashed) and the validation split (solid). Below: AUROC on the validation "
        "split. The dot marks the epoch whose weights were kept. All panels share their scales."
    )
    return Section("models", "Models", [*blocks, picture(figures, "training", caption)])


def describe_pooled(recipe: Recipe, ensemble: bool) -> str:
    """Return which pooled networks are trained: one per seed, or as many as are mixed."""
    backbones, further = recipe.backbones, len(recipe.pool) - 1
    several = len(backbones) > 1
    kind = f", on backbone {backbones[0]}," if several else ""
    pooled = f"The pooled network{kind} is trained on the sequences of all experts at once. "
    if not (ensemble and further):
        return pooled
    more = plural(further, "more pooled network")
    alike = f"on the backbones {list_words(backbones)} in turn" if several else "of the same kind"
    return (
        f"{pooled}Each seed has {more}, {alike}, so that there are as many pooled networks as the "
        "mixture combines. "
    )


def describe_mixture(recipe: Recipe, other_recipes: Sequence[str]) -> str:
    """Return what is mixed, the splits used to fit the mixture, and the recipes compared to it."""
    mixture = recipe.mixture
    mixed = plural(len(recipe.experts), "frozen expert")
    if recipe.generalists:
        mixed += f" and {plural(len(recipe.generalists), 'pooled network')}"
    splits = _with_names("split", mixture["fit_splits"])
    tuned = ", and then fine-tuned together with them," if mixture["fine_tune"]["epochs"] else ""
    sentences = [
        f"The mixture combines {mixed}.",
        f"It is fitted{tuned} on {splits}, starting from a uniform gate.",
    ]
    if mixture["calibrate"]:
        sentences.append(f"It is calibrated on {_with_names('split', mixture['judge_splits'])}.")
    if other_recipes:
        sentences.append(f"It is compared with {_with_names('recipe', other_recipes)}.")
    return " ".join(sentences)


def _with_names(noun: str, names: Sequence[str]) -> str:
    """Return a noun followed by one or several names."""
    return f"{noun}{'s' * (len(names) > 1)} {list_words(names)}"


def gate_section(scores: Scores, figures: Path) -> Section:
    """Return the section on the gate."""
    caption = (
        "Mean gate weight of each network in the mixture, over the test positives of a set, "
        f"{scores.averaged}; each row sums to 1. The frame marks the expert of the "
        "set's own factor. In a nearly uniform row, the gate makes no choice."
    )
    return Section("gate", "Gate", [picture(figures, "gate", caption)])
