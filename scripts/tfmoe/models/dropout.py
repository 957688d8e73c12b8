"""Trials with dropout on: what the published analysis of variance took for repeats.

Tripathi et al. 2025 (arXiv 2507.09754) scored each set 30 times with the dropout of the embedding
on, which is what follows LayerNorm and what both the expert's head and the mixture read. Their code
draws one mask for a whole batch; here each sequence (on each strand) has its own, as dropout in
training has, and what is kept is scaled up by ``1 / (1 - p)``. Dropout within a backbone, which the
paper's network has not, stays off.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from tfmoe.core.dna import Codes
from tfmoe.core.files import Pathlike, write_tsv
from tfmoe.core.seeds import derive_seed
from tfmoe.data.datasets import SequenceSet, read_sequences
from tfmoe.models.checkpoints import load_expert, load_mixture
from tfmoe.models.device import Compute, prepare_torch, resolve_device
from tfmoe.models.encoding import average_strands, both_strands
from tfmoe.models.experiment_scores import SeedCheckpoints
from tfmoe.models.expert import Expert, StrandAveraged
from tfmoe.models.moe import ExpertOutputs, Mixture
from tfmoe.models.prediction import Scores, batches
from tfmoe.models.training_loop import auroc

COLUMNS = ("negatives", "model", "seed", "dropout", "trial", "auroc")


def score_with_dropout(
    sequences: Pathlike,
    checkpoints: SeedCheckpoints,
    trials: int,
    seed: int,
    compute: Compute,
    table: Pathlike,
) -> None:
    """Score an experiment's test split many times with dropout on, and write the AUROCs.

    Parameters
    ----------
    sequences
        ``sequences/<x>.parquet``.
    checkpoints
        Of one seed; the mixture and the experts of its first recipe are scored.
    trials
        Passes over the split.
    seed
        The run's seed.
    compute
        Device, threads, batch size.
    table
        Written, TSV: `COLUMNS`; one row a kind of negatives, model and trial. ``dropout`` is the
        model's probability, for the mixture the largest of its networks; where it is 0 all trials
        are the same. A kind without positives or without negatives has no rows.
    """
    prepare_torch(compute.threads)
    device = resolve_device(compute.device)
    recipe = checkpoints.recipes[0]
    chosen = read_sequences(sequences, splits=["test"])
    codes = np.ascontiguousarray(chosen.windows)
    mixture = load_mixture(recipe.mixture, recipe.pool)
    experts = {
        model: load_expert(recipe.pool[member]) for member, model in recipe.models.experts.items()
    }
    torch.manual_seed(derive_seed(seed, "dropout trials", Path(sequences).stem, checkpoints.seed))
    scored = {
        recipe.models.mixture: drop_in_mixture(mixture, codes, trials, compute.batch_size, device)
    }
    for model, network in experts.items():
        scored[model] = drop_in_expert(network, codes, trials, compute.batch_size, device)
    probabilities = {model: _unwrap(network).dropout.p for model, network in experts.items()}
    probabilities[recipe.models.mixture] = max(_probabilities(mixture))
    rows = _aurocs(scored, chosen, checkpoints.seed, probabilities)
    write_tsv(pd.DataFrame(rows, columns=COLUMNS), table)


def drop_in_expert(
    network: nn.Module, codes: Codes, trials: int, batch_size: int, device: torch.device
) -> Scores:
    """Return an expert's logits with dropout on, float32 (trials, N).

    Parameters
    ----------
    network
        An `Expert`, or one whose strands are averaged.
    codes
        Shape (N, L), uint8.
    trials
        Passes; torch's own generator draws the masks.
    batch_size, device
        As in `tfmoe.models.prediction.predict`.
    """
    network.to(device).eval()
    expert, averages = _unwrap(network), isinstance(network, StrandAveraged)
    parts = []
    with torch.inference_mode():
        for batch in batches(codes, batch_size, device):
            embeddings = expert.embed(both_strands(batch) if averages else batch)
            passes = []
            for _ in range(trials):
                logits = expert.head(dropout(embeddings, expert.dropout.p)).squeeze(1)
                passes.append(average_strands(logits) if averages else logits)
            parts.append(torch.stack(passes).cpu().numpy())
    return np.concatenate([np.zeros((trials, 0), np.float32), *parts], axis=1)


def drop_in_mixture(
    mixture: Mixture, codes: Codes, trials: int, batch_size: int, device: torch.device
) -> Scores:
    """Return a mixture's logits with its experts' dropout on, float32 (trials, N).

    The gate and what it weighs read the same dropped embeddings. The parameters are those of
    `drop_in_expert`.
    """
    mixture.to(device).eval()
    parts = []
    with torch.inference_mode():
        for batch in batches(codes, batch_size, device):
            embeddings = mixture.run_experts(batch).embeddings
            passes = []
            for _ in range(trials):
                passes.append(mixture.reduce(mixture.head(_drop_outputs(mixture, embeddings))))
            parts.append(torch.stack(passes).cpu().numpy())
    return np.concatenate([np.zeros((trials, 0), np.float32), *parts], axis=1)


def _drop_outputs(mixture: Mixture, embeddings: Tensor) -> ExpertOutputs:
    """Drop dimensions of embeddings (B, n, E) and have each expert's head read what is left."""
    dropped, logits = torch.empty_like(embeddings), []
    for index, network in enumerate(mixture.experts):
        expert = _unwrap(network)
        dropped[:, index] = dropout(embeddings[:, index], expert.dropout.p)
        logits.append(expert.head(dropped[:, index]))
    return ExpertOutputs(dropped, torch.cat(logits, dim=1))


def _probabilities(mixture: Mixture) -> list[float]:
    return [_unwrap(network).dropout.p for network in mixture.experts]


def _unwrap(network: nn.Module) -> Expert:
    """Return the network under the average over strands."""
    inner = network.network if isinstance(network, StrandAveraged) else network
    if not isinstance(inner, Expert):
        raise TypeError(f"found {type(inner).__name__}, expected an expert")
    return inner


def _aurocs(
    scored: Mapping[str, Scores],
    chosen: SequenceSet,
    seed: int,
    probabilities: Mapping[str, float],
) -> list[dict[str, object]]:
    """Return the AUROC of each trial: positives against each kind of negatives."""
    positive, kinds = chosen.labels > 0.5, chosen.table["kind"].to_numpy()
    rows: list[dict[str, object]] = []
    for kind in sorted(set(kinds[~positive])) if positive.any() else []:
        own = positive | (kinds == kind)
        for model, scores in scored.items():
            keys = {"negatives": kind, "model": model, "seed": seed}
            for trial, values in enumerate(scores[:, own]):
                row = {"dropout": probabilities[model], "trial": trial}
                rows.append(keys | row | {"auroc": auroc(values, chosen.labels[own])})
    return rows
