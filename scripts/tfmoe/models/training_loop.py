"""Fitting of one network: the best epoch is kept, and a killed fit goes on from its last epoch."""

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
from tfmoe.models.optimiser import Optimiser, OptimiserSettings, part_of
from tfmoe.models.prediction import Scores, predict
from tfmoe.models.progress import Progress
from tfmoe.models.training_state import Snapshot, TrainingState

# what a batch computes fits into a processor's cache; with 1024 it takes 1.6 times as long
VALIDATION_BATCH = 256

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fit:
    """What came of fitting.

    Attributes
    ----------
    history
        One row an epoch: epoch (from 1), train_loss, validation_loss, validation_auroc,
        learning_rate (at the epoch's end).
    best_epoch
        The epoch whose weights were kept.
    """

    history: pd.DataFrame
    best_epoch: int


@dataclass
class Course:
    """The epochs so far, and the weights of the best of them.

    Attributes
    ----------
    rows
        One an epoch, as in `Fit.history`.
    best_weights
        By name.
    """

    rows: list[dict[str, float]] = field(default_factory=list)
    best_weights: dict[str, Tensor] = field(default_factory=dict)

    @property
    def best_epoch(self) -> int:
        """The first epoch, from 1, with the highest validation AUROC; 0 before the first."""
        scores = [row["validation_auroc"] for row in self.rows]
        return scores.index(max(scores)) + 1 if scores else 0

    def add(self, row: dict[str, float], network: nn.Module) -> None:
        """Add an epoch, which ended with this network."""
        self.rows.append(row)
        if self.best_epoch == len(self.rows):
            self.best_weights = deepcopy(network.state_dict())

    def ended(self, settings: OptimiserSettings) -> bool:
        """Tell whether all epochs are done, or patience is at its end."""
        waited = len(self.rows) - self.best_epoch
        ended = len(self.rows) >= settings.rounds(settings.epochs)
        return ended or waited >= settings.rounds(settings.patience)


def auroc(scores: NDArray[np.floating[Any]], labels: NDArray[np.floating[Any]]) -> float:
    """Return the area under the ROC curve of scores (N,) and labels (N,); ties count one half.

    It is the Mann-Whitney statistic over its maximum (Hanley and McNeil 1982, Radiology 143:29-36).
    Both classes have to be there.
    """
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
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
    """Fit a network and leave it with the weights of its best epoch, in evaluation mode.

    Parameters
    ----------
    network
        It maps one-hot (B, 4, L) to logits (B,); its weights are where fitting starts.
    samplers
        An epoch is what all of them draw.
    validation
        The whole validation split: an epoch is judged by one AUROC over it.
    settings
        How to fit.
    averages_strands
        Whether validation averages logits over both strands, as use will.
    rng
        For the examples; dropout draws from torch's own generator.
    device
        Where to compute.
    name
        What is fitted, for messages.
    state
        Where the fit is kept after each epoch. If an earlier fit was killed, this one goes on from
        there, and ends with the weights that the earlier one would have ended with.
    on_epoch
        Called with each epoch's validation AUROC; what it raises ends the fit.

    Raises
    ------
    DivergenceError
        If the loss or a validation logit is not finite.
    """
    network.to(device)
    steps = math.ceil(sum(sampler.size for sampler in samplers) / settings.batch_size)
    optimiser = Optimiser(network, settings, steps)
    judged = StrandAveraged(optimiser.kept) if averages_strands else optimiser.kept
    course = _resume(optimiser, rng, device, name, state)
    epochs, shown = settings.rounds(settings.epochs), steps * settings.robust.shows
    with Progress(name, epochs, shown, len(course.rows)) as progress:
        while not course.ended(settings):
            epoch = len(course.rows) + 1
            loss = optimiser.run_epoch(draw_epoch(samplers, rng), device, progress.step)
            scores = predict(judged, validation.codes, VALIDATION_BATCH, device)
            _check_finite(loss, scores, f"{name}, epoch {epoch}")
            row = _judge(epoch, loss, scores, validation.labels, optimiser.learning_rate)
            course.add(row, optimiser.kept)
            progress.epoch(epoch, loss, row["validation_auroc"])
            state.write(lambda: _snapshot(optimiser, course, rng, device))
            on_epoch(row["validation_auroc"])
    network.load_state_dict(course.best_weights)
    network.eval()
    best = course.best_epoch
    logger.info(
        "%s: validation AUROC %.4f in epoch %d of %d",
        name,
        course.rows[best - 1]["validation_auroc"],
        best,
        len(course.rows),
    )
    return Fit(pd.DataFrame(course.rows).astype({"epoch": int}), best)


def _snapshot(
    optimiser: Optimiser, course: Course, rng: np.random.Generator, device: torch.device
) -> Snapshot:
    """Gather all that an epoch changes."""
    steps = optimiser.snapshot()
    tensors = {f"steps/{name}": value for name, value in steps.tensors.items()}
    tensors |= {f"best/{name}": value for name, value in course.best_weights.items()}
    tensors["random"] = torch.get_rng_state()
    if device.type == "cuda":
        tensors["random_cuda"] = torch.cuda.get_rng_state(device)
    numbers = {**steps.numbers, "rows": course.rows, "random": rng.bit_generator.state}
    return Snapshot({name: value.contiguous() for name, value in tensors.items()}, numbers)


def _resume(
    optimiser: Optimiser,
    rng: np.random.Generator,
    device: torch.device,
    name: str,
    state: TrainingState,
) -> Course:
    """Go on from where an earlier fit was killed, or start."""
    found = state.read()
    if found is None:
        return Course()
    optimiser.restore(Snapshot(part_of(found.tensors, "steps"), found.numbers))
    rng.bit_generator.state = found.numbers["random"]
    torch.set_rng_state(found.tensors["random"])
    if device.type == "cuda":
        torch.cuda.set_rng_state(found.tensors["random_cuda"], device)
    best = {key: value.to(device) for key, value in part_of(found.tensors, "best").items()}
    course = Course(found.numbers["rows"], best)
    logger.info("%s: going on after epoch %d, where it was ended", name, len(course.rows))
    return course


def _check_finite(loss: float, scores: Scores, place: str) -> None:
    if not (math.isfinite(loss) and bool(np.isfinite(scores).all())):
        raise DivergenceError(
            f"{place}: the training diverged (loss {loss}); lower training.learning_rate, now too "
            "high for these sequences"
        )


def _judge(
    epoch: int, train_loss: float, scores: Scores, labels: Scores, learning_rate: float
) -> dict[str, float]:
    return {
        "epoch": epoch,
        "train_loss": train_loss,
        "validation_loss": cross_entropy(scores, labels),
        "validation_auroc": auroc(scores, labels),
        "learning_rate": learning_rate,
    }
