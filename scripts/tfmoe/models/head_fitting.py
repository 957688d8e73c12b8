"""Epochs of a mixture's fit (loss, validation, early stopping), and the fit of its head.

The head is fitted on the outputs of frozen experts, which are computed once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from tfmoe.core.errors import TrainingError
from tfmoe.models.mixture_data import CachedOutputs
from tfmoe.models.mixture_settings import MixtureSettings
from tfmoe.models.moe import Mixture, MixtureHead
from tfmoe.models.prediction import Scores
from tfmoe.models.training_loop import auroc, cross_entropy


@dataclass
class History:
    """Epochs of a fit.

    Attributes
    ----------
    rows
        One row per epoch, starting with epoch 0 before any fitting: epoch, train_loss,
        validation_loss, validation_auroc, learning_rate.
    best
        First epoch with the lowest validation loss.
    """

    rows: list[dict[str, float]] = field(default_factory=list)
    best: int = 0

    @property
    def table(self) -> pd.DataFrame:
        """The rows as a table."""
        return pd.DataFrame(self.rows).astype({"epoch": int})

    def add(self, train_loss: float, judged: Judgement, learning_rate: float) -> None:
        """Append an epoch."""
        row = {
            "epoch": len(self.rows),
            "train_loss": train_loss,
            "validation_loss": judged.loss,
            "validation_auroc": judged.auroc,
            "learning_rate": learning_rate,
        }
        self.rows.append(row)
        if judged.loss < self.rows[self.best]["validation_loss"]:
            self.best = len(self.rows) - 1


@dataclass(frozen=True)
class Judgement:
    """Loss and AUROC on the validation examples; NaN if a logit is not finite."""

    loss: float
    auroc: float


@dataclass(frozen=True)
class Schedule:
    """Length and learning rate of one part of the fit.

    Attributes
    ----------
    epochs
        Maximum number of epochs.
    patience
        Number of epochs without a lower validation loss after which the fit stops.
    learning_rate
        Constant learning rate.
    key
        The config key of the learning rate, for messages.
    """

    epochs: int
    patience: int
    learning_rate: float
    key: str


class MixtureLoss:
    """Loss of a mixture's fit: cross-entropy, plus penalties on gate and head.

    Parameters
    ----------
    head
        The head at the start of the fit.
    settings
        Settings with the weights of the penalties.
    """

    def __init__(self, head: MixtureHead, settings: MixtureSettings) -> None:
        self._head = head
        self._settings = settings
        self._start = [parameter.detach().clone() for parameter in head.parameters()]

    def __call__(self, logits: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
        """Return the loss of logits (B,) and labels (B,), given the gate's weights (R, n)."""
        entropy = -(weights * weights.clamp_min(1e-12).log()).sum(1).mean()
        divergence = math.log(weights.shape[1]) - entropy
        loss = binary_cross_entropy_with_logits(logits, labels)
        loss = loss + self._settings.uniform_penalty * divergence
        loss = loss + self._settings.entropy_penalty * entropy
        return loss + self._settings.start_penalty * self._distance()

    def _distance(self) -> Tensor:
        """Return the squared distance of the head's parameters from their start."""
        moved = [
            (parameter - start).square().sum()
            for parameter, start in zip(self._head.parameters(), self._start, strict=True)
        ]
        return torch.stack(moved).sum()


def fit_module(
    module: nn.Module,
    history: History,
    schedule: Schedule,
    run_epoch: Callable[[], float],
    judge: Callable[[], Judgement],
    label: str,
) -> None:
    """Fit a module epoch by epoch with early stopping, and restore the weights of the best epoch.

    Parameters
    ----------
    module
        The module to fit. It starts with the weights of the best epoch in the history.
    history
        Earlier epochs, at least epoch 0; new epochs are appended.
    schedule
        Maximum number of epochs, patience and learning rate.
    run_epoch
        Fits for one epoch and returns the mean loss.
    judge
        Validates the module.
    label
        Name of the mixture, for messages.

    Raises
    ------
    TrainingError
        If a loss is not finite.
    """
    best_weights = deepcopy(module.state_dict())
    first = len(history.rows)
    for epoch in range(first, first + schedule.epochs):
        train_loss = run_epoch()
        history.add(train_loss, judge(), schedule.learning_rate)
        if not math.isfinite(train_loss + history.rows[-1]["validation_loss"]):
            raise TrainingError(f"{label}, epoch {epoch}: the fit diverged; lower {schedule.key}")
        if history.best == epoch:
            best_weights = deepcopy(module.state_dict())
        elif epoch - max(history.best, first - 1) >= schedule.patience:
            break
    module.load_state_dict(best_weights)


def fit_head(
    mixture: Mixture,
    fit: CachedOutputs,
    loss: MixtureLoss,
    history: History,
    judge: Callable[[], Judgement],
    settings: MixtureSettings,
    rng: np.random.Generator,
    label: str,
) -> None:
    """Fit the head of a mixture and restore the weights of its best epoch.

    If strands are averaged, the two strands of a sequence are separate examples.

    Parameters
    ----------
    mixture
        A mixture whose head is at its start, which is epoch 0 of the history.
    fit
        Expert outputs of the examples to fit on.
    loss, history, judge, label
        As for `fit_module`.
    settings
        Settings of the fit.
    rng
        Orders the examples, and draws the examples whose own experts are left out.

    Raises
    ------
    TrainingError
        If a loss is not finite.
    """
    outputs = fit.joined
    labels, own = fit.examples.labels[fit.rows], fit.examples.own[fit.rows]
    head = mixture.head
    adam = torch.optim.Adam(head.parameters(), lr=settings.learning_rate, fused=True)

    def run_epoch() -> float:
        masked = draw_masks(own, settings.leave_own_out, rng)
        total = 0.0
        for chosen in draw_batches(len(labels), settings.batch_size, rng, labels.device):
            batch = outputs.select(chosen)
            weights = head.weigh(batch, None if masked is None else masked[chosen])
            value = loss(head.combine(batch, weights), labels[chosen], weights)
            adam.zero_grad()
            value.backward()  # type: ignore[no-untyped-call]
            adam.step()
            total += float(value.detach()) * len(chosen)
        return total / len(labels)

    rate = settings.learning_rate
    schedule = Schedule(settings.epochs, settings.patience, rate, "mixture.learning_rate")
    fit_module(head, history, schedule, run_epoch, judge, label)


def draw_batches(
    number: int, batch_size: int, rng: np.random.Generator, device: torch.device
) -> tuple[Tensor, ...]:
    """Split `number` examples into batches of row numbers, in random order."""
    order = torch.from_numpy(rng.permutation(number)).to(device)
    return torch.split(order, batch_size)


def draw_masks(own: Tensor, share: float, rng: np.random.Generator) -> Tensor | None:
    """Draw the examples whose own experts, bool (N, n), are left out, as a share of all examples.

    Returns
    -------
    Tensor or None
        Bool (N, n): the experts that receive no weight; `None` for a share of 0.
    """
    if share == 0:
        return None
    drawn = torch.from_numpy(rng.random(len(own)) < share).to(own.device)
    return own & drawn.unsqueeze(1)


def judge_mixture(mixture: Mixture, judged: CachedOutputs, leave_own_out: float) -> Judgement:
    """Validate a mixture by its loss and AUROC on examples.

    During the fit, own experts may be left out of a share of the examples. The loss is then the
    weighted mean, with the same share, of the losses with and without own experts. Early stopping
    by the first alone would penalise learning about factors without an expert of their own. The
    AUROC is that of the mixture in use, with all experts.

    Parameters
    ----------
    mixture
        The mixture to validate.
    judged
        Expert outputs of the validation examples.
    leave_own_out
        Share of the examples without their own experts.
    """
    labels = judged.examples.labels.cpu().numpy()
    scores = mixture_logits(mixture, judged)
    if not np.isfinite(scores).all():
        return Judgement(math.nan, math.nan)
    loss = cross_entropy(scores, labels)
    if leave_own_out > 0:
        without = mixture_logits(mixture, judged, without_own=True)
        loss = (1 - leave_own_out) * loss + leave_own_out * cross_entropy(without, labels)
    return Judgement(loss, auroc(scores, labels))


def mixture_logits(mixture: Mixture, cached: CachedOutputs, without_own: bool = False) -> Scores:
    """Return a mixture's logits (N,), optionally without each example's own experts."""
    parts, done = [], 0
    with torch.no_grad():
        for outputs in cached:
            own = cached.examples.own[done : done + len(outputs) // mixture.strands]
            masked = own.repeat(mixture.strands, 1) if without_own else None
            weights = mixture.head.weigh(outputs, masked)
            parts.append(mixture.reduce(mixture.head.combine(outputs, weights)).cpu())
            done += len(own)
    logits: Scores = torch.cat(parts).numpy()
    return logits
