"""Time tfmoe's attribution, bare passes, and the authors' functions, in turns.

Arguments: checkout, folder, sequences, sequences for the authors' loop, sequences for the
mutagenesis, length, shifts, threads. The slower backbones get a fifth of the sequences. Networks
have fresh weights; those for the mutagenesis, their sequences and tfmoe's maps are saved in the
folder for the peers. Bare passes are forward and backward passes of the same network without
gradients of its weights, on prepared one-hot tensors, at the fastest batch size. The authors'
functions run unchanged from their checkout, on their network, one sequence at a time; their time is
extrapolated to the number of sequences.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ["CUDA_VISIBLE_DEVICES"] = ""  # the authors' code uses a GPU if there is one
sys.path.insert(0, sys.argv[1])

import numpy as np
import torch
from experiments.attribution import shiftsmooth_eval as authors
from measuring import answer, clock_for, seconds_of
from recipe import TRAINING
from safetensors.torch import save_file
from tfbs.models import ConvNet

from tfmoe.attribution.gradients import differentiate, frozen
from tfmoe.attribution.methods import attribute
from tfmoe.models.device import prepare_torch
from tfmoe.models.encoding import one_hot
from tfmoe.models.expert import Expert
from tfmoe.models.registry import available, build_backbone

CPU = torch.device("cpu")
BATCHES = (64, 128, 256, 512)
OWN_BATCH = 256  # the config's default
MUTATED = ("convnet", "legnet")
SETTINGS = {
    "poolType": "max", "sigmaConv": 0.1, "dropprob": 1, "learning_rate": 0.005,
    "momentum_rate": 0.98,
}  # fmt: skip

folder = Path(sys.argv[2])
number, few, mutated, length, shifts, threads = map(int, sys.argv[3:])
prepare_torch(threads)
clock = clock_for(threads)
torch.manual_seed(1)
codes = np.random.default_rng(0).integers(0, 4, (number, length + 2 * shifts)).astype(np.uint8)
windows = np.ascontiguousarray(codes[:, shifts : shifts + length])
theirs = ConvNet(SETTINGS).eval()
pad = torch.nn.ConstantPad1d(theirs.motiflen - 1, 0.25)
padded = [pad(sequence.unsqueeze(0)) for sequence in one_hot(torch.from_numpy(windows[:few]))]


def bare_passes(network: Expert, batch_size: int, size: int) -> Callable[[], object]:
    """Return a function that passes as many windows as all shifts of all sequences."""
    ready = one_hot(torch.from_numpy(windows[:size])).split(batch_size)

    def passes() -> None:
        with frozen(network):
            for _ in range(2 * shifts + 1):
                for batch in ready:
                    differentiate(network, batch)

    return passes


def loop_shifts() -> None:
    """Run the authors' ShiftSmooth."""
    for sequence in padded:
        authors.shiftsmooth(theirs, sequence, shifts)


def loop_mutations() -> None:
    """Run the authors' mutagenesis."""
    for sequence in padded:
        authors.ism(theirs, sequence)


sizes: dict[str, int] = {}
smoothed: dict[str, dict[str, float]] = {}
mutagenesis: dict[str, dict[str, float]] = {}
for name in available():
    network = Expert(
        build_backbone(name, length, TRAINING["backbones"][name]), TRAINING["embedding"], 0
    ).eval()
    sizes[name] = number if name == "convnet" else number // 5
    some, method = codes[: sizes[name]], f"shiftsmooth_n{shifts}"
    smooth = partial(attribute, network, some, shifts, method, OWN_BATCH, CPU)
    attribute(network, codes[:OWN_BATCH], shifts, method, OWN_BATCH, CPU)  # warm-up of torch
    bare = [seconds_of(bare_passes(network, one, sizes[name]), clock) for one in BATCHES]
    smoothed[name] = {"tfmoe": seconds_of(smooth, clock), "bare passes": min(bare)}
    if name == "convnet":
        loop_shifts()
        smoothed[name]["the authors' loop"] = seconds_of(loop_shifts, clock) * number / few
    if name in MUTATED:
        mutate = partial(attribute, network, windows[:mutated], 0, "ism", OWN_BATCH, CPU)
        maps = attribute(network, windows[:10], 0, "ism", OWN_BATCH, CPU)
        mutagenesis[name] = {"tfmoe": seconds_of(mutate, clock)}
        if name == "convnet":
            seconds = seconds_of(loop_mutations, clock)
            mutagenesis[name]["the authors' loop"] = seconds * mutated / few
        left = {f"network.{key}": value for key, value in network.state_dict().items()}
        left |= {"codes": torch.from_numpy(windows[:mutated]), "maps": torch.from_numpy(maps)}
        built = {"backbone": TRAINING["backbones"][name], "embedding": TRAINING["embedding"]}
        save_file(left, folder / f"{name}.safetensors", {"built": json.dumps(built)})
answer(sizes=sizes, shiftsmooth=smoothed, ism=mutagenesis)
