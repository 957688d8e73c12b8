"""Controls of the conditioned mixture on all unseen factors of a run, from stored scores.

Scores by networks and k-mer models do not depend on the factor that is asked about, so the mixture
can be asked about another factor without running a network again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from tfmoe.core.files import Pathlike
from tfmoe.core.vocabulary import BACKGROUND, CONDITIONED, KMERS_MATRIX, MIXTURE, Subset
from tfmoe.data.intervals import read_bed
from tfmoe.evaluation.control_sets import (
    ControlFiles,
    ControlledExperiment,
    Mask,
    UnseenSet,
    all_positives,
    families_of,
    primary_negatives,
    read_unseen,
)
from tfmoe.evaluation.control_summary import CONTROL_COLUMNS, Control
from tfmoe.evaluation.controls import specificity, swapped_factor, without_bound_negatives
from tfmoe.evaluation.delong import auroc
from tfmoe.evaluation.metrics import find_fault
from tfmoe.evaluation.rows import join_notes
from tfmoe.jaspar.factors import curated_rows, own_matrix, resolve_factor
from tfmoe.models.conditioned.columns import (
    ConditionedFiles,
    ConditionedModels,
    Question,
)
from tfmoe.models.conditioned.evidence import UNKNOWN, Evidence
from tfmoe.models.conditioned.gate import combine
from tfmoe.models.conditioned.scores import Floats, Member, MemberScores

logger = logging.getLogger(__name__)

CHANCE = 0.5
_WITHOUT = {
    Control.WITHOUT_NETWORKS: Member.NETWORKS,
    Control.WITHOUT_KMERS: Member.KMERS,
    Control.WITHOUT_MATRIX: Member.MATRIX,
}


def measure_controls(
    experiments: Sequence[ControlledExperiment],
    files: Mapping[str, ControlFiles],
    regions: Mapping[str, Pathlike],
    conditioned: ConditionedFiles,
    seeds: Sequence[int],
    run_seed: int,
) -> pd.DataFrame:
    """Measure all controls on the test windows of unseen factors, against primary negatives.

    Parameters
    ----------
    experiments
        All experiments of the run. Their factors are those that a set may be asked about instead.
    files
        By experiment: the files of each experiment of an unseen factor.
    regions
        By experiment: its windows (BED). Empty in a run without coordinates.
    conditioned
        Files of the conditioned mixture.
    seeds
        Training seeds, whose AUROCs are averaged.
    run_seed
        The run's seed.

    Returns
    -------
    DataFrame
        `CONTROL_COLUMNS`, one row per control, experiment and subset. `Control` defines
        ``auroc`` and ``reference``; ``difference`` is the first minus the second. Controls that do
        not apply, such as the mixture without the matrix of a factor that has none, have no row.

    Raises
    ------
    InputError
        If a file is missing, damaged or does not fit the others.
    """
    by_name = {one.experiment: one for one in experiments}
    sets = [read_unseen(by_name[name], found) for name, found in files.items()]
    rows: list[dict[str, Any]] = []
    if sets:
        asker = _Asker.read(conditioned, experiments, seeds, sets[0].codes.shape[1], run_seed)
        bound: dict[str, list[pd.DataFrame]] = {}
        for name, path in regions.items():
            bound.setdefault(by_name[name].factor, []).append(read_bed(path))
        kind = primary_negatives(sets)
        evidence = {
            one.labels.experiment: asker.evidence(one.labels.factor, one.labels.family)
            for one in sets
        }
        for one in sets:
            known = evidence[one.labels.experiment]
            rows += _member_rows(one, kind, known, asker)
            rows += _bound_rows(one, kind, known, bound, seeds)
        rows += _specificity_rows(sets, evidence, asker)
    order = {control: place for place, control in enumerate(Control)}
    rows.sort(key=lambda row: order[row["control"]])
    return pd.DataFrame(rows, columns=list(CONTROL_COLUMNS))


@dataclass(frozen=True)
class _Asker:
    """The conditioned mixture, and the factors that it can be asked about.

    Attributes
    ----------
    models
        The mixture.
    background
        Scores of its background windows, by training seed.
    families, swappable
        Family of each factor of the run, and of those that have a matrix.
    window
        Length of the windows.
    run_seed
        The run's seed.
    """

    models: ConditionedModels
    background: Mapping[int, MemberScores]
    families: Mapping[str, str]
    swappable: Mapping[str, str]
    window: int
    run_seed: int

    @classmethod
    def read(
        cls,
        files: ConditionedFiles,
        experiments: Sequence[ControlledExperiment],
        seeds: Sequence[int],
        window: int,
        run_seed: int,
    ) -> _Asker:
        """Load the mixture and score its background windows."""
        models = ConditionedModels.load(files)
        release = (models.tables.matrices, models.tables.factors)
        curated = {}
        for factor in dict.fromkeys(one.factor for one in experiments):
            symbol = resolve_factor(factor, *release).symbol
            rows = curated_rows(symbol, *release)
            curated[factor] = rows[0].family if rows else UNKNOWN
        families = families_of(experiments, curated)
        return cls(
            models,
            {seed: models.reference(seed) for seed in seeds},
            families,
            {
                name: family
                for name, family in families.items()
                if (own := own_matrix(name, *release)) is not None and own.length <= window
            },
            window,
            run_seed,
        )

    @property
    def seeds(self) -> list[int]:
        """The training seeds."""
        return list(self.background)

    def evidence(self, factor: str, family: str) -> Evidence:
        """Gather what is known of a factor, as for an unseen one."""
        return self.models.evidence(Question(factor, family))

    def logits(self, one: UnseenSet, evidence: Evidence, seed: int) -> Floats:
        """Return the logits (N,) of a set for the factor of the evidence."""
        return self.models.mixture.score(one.members(seed), self.background[seed], evidence)

    def swapped(self, one: UnseenSet) -> tuple[str, list[Floats]] | None:
        """Return another factor and the logits (N,) for it by seed; `None` if there is none."""
        labels = one.labels
        own = self.families[labels.factor]
        name = swapped_factor(labels.experiment, labels.factor, own, self.swappable, self.run_seed)
        if name is None:
            logger.warning("%s: no factor of another family has a matrix", labels.experiment)
            return None
        evidence = self.evidence(name, self.families[name])
        return name, [self.logits(one, evidence, seed) for seed in self.seeds]

    def without(self, one: UnseenSet, left_out: Member) -> list[Floats]:
        """Return scores (N,) by seed without a kind of members; empty without it or another one."""
        found = []
        for seed in self.seeds:
            kinds = _stored_kinds(one, seed)
            rest = {kind: values for kind, values in kinds.items() if kind != left_out}
            if left_out in kinds and rest:
                found.append(combine(rest, self.models.mixture.gate.weights))
        return found


def _stored_kinds(one: UnseenSet, seed: int) -> dict[Member, Floats]:
    """Return the stored standardised scores (N,) by kind of members."""
    names = {Member.NETWORKS: f"{Member.NETWORKS}_seed{seed}"}
    names |= {kind: kind.value for kind in (Member.KMERS, Member.MATRIX)}
    return {kind: one.column(name) for kind, name in names.items() if name in one.table}


def _member_rows(
    one: UnseenSet, kind: str, evidence: Evidence, asker: _Asker
) -> Iterator[dict[str, Any]]:
    """Yield the rows of controls that score the same windows as their reference."""
    own = _seed_columns(one, CONDITIONED, asker.seeds)
    found: list[tuple[Control, list[Floats], list[Floats], str]] = [
        (control, asker.without(one, member), own, "") for control, member in _WITHOUT.items()
    ]
    if evidence.matrices and (swapped := asker.swapped(one)):
        found.append((Control.SWAPPED, swapped[1], own, f"asked about {swapped[0]}"))
    if evidence.independent and KMERS_MATRIX in one.table:
        found.append((Control.INDEPENDENT, own, [one.column(KMERS_MATRIX)], ""))
    found.append((Control.BACKGROUND, _seed_columns(one, BACKGROUND, asker.seeds), own, ""))
    for subset, used in one.subsets(kind).items():
        for control, scores, reference, note in found:
            if scores:
                head = _head(control, one.labels, evidence, subset)
                first, second = _measure(one, scores, used), _measure(one, reference, used)
                yield head | _compared(first, second, note)


def _bound_rows(
    one: UnseenSet,
    kind: str,
    evidence: Evidence,
    bound: Mapping[str, Sequence[pd.DataFrame]],
    seeds: Sequence[int],
) -> Iterator[dict[str, Any]]:
    """Yield the rows without negatives that are peaks of other factors."""
    factor = one.labels.factor.upper()
    others = [peaks for name, found in bound.items() if name.upper() != factor for peaks in found]
    if not others:
        return
    kept = without_bound_negatives(one.table, pd.concat(others, ignore_index=True))
    own = _seed_columns(one, CONDITIONED, seeds)
    for subset, used in one.subsets(kind).items():
        first, second = _measure(one, own, used & kept), _measure(one, own, used)
        note = f"{second.n_neg - first.n_neg} of {second.n_neg} negatives left out"
        yield _head(Control.WITHOUT_BOUND, one.labels, evidence, subset) | _compared(
            first, second, note
        )


def _specificity_rows(
    sets: Sequence[UnseenSet], evidence: Mapping[str, Evidence], asker: _Asker
) -> Iterator[dict[str, Any]]:
    """Yield the rows of positives against positives, for the conditioned and the blind mixture."""
    usable = {one.labels.experiment: one for one in sets if one.positive.any()}
    if not usable:
        return
    pooled = all_positives(list(usable.values()))
    informed, blind = [], []
    for seed in asker.seeds:
        members, background = pooled.members(seed), asker.background[seed]
        scores = {
            name: asker.models.mixture.score(members, background, evidence[name]) for name in usable
        }
        informed.append(specificity(pooled.table, scores, CONDITIONED))
        same = dict.fromkeys(usable, pooled.column(f"{MIXTURE}_seed{seed}"))
        blind.append(specificity(pooled.table, same, MIXTURE))
    for row, (name, one) in enumerate(usable.items()):
        first, second = (_over_seeds(tables, row) for tables in (informed, blind))
        chance = _Measured(first.n_pos, first.n_neg, CHANCE, "")
        head = _head(Control.SPECIFICITY, one.labels, evidence[name], Subset.ALL)
        yield head | _compared(first, chance)
        yield head | {"control": Control.SPECIFICITY_OF_MOE} | _compared(second, first)


@dataclass(frozen=True)
class _Measured:
    """An AUROC, mean over seeds; NaN with a note if it cannot be computed."""

    n_pos: int
    n_neg: int
    auroc: float
    note: str


def _measure(one: UnseenSet, scores: Sequence[Floats], rows: Mask) -> _Measured:
    positive = one.positive[rows]
    chosen = np.stack([values[rows] for values in scores])
    fault = next(filter(None, (find_fault(values, positive) for values in chosen)), "")
    value = np.nan if fault else float(auroc(chosen[:, positive], chosen[:, ~positive]).mean())
    return _Measured(int(positive.sum()), int((~positive).sum()), value, fault)


def _over_seeds(tables: Sequence[pd.DataFrame], row: int) -> _Measured:
    """Return one row of the tables of all seeds."""
    first: Any = tables[0].iloc[row]
    value = float(np.mean([table["auroc"].iloc[row] for table in tables]))
    notes = join_notes(*dict.fromkeys(table["note"].iloc[row] for table in tables))
    return _Measured(int(first["n_pos"]), int(first["n_other"]), value, notes)


def _compared(found: _Measured, reference: _Measured, note: str = "") -> dict[str, Any]:
    return asdict(found) | {
        "reference": reference.auroc,
        "difference": found.auroc - reference.auroc,
        "note": join_notes(note, *dict.fromkeys([found.note, reference.note])),
    }


def _head(
    control: Control, labels: ControlledExperiment, evidence: Evidence, subset: str
) -> dict[str, Any]:
    return {
        "control": control,
        "experiment": labels.experiment,
        "factor": labels.factor,
        "stratum": labels.stratum,
        "matrix_id": evidence.matrix_ids,
        "independent": evidence.independent,
        "subset": subset,
    }


def _seed_columns(one: UnseenSet, model: str, seeds: Sequence[int]) -> list[Floats]:
    """Return the scores (N,) of a model by seed; empty if the run has none."""
    names = [f"{model}_seed{seed}" for seed in seeds]
    return [one.column(name) for name in names if name in one.table]
