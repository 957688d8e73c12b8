"""Time tfmoe's training of a network, and bare passes, in turns.

Arguments: file of positives, threads, batch size, epochs, backbone, number of positives to use (0
for all). Three kinds of epochs are timed: the
training steps including the sampling of examples, the whole fit with its validation (a mean over
all epochs of one fit), and bare passes (forward, backward and optimiser step of the same network on
prepared one-hot tensors).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from measuring import answer, clock_for, seconds_of
from recipe import TRAINING, network_of, optimiser_settings
from torch.nn.functional import binary_cross_entropy_with_logits
from training_data import divide, read_positives

from tfmoe.models.augmentation import EpochSampler, Examples, draw_epoch
from tfmoe.models.device import prepare_torch
from tfmoe.models.encoding import one_hot
from tfmoe.models.optimiser import Optimiser
from tfmoe.models.training_loop import fit_network
from tfmoe.models.training_state import TrainingState

CPU = torch.device("cpu")


def training_epoch(sampler: EpochSampler, batch_size: int, epochs: int) -> Callable[[], object]:
    """Return a function that draws the next epoch and runs its steps, without validation."""
    rng = np.random.default_rng(1)
    settings = optimiser_settings(epochs, batch_size)
    steps = math.ceil(sampler.size / batch_size)
    optimiser = Optimiser(network_of(backbone, length), settings, steps)
    return lambda: optimiser.run_epoch(draw_epoch([sampler], rng), CPU)


def bare_epoch(examples: Examples, batch_size: int) -> Callable[[], object]:
    """Return a function that runs the steps of an epoch on prepared tensors, and nothing else."""
    sequences = one_hot(torch.from_numpy(examples.codes)).split(batch_size)
    labels = torch.from_numpy(examples.labels).split(batch_size)
    network = network_of(backbone, length).train()
    adam = torch.optim.AdamW(network.parameters(), fused=True)

    def epoch() -> None:
        for batch, truth in zip(sequences, labels, strict=True):
            adam.zero_grad()
            binary_cross_entropy_with_logits(network(batch), truth).backward()
            adam.step()

    return epoch


def whole_fit(
    sampler: EpochSampler, validation: Examples, batch_size: int, epochs: int
) -> Callable[[], object]:
    """Return a function that fits a network completely, with validation after each epoch."""
    return lambda: fit_network(
        network_of(backbone, length), [sampler], validation, optimiser_settings(epochs, batch_size),
        TRAINING["average_strands"], np.random.default_rng(1), CPU, "benchmark",
        TrainingState(None, {}, "benchmark"),
    )  # fmt: skip


threads, batch_size, epochs = map(int, sys.argv[2:5])
backbone, limit = sys.argv[5], int(sys.argv[6])
prepare_torch(threads)
clock = clock_for(threads)
torch.manual_seed(1)
rng = np.random.default_rng(0)
positives = read_positives(Path(sys.argv[1]))
length = positives.shape[1]
sampler, validation = divide(positives, rng, limit)
steps = training_epoch(sampler, batch_size, epochs + 1)
bare = bare_epoch(draw_epoch([sampler], rng), batch_size)
steps()  # warm-up: compilation and caches
bare()
seconds: dict[str, list[float]] = {"steps": [], "bare": [], "fit": []}
for _ in range(epochs):
    seconds["steps"].append(seconds_of(steps, clock))
    seconds["bare"].append(seconds_of(bare, clock))
fit = whole_fit(sampler, validation, batch_size, epochs)
seconds["fit"].append(seconds_of(fit, clock) / epochs)
answer(examples=sampler.size, **seconds)
