"""Scores of one experiment by every model, every seed and the factor's own matrix."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from tfmoe.core.files import Pathlike, write_parquet, write_tsv
from tfmoe.core.vocabulary import GKM, PWM
from tfmoe.data.datasets import SequenceSet, read_sequences
from tfmoe.data.training_overlap import overlaps_training
from tfmoe.jaspar.factors import own_matrices
from tfmoe.jaspar.tables import MatrixFiles
from tfmoe.models.conditioned.columns import ConditionedFiles, ConditionedModels, Question
from tfmoe.models.conditioned.library import kmer_logits
from tfmoe.models.device import Compute, prepare_torch, resolve_device
from tfmoe.models.gkm import load_gkm
from tfmoe.models.prediction import Scores
from tfmoe.models.pwm import MatrixScores, score_matrices
from tfmoe.models.seed_scores import SeedCheckpoints, load_seed, score_seed


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
    conditioned: ConditionedFiles | None = None,
    family: str = "-",
    members: Pathlike | None = None,
) -> None:
    """Score an experiment's sequences with all models, and write two to four tables.

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
        either strand, bits) if the factor has a matrix. With a conditioned mixture also
        ``moe_conditioned_seed<k>``, and the sums with equal weights ``equal_weight_sum_seed<k>``,
        ``ensemble_kmers_matrix_seed<k>`` and ``kmers_and_matrix``.
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
    conditioned
        Files of the conditioned mixture, if the run has one.
    family
        The factor's family of DNA-binding domains, whose matrices replace missing ones of its own.
    members
        Its optional output: name, and the columns of
        `tfmoe.models.conditioned.columns.ConditionedScores`.
    """
    prepare_torch(compute.threads)
    device = resolve_device(compute.device)
    chosen = read_sequences(sequences, splits=splits, need_rows=True)
    codes = np.ascontiguousarray(chosen.windows)
    columns: dict[str, Scores] = {}
    seeds = [
        score_seed(load_seed(found), codes, compute.batch_size, device) for found in checkpoints
    ]
    for seed in seeds:
        columns |= seed.named_columns
        seed.gate.insert(0, "name", chosen.table["name"].to_numpy())
        seed.gate.insert(1, "seed", seed.seed)
    models = None if conditioned is None else ConditionedModels.load(conditioned)
    kmers = kmer_logits(None if models is None else models.kmers, codes)
    if models is not None and models.kmers is not None:
        columns[GKM] = models.kmers.baseline(kmers, own_expert)
    elif gapped_kmers is not None:
        columns[GKM] = load_gkm(gapped_kmers).score(codes, own_expert)
    own = _score_matrices(chosen, factor, matrices)
    if own.score is not None:
        columns[PWM] = own.score
    if matrix is not None:
        write_tsv(own.table, matrix)
    if models is not None:
        evidence = models.evidence(Question(factor, family, own_expert))
        found = models.score(evidence, codes, seeds, kmers)
        columns |= found.columns
        columns |= models.sums(found.kinds, seeds, columns.get(GKM), own_expert)
        if members is not None:
            write_parquet(found.members.assign(name=chosen.table["name"].to_numpy()), members)
    table = _sequence_table(chosen, training_peaks, ignore_overlaps_with)
    write_parquet(pd.concat([table, pd.DataFrame(columns)], axis=1), predictions)
    write_parquet(pd.concat([seed.gate for seed in seeds], ignore_index=True), gates)


def _score_matrices(chosen: SequenceSet, factor: str, files: MatrixFiles) -> MatrixScores:
    """Score with the best of the factor's own matrices."""
    found = files.read()
    own = own_matrices(factor, found.matrices, found.factors)
    return score_matrices(chosen, own, files.dependent_data_types)


def _sequence_table(chosen: SequenceSet, training_peaks: Path, ignored: str | None) -> pd.DataFrame:
    table = chosen.table[["name", "chrom", "start", "end", "label", "kind", "split"]].copy()
    table["overlaps_training_peak"] = overlaps_training(chosen, training_peaks, ignored)
    return table
