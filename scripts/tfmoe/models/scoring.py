"""Scores of one experiment: every model, every seed, and the factor's own matrix, in one table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from tfmoe.core.dna import Codes
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, write_parquet
from tfmoe.data.datasets import SequenceSet, read_sequences
from tfmoe.data.overlap import overlaps_training
from tfmoe.jaspar.factors import own_matrix, read_factors
from tfmoe.jaspar.matrices import read_matrices
from tfmoe.jaspar.scanning import log_odds, scan
from tfmoe.models.background import BACKGROUND
from tfmoe.models.checkpoints import load_expert, load_mixture, read_names
from tfmoe.models.device import Compute, prepare_torch, resolve_device
from tfmoe.models.gkm import load_gkm
from tfmoe.models.prediction import Scores, predict, predict_mixture

POOLED = "pooled"


@dataclass(frozen=True)
class MatrixFiles:
    """Where a factor's own matrix is found: the exported release and the curated tables."""

    motifs: Path
    table: Path
    factors: Path
    families: Path


@dataclass(frozen=True)
class Checkpoints:
    """Checkpoint folders of a run.

    Attributes
    ----------
    networks
        Folder by (name, seed), the pooled networks and ``background_vs_shuffle`` among the experts.
    mixtures
        Folder by seed.
    pooled
        For each seed of a mixture the seeds of the pooled networks that stand beside it: the first
        is ``pooled``, and where there are more the mean of all their logits is ``pooled_ensemble``.
    """

    networks: dict[tuple[str, int], Path]
    mixtures: dict[int, Path]
    pooled: Mapping[int, Sequence[int]]


def find_checkpoints(
    networks: Iterable[Pathlike],
    mixtures: Iterable[Pathlike],
    pooled: Mapping[int, Sequence[int]],
) -> Checkpoints:
    """Sort checkpoint folders by what their configs say they are; `pooled` as in `Checkpoints`."""
    named = {read_names(folder): Path(folder) for folder in networks}
    seeded = {read_names(folder)[1]: Path(folder) for folder in mixtures}
    return Checkpoints(dict(sorted(named.items())), dict(sorted(seeded.items())), pooled)


def score_experiment(
    sequences: Pathlike,
    factor: str,
    splits: list[str],
    checkpoints: Checkpoints,
    training_peaks: Path,
    matrices: MatrixFiles,
    compute: Compute,
    predictions: Pathlike,
    gates: Pathlike,
    gapped_kmers: Path | None = None,
    own_expert: str | None = None,
) -> None:
    """Score an experiment's sequences with all models and write two tables.

    Parameters
    ----------
    sequences
        ``sequences/<x>.parquet``.
    factor
        The experiment's factor.
    splits
        The splits to score: test, and validation for a training experiment.
    checkpoints
        All networks and mixtures of the run.
    training_peaks
        The peaks of all training experiments (BED, fourth column: their factors), or the 31-mers of
        their positives where there are no coordinates (.npz).
    matrices
        Files of the JASPAR release.
    compute
        Device, threads, batch size.
    predictions
        Written: name, chrom, start, end, label, kind, split, overlaps_training_peak (whether the
        window overlaps a peak of a training experiment of another factor), one float32 logit column
        per model and seed (``expert_<name>_seed<k>``, ``mean_of_experts_seed<k>``,
        ``moe_seed<k>``, ``pooled_seed<k>``, ``pooled_ensemble_seed<k>``,
        ``background_vs_shuffle_seed<k>``), and ``pwm`` (best hit on either strand, bits) if the
        factor has a matrix.
    gapped_kmers
        Folder of the gapped k-mer models, if there are any; their column is ``gkm`` (logits).
    own_expert
        The expert that was trained on this experiment, whose gapped k-mer model scores it; `None`
        where none was: then ``gkm`` is the mean of all.
    gates
        Written: name, seed, and one float32 column per expert, rows summing to 1.
    """
    prepare_torch(compute.threads)
    device = resolve_device(compute.device)
    chosen = read_sequences(sequences, splits=splits)
    codes = np.ascontiguousarray(chosen.windows)
    columns: dict[str, Scores] = {}
    weights = []
    for seed, folder in checkpoints.mixtures.items():
        scores, gate = _score_seed(checkpoints, seed, folder, codes, compute.batch_size, device)
        columns |= scores
        gate.insert(0, "name", chosen.table["name"].to_numpy())
        gate.insert(1, "seed", seed)
        weights.append(gate)
    if gapped_kmers is not None:
        columns["gkm"] = load_gkm(gapped_kmers).score(codes, own_expert)
    columns |= _score_matrix(codes, factor, matrices)
    table = _describe(chosen, training_peaks, factor)
    write_parquet(pd.concat([table, pd.DataFrame(columns)], axis=1), predictions)
    write_parquet(pd.concat(weights, ignore_index=True), gates)


def _score_seed(
    checkpoints: Checkpoints,
    seed: int,
    mixture_folder: Path,
    codes: Codes,
    batch_size: int,
    device: torch.device,
) -> tuple[dict[str, Scores], pd.DataFrame]:
    """Score with all models of a seed; return their columns, and the gate's weights."""
    folders = {
        name: folder
        for (name, number), folder in checkpoints.networks.items()
        if number == seed and name not in (POOLED, BACKGROUND)
    }
    mixture = load_mixture(mixture_folder, folders)
    scored = predict_mixture(mixture, codes, batch_size, device)
    columns = {
        f"expert_{name}_seed{seed}": scored.experts[:, index]
        for index, name in enumerate(mixture.expert_names)
    }
    columns[f"mean_of_experts_seed{seed}"] = scored.experts.mean(axis=1)
    columns[f"moe_seed{seed}"] = scored.mixture
    pooled = [
        predict(load_expert(checkpoints.networks[POOLED, number]), codes, batch_size, device)
        for number in checkpoints.pooled.get(seed, [])
    ]
    if pooled:
        columns[f"pooled_seed{seed}"] = pooled[0]
    if len(pooled) > 1:
        columns[f"pooled_ensemble_seed{seed}"] = np.stack(pooled).mean(axis=0)
    if (BACKGROUND, seed) in checkpoints.networks:
        background = load_expert(checkpoints.networks[BACKGROUND, seed])
        columns[f"{BACKGROUND}_seed{seed}"] = predict(background, codes, batch_size, device)
    for name, values in columns.items():
        if not np.isfinite(values).all():
            raise InputError(f"{name}: some logits are not finite; remove its checkpoint and rerun")
    return columns, pd.DataFrame(scored.gate, columns=list(mixture.expert_names))


def _score_matrix(codes: Codes, factor: str, files: MatrixFiles) -> dict[str, Scores]:
    """Score with the factor's own matrix; there is no column if it has none or a longer one."""
    factors = read_factors(files.factors, files.families)
    matrix = own_matrix(factor, read_matrices(files.motifs, files.table), factors)
    if matrix is None or matrix.length > codes.shape[1]:
        return {}
    return {"pwm": scan(codes, log_odds(matrix.probabilities)).score}


def _describe(chosen: SequenceSet, training_peaks: Path, factor: str) -> pd.DataFrame:
    table = chosen.table[["name", "chrom", "start", "end", "label", "kind", "split"]].copy()
    table["overlaps_training_peak"] = overlaps_training(chosen, training_peaks, factor)
    return table
