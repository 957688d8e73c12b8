"""Fitting of the mixture's head on the embeddings of frozen experts.

The pooled label says "bound by the factor of its own set". Negatives that overlap a peak of any
training experiment are dropped, and negatives of kind ``other_factor`` are never used. The experts
have not seen the gate split, on which the head is fitted; the validation split only says when to
stop.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from tfmoe.core.errors import InputError, TrainingError
from tfmoe.core.files import Pathlike, write_parquet, write_tsv
from tfmoe.core.seeds import generator
from tfmoe.data.datasets import SequenceSet, concatenate, read_sequences
from tfmoe.models.checkpoints import (
    MixtureConfig,
    read_expert,
    save_mixture_head,
    versions,
    weights_hash,
)
from tfmoe.models.device import Compute, prepare_torch, resolve_device
from tfmoe.models.moe import Mixture, MixtureHead
from tfmoe.models.optimisation import auroc, cross_entropy
from tfmoe.models.prediction import batches
from tfmoe.models.training import drop_bound_negatives

SPLITS = ("gate", "validation")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class MixtureSettings:
    """The config's section ``mixture``.

    Attributes
    ----------
    name
        The mixture's name; part of the path.
    epochs, batch_size, learning_rate
        Of Adam; the learning rate is constant.
    uniform_penalty
        Weight of the mean Kullback-Leibler divergence (nats) of the gate's weights from uniform
        ones in the loss.
    start_penalty
        Weight of the squared distance of all parameters of the head from where they started.
    patience
        Fitting stops after so many epochs without a better validation loss.
    """

    name: str
    epochs: int
    batch_size: int
    learning_rate: float
    uniform_penalty: float
    start_penalty: float
    patience: int


def fit_mixture(
    experts: Mapping[str, Path],
    sequences: Mapping[str, Path],
    training_peaks: Path,
    negatives: Mapping[str, float],
    settings: MixtureSettings,
    run_seed: int,
    seed: int,
    compute: Compute,
    folder: Pathlike,
) -> None:
    """Fit a mixture and write its checkpoint, its history and its gate weights.

    Parameters
    ----------
    experts
        Checkpoint folder by expert; their order is that of the gate's columns.
    sequences
        Path of ``sequences/<x>.parquet`` by training experiment.
    training_peaks
        The peaks of all training experiments (BED).
    negatives
        Negatives of each kind a positive, as the config's ``negatives.training``: its kinds are
        used.
    settings
        How to fit.
    run_seed, seed
        The run's seed, and the number of this mixture's experts among those of their name.
    compute
        Device, threads, batch size.
    folder
        Where ``model.safetensors``, ``config.json``, ``history.tsv`` and ``gate.parquet`` (name,
        split, one column an expert) are written.

    Raises
    ------
    TrainingError, InputError
        Naming the mixture and seed: a split without positives or negatives, experts that do not
        match, divergence.
    """
    place = f"mixture {settings.name}, seed {seed}"
    prepare_torch(compute.threads)
    device = resolve_device(compute.device)
    mixture = start_mixture(experts, place).to(device)
    kinds = ["peak", *(kind for kind, share in negatives.items() if share > 0)]
    data = _read(sequences, kinds, training_peaks)
    _check(data, place)
    tables = {
        split: _embed(mixture, part, compute.batch_size, device) for split, part in data.items()
    }
    rng = generator(run_seed, "mixture", settings.name, seed)
    fit = fit_head(mixture, tables["gate"], tables["validation"], settings, rng, place)
    save_mixture_head(
        mixture.head, _config(mixture, experts, settings, seed, fit.best_epoch), folder
    )
    write_tsv(fit.history, Path(folder) / "history.tsv")
    write_parquet(_gate_table(mixture, data, tables), Path(folder) / "gate.parquet")


def start_mixture(experts: Mapping[str, Path], place: str) -> Mixture:
    """Load the experts and put the head over them that equals the mean of their logits.

    Raises
    ------
    InputError
        If the experts differ in window length, embedding or averaging over strands.
    """
    loaded = {name: read_expert(folder) for name, folder in experts.items()}
    shapes = {
        name: (config.window, config.embedding, config.averages_strands)
        for name, (_, config) in loaded.items()
    }
    if len(set(shapes.values())) > 1:
        raise InputError(
            f"{place}: the experts differ in (window, embedding, averages strands): {shapes}; "
            "train them anew with one config"
        )
    networks = {name: expert for name, (expert, _) in loaded.items()}
    _, embedding, averages_strands = next(iter(shapes.values()))
    head = MixtureHead(len(networks), embedding)
    head.start_from(
        torch.cat([expert.head.weight for expert in networks.values()]),
        torch.cat([expert.head.bias for expert in networks.values()]),
    )
    return Mixture(networks, head, averages_strands).eval()


@dataclass(frozen=True)
class Embedded:
    """Embeddings of one split, computed once, as the experts are frozen.

    Attributes
    ----------
    embeddings
        float32 (S N, n, E), as `Mixture.embed` returns for all N sequences in one batch.
    labels
        float32 (N,).
    """

    embeddings: Tensor
    labels: Tensor


@dataclass(frozen=True)
class HeadFit:
    """History (epoch 0 is the start) and best epoch of a head's fit."""

    history: pd.DataFrame
    best_epoch: int


def fit_head(
    mixture: Mixture,
    gate: Embedded,
    validation: Embedded,
    settings: MixtureSettings,
    rng: np.random.Generator,
    place: str,
) -> HeadFit:
    """Fit the head on the gate split; leave it with the weights of its best epoch.

    Where strands are averaged, both strands of a sequence are examples of their own.

    Raises
    ------
    TrainingError
        If the loss is not finite.
    """
    head = mixture.head
    start = [parameter.detach().clone() for parameter in head.parameters()]
    labels = gate.labels.repeat(len(gate.embeddings) // len(gate.labels))
    adam = torch.optim.Adam(head.parameters(), lr=settings.learning_rate)
    rows = [_judge(mixture, validation, 0, math.nan, settings)]
    best_weights = deepcopy(head.state_dict())
    best = 0
    for epoch in range(1, settings.epochs + 1):
        order = torch.from_numpy(rng.permutation(len(labels))).to(labels.device)
        total = 0.0
        for rows_of_batch in torch.split(order, settings.batch_size):
            loss = _loss(head, gate.embeddings[rows_of_batch], labels[rows_of_batch], settings)
            loss = loss + settings.start_penalty * _distance(head, start)
            adam.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            adam.step()
            total += float(loss.detach()) * len(rows_of_batch)
        rows.append(_judge(mixture, validation, epoch, total / len(labels), settings))
        if not math.isfinite(total + rows[-1]["validation_loss"]):
            raise TrainingError(
                f"{place}, epoch {epoch}: the fit diverged; lower mixture.learning_rate"
            )
        if rows[-1]["validation_loss"] < rows[best]["validation_loss"]:
            best, best_weights = epoch, deepcopy(head.state_dict())
        elif epoch - best >= settings.patience:
            break
    head.load_state_dict(best_weights)
    logger.info(
        "%s: validation AUROC %.4f in epoch %d of %d (mean of the experts %.4f)",
        place,
        rows[best]["validation_auroc"],
        best,
        len(rows) - 1,
        rows[0]["validation_auroc"],
    )
    return HeadFit(pd.DataFrame(rows).astype({"epoch": int}), best)


def _loss(
    head: MixtureHead, embeddings: Tensor, labels: Tensor, settings: MixtureSettings
) -> Tensor:
    """Return cross-entropy plus the penalty on gates that leave uniform."""
    weights = head.weigh(embeddings)
    loss = binary_cross_entropy_with_logits(head.combine(embeddings, weights), labels)
    divergence = (weights * (weights.clamp_min(1e-12) * weights.shape[1]).log()).sum(1).mean()
    return loss + settings.uniform_penalty * divergence


def _distance(head: MixtureHead, start: list[Tensor]) -> Tensor:
    """Return the squared distance of all parameters from where they started."""
    moved = [
        (parameter - origin).square().sum()
        for parameter, origin in zip(head.parameters(), start, strict=True)
    ]
    return torch.stack(moved).sum()


def _judge(
    mixture: Mixture, data: Embedded, epoch: int, train_loss: float, settings: MixtureSettings
) -> dict[str, float]:
    with torch.inference_mode():
        scores = mixture.reduce(mixture.head(data.embeddings)).cpu().numpy()
    labels = data.labels.cpu().numpy()
    return {
        "epoch": epoch,
        "train_loss": train_loss,
        "validation_loss": cross_entropy(scores, labels),
        "validation_auroc": auroc(scores, labels),
        "learning_rate": settings.learning_rate,
    }


def _read(
    sequences: Mapping[str, Path], kinds: list[str], training_peaks: Path
) -> dict[str, SequenceSet]:
    whole = concatenate(
        [read_sequences(path, splits=SPLITS, kinds=kinds) for path in sequences.values()]
    )
    whole = drop_bound_negatives(whole, training_peaks)
    return {split: whole.select((whole.table["split"] == split).to_numpy()) for split in SPLITS}


def _check(data: Mapping[str, SequenceSet], place: str) -> None:
    for split, part in data.items():
        positives = int(part.labels.sum())
        if min(positives, len(part) - positives) == 0:
            raise TrainingError(
                f"{place}: the {split} split of all training experiments has {positives} positives "
                f"and {len(part) - positives} negatives, and both are needed; change the "
                "section `splits`, or negatives.training"
            )


def _embed(mixture: Mixture, part: SequenceSet, batch_size: int, device: torch.device) -> Embedded:
    strands = 2 if mixture.averages_strands else 1
    with torch.inference_mode():
        parts = [
            mixture.embed(batch).chunk(strands)
            for batch in batches(part.windows, batch_size, device)
        ]
    by_strand = [torch.cat([chunks[strand] for chunks in parts]) for strand in range(strands)]
    # a copy, because what inference mode returns cannot be trained on
    return Embedded(torch.cat(by_strand).clone(), torch.from_numpy(part.labels).to(device))


def _gate_table(
    mixture: Mixture, data: Mapping[str, SequenceSet], embedded: Mapping[str, Embedded]
) -> pd.DataFrame:
    parts = []
    for split, part in data.items():
        with torch.inference_mode():
            weights = mixture.reduce(mixture.head.weigh(embedded[split].embeddings)).cpu().numpy()
        table = pd.DataFrame(weights, columns=list(mixture.expert_names))
        table.insert(0, "name", part.table["name"].to_numpy())
        table.insert(1, "split", split)
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def _config(
    mixture: Mixture,
    experts: Mapping[str, Path],
    settings: MixtureSettings,
    seed: int,
    best_epoch: int,
) -> MixtureConfig:
    return MixtureConfig(
        name=settings.name,
        seed=seed,
        experts={name: weights_hash(folder) for name, folder in experts.items()},
        expert_names=list(mixture.expert_names),
        embedding=int(mixture.head.classifier.in_features),
        averages_strands=mixture.averages_strands,
        fit={**asdict(settings), "best_epoch": best_epoch},
        versions=versions(),
    )
