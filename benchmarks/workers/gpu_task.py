"""Measure one backbone on one device: training, prediction, scan and attribution.

Argument: the fields of `Task` as JSON. On the CPU the network is trained for some epochs, and saved
in the folder with its scores; on a GPU it is loaded from there, and the scores are compared. One
row is written per measurement, as a line of JSON, as soon as it is known.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from measuring import clock_for
from recipe import TRAINING, network_of, optimiser_settings
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from utilisation import Utilisation

from tfmoe.attribution.methods import attribute
from tfmoe.core.dna import Codes, encode_text
from tfmoe.core.sliding import SlidingWindows
from tfmoe.models.augmentation import EpochSampler, EpochSettings, draw_epoch
from tfmoe.models.device import prepare_torch, resolve_device
from tfmoe.models.expert import Expert, StrandAveraged
from tfmoe.models.optimiser import Optimiser
from tfmoe.models.prediction import Scores, predict
from tfmoe.models.training_loop import auroc

WINDOW, FLANK = 101, 25
METHOD = "shiftsmooth_n5_corrected"
MOTIF = encode_text(b"AGATAAGG")
TOLERANCE = 1e-4
"""Largest difference between GPU and CPU that counts as rounding, relative to the largest value."""
DIFFERING = 0.02
"""Share of the maps that may differ by more.

Where two windows of a pool score the same up to rounding, either may receive the gradient.
"""
# what torch raises if a device lacks memory, a kernel or a deterministic algorithm
FAILURES = (RuntimeError, NotImplementedError, TypeError, ValueError)


@dataclass(frozen=True)
class Task:
    """What to measure.

    Attributes
    ----------
    backbone, device
        Name of the backbone; ``cpu`` or ``cuda``.
    folder
        Folder of the network and its scores.
    seconds
        Seconds that a measurement takes at least.
    positives, sequences, bases, maps
        Positives per epoch, sequences to predict, bases to scan and sequences to attribute.
    reference
        Sequences whose scores are compared between the devices; a tenth of them is attributed.
    batches
        Factors of the batch sizes of the config's defaults.
    """

    backbone: str
    device: str
    folder: str
    seconds: float
    positives: int
    sequences: int
    bases: int
    maps: int
    reference: int
    batches: tuple[int, ...]


@dataclass
class Bench:
    """The network, data and measurements of one task.

    Attributes
    ----------
    task
        The task.
    device
        Its device.
    network
        The network, on the device; on a GPU, that of the CPU's task.
    """

    task: Task
    device: torch.device
    network: Expert = field(init=False)

    def load(self) -> None:
        """Load the network of the CPU's task."""
        self.network = network_of(self.task.backbone, WINDOW)
        self.network.load_state_dict(load_file(self._file("network.safetensors")))
        self.network.to(self.device).eval()

    @property
    def precisions(self) -> list[str]:
        """Precisions of training; bfloat16 on the CPU is not measured."""
        return ["float32", "bfloat16"] if self.device.type == "cuda" else ["float32"]

    @staticmethod
    def sampler(number: int) -> EpochSampler:
        """Examples of an epoch as in a run: five stored negatives and a shuffle per positive."""
        rng = np.random.default_rng(0)
        positives = with_motif(random_codes(rng, number, WINDOW + 2 * FLANK), rng)
        negatives = random_codes(rng, 5 * number, WINDOW + 2 * FLANK)
        settings = EpochSettings(
            positives_per_epoch=1, stored=5, dinucleotide=1, shuffle="dinucleotide",
            max_shift=TRAINING["max_shift"], reverse_complement=True,
        )  # fmt: skip
        return EpochSampler(positives, negatives, FLANK, settings)

    def _file(self, name: str) -> Path:
        return Path(self.task.folder) / f"{self.task.backbone}.{name}"

    def measure(
        self, name: str, size: int, batch: int, function: Callable[[], object], **more: Any
    ) -> None:
        """Call a function until the time is over, and write its median time as a row."""
        seconds: list[float] = []
        with self.reported(name, batch=batch, size=size, **more) as row:
            function()  # compiles kernels, and warms up caches
            self._wait()
            if self.device.type == "cuda":
                torch.cuda.reset_peak_memory_stats(self.device)
            used = Utilisation(self.device)
            clock = clock_for(1 if self.device.type == "cpu" else 2)
            try:
                while sum(seconds) < self.task.seconds:
                    start = clock()
                    function()
                    self._wait()
                    seconds.append(clock() - start)
            finally:
                row["utilisation"] = used.end()
            row["runs"], row["seconds"] = len(seconds), median(seconds)
            if self.device.type == "cuda":
                row["memory_mb"] = round(torch.cuda.max_memory_allocated(self.device) / 1e6)

    @contextmanager
    def reported(self, name: str, **values: Any) -> Iterator[dict[str, Any]]:
        """Write a row at the end of the block, with the error if there was one."""
        row = {"task": name, "precision": "float32", **values}
        try:
            yield row
        except FAILURES as error:
            row["verdict"] = failure(error)
        write(row)

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def training(self) -> None:
        """Measure the steps of an epoch, with and without the drawing of its examples."""
        rng, sampler = np.random.default_rng(1), self.sampler(self.task.positives)
        examples, size = draw_epoch([sampler], rng), sampler.size
        for factor in self.task.batches:
            batch = TRAINING["batch_size"] * factor
            for precision in self.precisions:
                # more epochs than are run, for which the learning rate has a schedule
                steps = self._optimiser(100_000, sampler, batch, precision)
                run = partial(steps.run_epoch, examples, self.device)
                self.measure("training, steps", size, batch, run, precision=precision)
        batch, precision = TRAINING["batch_size"], self.precisions[-1]
        steps = self._optimiser(100_000, sampler, batch, precision)
        self.measure(
            "training, with drawing", size, batch,
            lambda: steps.run_epoch(draw_epoch([sampler], rng), self.device),
            precision=precision,
        )  # fmt: skip

    def _optimiser(
        self, epochs: int, sampler: EpochSampler, batch: int, precision: str
    ) -> Optimiser:
        """Return the optimiser of a network with fresh weights, always the same ones."""
        torch.manual_seed(0)
        network = network_of(self.task.backbone, WINDOW).to(self.device)
        devices = [self.device.type] if precision == "bfloat16" else []
        settings = replace(optimiser_settings(epochs, batch), bfloat16=devices)
        return Optimiser(network, settings, -(-sampler.size // batch))

    def learn(self, epochs: int = 4) -> None:
        """Train, report the AUROC on fresh sequences, and on a GPU whether it can be repeated."""
        for precision in self.precisions:
            with self.reported("training, AUROC after it", precision=precision) as row:
                network = self._trained(epochs, precision)
                row["value"] = round(self._auroc(network), 4)
                if self.device.type == "cpu":
                    self.network = network
                else:
                    again = same(network, self._trained(epochs, precision))
                    row["verdict"] = "repeatable" if again else "NOT repeatable"

    def _trained(self, epochs: int, precision: str) -> Expert:
        """Train a network from the same weights on the same sequences; return the averaged one."""
        sampler, rng = self.sampler(self.task.reference // 2), np.random.default_rng(2)
        optimiser = self._optimiser(epochs, sampler, TRAINING["batch_size"], precision)
        for _ in range(epochs):
            optimiser.run_epoch(draw_epoch([sampler], rng), self.device)
        kept = optimiser.averaged_network
        assert isinstance(kept, Expert)
        return kept.eval()

    def _auroc(self, network: Expert) -> float:
        rng = np.random.default_rng(3)
        positives = with_motif(random_codes(rng, 500, WINDOW), rng)
        codes = np.concatenate([positives, random_codes(rng, 500, WINDOW)])
        labels = np.repeat(np.array([1, 0], dtype=np.float32), 500)
        return auroc(predict(StrandAveraged(network), codes, 1024, self.device), labels)

    def use(self) -> None:
        """Measure predictions, scans and attribution."""
        rng, device, task = np.random.default_rng(4), self.device, self.task
        model = StrandAveraged(self.network).eval()
        models = {"float32": model, "bfloat16": HalfPrecision(model, device)}
        codes = random_codes(rng, task.sequences, WINDOW)
        flanked = random_codes(rng, task.maps, WINDOW + 2 * FLANK)
        scanned = SlidingWindows(random_codes(rng, 1, task.bases)[0], WINDOW)
        for size in (1024 * factor for factor in task.batches):
            for precision in self.precisions:
                run = partial(predict, models[precision], codes, size, device)
                name = "prediction, both strands"
                self.measure(name, len(codes), size, run, precision=precision)
        run = partial(predict, model, scanned, 1024, device)
        self.measure("scan, both strands", len(scanned), 1024, run)
        if device.type == "cuda":
            # the shared first layer of a scan is computed on the CPU
            size = 1024 * max(task.batches)
            run = partial(predict, model, scanned.rows(), size, device)
            self.measure("scan, window by window", len(scanned), size, run)
        for size in (256 * factor for factor in task.batches):
            maps = partial(attribute, model, flanked, FLANK, METHOD, size, device)
            self.measure(f"attribution, {METHOD}", len(flanked), size, maps)

    def scores(self, model: nn.Module) -> dict[str, Scores]:
        """Return what is compared between the devices."""
        rng = np.random.default_rng(5)
        codes = random_codes(rng, self.task.reference, WINDOW)
        flanked = random_codes(rng, max(self.task.reference // 10, 1), WINDOW + 2 * FLANK)
        scanned = SlidingWindows(random_codes(rng, 1, self.task.reference + WINDOW)[0], WINDOW)
        return {
            "logits": predict(model, codes, 1024, self.device),
            "scan": predict(model, scanned, 1024, self.device),
            "maps": attribute(model, flanked, FLANK, METHOD, 256, self.device),
        }

    def keep(self) -> None:
        """Save the network and its scores for the GPU's task."""
        tensors = {name: value.contiguous() for name, value in self.network.state_dict().items()}
        save_file(tensors, self._file("network.safetensors"))
        np.savez(self._file("scores.npz"), **self.scores(StrandAveraged(self.network).eval()))

    def compare(self) -> None:
        """Compare scores with those of the CPU; bfloat16 and TF32 are reported only."""
        expected = dict(np.load(self._file("scores.npz"), allow_pickle=False))
        model = StrandAveraged(self.network).eval()
        self._compare(model, expected, "float32")
        self._compare(HalfPrecision(model, self.device), expected, "bfloat16")
        parts = (torch.backends.cudnn.conv, torch.backends.cudnn.rnn)
        kept = [part.fp32_precision for part in parts]
        for part in parts:
            part.fp32_precision = "tf32"
        self._compare(model, expected, "tf32")
        for part, precision in zip(parts, kept, strict=True):
            part.fp32_precision = precision

    def _compare(self, model: nn.Module, expected: dict[str, Scores], precision: str) -> None:
        name = "agreement with the CPU"
        try:
            found = self.scores(model)
        except FAILURES as error:
            write({"task": name, "precision": precision, "verdict": failure(error)})
            return
        for kind, values in expected.items():
            row = difference(found[kind], values)
            if precision != "float32":
                row["verdict"] = "reported only"
            write({"task": f"{name}: {kind}", "precision": precision, **row})


class HalfPrecision(nn.Module):
    """A network that computes in bfloat16 where that is safe, with logits in float32."""

    def __init__(self, network: nn.Module, device: torch.device) -> None:
        super().__init__()
        self.network, self._kind = network, device.type

    def forward(self, sequences: Tensor) -> Tensor:
        """Return the logits (B,) of one-hot sequences (B, 4, L)."""
        with torch.autocast(self._kind, torch.bfloat16):
            logits: Tensor = self.network(sequences)
        return logits.float()


def failure(error: Exception) -> str:
    """Return the verdict of a row whose measurement failed, on one line."""
    return " ".join(f"FAILED: {type(error).__name__}: {error}".split())[:300]


def difference(found: Scores, expected: Scores) -> dict[str, Any]:
    """Return the largest difference, relative to the largest value, and whether it is rounding.

    Of maps (N, 4, L), some may differ by more; the value is then that of the last map that may not.
    """
    if found.shape != expected.shape or not np.isfinite(found).all():
        return {"verdict": f"FAILED: found the shape {found.shape}, or values that are not finite"}
    apart = np.abs(found - expected).reshape(len(found), -1).max(axis=1)
    relative = np.sort(apart / np.abs(expected).max())
    allowed = int(DIFFERING * len(relative)) if found.ndim > 1 else 0
    value = float(relative[len(relative) - 1 - allowed])
    return {
        "value": float(f"{value:.3g}"),
        "note": f"largest of all {relative[-1]:.3g}, tolerance {TOLERANCE:g}",
        "verdict": "ok" if value <= TOLERANCE else "FAILED",
    }


def same(first: nn.Module, second: nn.Module) -> bool:
    """Return whether the weights of two networks are equal to the last bit."""
    pairs = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    return all(torch.equal(one, other) for one, other in pairs)


def random_codes(rng: np.random.Generator, number: int, length: int) -> Codes:
    """Return random sequences, uint8 (number, length)."""
    return rng.integers(0, 4, (number, length), dtype=np.uint8)


def with_motif(codes: Codes, rng: np.random.Generator) -> Codes:
    """Write the motif near the middle of each sequence (N, L), in place."""
    middle = codes.shape[1] // 2
    for row, at in enumerate(rng.integers(middle - 20, middle + 12, len(codes))):
        codes[row, at : at + len(MOTIF)] = MOTIF
    return codes


def write(row: dict[str, Any]) -> None:
    """Write a row as a line of JSON."""
    sys.stdout.write(json.dumps(row) + "\n")
    sys.stdout.flush()


def run(task: Task) -> None:
    """Run all measurements of a task."""
    prepare_torch(1)
    bench = Bench(task, resolve_device(task.device))
    if task.device == "cuda":
        write({"task": "device", "note": torch.cuda.get_device_name(bench.device)})
    bench.learn()
    if task.device == "cpu":
        bench.keep()
    else:
        bench.load()
        bench.compare()
    bench.training()
    bench.use()


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    run(Task(**given | {"batches": tuple(given["batches"])}))
