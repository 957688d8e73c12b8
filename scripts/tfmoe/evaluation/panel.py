"""AUROCs of a family of models over sets and seeds, made complete for the tests."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.vocabulary import MIXTURE, is_expert, kind_order, model_order
from tfmoe.evaluation.above_background import BACKGROUND

Floats = NDArray[np.float64]
SCOPES = (("in_distribution", "all"), ("ood", "all"), ("ood", "no_overlap"))
ALL = "all"
"""Stands for the sets of all strata together."""


@dataclass(frozen=True)
class Panel:
    """AUROCs of k models on N sets, every cell filled.

    Attributes
    ----------
    role, negatives, subset, stratum
        Which sets these are; `ALL` strata, or one.
    models, sets
        Names of the k models and N experiments.
    seeds
        Number of training seeds S.
    by_seed
        float64, (k, N, S); a model without seeds has the same value in each.
    auroc
        float64, (k, N): means over seeds.
    note
        What was left out to fill every cell, and why; empty if nothing.
    """

    role: str
    negatives: str
    subset: str
    stratum: str
    models: list[str]
    sets: list[str]
    seeds: int
    by_seed: Floats
    auroc: Floats
    note: str

    @property
    def keys(self) -> dict[str, str]:
        """The columns that say which sets these are."""
        return {key: getattr(self, key) for key in ("role", "negatives", "subset", "stratum")}

    @property
    def fault(self) -> str:
        """Why no test over sets is possible; empty if one is."""
        if MIXTURE not in self.models:
            return "the mixture has no scores"
        if len(self.models) < 2:
            return "only one model has scores"
        if len(self.sets) < 2:
            found = "1 set" if self.sets else "no set"
            return f"{found}, at least 2 are needed"
        return ""


def make_panels(
    metrics: pd.DataFrame, family: Sequence[str], shuffled: Collection[str]
) -> Iterator[Panel]:
    """Give a panel for each role, kind of negatives and subset that the metrics have.

    Each stratum of the OOD sets, with all their sequences, has one of its own as well.

    Parameters
    ----------
    metrics
        The table of metrics.
    family
        Models to compare; ``experts`` stands for all experts, and ``background_vs_shuffle`` is
        compared on shuffles only.
    shuffled
        The kinds of negatives that are shuffles.
    """
    for role, subset in SCOPES:
        rows = metrics[(metrics["role"] == role) & (metrics["subset"] == subset)]
        for negatives in sorted(rows["negatives"].unique(), key=kind_order):
            own = rows[rows["negatives"] == negatives]
            # it was asked about shuffles only, so elsewhere it is no rival
            left_out = set() if negatives in shuffled else {BACKGROUND}
            wanted = [model for model in family if model not in left_out]
            yield _make_panel(own, wanted, (role, negatives, subset, ALL))
            if (role, subset) == ("ood", "all"):
                for stratum, rows_of_it in own.groupby("stratum", sort=False):
                    yield _make_panel(rows_of_it, wanted, (role, negatives, subset, str(stratum)))


def _make_panel(
    rows: pd.DataFrame, family: Sequence[str], keys: tuple[str, str, str, str]
) -> Panel:
    present = set(rows["model"])
    wanted = {model for model in present if is_expert(model)} if "experts" in family else set()
    wanted |= set(family) - {"experts"}
    sets = list(dict.fromkeys(rows["experiment"]))
    seeds = sorted(rows["seed"].dropna().unique())
    notes = []
    values = {}
    for model in sorted(wanted, key=model_order):
        cells = _cells(rows[rows["model"] == model], sets, seeds)
        if np.isnan(cells).all():
            notes.append(f"left out {model}: no AUROC on any set")
        else:
            values[model] = cells
    shape = (len(values), len(sets), max(1, len(seeds)))
    cube = np.array(list(values.values()), dtype=np.float64).reshape(shape)
    names = list(values)
    # a seed that one model lacks altogether is left out for all, or no set would be complete
    for place in reversed(range(len(seeds))):
        without = np.all(np.isnan(cube[:, :, place]), axis=1)
        if without.any():
            notes.append(f"left out seed {seeds[place]:g}: {_named(names, without)} has none")
            cube = np.delete(cube, place, axis=2)
    absent = np.any(np.isnan(cube), axis=2)
    complete: NDArray[np.bool_] = ~np.any(absent, axis=0) & (cube.shape[2] > 0)
    for index in np.flatnonzero(~complete):
        notes.append(f"left out set {sets[index]}: no AUROC of {_named(names, absent[:, index])}")
    if len(seeds) > 0 and cube.shape[2] == 1:
        notes.append("one training seed: how much training varies is not known")
    cube = cube[:, complete]
    return Panel(
        *keys,
        models=names,
        sets=[name for name, whole in zip(sets, complete.tolist(), strict=True) if whole],
        seeds=cube.shape[2] if seeds else 0,
        by_seed=cube,
        auroc=cube.mean(axis=2) if cube.shape[2] else cube.reshape(len(names), 0),
        note="; ".join(notes),
    )


def _named(names: list[str], chosen: Any) -> str:
    return ", ".join(name for name, one in zip(names, chosen.tolist(), strict=True) if one)


def _cells(rows: pd.DataFrame, sets: list[str], seeds: list[float]) -> Floats:
    """AUROC by set and seed, (N, S); that of a model without seeds stands in every column."""
    by_cell = {
        (str(experiment), seed): auroc
        for experiment, seed, auroc in zip(
            rows["experiment"], rows["seed"].fillna(-1), rows["auroc"], strict=True
        )
    }
    seedless = bool(len(rows)) and bool(rows["seed"].isna().all())
    columns = [-1.0] * max(1, len(seeds)) if seedless or not seeds else seeds
    return np.array([[by_cell.get((name, seed), np.nan) for seed in columns] for name in sets])
