"""Epochs of one training: validation, early stopping, resuming; the best epoch's weights are kept.

This module drives `tfmoe.models.optimiser`, which takes the single steps and changes the weights.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tfmoe.core.errors import DivergenceError
from tfmoe.models.augmentation import EpochSampler, Examples, draw_epoch
from tfmoe.models.expert import StrandAveraged
from tfmoe.models.optimiser import Optimiser, OptimiserSettings, select_prefix
from tfmoe.models.prediction import Scores, predict
from tfmoe.models.progress import Progress
from tfmoe.models.training_state import Snapshot, TrainingState

# the results of such a batch fit into a processor's cache; a batch of 1024 takes 1.6 times as long
VALIDATION_BATCH = 256

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fit:
    """Result of a fit.

    Attributes
    ----------
    history
        One row per epoch: epoch (from 1), train_loss, validation_loss, validation_auroc,
        learning_rate (at the end of the epoch).
    best_epoch
        The epoch whose weights were kept.
    """

    history: pd.DataFrame
    best_epoch: int


@dataclass
class EpochRecord:
    """Epochs so far, and the weights of the best epoch.

    Attributes
    ----------
    rows
        One row per epoch, as in `Fit.history`.
    best_weights
        Weights of the best epoch, by name.
    """

    rows: list[dict[str, float]] = field(default_factory=list)
    best_weights: dict[str, Tensor] = field(default_factory=dict)

    @property
    def best_epoch(self) -> int:
        """The first epoch, from 1, with the highest validation AUROC; 0 before the first."""
        scores = [row["validation_auroc"] for row in self.rows]
        return scores.index(max(scores)) + 1 if scores else 0

    def add(self, row: dict[str, float], network: nn.Module) -> None:
        """Append an epoch that ended with this network."""
        self.rows.append(row)
        if self.best_epoch == len(self.rows):
            self.best_weights = deepcopy(network.state_dict())

    def is_finished(self, settings: OptimiserSettings) -> bool:
        """Return whether all epochs are done or the patience is exhausted."""
        waited = len(self.rows) - self.best_epoch
        complete = len(self.rows) >= settings.epochs_of_equal_cost(settings.epochs)
        return complete or waited >= settings.epochs_of_equal_cost(settings.patience)


def auroc(scores: NDArray[np.floating[Any]], labels: NDArray[np.floating[Any]]) -> float:
    """Return the area under the ROC curve of scores (N,) and labels (N,); ties count one half.

    It is the Mann-Whitney statistic divided by its maximum (Hanley and McNeil 1982, Radiology
    143:29-36). Both classes must be present.
    """
    _, index, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[index]
    positives = float((labels > 0.5).sum())
    negatives = len(labels) - positives
    above = float(ranks[labels > 0.5].sum()) - positives * (positives + 1) / 2
    return above / (positives * negatives)


def cross_entropy(scores: NDArray[np.floating[Any]], labels: NDArray[np.floating[Any]]) -> float:
    """Return the mean binary cross-entropy (nats) of logits (N,) and labels (N,)."""
    return float(np.mean(np.logaddexp(0.0, scores.astype(np.float64)) - labels * scores))


def fit_network(
    network: nn.Module,
    samplers: list[EpochSampler],
    validation: Examples,
    settings: OptimiserSettings,
    averages_strands: bool,
    rng: np.random.Generator,
    device: torch.device,
    name: str,
    state: TrainingState,
    on_epoch: Callable[[float], None] = lambda _: None,
) -> Fit:
    """Fit a network and restore the weights of its best epoch, in evaluation mode.

    Parameters
    ----------
    network
        Maps one-hot (B, 4, L) to logits (B,). The fit starts from its weights.
    samplers
        Samplers whose examples together form an epoch.
    validation
        The whole validation split; each epoch is judged by one AUROC over it.
    settings
        Settings of the fit.
    averages_strands
        Whether validation averages logits over both strands, as in use.
    rng
        Draws the examples; dropout uses torch's own generator.
    device
        Device to compute on.
    name
        Name of the network, for messages.
    state
        Stores the fit after each epoch. If an earlier fit was killed, this one resumes from there
        and ends with the weights that the earlier one would have reached.
    on_epoch
        Called with the validation AUROC of each epoch. An exception that it raises ends the fit.

    Raises
    ------
    DivergenceError
        If the loss or a validation logit is not finite.
    """
    network.to(device)
    steps = math.ceil(sum(sampler.size for sampler in samplers) / settings.batch_size)
    optimiser = Optimiser(network, settings, steps)
    averaged = optimiser.averaged_network
    validated = StrandAveraged(averaged) if averages_strands else averaged
    record = _resume(optimiser, rng, device, name, state)
    epochs = settings.epochs_of_equal_cost(settings.epochs)
    steps *= settings.robust.passes_per_batch
    shape = (name, epochs, steps, settings.batch_size, len(validation.labels))
    logger.debug("%s: %d epochs of %d batches of %d; %d sequences for validation", *shape)
    progress = Progress(name, epochs, steps, len(record.rows))
    while not record.is_finished(settings):
        epoch = len(record.rows) + 1
        loss = optimiser.run_epoch(draw_epoch(samplers, rng), device, progress.step)
        scores = predict(validated, validation.codes, VALIDATION_BATCH, device)
        _check_finite(loss, scores, f"{name}, epoch {epoch}")
        row = _describe_epoch(epoch, loss, scores, validation.labels, optimiser.learning_rate)
        record.add(row, averaged)
        progress.epoch(loss, row["validation_auroc"])
        state.write(lambda: _snapshot(optimiser, record, rng, device))
        on_epoch(row["validation_auroc"])
    network.load_state_dict(record.best_weights)
    network.eval()
    best = record.best_epoch
    found = record.rows[best - 1]["validation_auroc"]
    report = "%s: validation AUROC %.4f in epoch %d of %d"
    logger.info(report, name, found, best, len(record.rows))
    return Fit(pd.DataFrame(record.rows).astype({"epoch": int}), best)


def _snapshot(
    optimiser: Optimiser, record: EpochRecord, rng: np.random.Generator, device: torch.device
) -> Snapshot:
    """Collect everything that an epoch changes."""
    steps = optimiser.snapshot()
    tensors = {f"steps/{name}": value for name, value in steps.tensors.items()}
    tensors |= {f"best/{name}": value for name, value in record.best_weights.items()}
    tensors["random"] = torch.get_rng_state()
    if device.type == "cuda":
        tensors["random_cuda"] = torch.cuda.get_rng_state(device)
    numbers = {**steps.numbers, "rows": record.rows, "random": rng.bit_generator.state}
    return Snapshot({name: value.contiguous() for name, value in tensors.items()}, numbers)


def _resume(
    optimiser: Optimiser,
    rng: np.random.Generator,
    device: torch.device,
    name: str,
    state: TrainingState,
) -> EpochRecord:
    """Resume an earlier fit that was killed, or start a new one."""
    found = state.read()
    if found is None:
        return EpochRecord()
    optimiser.restore(Snapshot(select_prefix(found.tensors, "steps"), found.numbers))
    rng.bit_generator.state = found.numbers["random"]
    torch.set_rng_state(found.tensors["random"])
    if device.type == "cuda":
        torch.cuda.set_rng_state(found.tensors["random_cuda"], device)
    best = {key: value.to(device) for key, value in select_prefix(found.tensors, "best").items()}
    record = EpochRecord(found.numbers["rows"], best)
    logger.info("%s: resuming after epoch %d", name, len(record.rows))
    return record


def _check_finite(loss: float, scores: Scores, label: str) -> None:
    if not (math.isfinite(loss) and bool(np.isfinite(scores).all())):
        raise DivergenceError(
            f"{label}: the training diverged (loss {loss}); lower training.learning_rate, "
            "which is too high for these sequences"
        )


def _describe_epoch(
    epoch: int, train_loss: float, scores: Scores, labels: Scores, learning_rate: float
) -> dict[str, float]:
    return {
        "epoch": epoch,
        "train_loss": train_loss,
        "validation_loss": cross_entropy(scores, labels),
        "validation_auroc": auroc(scores, labels),
        "learning_rate": learning_rate,
    }
