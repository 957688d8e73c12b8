"""The steps of a training: optimiser, learning rate, gradient, and the average of the weights."""

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
    """How a network is fitted.

    Attributes
    ----------
    epochs
        The most epochs, and those of the learning rate's cycle; see `rounds`.
    batch_size
        Examples a step.
    optimiser
        ``adamw`` on a one-cycle learning rate (Smith and Topin 2019, arXiv 1708.07120), or ``sgd``
        with Nesterov's momentum at a constant one, as in Tripathi et al. 2025 (arXiv 2507.09754).
    learning_rate
        The peak of the cycle, or the constant rate.
    warm_up
        Share of the steps in which the cycle's learning rate rises.
    momentum
        Of ``sgd``.
    weight_decay
        On weights and not on biases or norms; decoupled from the gradient in ``adamw``.
    gradient_clip
        Largest norm of the gradient; a longer one is scaled down to it. `None` scales none.
    weight_average
        Decay per step of the moving average of the weights, as in
        `tfmoe.models.averaging.MovingAverage`; the average is what is validated and kept, and 0
        keeps the weights themselves.
    balance
        Whether the two classes weigh the same in the loss, however many negatives there are.
    patience
        Training stops after so many epochs without a better validation AUROC; see `rounds`.
    bfloat16
        The types of device (``cuda``, ``cpu``) on which training steps compute in bfloat16 where
        that is safe (autocast). Weights, loss and validation stay float32.
    robust
        Adversarial training, see `tfmoe.models.robust`.
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

    def rounds(self, epochs: int) -> int:
        """Return how many epochs take the passes of that many epochs of a plain training.

        It is the number itself, unless each batch is shown several times in a row. What does not
        divide is left out, so that no robust training takes longer than a plain one.
        """
        return max(1, epochs // self.robust.shows)


class Optimiser:
    """Takes the steps of a training, and keeps the moving average of the weights.

    Parameters
    ----------
    network
        What to fit, on the device on which it stays.
    settings
        How to fit.
    steps_per_epoch
        Batches of one epoch; the cycle's length is fixed by it.
    """

    def __init__(
        self, network: nn.Module, settings: OptimiserSettings, steps_per_epoch: int
    ) -> None:
        self._network = network
        self._settings = settings
        shown = steps_per_epoch * settings.robust.shows
        self._total_steps = settings.rounds(settings.epochs) * shown
        parameters = list(network.parameters())
        # one call for all to set it to 0, to measure and to clip it
        self._gradient = _share_gradient(parameters)
        self._optimiser = _build_optimiser(parameters, settings)
        self._schedule = self._schedule_from(0)
        self._average = MovingAverage(network, settings.weight_average)
        self._steps = 0

    @property
    def kept(self) -> nn.Module:
        """The network with the averaged weights."""
        return self._average.network

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step."""
        return float(self._schedule.get_last_lr()[0])

    def run_epoch(
        self, examples: Examples, device: torch.device, report: Callable[[], None] = lambda: None
    ) -> float:
        """Take a step for each time a batch is shown, in their order; return the mean loss.

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
            for loss in self._show(one_hot(codes[batch]), labels[batch], weight):
                losses.append(loss * len(labels[batch]))
                report()
        # one number at the end, as each would have the processor wait for a GPU
        whole = float(torch.stack(losses).double().sum())
        return whole / (len(labels) * self._settings.robust.shows)

    def _show(self, sequences: Tensor, labels: Tensor, weight: Tensor | None) -> Iterator[Tensor]:
        """Take a step for each time a batch is shown in a row; yield the loss before each."""
        robust = self._settings.robust
        precision = _precision(self._settings.bfloat16, sequences.device)
        shown = sequences
        for later in reversed(range(robust.shows)):
            # the gradient of the input comes from the pass that gives the weights theirs
            shown.requires_grad_(later > 0)
            with precision:
                logits = self._network(shown)
            loss = binary_cross_entropy_with_logits(logits.float(), labels, weight)
            self._step(loss)
            if later > 0:
                shown = perturb(shown, sequences.detach(), robust)
            yield loss.detach()

    def snapshot(self) -> Snapshot:
        """Return all that the steps have changed; the tensors are those in use, not copies."""
        tensors = {f"network/{name}": value for name, value in _weights(self._network).items()}
        tensors |= {f"average/{name}": value for name, value in _weights(self.kept).items()}
        for index, state in self._optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser/{index}/{name}": value for name, value in state.items()}
        return Snapshot(tensors, {"steps": self._steps})

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from a snapshot of an optimiser with the same network and settings."""
        self._steps = snapshot.numbers["steps"]
        self._network.load_state_dict(part_of(snapshot.tensors, "network"))
        self._average.load(part_of(snapshot.tensors, "average"), self._steps)
        state: dict[int, dict[str, Tensor]] = {}
        for place, value in part_of(snapshot.tensors, "optimiser").items():
            index, name = place.split("/")
            # a copy in torch's own memory, as load_state_dict makes none
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
        """Return the schedule of the learning rate as it is before a step, counted from 0."""
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


def part_of(tensors: dict[str, Tensor], part: str) -> dict[str, Tensor]:
    """Return the tensors of a snapshot that belong to one part, without its name before theirs."""
    prefix = f"{part}/"
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }


def _weights(network: nn.Module) -> dict[str, Tensor]:
    state: dict[str, Tensor] = network.state_dict()
    return state


def _build_optimiser(
    parameters: list[nn.Parameter], settings: OptimiserSettings
) -> torch.optim.Optimizer:
    """Decay matrices and filters, but neither biases nor the scales of norms."""
    groups: list[dict[str, Any]] = [
        {
            "params": [value for value in parameters if value.ndim > 1],
            "weight_decay": settings.weight_decay,
        },
        {"params": [value for value in parameters if value.ndim <= 1], "weight_decay": 0.0},
    ]
    # fused: all tensors in one call, in a quarter of the time
    if settings.optimiser == "sgd":
        return torch.optim.SGD(
            groups, settings.learning_rate, settings.momentum, nesterov=True, fused=True
        )
    return torch.optim.AdamW(groups, settings.learning_rate, fused=True)


def _share_gradient(parameters: list[nn.Parameter]) -> Tensor:
    """Return one tensor (N,), in which all parameters have their gradients from here on."""
    sizes = [value.numel() for value in parameters]
    whole = torch.zeros(sum(sizes), device=parameters[0].device)
    parts = torch.split(whole, sizes)
    for value, part in zip(parameters, parts, strict=True):
        value.grad = part.view_as(value)
    return whole


def _precision(bfloat16: list[str], device: torch.device) -> AbstractContextManager[None]:
    """Return what a forward pass of training is computed within."""
    if device.type in bfloat16:
        return torch.autocast(device.type, torch.bfloat16)
    return nullcontext()


def _class_weights(labels: Tensor, share: Tensor) -> Tensor:
    """Weigh examples, of which `share` are positive, so that both classes count the same."""
    return torch.where(labels > 0.5, 0.5 / share, 0.5 / (1 - share))
