"""Time bpnet-lite's training of a BPNet on windows: a positive has one count, in its middle.

Arguments: NPZ file of the examples, threads, batch size, epochs, dilated layers, heads (``both`` or
``counts``). Sampler, network and `fit` are bpnet-lite's own. Two objects are replaced from outside:
the loader, by one that records when an epoch begins, and `predict`, called once per epoch, by one
that first records when validation begins. With ``counts``, an even profile replaces the convolution
that predicts the profile.
"""

from __future__ import annotations

import os
import sys
import tempfile
from typing import Any

import numpy as np
import torch
from bpnetlite import bpnet
from bpnetlite.io import PeakNegativeSampler
from measuring import answer, clock_for
from torch.utils.data import DataLoader

JITTER = 1  # the sampler's minimum: it cuts a window at 0 or 1 of the padded bases

threads, batch_size, epochs, layers = map(int, sys.argv[2:6])
heads = sys.argv[6]
torch.set_num_threads(threads)
torch.manual_seed(1)
clock = clock_for(threads)
begun: list[float] = []  # the epoch
trained: list[float] = []  # its steps


class NotedLoader(DataLoader[Any]):
    """A loader that records the start of an epoch."""

    def __iter__(self) -> Any:
        begun.append(clock())
        return super().__iter__()


class EvenProfile(torch.nn.Module):
    """Logits of the same profile for every sequence, without weights."""

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Return zeros (N, 1, L) for activations (N, channels, L)."""
        return torch.zeros(len(hidden), 1, hidden.shape[2])


def noted_predict(*arguments: Any, **named: Any) -> Any:
    """Record the end of an epoch's steps, and predict."""
    trained.append(clock())
    return predict(*arguments, **named)


def one_hot(codes: Any) -> torch.Tensor:
    """Return codes (N, L) as one-hot tensors (N, 4, L)."""
    return torch.from_numpy((codes[:, None] == np.arange(4)[:, None]).astype(np.int8))


def counts(labels: Any, length: int) -> torch.Tensor:
    """Return profiles (N, 1, length): for a positive one count in the middle, otherwise none."""
    profiles = torch.zeros(len(labels), 1, length)
    profiles[:, 0, length // 2] = torch.from_numpy(labels)
    return profiles


def padded(tensor: torch.Tensor) -> torch.Tensor:
    """Pad by the jitter on both sides."""
    return torch.nn.functional.pad(tensor, (JITTER, JITTER))


predict, bpnet.predict = bpnet.predict, noted_predict
given = np.load(sys.argv[1], allow_pickle=False)
length = given["codes"].shape[1]
sequences, profiles = padded(one_hot(given["codes"])), padded(counts(given["labels"], length))
bound = torch.from_numpy(given["labels"]) > 0
sampler = PeakNegativeSampler(
    sequences[bound], profiles[bound], sequences[~bound], profiles[~bound], negative_ratio=1,
    in_window=length, out_window=length, max_jitter=JITTER, reverse_complement=True,
    random_state=1,
)  # fmt: skip
network = bpnet.BPNet(
    n_layers=layers, n_outputs=1, n_control_tracks=0, trimming=0, name="bpnet", verbose=False
)
if heads == "counts":
    network.fconv = EvenProfile()
optimizer = torch.optim.Adam(network.parameters(), lr=0.001)
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)  # it saves the network there
    network.fit(
        NotedLoader(sampler, batch_size=batch_size), optimizer,
        X_valid=one_hot(given["validation_codes"]).float(),
        y_valid=counts(given["validation_labels"], length),
        max_epochs=epochs + 1, batch_size=batch_size, device="cpu",
    )  # fmt: skip
    begun.append(clock())
    os.chdir("/")
answer(
    examples=len(sampler),
    parameters=sum(weights.numel() for weights in network.parameters()),
    steps=[trained[epoch] - begun[epoch] for epoch in range(1, epochs + 1)],
    fit=[begun[epoch + 1] - begun[epoch] for epoch in range(1, epochs + 1)],
)
