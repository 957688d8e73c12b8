"""Panels: complete tables of AUROCs of a family of models over sets and seeds."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.vocabulary import (
    ADAPTED,
    BACKGROUND,
    CONDITIONED,
    GKM,
    MIXTURE,
    PRIMARY_SETS,
    PWM,
    EvaluationRole,
    Subset,
    is_expert,
    kind_order,
    learned_from,
    model_order,
    peaks_order,
)

Floats = NDArray[np.float64]
SCOPES = (
    (EvaluationRole.IN_DISTRIBUTION, Subset.ALL),
    (EvaluationRole.SAME_FACTOR, Subset.ALL),
    (EvaluationRole.SAME_FACTOR, Subset.NO_OVERLAP),
    (EvaluationRole.OOD, Subset.ALL),
    (EvaluationRole.OOD, Subset.NO_OVERLAP),
    (EvaluationRole.ADAPTED, Subset.ALL),
    (EvaluationRole.ADAPTED, Subset.NO_OVERLAP),
)
SCOPE_COLUMNS = ("role", "negatives", "subset", "stratum", "peaks")
"""Columns that identify the sets and the models of a panel."""
ALL = "all"
"""Value of the column ``stratum`` for the sets of all strata together."""
WITH_MATRIX = "with_matrix"
"""Value of the column ``stratum`` for the sets of all strata whose factor has a matrix."""
NO_PEAKS = "-"
"""Value of the column ``peaks`` for models that learned from no peaks of an unseen factor."""
ONE_SEED = "one training seed: how much training varies is not known"
ONE_DRAW = "one draw of peaks: how much draws vary is not known"
UNADAPTED = (CONDITIONED, GKM, PWM)
"""Models with which adapted ones are compared, in addition to those with as many peaks."""


@dataclass(frozen=True)
class Panel:
    """AUROCs of k models on N sets, without missing values.

    Attributes
    ----------
    role, negatives, subset, stratum
        The columns that identify the sets; the stratum is `ALL`, `WITH_MATRIX` or a single one.
    peaks
        Number of peaks of the new factor that the models of the role ``adapted`` learned from, or
        ``all``; otherwise `NO_PEAKS`.
    models, sets
        Names of the k models and N experiments.
    seeds
        Number of training seeds S; in the role ``adapted``, draws of the peaks.
    by_seed
        float64, (k, N, S); a model without seeds has the same value for each seed.
    auroc
        float64, (k, N): means over seeds.
    note
        The models, seeds and sets that were left out, with reasons, or an empty string.
    """

    role: str
    negatives: str
    subset: str
    stratum: str
    peaks: str
    models: list[str]
    sets: list[str]
    seeds: int
    by_seed: Floats
    auroc: Floats
    note: str

    @property
    def keys(self) -> dict[str, str]:
        """The columns that identify the sets."""
        return {key: getattr(self, key) for key in SCOPE_COLUMNS}

    @property
    def references(self) -> list[str]:
        """The models that are compared with every other one: the adapted mixture, or mixtures."""
        wanted = [MIXTURE, CONDITIONED] if self.peaks == NO_PEAKS else [ADAPTED + self.peaks]
        return [model for model in wanted if model in self.models] or wanted[:1]

    @property
    def fault(self) -> str:
        """The reason why no test over sets is possible, or an empty string."""
        if self.references[0] not in self.models:
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
    """Yield one panel per role, kind of negatives and subset of the metrics.

    Training factors in other cells are a role of their own, so the panels of OOD sets contain
    unseen factors only. Each stratum of the OOD sets with all their sequences has its own panel as
    well. In the role ``adapted``, there is a panel per number of peaks: the models that learned
    from so many, and `UNADAPTED`, on the sets that have so many peaks.

    If some factors have no matrix, ``pwm`` is left out of the panel and compared in a second one,
    `WITH_MATRIX`, on the sets of the other factors.

    Parameters
    ----------
    metrics
        The table of metrics.
    family
        Models to compare. ``experts`` means all experts; ``background_vs_shuffle`` is only compared
        on shuffles.
    shuffled
        The kinds of negatives that are shuffles.
    """
    for role, subset in SCOPES:
        in_scope = metrics[(metrics["role"] == role) & (metrics["subset"] == subset)]
        for negatives in sorted(in_scope["negatives"].unique(), key=kind_order):
            rows = in_scope[in_scope["negatives"] == negatives]
            scope = {"role": role, "negatives": negatives, "subset": subset}
            if role == EvaluationRole.ADAPTED:
                for peaks, models in _adapted_families(rows).items():
                    yield from _matrix_panels(rows, models, {**scope, "peaks": peaks})
                continue
            # the background network learns genome against shuffles, so it is no rival elsewhere
            excluded = set() if negatives in shuffled else {BACKGROUND}
            models = [model for model in family if model not in excluded]
            yield from _matrix_panels(rows, models, scope)
            if (role, subset) == (EvaluationRole.OOD, Subset.ALL):
                for stratum, own in rows.groupby("stratum", sort=False):
                    yield next(_matrix_panels(own, models, {**scope, "stratum": str(stratum)}))


def primary_panel(panels: Sequence[Panel]) -> Panel | None:
    """Return the panel of the primary family of tests, see `PRIMARY_SETS`; None without sets."""
    whole = [panel for panel in panels if (panel.subset, panel.stratum) == (Subset.ALL, ALL)]
    for role in PRIMARY_SETS:
        own = [panel for panel in whole if panel.role == role]
        if own:
            return min(own, key=lambda panel: kind_order(panel.negatives))
    return None


def _adapted_families(rows: pd.DataFrame) -> dict[str, list[str]]:
    """Return the models to compare for each number of peaks, in ascending order."""
    families: dict[str, list[str]] = {}
    present = set(rows["model"])
    for model in sorted(present, key=model_order):
        if learned := learned_from(model):
            families.setdefault(learned[1], []).append(model)
    unadapted = [model for model in UNADAPTED if model in present]
    return {peaks: [*families[peaks], *unadapted] for peaks in sorted(families, key=peaks_order)}


def _matrix_panels(
    rows: pd.DataFrame, family: Sequence[str], scope: Mapping[str, str]
) -> Iterator[Panel]:
    """Yield the panel of all sets and, if only some have a matrix, the one of the sets with one."""
    scored = rows[rows["auroc"].notna()]
    known = set(scored.loc[scored["model"] == PWM, "experiment"])
    lacking = [name for name in dict.fromkeys(scored["experiment"]) if name not in known]
    if PWM not in family or not known or not lacking:
        yield _make_panel(rows, family, scope, "")
        return
    without = f"no matrix of {', '.join(lacking)}"
    others = [model for model in family if model != PWM]
    yield _make_panel(rows, others, scope, f"left out {PWM}: {without}")
    own = rows[~rows["experiment"].isin(lacking)]
    note = f"sets whose factor has a matrix: {without}"
    yield _make_panel(own, family, {**scope, "stratum": WITH_MATRIX}, note)


def _make_panel(
    rows: pd.DataFrame, family: Sequence[str], scope: Mapping[str, str], note: str
) -> Panel:
    present = set(rows["model"])
    wanted = {model for model in present if is_expert(model)} if "experts" in family else set()
    wanted |= set(family) - {"experts"}
    sets = list(dict.fromkeys(rows["experiment"]))
    seeds = sorted(rows["seed"].dropna().unique())
    notes = [note] if note else []
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
    cube, kept, gaps = _drop_gaps(cube, names, sets, seeds)
    notes += gaps
    if len(seeds) > 0 and cube.shape[2] == 1:
        notes.append(ONE_DRAW if scope["role"] == EvaluationRole.ADAPTED else ONE_SEED)
    return Panel(
        **{"stratum": ALL, "peaks": NO_PEAKS, **scope},
        models=names,
        sets=kept,
        seeds=cube.shape[2] if seeds else 0,
        by_seed=cube,
        auroc=cube.mean(axis=2) if cube.shape[2] else cube.reshape(len(names), 0),
        note="; ".join(notes),
    )


def _drop_gaps(
    cube: Floats, models: list[str], sets: list[str], seeds: list[float]
) -> tuple[Floats, list[str], list[str]]:
    """Drop seeds and sets without an AUROC of every model.

    Returns
    -------
    tuple
        The complete AUROCs, (k, N, S), the names of the remaining sets, and notes about the others.
    """
    notes = []
    # a seed that one model lacks on all sets is dropped first, or no set would be complete
    for index in reversed(range(len(seeds))):
        without = np.all(np.isnan(cube[:, :, index]), axis=1)
        if without.any():
            notes.append(f"left out seed {seeds[index]:g}: {_join_names(models, without)} has none")
            cube = np.delete(cube, index, axis=2)
    absent = np.any(np.isnan(cube), axis=2)
    complete: NDArray[np.bool_] = ~np.any(absent, axis=0) & (cube.shape[2] > 0)
    for name, whole, lacking in zip(sets, complete.tolist(), absent.T, strict=True):
        if not whole:
            notes.append(f"left out set {name}: no AUROC of {_join_names(models, lacking)}")
    kept = [name for name, whole in zip(sets, complete.tolist(), strict=True) if whole]
    return cube[:, complete], kept, notes


def _join_names(names: list[str], chosen: NDArray[np.bool_]) -> str:
    return ", ".join(name for name, one in zip(names, chosen.tolist(), strict=True) if one)


def _cells(rows: pd.DataFrame, sets: list[str], seeds: list[float]) -> Floats:
    """Return AUROCs by set and seed, (N, S); a model without seeds has the same in each column."""
    by_cell = {
        (str(experiment), seed): auroc
        for experiment, seed, auroc in zip(
            rows["experiment"], rows["seed"].fillna(-1), rows["auroc"], strict=True
        )
    }
    seedless = bool(len(rows)) and bool(rows["seed"].isna().all())
    columns = [-1.0] * max(1, len(seeds)) if seedless or not seeds else seeds
    return np.array([[by_cell.get((name, seed), np.nan) for seed in columns] for name in sets])
