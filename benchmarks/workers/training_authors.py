"""Time the training loop of the paper's authors, run unchanged from their checkout.

Arguments: checkout, file of positives, threads, batch size, epochs. Two objects are
replaced from outside: their early stopping, called once at the end of each epoch, by one that
records the time and stops after the requested epochs; and the loader of the validation split, by
one that records when validation begins.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ["CUDA_VISIBLE_DEVICES"] = ""  # their code uses a GPU if there is one
sys.path.insert(0, sys.argv[1])

import torch
from experiments.train import main as authors
from measuring import answer, clock_for
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader

# values within the ranges of their search; the time does not depend on them
SETTINGS = {
    "poolType": "max", "sigmaConv": 1e-4, "dropprob": 0.75, "learning_rate": 0.005,
    "momentum_rate": 0.98,
}  # fmt: skip

path, threads, batch_size, epochs = sys.argv[2], *map(int, sys.argv[3:6])
torch.set_num_threads(threads)
clock = clock_for(threads)
begun: list[float] = []  # validation, by epoch
ended: list[float] = []  # the epoch


class Stopping:
    """Early stopping after the requested epochs and an uncounted first one."""

    early_stop = False

    def __init__(self, **_: Any) -> None: ...

    def __call__(self, _: float) -> bool:
        """Record the end of an epoch."""
        ended.append(clock())
        self.early_stop = len(ended) > epochs
        return self.early_stop


class NotedLoader(DataLoader[Any]):
    """A loader that records when it is read."""

    def __iter__(self) -> Any:
        """Record the start of a validation."""
        begun.append(clock())
        return super().__iter__()


authors.EarlyStopping = Stopping
authors.set_seed(1)
examples = authors.ChipDataLoader(path).load_data(shuffle=True)
train, validation = train_test_split(examples, test_size=0.2, random_state=1)
training_set = authors.chipseq_dataset(train)
loader = DataLoader(training_set, batch_size=batch_size, shuffle=True)
noted = NotedLoader(authors.chipseq_dataset(validation), batch_size=batch_size, shuffle=False)
with tempfile.TemporaryDirectory() as folder:
    authors.train_expert(SETTINGS, loader, noted, str(Path(folder) / "expert.pth"), "benchmark")
answer(
    examples=len(training_set),
    steps=[begun[epoch] - ended[epoch - 1] for epoch in range(1, epochs + 1)],
    fit=[ended[epoch] - ended[epoch - 1] for epoch in range(1, epochs + 1)],
)
