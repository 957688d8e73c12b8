"""Tables of the development proxy: AUROCs on validation data, and comparisons of recipes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.core.vocabulary import (
    MEAN_OF_EXPERTS,
    MEAN_OF_POOL,
    MIXTURE,
    OWN_EXPERT,
    POOLED,
    kind_order,
)
from tfmoe.evaluation.delong import auroc
from tfmoe.evaluation.metrics import find_fault
from tfmoe.workflow.left_out import ALL

SCORE_COLUMNS = (
    "recipe", "left_out", "experiment", "factor", "negatives", "model", "seed", "n_pos", "n_neg",
    "auroc",
)  # fmt: skip
MODELS = (MIXTURE, OWN_EXPERT, MEAN_OF_EXPERTS, MEAN_OF_POOL, POOLED)
IN_DISTRIBUTION, LEFT_OUT = "in_distribution", "left_out"
PARTS = (IN_DISTRIBUTION, LEFT_OUT)
"""Scores without a left-out factor, and scores of the left-out factors."""
SUMMARY_COLUMNS = (
    "recipe", "negatives", "model", "seeds",
    *(f"{part}{column}" for part in PARTS for column in ("_sets", "", "_sd", "_change")),
)  # fmt: skip


class Scored(Protocol):
    """Logits on one experiment; `tfmoe.studies.development.scores.CaseScores` implements this."""

    @property
    def left_out(self) -> str:
        """Left-out factor, or ``-``."""

    @property
    def seed(self) -> int:
        """Training seed."""

    @property
    def experiment(self) -> str:
        """Scored experiment."""

    @property
    def label(self) -> NDArray[np.int64]:
        """Labels, (N,)."""

    @property
    def kind(self) -> NDArray[np.object_]:
        """Kinds, (N,)."""

    @property
    def logits(self) -> Mapping[str, NDArray[np.float32]]:
        """Logits (N,) by model."""


def score_table(scored: Iterable[Scored], recipe: str, factors: Mapping[str, str]) -> pd.DataFrame:
    """Compute the AUROC of each model on each experiment and kind of negatives.

    Parameters
    ----------
    scored
        Logits of the models of one recipe.
    recipe
        Name of the recipe.
    factors
        Factor by experiment.

    Returns
    -------
    DataFrame
        `SCORE_COLUMNS`.

    Raises
    ------
    InputError
        If a validation split lacks positives or negatives, or a logit is not finite.
    """
    rows = [
        {"recipe": recipe, "factor": factors[part.experiment], **row}
        for part in scored
        for row in _score_rows(part)
    ]
    return pd.DataFrame(rows, columns=list(SCORE_COLUMNS))


def _score_rows(part: Scored) -> Iterator[dict[str, Any]]:
    positive = part.label == 1
    kinds = sorted(set(part.kind[~positive]), key=kind_order)
    if not kinds or not positive.any():
        missing = "negatives" if positive.any() else "positives"
        raise InputError(
            f"{part.experiment}: the validation split has no {missing}; change the section `splits`"
        )
    models = list(part.logits)
    scores = np.stack([part.logits[model] for model in models]).astype(np.float64)
    for model, row in zip(models, scores, strict=True):
        if fault := find_fault(row, positive):
            raise InputError(
                f"{model}, seed {part.seed}, left-out factor {part.left_out}, on "
                f"{part.experiment}: {fault}; remove its checkpoint and run again"
            )
    for kind in kinds:
        negative = ~positive & (part.kind == kind)
        values = auroc(scores[:, positive], scores[:, negative])
        for model, value in zip(models, values, strict=True):
            yield {
                "left_out": part.left_out,
                "experiment": part.experiment,
                "negatives": kind,
                "model": model,
                "seed": part.seed,
                "n_pos": int(positive.sum()),
                "n_neg": int(negative.sum()),
                "auroc": float(value),
            }


def read_scores(paths: Sequence[Pathlike]) -> pd.DataFrame:
    """Read and concatenate the tables of `score_table` of several recipes.

    Raises
    ------
    InputError
        If a file is missing or lacks a column.
    """
    return pd.concat([read_tsv(path, SCORE_COLUMNS) for path in paths], ignore_index=True)


def summarise(scores: pd.DataFrame, own: str) -> pd.DataFrame:
    """Summarise the scores in one row per recipe, kind of negatives and model.

    Parameters
    ----------
    scores
        Tables of `score_table` of all recipes, the run's own recipe first.
    own
        The run's own recipe, the reference for differences.

    Returns
    -------
    DataFrame
        `SUMMARY_COLUMNS`. For each of `PARTS`: the number of sets; the mean AUROC over sets and
        seeds; the standard deviation over seeds of the mean over sets (missing with one seed); and
        the mean difference from the run's own recipe on the sets that both recipes have.
    """
    keys = ["recipe", "negatives", "model"]
    parts = [_summarise_part(part, name, own) for name, part in _parts(scores)]
    seeds = scores.groupby(keys)["seed"].nunique().rename("seeds")
    found = pd.concat([seeds, *parts], axis=1).reset_index()
    recipes = list(dict.fromkeys(scores["recipe"]))
    rank = pd.DataFrame(
        {
            "negatives": found["negatives"].map(kind_order),
            "recipe": found["recipe"].map(recipes.index),
            "model": found["model"].map(MODELS.index),
        }
    )
    ordered = found.loc[rank.sort_values(list(rank.columns)).index, list(SUMMARY_COLUMNS)]
    return ordered.astype(dict.fromkeys([f"{name}_sets" for name in PARTS], "Int64"))


def _parts(scores: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the name and the rows of each of `PARTS`."""
    complete = scores["left_out"] == ALL
    yield from zip(PARTS, (scores[complete], scores[~complete]), strict=True)


def _summarise_part(part: pd.DataFrame, name: str, own: str) -> pd.DataFrame:
    """Summarise the rows of one of `PARTS`; the index is recipe, kind of negatives and model."""
    keys = ["recipe", "negatives", "model"]
    by_seed = part.groupby([*keys, "seed"])["auroc"].mean().groupby(keys)
    # match sets, because a recipe with fewer experts has an own expert on fewer sets
    sets = ["negatives", "model", "experiment", "seed"]
    reference = part.loc[part["recipe"] == own, [*sets, "auroc"]]
    pairs = part.merge(reference, on=sets, suffixes=("", "_own"))
    changes = pairs.assign(change=pairs["auroc"] - pairs["auroc_own"])
    columns = {
        f"{name}_sets": part.groupby(keys)["experiment"].nunique(),
        name: by_seed.mean(),
        f"{name}_sd": by_seed.std(),
        f"{name}_change": changes.groupby(keys)["change"].mean(),
    }
    return pd.DataFrame(columns)


def change_table(scores: pd.DataFrame, own: str, model: str = MIXTURE) -> pd.DataFrame:
    """Compute the difference of one model's AUROC from the run's own recipe on each set.

    Only the primary kind of negatives is used: the first by `kind_order`.

    Returns
    -------
    DataFrame
        One row per recipe and set: recipe, part (one of `PARTS`), experiment, negatives, and change
        (mean over seeds). The run's own recipe is omitted.
    """
    kind = min(set(scores["negatives"]), key=kind_order)
    rows = scores[(scores["negatives"] == kind) & (scores["model"] == model)]
    sets = ["part", "experiment", "negatives"]
    tables = []
    for name, part in _parts(rows):
        groups = part.assign(part=name).groupby(["recipe", *sets], sort=False)
        tables.append(groups["auroc"].mean().reset_index())
    table = pd.concat(tables, ignore_index=True)
    reference = table[table["recipe"] == own].drop(columns="recipe")
    others = table[table["recipe"] != own].merge(reference, on=sets, suffixes=("", "_own"))
    changes = others.assign(change=others["auroc"] - others["auroc_own"])
    return changes[["recipe", *sets, "change"]]
