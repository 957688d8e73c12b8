"""Optimiser steps of one training: gradient, learning rate and average of the weights.

This module changes weights, one batch at a time. The epochs around the steps, with validation,
early stopping and resuming, are in `tfmoe.models.training_loop`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR

from tfmoe.models.augmentation import Examples
from tfmoe.models.averaging import MovingAverage
from tfmoe.models.encoding import one_hot
from tfmoe.models.robust import RobustSettings, perturb
from tfmoe.models.training_state import Snapshot


@dataclass(frozen=True)
class OptimiserSettings:
    """Settings of the fit of one network.

    Attributes
    ----------
    epochs
        Maximum number of epochs, which is also the length of the learning-rate cycle; see
        `epochs_of_equal_cost`.
    batch_size
        Examples per step.
    optimiser
        ``adamw`` with a one-cycle learning rate (Smith and Topin 2019, arXiv 1708.07120), or
        ``sgd`` with Nesterov momentum and a constant learning rate, as in Tripathi et al. 2025
        (arXiv 2507.09754).
    learning_rate
        Peak of the cycle, or the constant rate.
    warm_up
        Share of the steps in which the learning rate of the cycle rises.
    momentum
        Momentum of ``sgd``.
    weight_decay
        Decay of weights, but not of biases and norms; decoupled from the gradient in ``adamw``.
    gradient_clip
        Maximum norm of the gradient; longer gradients are scaled down to it. `None` disables
        clipping.
    weight_average
        Decay per step of the moving average of the weights, as in
        `tfmoe.models.averaging.MovingAverage`. The averaged weights are validated and kept; with 0
        they are the weights themselves.
    balance
        Whether both classes have the same total weight in the loss, whatever the number of
        negatives.
    patience
        Number of epochs without a higher validation AUROC after which training stops; see
        `epochs_of_equal_cost`.
    bfloat16
        Device types (``cuda``, ``cpu``) on which training steps use bfloat16 where that is safe
        (autocast). Weights, loss and validation stay float32.
    robust
        Adversarial training; see `tfmoe.models.robust`.
    """

    epochs: int
    batch_size: int
    optimiser: str
    learning_rate: float
    warm_up: float
    momentum: float
    weight_decay: float
    gradient_clip: float | None
    weight_average: float
    balance: bool
    patience: int
    bfloat16: list[str]
    robust: RobustSettings

    def epochs_of_equal_cost(self, epochs: int) -> int:
        """Return the number of epochs with as many passes as `epochs` epochs of plain training.

        The number is unchanged unless each batch is shown several times in a row. A remainder is
        dropped, so that no robust training takes longer than a plain one.
        """
        return max(1, epochs // self.robust.passes_per_batch)


class Optimiser:
    """Takes the steps of a training and keeps the moving average of the weights.

    Parameters
    ----------
    network
        The network to fit, on the device on which it stays.
    settings
        Settings of the fit.
    steps_per_epoch
        Number of batches per epoch, which determines the length of the learning-rate cycle.
    """

    def __init__(
        self, network: nn.Module, settings: OptimiserSettings, steps_per_epoch: int
    ) -> None:
        self._network = network
        self._settings = settings
        shown = steps_per_epoch * settings.robust.passes_per_batch
        self._total_steps = settings.epochs_of_equal_cost(settings.epochs) * shown
        parameters = list(network.parameters())
        # one tensor, so that zeroing, measuring and clipping take one call each
        self._gradient = _share_gradient(parameters)
        self._optimiser = _build_optimiser(parameters, settings)
        self._schedule = self._schedule_from(0)
        self._average = MovingAverage(network, settings.weight_average)
        self._steps = 0

    @property
    def averaged_network(self) -> nn.Module:
        """The network with the averaged weights."""
        return self._average.network

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step."""
        return float(self._schedule.get_last_lr()[0])

    def run_epoch(
        self, examples: Examples, device: torch.device, report: Callable[[], None] = lambda: None
    ) -> float:
        """Take one step each time a batch is shown, in their order; return the mean loss.

        `report` is called after each step.
        """
        self._network.train()
        codes = torch.from_numpy(examples.codes).to(device)
        labels = torch.from_numpy(examples.labels).to(device)
        weights = _class_weights(labels, labels.mean()) if self._settings.balance else None
        losses = []
        for start in range(0, len(labels), self._settings.batch_size):
            batch = slice(start, start + self._settings.batch_size)
            weight = None if weights is None else weights[batch]
            for loss in self._repeat_batch(one_hot(codes[batch]), labels[batch], weight):
                losses.append(loss * len(labels[batch]))
                report()
        # summed once at the end, because reading each loss would make the processor wait for a GPU
        total = float(torch.stack(losses).double().sum())
        return total / (len(labels) * self._settings.robust.passes_per_batch)

    def _repeat_batch(
        self, sequences: Tensor, labels: Tensor, weight: Tensor | None
    ) -> Iterator[Tensor]:
        """Take one step each time a batch is shown in a row; yield the loss before each step."""
        robust = self._settings.robust
        precision = _precision(self._settings.bfloat16, sequences.device)
        shown = sequences
        for remaining in reversed(range(robust.passes_per_batch)):
            # the backward pass for the weights also yields the gradient of the input
            shown.requires_grad_(remaining > 0)
            with precision:
                logits = self._network(shown)
            loss = binary_cross_entropy_with_logits(logits.float(), labels, weight)
            self._step(loss)
            if remaining > 0:
                shown = perturb(shown, sequences.detach(), robust)
            yield loss.detach()

    def snapshot(self) -> Snapshot:
        """Return everything that the steps change; the tensors are those in use, not copies."""
        tensors = {f"network/{name}": value for name, value in _weights(self._network).items()}
        tensors |= {
            f"average/{name}": value for name, value in _weights(self.averaged_network).items()
        }
        for index, state in self._optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser/{index}/{name}": value for name, value in state.items()}
        return Snapshot(tensors, {"steps": self._steps})

    def restore(self, snapshot: Snapshot) -> None:
        """Continue from a snapshot of an optimiser with the same network and settings."""
        self._steps = snapshot.numbers["steps"]
        self._network.load_state_dict(select_prefix(snapshot.tensors, "network"))
        self._average.load(select_prefix(snapshot.tensors, "average"), self._steps)
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in select_prefix(snapshot.tensors, "optimiser").items():
            index, name = key.split("/")
            # copied into torch's own memory, because load_state_dict does not copy
            state.setdefault(int(index), {})[name] = value.clone()
        groups = self._optimiser.state_dict()["param_groups"]
        self._optimiser.load_state_dict({"state": state, "param_groups": groups})
        self._schedule = self._schedule_from(self._steps)

    def _step(self, loss: Tensor) -> None:
        self._gradient.zero_()
        loss.backward()  # type: ignore[no-untyped-call]
        if self._settings.gradient_clip is not None:
            norm = torch.linalg.vector_norm(self._gradient)
            self._gradient *= (self._settings.gradient_clip / (norm + 1e-6)).clamp(max=1.0)
        self._optimiser.step()
        self._schedule.step()
        self._average.update()
        self._steps += 1

    def _schedule_from(self, step: int) -> LRScheduler:
        """Return the learning-rate schedule as it is before a step, counted from 0."""
        if self._settings.optimiser == "sgd":
            return LambdaLR(self._optimiser, lambda _: 1.0, last_epoch=step - 1)
        return OneCycleLR(
            self._optimiser,
            self._settings.learning_rate,
            total_steps=self._total_steps + 1,
            pct_start=self._settings.warm_up,
            cycle_momentum=False,
            last_epoch=step - 1,
        )


def select_prefix(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    """Return the tensors of a snapshot under one prefix, without the prefix in their names."""
    prefix = f"{name}/"
    return {
        key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)
    }


def _weights(network: nn.Module) -> dict[str, Tensor]:
    state: dict[str, Tensor] = network.state_dict()
    return state


def _build_optimiser(
    parameters: list[nn.Parameter], settings: OptimiserSettings
) -> torch.optim.Optimizer:
    """Build the optimiser, with weight decay of matrices and filters, not of biases or norms."""
    groups: list[dict[str, Any]] = [
        {
            "params": [value for value in parameters if value.ndim > 1],
            "weight_decay": settings.weight_decay,
        },
        {"params": [value for value in parameters if value.ndim <= 1], "weight_decay": 0.0},
    ]
    # fused: all tensors in one call take a quarter of the time
    if settings.optimiser == "sgd":
        return torch.optim.SGD(
            groups, settings.learning_rate, settings.momentum, nesterov=True, fused=True
        )
    return torch.optim.AdamW(groups, settings.learning_rate, fused=True)


def _share_gradient(parameters: list[nn.Parameter]) -> Tensor:
    """Return one tensor (N,) that holds the gradients of all parameters from here on."""
    sizes = [value.numel() for value in parameters]
    whole = torch.zeros(sum(sizes), device=parameters[0].device)
    parts = torch.split(whole, sizes)
    for value, part in zip(parameters, parts, strict=True):
        value.grad = part.view_as(value)
    return whole


def _precision(bfloat16: list[str], device: torch.device) -> AbstractContextManager[None]:
    """Return the context in which a forward pass of training is computed."""
    if device.type in bfloat16:
        return torch.autocast(device.type, torch.bfloat16)
    return nullcontext()


def _class_weights(labels: Tensor, share: Tensor) -> Tensor:
    """Return example weights that balance the classes, given the share of positives."""
    return torch.where(labels > 0.5, 0.5 / share, 0.5 / (1 - share))
