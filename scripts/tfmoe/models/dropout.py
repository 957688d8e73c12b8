"""AUROCs of repeated passes with dropout on, the repeats of the published analysis of variance.

Tripathi et al. 2025 (arXiv 2507.09754) scored each set 30 times with dropout of the embedding
switched on. This dropout follows LayerNorm, and both the expert's head and the mixture read its
output. The authors' code draws one mask per batch. Here each sequence (on each strand) has its own
mask, as in training, and the remaining values are scaled up by ``1 / (1 - p)``. Dropout inside a
backbone, which the paper's network lacks, stays off.
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
from tfmoe.core.vocabulary import Split
from tfmoe.data.datasets import SequenceSet, read_sequences
from tfmoe.models.checkpoints import load_expert, load_mixture
from tfmoe.models.device import Compute, prepare_torch, resolve_device
from tfmoe.models.encoding import average_strands, both_strands
from tfmoe.models.expert import Expert, StrandAveraged
from tfmoe.models.moe import ExpertOutputs, Mixture
from tfmoe.models.prediction import Scores, batches
from tfmoe.models.seed_scores import SeedCheckpoints
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
    """Score an experiment's test split repeatedly with dropout on, and write the AUROCs.

    Parameters
    ----------
    sequences
        ``sequences/<x>.parquet``.
    checkpoints
        Checkpoints of one seed; the mixture and the experts of the first recipe are scored.
    trials
        Number of passes over the split.
    seed
        The run's seed.
    compute
        Device, threads, batch size.
    table
        Output, TSV: `COLUMNS`, one row per kind of negatives, model and trial. ``dropout`` is the
        model's probability; for the mixture it is the largest of its networks. With 0, all trials
        are the same. A kind without positives or without negatives has no rows.
    """
    prepare_torch(compute.threads)
    device = resolve_device(compute.device)
    recipe = checkpoints.recipes[0]
    chosen = read_sequences(sequences, splits=[Split.TEST], need_rows=True)
    codes = np.ascontiguousarray(chosen.windows)
    mixture = load_mixture(recipe.mixture, recipe.pool)
    experts = {
        model: load_expert(recipe.pool[member]) for member, model in recipe.models.experts.items()
    }
    torch.manual_seed(derive_seed(seed, "dropout trials", Path(sequences).stem, checkpoints.seed))
    scored = {
        recipe.models.mixture: mixture_logits_with_dropout(
            mixture, codes, trials, compute.batch_size, device
        )
    }
    for model, network in experts.items():
        scored[model] = expert_logits_with_dropout(
            network, codes, trials, compute.batch_size, device
        )
    probabilities = {model: _unwrap(network).dropout.p for model, network in experts.items()}
    probabilities[recipe.models.mixture] = max(_probabilities(mixture))
    rows = _aurocs(scored, chosen, checkpoints.seed, probabilities)
    write_tsv(pd.DataFrame(rows, columns=COLUMNS), table)


def expert_logits_with_dropout(
    network: nn.Module, codes: Codes, trials: int, batch_size: int, device: torch.device
) -> Scores:
    """Return an expert's logits with dropout on, float32 (trials, N).

    Parameters
    ----------
    network
        An `Expert`, or one averaged over strands.
    codes
        Shape (N, L), uint8.
    trials
        Number of passes. The masks are drawn from torch's own generator.
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


def mixture_logits_with_dropout(
    mixture: Mixture, codes: Codes, trials: int, batch_size: int, device: torch.device
) -> Scores:
    """Return a mixture's logits with its experts' dropout on, float32 (trials, N).

    The gate and the head read the same embeddings after dropout. Parameters are as for
    `expert_logits_with_dropout`.
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
    """Apply dropout to embeddings (B, n, E), and each expert's head to the result."""
    dropped, logits = torch.empty_like(embeddings), []
    for index, network in enumerate(mixture.experts):
        expert = _unwrap(network)
        dropped[:, index] = dropout(embeddings[:, index], expert.dropout.p)
        logits.append(expert.head(dropped[:, index]))
    return ExpertOutputs(dropped, torch.cat(logits, dim=1))


def _probabilities(mixture: Mixture) -> list[float]:
    return [_unwrap(network).dropout.p for network in mixture.experts]


def _unwrap(network: nn.Module) -> Expert:
    """Return the expert inside an average over strands."""
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
