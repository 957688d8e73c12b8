"""Time tfmoe's training of a convnet, and bare passes, in turns.

Arguments: file of positives, threads, batch size, epochs. Three kinds of epochs are timed: the
training steps including the sampling of examples, the whole fit with its validation (a mean over
all epochs of one fit), and bare passes (forward, backward and optimiser step of the same network on
prepared one-hot tensors).
"""

from __future__ import annotations

import csv
import gzip
import math
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from measuring import answer, clock_for, seconds_of
from recipe import TRAINING, convnet, optimiser_settings
from torch.nn.functional import binary_cross_entropy_with_logits

from tfmoe.core.dna import Codes, encode_text
from tfmoe.data.negatives.dinucleotide_shuffle import dinucleotide_shuffle
from tfmoe.models.augmentation import EpochSampler, EpochSettings, Examples, draw_epoch
from tfmoe.models.device import prepare_torch
from tfmoe.models.encoding import one_hot
from tfmoe.models.optimiser import Optimiser
from tfmoe.models.training_loop import fit_network
from tfmoe.models.training_state import TrainingState

CPU = torch.device("cpu")
VALIDATION_SHARE = 0.2  # the division in the authors' script


def read_positives(path: Path) -> Codes:
    """Read the sequences, all of one length, of a file in DeepBind's format."""
    with gzip.open(path, "rt") as handle:
        rows = csv.DictReader(handle, delimiter="\t")
        return np.stack([encode_text(row["seq"]) for row in rows if row["Bound"] == "1"])


def divide(positives: Codes, rng: np.random.Generator) -> tuple[EpochSampler, Examples]:
    """Return a sampler of epochs, with one fresh shuffle per positive, and the validation split."""
    positives = rng.permutation(positives)
    validation = round(len(positives) * VALIDATION_SHARE)
    epoch = EpochSettings(
        positives_per_epoch=TRAINING["positives_per_epoch"], stored=0, dinucleotide=1,
        shuffle="dinucleotide", max_shift=0, reverse_complement=TRAINING["reverse_complement"],
    )  # fmt: skip
    none = np.zeros((0, positives.shape[1]), dtype=np.uint8)
    held_out = positives[:validation]
    codes = np.concatenate([held_out, dinucleotide_shuffle(held_out, rng)])
    labels = np.repeat(np.array([1, 0], dtype=np.float32), validation)
    return EpochSampler(positives[validation:], none, 0, epoch), Examples(codes, labels)


def training_epoch(sampler: EpochSampler, batch_size: int, epochs: int) -> Callable[[], object]:
    """Return a function that draws the next epoch and runs its steps, without validation."""
    rng = np.random.default_rng(1)
    settings = optimiser_settings(epochs, batch_size)
    steps = math.ceil(sampler.size / batch_size)
    optimiser = Optimiser(convnet(length), settings, steps)
    return lambda: optimiser.run_epoch(draw_epoch([sampler], rng), CPU)


def bare_epoch(examples: Examples, batch_size: int) -> Callable[[], object]:
    """Return a function that runs the steps of an epoch on prepared tensors, and nothing else."""
    sequences = one_hot(torch.from_numpy(examples.codes)).split(batch_size)
    labels = torch.from_numpy(examples.labels).split(batch_size)
    network = convnet(length).train()
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
        convnet(length), [sampler], validation, optimiser_settings(epochs, batch_size),
        TRAINING["average_strands"], np.random.default_rng(1), CPU, "benchmark",
        TrainingState(None, {}, "benchmark"),
    )  # fmt: skip


threads, batch_size, epochs = map(int, sys.argv[2:5])
prepare_torch(threads)
clock = clock_for(threads)
torch.manual_seed(1)
rng = np.random.default_rng(0)
positives = read_positives(Path(sys.argv[1]))
length = positives.shape[1]
sampler, validation = divide(positives, rng)
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
