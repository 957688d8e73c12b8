"""Comparison of two runs or models: config, data, versions, and metrics on shared experiments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from tfmoe.application.card.metric_rows import MODELS, read_metrics
from tfmoe.application.card.read import FOLDER, read_card
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.core.paired_interval import paired_interval
from tfmoe.core.run_record import NAME, Difference, differences, read_record
from tfmoe.core.vocabulary import EvaluationRole, Subset

METRICS = "evaluation/metrics.tsv"
RUN, MODEL = "run", "model"
"""Kinds of sides."""
_ALPHA = 0.05
_NOT_COMPARED = ("config.run",)


@dataclass(frozen=True)
class Side:
    """A run or a model.

    Attributes
    ----------
    path, kind, name
        Where it is, `RUN` or `MODEL`, and the name of the run.
    config, experiments, inputs, code, versions
        As in ``run.json``.
    negatives
        Kind of the negatives of the metrics; empty without metrics.
    sets
        Metrics by experiment and model on all test sequences, as
        `tfmoe.application.card.metric_rows.read_metrics` returns them.
    """

    path: str
    kind: str
    name: str
    config: Mapping[str, Any]
    experiments: Mapping[str, Mapping[str, str]]
    inputs: Mapping[str, str]
    code: Mapping[str, str]
    versions: Mapping[str, str]
    negatives: str
    sets: Mapping[tuple[str, str], Mapping[str, Any]]


@dataclass(frozen=True)
class SharedSet:
    """AUROC of a model on an experiment that both sides evaluated; the difference is the second's.

    Attributes
    ----------
    experiment, factor, role, model
        The set and the model; the role is that of the first side.
    first, second, difference
        AUROCs, and the second minus the first.
    note
        Why the two are not about the same sequences; empty if their numbers agree.
    """

    experiment: str
    factor: str
    role: str
    model: str
    first: float
    second: float
    difference: float
    note: str


@dataclass(frozen=True)
class MeanOfSets:
    """Mean AUROC of a model over the shared sets of a role, with the interval of the difference.

    The 95 % t interval over sets has no bounds with fewer than three sets.
    """

    role: str
    model: str
    sets: int
    first: float
    second: float
    difference: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Comparison:
    """Two sides, and where they differ.

    Attributes
    ----------
    first, second
        The sides.
    config
        Keys of the config with another value; the name of the run is left out.
    data
        Columns of shared experiments, and input files, that differ.
    versions
        Versions that differ.
    code
        Scripts whose code differs.
    only_first, only_second
        Experiments that one side lacks.
    sets, means
        AUROCs on shared experiments.
    """

    first: Side
    second: Side
    config: list[Difference]
    data: list[Difference]
    versions: list[Difference]
    code: list[str]
    only_first: list[str]
    only_second: list[str]
    sets: list[SharedSet]
    means: list[MeanOfSets]


def compare(first: Pathlike, second: Pathlike) -> Comparison:
    """Compare two runs, two models, or a run and a model.

    Parameters
    ----------
    first, second
        The folder of a run's results, or the folder or zip file of a model.

    Raises
    ------
    InputError
        If one of them is neither, or a file of it is damaged.
    """
    one, two = read_side(first), read_side(second)
    shared = [name for name in one.experiments if name in two.experiments]
    sets = list(_shared_sets(one, two))
    code = differences("code", one.code, two.code) if one.code and two.code else ()
    return Comparison(
        first=one,
        second=two,
        config=[
            difference
            for difference in differences("config", one.config, two.config)
            if difference.key not in _NOT_COMPARED
        ],
        data=[*_experiment_differences(one, two, shared), *_file_differences(one, two)],
        versions=list(differences("versions", one.versions, two.versions)),
        code=[difference.key.removeprefix("code.") for difference in code],
        only_first=[name for name in one.experiments if name not in two.experiments],
        only_second=[name for name in two.experiments if name not in one.experiments],
        sets=sets,
        means=list(_means(sets)),
    )


def read_side(path: Pathlike) -> Side:
    """Read a run or a model.

    Raises
    ------
    InputError
        If the path is neither, or a file of it is damaged.
    """
    folder = Path(path)
    record = folder / NAME
    if record.is_file():
        return _read_run(folder, record)
    if folder.is_dir() and not any((folder / name).exists() for name in (FOLDER, "card.json")):
        raise InputError(
            f"{folder}: found neither {NAME} nor card.json, expected the results of a run, such as "
            "results/demo, or a model"
        )
    card = read_card(path)
    return Side(
        path=str(path),
        kind=MODEL,
        name=card["name"],
        config=card.get("config", {}),
        experiments=card.get("experiments", {}),
        inputs=card.get("inputs", {}),
        code=card.get("code", {}),
        versions=card["versions"],
        **_by_set(card["evaluation"]),
    )


def _read_run(folder: Path, record: Path) -> Side:
    state = read_record(record)
    if state is None:
        raise InputError(f"{record}: the record of the run is damaged; run the pipeline again")
    metrics = folder / METRICS
    evaluation: Mapping[str, Any] = {"negatives": "", "sets": []}
    if metrics.is_file():
        evaluation = read_metrics(metrics, state["config"], state["experiments"])
    return Side(
        path=str(folder),
        kind=RUN,
        name=str(state["config"].get("run", folder.name)),
        config=state["config"],
        experiments=state["experiments"],
        inputs=state["inputs"],
        code=state["code"],
        versions=state.get("versions", {}),
        **_by_set(evaluation),
    )


def _by_set(evaluation: Mapping[str, Any]) -> dict[str, Any]:
    sets = {
        (row["experiment"], row["model"]): row
        for row in evaluation["sets"]
        if row["subset"] == Subset.ALL
    }
    return {"negatives": evaluation["negatives"], "sets": sets}


def _experiment_differences(one: Side, two: Side, shared: list[str]) -> Iterator[Difference]:
    for name in shared:
        yield from differences(name, one.experiments[name], two.experiments[name])


def _file_differences(one: Side, two: Side) -> Iterator[Difference]:
    """Yield input files whose content one side lacks, by name; folders may differ."""
    first, second = ({sum_: path for path, sum_ in s.inputs.items() if sum_} for s in (one, two))
    found: dict[str, list[str | None]] = {}
    for position, (own, other) in enumerate(((first, second), (second, first))):
        for checksum, path in own.items():
            if checksum not in other:
                values = found.setdefault(PurePosixPath(path).name, [None, None])
                values[position] = checksum
    for name in sorted(found):
        yield Difference(f"file {name}", *found[name])


def _shared_sets(one: Side, two: Side) -> Iterator[SharedSet]:
    """Yield the sets by role and experiment, and within one by model."""
    order = {name: index for index, name in enumerate(one.experiments)}
    roles, models = list(EvaluationRole), list(MODELS)

    def key(pair: tuple[str, str]) -> tuple[int, int, int]:
        experiment, model = pair
        return roles.index(one.sets[pair]["role"]), order[experiment], models.index(model)

    for pair in sorted(one.sets.keys() & two.sets.keys(), key=key):
        first, second = one.sets[pair], two.sets[pair]
        yield SharedSet(
            experiment=pair[0],
            factor=first["factor"],
            role=first["role"],
            model=pair[1],
            first=first["auroc"],
            second=second["auroc"],
            difference=second["auroc"] - first["auroc"],
            note=_note(one, two, first, second),
        )


def _note(one: Side, two: Side, first: Mapping[str, Any], second: Mapping[str, Any]) -> str:
    if one.negatives != two.negatives:
        return f"negatives: {one.negatives} and {two.negatives}"
    if first["role"] != second["role"]:
        return f"roles: {first['role']} and {second['role']}"
    counts = [f"{row['n_pos']} + {row['n_neg']}" for row in (first, second)]
    if counts[0] != counts[1]:
        return f"test sequences: {counts[0]} and {counts[1]}"
    return ""


def _means(sets: list[SharedSet]) -> Iterator[MeanOfSets]:
    groups: dict[tuple[str, str], list[SharedSet]] = {}
    for one in sets:
        groups.setdefault((one.role, one.model), []).append(one)
    for (role, model), members in groups.items():
        gains = np.array([one.difference for one in members])
        low, high = paired_interval(gains, _ALPHA)
        yield MeanOfSets(
            role=role,
            model=model,
            sets=len(members),
            first=float(np.mean([one.first for one in members])),
            second=float(np.mean([one.second for one in members])),
            difference=float(gains.mean()),
            low=None if np.isnan(low) else low,
            high=None if np.isnan(high) else high,
        )
