"""Compute the logits of the development proxy: pools and their mixtures on validation data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tfmoe.core.files import Pathlike
from tfmoe.core.vocabulary import (
    MEAN_OF_EXPERTS,
    MEAN_OF_POOL,
    MIXTURE,
    OWN_EXPERT,
    POOLED,
    Split,
)
from tfmoe.data.datasets import SequenceSet, read_sequences
from tfmoe.models.checkpoints import check_file_count, load_expert, load_mixture
from tfmoe.models.device import Compute, prepare_torch, resolve_device
from tfmoe.models.prediction import Scores, predict, predict_mixture


@dataclass(frozen=True)
class CaseModels:
    """Models of one case, the training without one factor, for one training seed.

    Attributes
    ----------
    left_out
        Factor that was left out of the training of all these models; ``-`` for none.
    seed
        Training seed.
    experiments
        Experiments to score.
    own
        Member of the pool that is the own expert of an experiment, by experiment.
    experts
        Members of the pool that are experts, not pooled networks.
    pool
        Checkpoint folder by member.
    pooled, mixture
        Checkpoint folders of the pooled network and of the mixture.
    """

    left_out: str
    seed: int
    experiments: list[str]
    own: dict[str, str]
    experts: list[str]
    pool: dict[str, Path]
    pooled: Path
    mixture: Path


@dataclass(frozen=True)
class CaseScores:
    """Logits of one case on the N validation sequences of one experiment.

    Attributes
    ----------
    left_out, seed, experiment
        Left-out factor, training seed and scored experiment.
    label, kind
        Labels (0 or 1) and kinds of the sequences, (N,).
    logits
        float32 (N,) by model: ``moe``, ``own_expert`` if the pool has it, ``mean_of_experts`` if
        the pool has experts, ``mean_of_pool`` if it has pooled networks, and ``pooled``.
    """

    left_out: str
    seed: int
    experiment: str
    label: np.ndarray[Any, np.dtype[np.int64]]
    kind: np.ndarray[Any, np.dtype[np.object_]]
    logits: dict[str, Scores]


def group_models(
    cases: Sequence[Mapping[str, Any]],
    seeds: Sequence[int],
    networks: Sequence[Pathlike],
    pooled: Sequence[Pathlike],
    mixtures: Sequence[Pathlike],
) -> list[CaseModels]:
    """Assign files of weights to cases and training seeds.

    Parameters
    ----------
    cases
        For each case ``left_out``, ``members`` (of its pool), ``experts``, ``experiments`` and
        ``own``, as in `CaseModels`.
    seeds
        Training seeds.
    networks
        Weights of the pools, by case, seed and member.
    pooled, mixtures
        Weights of the pooled networks and of the mixtures, by case and seed.

    Raises
    ------
    ValueError
        If the number of files differs from the expected number.
    """
    members = sum(len(case["members"]) for case in cases)
    check_file_count("networks", networks, members * len(seeds))
    check_file_count("pooled networks", pooled, len(cases) * len(seeds))
    check_file_count("mixtures", mixtures, len(cases) * len(seeds))
    networks_left, pooled_left, mixtures_left = iter(networks), iter(pooled), iter(mixtures)
    return [
        CaseModels(
            left_out=case["left_out"],
            seed=seed,
            experiments=case["experiments"],
            own=case["own"],
            experts=case["experts"],
            pool={member: Path(next(networks_left)).parent for member in case["members"]},
            pooled=Path(next(pooled_left)).parent,
            mixture=Path(next(mixtures_left)).parent,
        )
        for case in cases
        for seed in seeds
    ]


def score_cases(
    cases: Sequence[CaseModels], sequences: Mapping[str, Path], compute: Compute
) -> Iterator[CaseScores]:
    """Score the validation split of the experiments of each case.

    Experts are loaded from their own folders, without any fine-tuning by the mixture.

    Parameters
    ----------
    cases
        Models to score. A network that several cases share is run once per experiment.
    sequences
        Path of ``sequences/<x>.parquet`` by experiment.
    compute
        Device, threads and batch size.

    Raises
    ------
    InputError
        If a file is missing or damaged, or a mixture was fitted on other networks.
    """
    prepare_torch(compute.threads)
    device = resolve_device(compute.device)
    sets = {name: read_sequences(path, [Split.VALIDATION]) for name, path in sequences.items()}
    known: dict[tuple[Path, str], Scores] = {}

    def run(folder: Path, experiment: str) -> Scores:
        if (folder, experiment) not in known:
            model = load_expert(folder)
            known[folder, experiment] = predict(
                model, _windows(sets[experiment]), compute.batch_size, device
            )
        return known[folder, experiment]

    for case in cases:
        for experiment in case.experiments:
            pool = {member: run(folder, experiment) for member, folder in case.pool.items()}
            logits = {
                MIXTURE: _run_mixture(case, sets[experiment], compute.batch_size, device),
                **_combine(case, pool, experiment),
                POOLED: run(case.pooled, experiment),
            }
            table = sets[experiment].table
            yield CaseScores(
                case.left_out,
                case.seed,
                experiment,
                table["label"].to_numpy(dtype=np.int64),
                table["kind"].to_numpy(dtype=object),
                logits,
            )


def _windows(sequences: SequenceSet) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.ascontiguousarray(sequences.windows)


def _run_mixture(
    case: CaseModels, sequences: SequenceSet, batch_size: int, device: torch.device
) -> Scores:
    mixture = load_mixture(case.mixture, case.pool)
    return predict_mixture(mixture, _windows(sequences), batch_size, device).mixture


def _combine(case: CaseModels, pool: Mapping[str, Scores], experiment: str) -> dict[str, Scores]:
    """Return the logits of the own expert, and the mean logits of experts and of the pool."""
    found = {}
    if experiment in case.own:
        found[OWN_EXPERT] = pool[case.own[experiment]]
    if case.experts:
        found[MEAN_OF_EXPERTS] = _mean([pool[member] for member in case.experts])
    if len(case.experts) < len(pool):
        found[MEAN_OF_POOL] = _mean(list(pool.values()))
    return found


def _mean(logits: Sequence[Scores]) -> Scores:
    mean: Scores = np.stack(logits).mean(axis=0)
    return mean
