"""Scores of one experiment by every model, every seed and the factor's own matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from tfmoe.core.dna import Codes
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, write_parquet, write_tsv
from tfmoe.core.vocabulary import BACKGROUND, GKM, POOLED, POOLED_ENSEMBLE, PWM
from tfmoe.data.datasets import SequenceSet, read_sequences
from tfmoe.data.training_overlap import overlaps_training
from tfmoe.jaspar.factors import own_matrices, read_factors
from tfmoe.jaspar.matrices import read_matrices
from tfmoe.models.checkpoints import check_file_count, load_expert, load_mixture
from tfmoe.models.device import Compute, prepare_torch, resolve_device
from tfmoe.models.gkm import load_gkm
from tfmoe.models.prediction import Scores, predict, predict_mixture
from tfmoe.models.pwm import MatrixScores, score_matrices


@dataclass(frozen=True)
class MatrixFiles:
    """Files that the factor's own matrices and their independence of the run are read from.

    Attributes
    ----------
    motifs, table
        The exported JASPAR release.
    factors, families
        The curated tables.
    dependent_data_types
        As for `tfmoe.models.pwm.score_matrices`.
    """

    motifs: Path
    table: Path
    factors: Path
    families: Path
    dependent_data_types: Sequence[str] = ()


@dataclass(frozen=True)
class RecipeModels:
    """Names of a recipe's models.

    Attributes
    ----------
    mixture
        The mixture.
    members
        The networks of its pool, named as the gate's columns.
    experts
        Model names by member, for the members that are experts and not pooled networks.
    mean_of_experts, mean_of_pool
        Means of the logits of its experts and of all members. The latter is `None` if all members
        are experts.
    """

    mixture: str
    members: list[str]
    experts: dict[str, str]
    mean_of_experts: str
    mean_of_pool: str | None


@dataclass(frozen=True)
class ScoredRecipe:
    """Checkpoints of a recipe for one training seed: folder by member, and the mixture's folder."""

    models: RecipeModels
    pool: dict[str, Path]
    mixture: Path


@dataclass(frozen=True)
class SeedCheckpoints:
    """Checkpoint folders of one training seed.

    Attributes
    ----------
    seed
        The training seed.
    recipes
        The recipes to score, the run's own first.
    pooled
        The pooled networks. The first is the model ``pooled``; if there are more, the mean of all
        their logits is ``pooled_ensemble``.
    background
        The network that never sees a peak, or `None`.
    """

    seed: int
    recipes: list[ScoredRecipe]
    pooled: list[Path]
    background: Path | None


def sort_checkpoints(
    seeds: Sequence[int],
    recipes: Sequence[RecipeModels],
    networks: Sequence[Pathlike],
    mixtures: Sequence[Pathlike],
    pooled: Sequence[Pathlike],
    background: Sequence[Pathlike],
) -> list[SeedCheckpoints]:
    """Group the weight files of a run by training seed.

    Parameters
    ----------
    seeds
        The training seeds.
    recipes
        The recipes, the run's own first.
    networks
        Weight files, ordered by recipe, seed and member.
    mixtures
        Weight files, ordered by recipe and seed.
    pooled
        Weight files, ordered by seed, the same number for each; may be empty.
    background
        Weight files, ordered by seed; may be empty.

    Raises
    ------
    ValueError
        If the number of files does not fit.
    """
    members = sum(len(models.members) for models in recipes)
    per_seed = len(pooled) // len(seeds)
    check_file_count("networks", networks, members * len(seeds))
    check_file_count("mixtures", mixtures, len(recipes) * len(seeds))
    check_file_count("pooled networks", pooled, per_seed * len(seeds))
    check_file_count("background networks", background, len(seeds) if background else 0)
    networks_left, mixtures_left = iter(networks), iter(mixtures)
    found: dict[int, list[ScoredRecipe]] = {seed: [] for seed in seeds}
    for models in recipes:
        for seed in seeds:
            pool = {member: Path(next(networks_left)).parent for member in models.members}
            found[seed].append(ScoredRecipe(models, pool, Path(next(mixtures_left)).parent))
    return [
        SeedCheckpoints(
            seed,
            found[seed],
            [Path(path).parent for path in pooled[per_seed * index : per_seed * (index + 1)]],
            Path(background[index]).parent if background else None,
        )
        for index, seed in enumerate(seeds)
    ]


def score_experiment(
    sequences: Pathlike,
    factor: str,
    splits: list[str],
    checkpoints: Sequence[SeedCheckpoints],
    training_peaks: Path,
    matrices: MatrixFiles,
    compute: Compute,
    predictions: Pathlike,
    gates: Pathlike,
    gapped_kmers: Path | None = None,
    own_expert: str | None = None,
    ignore_overlaps_with: str | None = None,
    matrix: Pathlike | None = None,
) -> None:
    """Score an experiment's sequences with all models, and write two or three tables.

    Parameters
    ----------
    sequences
        ``sequences/<x>.parquet``.
    factor
        The experiment's factor.
    splits
        The splits to score: test, and for a training experiment also validation.
    checkpoints
        All networks and mixtures to score, by seed.
    training_peaks
        The peaks of all training experiments (BED, fourth column: their factors), or without
        coordinates the 31-mers of their positives (.npz).
    matrices
        Files of the JASPAR release.
    compute
        Device, threads, batch size.
    predictions
        Output: name, chrom, start, end, label, kind, split, overlaps_training_peak (whether the
        window overlaps a training peak of another factor), one float32 logit column per model and
        seed (``<model>_seed<k>`` for the names in `RecipeModels`, ``pooled_seed<k>``,
        ``pooled_ensemble_seed<k>`` and ``background_vs_shuffle_seed<k>``), and ``pwm`` (best hit on
        either strand, bits) if the factor has a matrix.
    gapped_kmers
        Folder of the gapped k-mer models, if there are any; their column is ``gkm``.
    own_expert
        The expert of this experiment's factor, whose gapped k-mer model gives the logits ``gkm``:
        the expert that it trains or, for a training factor in other cells, the one of the training
        cells. If `None`, ``gkm`` is the mean of the standardised logits of all such models.
    ignore_overlaps_with
        Training experiments of this factor do not count in ``overlaps_training_peak``: the
        experiment's own factor if it trains, else `None`.
    gates
        Output: name, seed, and one float32 column per member of the first recipe's pool; rows sum
        to 1.
    matrix
        Optional output: the factor's own matrices and which of them is ``pwm``. The columns are
        `tfmoe.jaspar.factors.SCORED_COLUMNS`.
    """
    prepare_torch(compute.threads)
    device = resolve_device(compute.device)
    chosen = read_sequences(sequences, splits=splits, need_rows=True)
    codes = np.ascontiguousarray(chosen.windows)
    columns: dict[str, Scores] = {}
    weights = []
    for found in checkpoints:
        scores, gate = _score_seed(found, codes, compute.batch_size, device)
        columns |= scores
        gate.insert(0, "name", chosen.table["name"].to_numpy())
        gate.insert(1, "seed", found.seed)
        weights.append(gate)
    if gapped_kmers is not None:
        columns[GKM] = load_gkm(gapped_kmers).score(codes, own_expert)
    own = _score_matrices(chosen, factor, matrices)
    if own.score is not None:
        columns[PWM] = own.score
    if matrix is not None:
        write_tsv(own.table, matrix)
    table = _sequence_table(chosen, training_peaks, ignore_overlaps_with)
    write_parquet(pd.concat([table, pd.DataFrame(columns)], axis=1), predictions)
    write_parquet(pd.concat(weights, ignore_index=True), gates)


def _score_seed(
    checkpoints: SeedCheckpoints, codes: Codes, batch_size: int, device: torch.device
) -> tuple[dict[str, Scores], pd.DataFrame]:
    """Score with all models of a seed; return their columns and the first mixture's gate."""
    columns: dict[str, Scores] = {}
    gates = []
    for recipe in checkpoints.recipes:
        scores, gate = _score_recipe(recipe, codes, batch_size, device)
        columns |= scores
        gates.append(gate)

    def score(folder: Path) -> Scores:
        return predict(load_expert(folder), codes, batch_size, device)

    pooled = [score(folder) for folder in checkpoints.pooled]
    if pooled:
        columns[POOLED] = pooled[0]
    if len(pooled) > 1:
        columns[POOLED_ENSEMBLE] = np.stack(pooled).mean(axis=0)
    if checkpoints.background is not None:
        columns[BACKGROUND] = score(checkpoints.background)
    named = {f"{model}_seed{checkpoints.seed}": values for model, values in columns.items()}
    for name, values in named.items():
        if not np.isfinite(values).all():
            raise InputError(
                f"{name}: found logits that are not finite; remove the checkpoint and rerun"
            )
    return named, gates[0]


def _score_recipe(
    recipe: ScoredRecipe, codes: Codes, batch_size: int, device: torch.device
) -> tuple[dict[str, Scores], pd.DataFrame]:
    """Score with a recipe's mixture and pool, in one pass per network if they are frozen."""
    mixture = load_mixture(recipe.mixture, recipe.pool)
    scored = predict_mixture(mixture, codes, batch_size, device)
    experts = scored.experts
    if mixture.fine_tuned:
        # the pool's own networks are scored, not their fine-tuned copies in the mixture
        each = [load_expert(recipe.pool[name]) for name in mixture.expert_names]
        experts = np.stack([predict(one, codes, batch_size, device) for one in each], axis=1)
    logits = pd.DataFrame(experts, columns=list(mixture.expert_names))
    models = recipe.models
    columns = {model: logits[member].to_numpy() for member, model in models.experts.items()}
    columns[models.mean_of_experts] = logits[list(models.experts)].to_numpy().mean(axis=1)
    if models.mean_of_pool is not None:
        columns[models.mean_of_pool] = experts.mean(axis=1)
    columns[models.mixture] = scored.mixture
    return columns, pd.DataFrame(scored.gate, columns=list(mixture.expert_names))


def _score_matrices(chosen: SequenceSet, factor: str, files: MatrixFiles) -> MatrixScores:
    """Score with the best of the factor's own matrices."""
    factors = read_factors(files.factors, files.families)
    own = own_matrices(factor, read_matrices(files.motifs, files.table), factors)
    return score_matrices(chosen, own, files.dependent_data_types)


def _sequence_table(chosen: SequenceSet, training_peaks: Path, ignored: str | None) -> pd.DataFrame:
    table = chosen.table[["name", "chrom", "start", "end", "label", "kind", "split"]].copy()
    table["overlaps_training_peak"] = overlaps_training(chosen, training_peaks, ignored)
    return table
