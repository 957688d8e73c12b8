"""Fit of the conditioned mixture on training factors that are left out one by one."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from tfmoe.core.dna import Codes, decode
from tfmoe.core.errors import TrainingError
from tfmoe.core.files import Pathlike, write_parquet, write_tsv
from tfmoe.core.seeds import generator
from tfmoe.core.vocabulary import POOLED, Kind, Split
from tfmoe.data.datasets import SequenceSet, concatenate, read_sequences
from tfmoe.models.calibration import Calibration, fit_calibration
from tfmoe.models.conditioned.columns import GENERALIST, Background, ConditionedFiles
from tfmoe.models.conditioned.evidence import Evidence, find_evidence
from tfmoe.models.conditioned.gate import LeftOutScores, choose_gate, combine
from tfmoe.models.conditioned.left_out import (
    AUROCS,
    SCORES,
    LeftOutFactor,
    auroc_table,
    score_table,
)
from tfmoe.models.conditioned.library import KmerModels, kmer_logits, network_logits
from tfmoe.models.conditioned.model import (
    ConditionedMixture,
    calibration_name,
    write_conditioned,
)
from tfmoe.models.conditioned.scores import Floats, Member, MemberScores, kind_scores
from tfmoe.models.device import Compute, prepare_torch, resolve_device
from tfmoe.models.seed_scores import SeedCheckpoints, SeedScores, load_seed, score_seed
from tfmoe.models.training_data import drop_bound_negatives

BACKGROUND_WINDOWS = 2000
"""Most background windows that scores are standardised on."""
_JUDGED = (Split.GATE, Split.VALIDATION)
_BACKGROUND_KINDS = (Kind.GENOMIC, Kind.NEIGHBOUR, Kind.FILE, Kind.DINUCLEOTIDE)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FactorModels:
    """A training factor, and the models that have and that have not seen it.

    Attributes
    ----------
    factor, family
        Its name and its family of DNA-binding domains, or ``-``.
    sequences
        Training sequences of its experiments.
    expert
        The expert trained on it.
    experts
        Checkpoint of each expert on the main backbone trained on other factors, with its factor.
    pooled
        Checkpoint and name of the pooled network trained without it; `None` if the run has only
        one training factor.
    """

    factor: str
    family: str
    sequences: Sequence[Path]
    expert: str
    experts: Mapping[str, tuple[str, Path]]
    pooled: Path | None
    pooled_name: str


def find_factor_models(
    factors: Sequence[Mapping[str, Any]],
    checkpoints: SeedCheckpoints,
    sequences: Sequence[Pathlike],
    left_out: Sequence[Pathlike],
) -> list[FactorModels]:
    """Assign files to training factors.

    Parameters
    ----------
    factors
        Per training factor its ``factor``, ``family``, ``experiments``, ``expert``, the ``experts``
        trained on other factors (name and factor), and the name of the network ``pooled`` that is
        trained without it.
    checkpoints
        Networks of the first training seed.
    sequences
        Training sequences, named for the experiments.
    left_out
        Weights of the networks trained without a factor, in the order of `factors`, or none.
    """
    paths = {Path(path).stem: Path(path) for path in sequences}
    pool = checkpoints.recipes[0].pool
    pooled: Sequence[Pathlike | None] = left_out or [None] * len(factors)
    return [
        FactorModels(
            factor=one["factor"],
            family=one["family"],
            sequences=[paths[name] for name in one["experiments"]],
            expert=one["expert"],
            experts={name: (factor, pool[name]) for name, factor in one["experts"].items()},
            pooled=None if path is None else Path(path).parent,
            pooled_name=one["pooled"],
        )
        for one, path in zip(factors, pooled, strict=True)
    ]


def fit_conditioned(
    factors: Sequence[FactorModels],
    checkpoints: Sequence[SeedCheckpoints],
    files: ConditionedFiles,
    training_peaks: Path,
    compute: Compute,
    run_seed: int,
) -> None:
    """Fit the conditioned mixture and write its folder.

    Parameters
    ----------
    factors
        The training factors.
    checkpoints
        Networks and mixtures of the run, by seed. The fit uses the first seed; the background
        windows are scored by all.
    files
        Gapped k-mer models, matrices and the output folder: ``config.json``,
        ``background.parquet``, and the tables of `tfmoe.models.conditioned.left_out`,
        ``left_out.tsv`` and ``left_out_scores.parquet``.
    training_peaks
        As for `tfmoe.models.training_data.drop_bound_negatives`.
    compute
        Device, threads, batch size.
    run_seed
        The run's seed.

    Raises
    ------
    TrainingError
        If the gate split has no negatives, or a factor has only one class in the splits gate and
        validation.
    """
    prepare_torch(compute.threads)
    device = resolve_device(compute.device)
    codes = _background_windows(factors, training_peaks, run_seed)
    seeds = [
        score_seed(load_seed(found), codes, compute.batch_size, device) for found in checkpoints
    ]
    table = _background_table(codes, seeds)
    fit = _Fit(files, Background(codes, table), files.kmer_models(), compute.batch_size, device)
    scored = [fit.left_out(one) for one in factors if one.pooled is not None]
    gate, nested = choose_gate([one.scores for one in scored])
    logger.info(
        "gate: %s weights (%s); fitted minus equal on left-out factors: %.4f (%.4f to %.4f)",
        "fitted" if gate.fitted else "equal",
        ", ".join(f"{kind} {weight:.2f}" for kind, weight in gate.weights.items()),
        gate.difference,
        gate.low,
        gate.high,
    )
    known = [fit.known(one, checkpoints[0]) for one in factors]
    unseen = [one.scores for one in scored] or known
    calibrations = {
        calibration_name(is_known, matrix): _calibrate(sets, gate.weights, matrix)
        for is_known, sets in ((True, known), (False, unseen))
        for matrix in (True, False)
    }
    experts = {one.expert: one.factor for one in factors}
    write_conditioned(ConditionedMixture(gate, calibrations, experts), table, files.folder)
    write_tsv(auroc_table(scored, nested), files.folder / AUROCS)
    write_parquet(score_table(scored, nested, calibrations), files.folder / SCORES)


@dataclass(frozen=True)
class _Fit:
    """Scores of the windows of training factors."""

    files: ConditionedFiles
    background: Background
    kmers: KmerModels | None
    batch_size: int
    device: torch.device

    def left_out(self, one: FactorModels) -> LeftOutFactor:
        """Score a factor's windows by members that have not seen it."""
        windows = _judged_windows(one)
        evidence = self._evidence(one, None)
        related = {
            name: path for name, (_, path) in one.experts.items() if name in evidence.specialists
        }
        assert one.pooled is not None
        members, background = (
            self._members(codes, related, [one.pooled], one.pooled_name)
            for codes in (windows.windows, self.background.codes)
        )
        scores = self._scores(one, windows, members, background, evidence)
        return LeftOutFactor(scores, evidence, windows.table["kind"].tolist())

    def known(self, one: FactorModels, checkpoints: SeedCheckpoints) -> LeftOutScores:
        """Score a factor's windows by all members, its own among them."""
        windows = _judged_windows(one)
        recipe = checkpoints.recipes[0]
        pooled = [path for name, path in recipe.pool.items() if name not in recipe.models.experts]
        own = {one.expert: recipe.pool[one.expert]}
        members, background = (
            self._members(codes, own, pooled or checkpoints.pooled[:1], POOLED)
            for codes in (windows.windows, self.background.codes)
        )
        return self._scores(one, windows, members, background, self._evidence(one, one.expert))

    def _members(
        self, codes: Codes, experts: Mapping[str, Path], pooled: Sequence[Path], name: str
    ) -> MemberScores:
        codes = np.ascontiguousarray(codes)

        def score(path: Path) -> Floats:
            return network_logits(path, codes, self.batch_size, self.device)

        kmers = kmer_logits(self.kmers, codes, name)
        return MemberScores(
            codes,
            {expert: score(path) for expert, path in experts.items()},
            np.mean([score(path) for path in pooled], axis=0),
            kmers.each,
            kmers.pooled,
        )

    def _evidence(self, one: FactorModels, own: str | None) -> Evidence:
        found = self.files.matrices.read()
        return find_evidence(
            one.factor,
            one.family,
            own,
            {name: factor for name, (factor, _) in one.experts.items()},
            found.matrices,
            found.factors,
            self.background.codes.shape[1],
            found.dependent_data_types,
        )

    def _scores(
        self,
        one: FactorModels,
        windows: SequenceSet,
        members: MemberScores,
        background: MemberScores,
        evidence: Evidence,
    ) -> LeftOutScores:
        return LeftOutScores(
            one.factor,
            kind_scores(members, background, evidence),
            windows.labels,
            evidence.independent,
        )


def _background_windows(
    factors: Sequence[FactorModels], training_peaks: Path, run_seed: int
) -> Codes:
    """Draw background windows from the gate split's negatives of all training factors."""
    parts = [
        read_sequences(path, splits=[Split.GATE], kinds=_BACKGROUND_KINDS)
        for one in factors
        for path in one.sequences
    ]
    data = drop_bound_negatives(_primary(concatenate(parts)), training_peaks)
    if len(data) == 0:
        raise TrainingError(
            "conditioned mixture: the split gate has no negatives, expected some, on which scores "
            "are standardised; change the section `splits`, or negatives.training"
        )
    rng = generator(run_seed, "conditioned", "background")
    kept = np.sort(rng.permutation(len(data))[:BACKGROUND_WINDOWS])
    return np.ascontiguousarray(data.windows[kept])


def _background_table(codes: Codes, seeds: Sequence[SeedScores]) -> pd.DataFrame:
    """Return one row per background window: its sequence and its scores by all models."""
    columns: dict[str, object] = {"sequence": decode(codes)}
    for seed in seeds:
        columns |= seed.named_columns
        columns[f"{GENERALIST}_seed{seed.seed}"] = seed.generalist
    return pd.DataFrame(columns)


def _judged_windows(one: FactorModels) -> SequenceSet:
    """Read a factor's windows of the splits that no network trains on."""
    kinds = [Kind.PEAK, *_BACKGROUND_KINDS]
    parts = [read_sequences(path, splits=_JUDGED, kinds=kinds) for path in one.sequences]
    data = _primary(concatenate(parts))
    if len(set(data.labels.tolist())) < 2:
        raise TrainingError(
            f"conditioned mixture: the splits gate and validation of {one.factor} have no "
            "positives or no negatives, expected both; change the section `splits`, or "
            "negatives.training"
        )
    return data


def _primary(data: SequenceSet) -> SequenceSet:
    """Drop shuffles if there are other negatives."""
    shuffles = (data.table["kind"] == Kind.DINUCLEOTIDE).to_numpy()
    others = (data.table["label"] == 0).to_numpy() & ~shuffles
    return data.select(~shuffles) if others.any() else data


def _calibrate(
    sets: Sequence[LeftOutScores], weights: Mapping[Member, float], matrix: bool
) -> Calibration:
    """Fit scale and offset on all sets; without the matrix, as for factors that have none."""
    scores, labels = [], []
    for one in sets:
        kinds = {kind: v for kind, v in one.kinds.items() if matrix or kind != Member.MATRIX}
        scores.append(combine(kinds, weights))
        labels.append(one.labels)
    return fit_calibration(np.concatenate(scores).astype(np.float32), np.concatenate(labels))
