"""Fitting of one network: AdamW on a one-cycle schedule, averaged weights, the best epoch kept."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.optim.lr_scheduler import OneCycleLR
from torch.optim.swa_utils import AveragedModel

from tfmoe.core.errors import TrainingError
from tfmoe.models.augmentation import EpochSampler, Examples, draw_epoch
from tfmoe.models.encoding import one_hot
from tfmoe.models.expert import StrandAveraged
from tfmoe.models.prediction import Scores, predict

VALIDATION_BATCH = 1024

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class OptimiserSettings:
    """How a network is fitted.

    Attributes
    ----------
    epochs
        Epochs of the learning rate's cycle.
    batch_size
        Examples a step.
    learning_rate
        The peak of the cycle (Smith and Topin 2019, arXiv 1708.07120).
    warm_up
        Share of the steps in which the learning rate rises.
    weight_decay
        Of AdamW, on weights and not on biases or norms.
    gradient_clip
        Largest norm of the gradient; a longer one is scaled down to it.
    weight_average
        Decay per step of the moving average of the weights, as in `moving_average`; the average is
        what is validated and kept, and 0 keeps the weights themselves.
    balance
        Whether the two classes weigh the same in the loss, however many negatives there are.
    patience
        Training stops after so many epochs without a better validation AUROC.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    warm_up: float
    weight_decay: float
    gradient_clip: float
    weight_average: float
    balance: bool
    patience: int


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

    Raises
    ------
    TrainingError
        If the loss or a validation logit is not finite.
    """
    network.to(device)
    examples = draw_epoch(samplers, rng)
    optimiser = Optimiser(network, settings, math.ceil(len(examples.labels) / settings.batch_size))
    judged = StrandAveraged(optimiser.kept) if averages_strands else optimiser.kept
    rows: list[dict[str, float]] = []
    best_epoch, best_auroc, best_weights = 0, -math.inf, optimiser.kept.state_dict()
    for epoch in range(1, settings.epochs + 1):
        train_loss = optimiser.run_epoch(examples, device)
        scores = predict(judged, validation.codes, VALIDATION_BATCH, device)
        _check_finite(train_loss, scores, f"{name}, epoch {epoch}")
        row = _judge(epoch, train_loss, scores, validation.labels, optimiser.learning_rate)
        rows.append(row)
        if row["validation_auroc"] > best_auroc:
            best_epoch, best_auroc = epoch, row["validation_auroc"]
            best_weights = deepcopy(optimiser.kept.state_dict())
        elif epoch - best_epoch >= settings.patience:
            break
        if epoch < settings.epochs:
            examples = draw_epoch(samplers, rng)
    network.load_state_dict(best_weights)
    network.eval()
    logger.info(
        "%s: validation AUROC %.4f in epoch %d of %d", name, best_auroc, best_epoch, len(rows)
    )
    return Fit(pd.DataFrame(rows).astype({"epoch": int}), best_epoch)


class Optimiser:
    """AdamW, its schedule and the moving average of the weights.

    Parameters
    ----------
    network
        What to fit.
    settings
        How to fit.
    steps_per_epoch
        Steps of one epoch; the schedule's length is fixed by it.
    """

    def __init__(
        self, network: nn.Module, settings: OptimiserSettings, steps_per_epoch: int
    ) -> None:
        self._network = network
        self._settings = settings
        self._adam = torch.optim.AdamW(
            _parameter_groups(network, settings.weight_decay), lr=settings.learning_rate
        )
        self._schedule = OneCycleLR(
            self._adam,
            settings.learning_rate,
            total_steps=settings.epochs * steps_per_epoch + 1,
            pct_start=settings.warm_up,
            cycle_momentum=False,
        )
        self._average = AveragedModel(
            network, avg_fn=moving_average(settings.weight_average), use_buffers=True
        )

    @property
    def kept(self) -> nn.Module:
        """The network with the averaged weights."""
        average: nn.Module = self._average.module
        return average

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step."""
        return float(self._schedule.get_last_lr()[0])

    def run_epoch(self, examples: Examples, device: torch.device) -> float:
        """Take a step for each batch of the examples, in their order; return the mean loss."""
        self._network.train()
        codes = torch.from_numpy(examples.codes).to(device)
        labels = torch.from_numpy(examples.labels).to(device)
        share = labels.mean()
        weights = _class_weights(labels, share) if self._settings.balance else None
        total = 0.0
        for start in range(0, len(labels), self._settings.batch_size):
            batch = slice(start, start + self._settings.batch_size)
            logits = self._network(one_hot(codes[batch]))
            weight = None if weights is None else weights[batch]
            loss = binary_cross_entropy_with_logits(logits, labels[batch], weight)
            self._step(loss)
            total += float(loss.detach()) * len(logits)
        return total / len(labels)

    def _step(self, loss: Tensor) -> None:
        self._adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._network.parameters(), self._settings.gradient_clip)
        self._adam.step()
        self._schedule.step()
        self._average.update_parameters(self._network)


def moving_average(decay: float) -> Callable[[Tensor, Tensor, Tensor | int], Tensor]:
    """Return the update of a moving average: the plain mean at first, then an exponential one.

    At step t (from 0) the average keeps the share min(decay, t / (t + 1)) of itself, so that the
    untrained weights do not linger in the average of a short training.
    """

    def update(average: Tensor, value: Tensor, step: Tensor | int) -> Tensor:
        kept = min(decay, int(step) / (int(step) + 1))
        return kept * average + (1 - kept) * value

    return update


def _class_weights(labels: Tensor, share: Tensor) -> Tensor:
    """Weigh examples, of which `share` are positive, so that both classes count the same."""
    return torch.where(labels > 0.5, 0.5 / share, 0.5 / (1 - share))


def _parameter_groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Decay matrices and filters, but neither biases nor the scales of norms."""
    parameters = list(network.parameters())
    return [
        {"params": [value for value in parameters if value.ndim > 1], "weight_decay": weight_decay},
        {"params": [value for value in parameters if value.ndim <= 1], "weight_decay": 0.0},
    ]


def _check_finite(loss: float, scores: Scores, place: str) -> None:
    if not (math.isfinite(loss) and bool(np.isfinite(scores).all())):
        raise TrainingError(
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
