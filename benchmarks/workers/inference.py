"""Time tfmoe's predictions of a convnet, and bare convolution and pooling, in turns.

Arguments: sequences, length, threads, batch size, repeats. Bare means the same
convolution and pooling by torch's modules, on prepared one-hot tensors with the network's padding.
Both are timed on one strand and on both.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import torch
from measuring import answer, clock_for, seconds_of
from recipe import HYPERPARAMETERS, convnet
from torch import Tensor, nn

from tfmoe.core.dna import Codes
from tfmoe.models.device import prepare_torch
from tfmoe.models.encoding import both_strands, one_hot
from tfmoe.models.expert import StrandAveraged
from tfmoe.models.prediction import predict

Encoding = Callable[[Tensor], Tensor]
PADDING = HYPERPARAMETERS["kernel_width"] - 1


def bare_passes(codes: Codes, batch_size: int, strands: Encoding) -> Callable[[], object]:
    """Return a function that passes prepared batches through convolution and pooling."""
    pad = nn.ConstantPad1d(PADDING, 0.25)
    batches = [pad(strands(one_hot(part))) for part in torch.from_numpy(codes).split(batch_size)]
    width = HYPERPARAMETERS["kernel_width"]
    convolution = nn.Conv1d(4, HYPERPARAMETERS["filters"], width)
    pool = nn.MaxPool1d(codes.shape[1] + PADDING)

    @torch.inference_mode()
    def passes() -> None:
        for batch in batches:
            pool(convolution(batch))

    return passes


number, length, threads, batch_size, repeats = map(int, sys.argv[1:])
prepare_torch(threads)
clock = clock_for(threads)
codes = np.random.default_rng(0).integers(0, 4, (number, length)).astype(np.uint8)
network = convnet(length)
cpu = torch.device("cpu")
kinds = {
    "one strand": (network, torch.clone),
    "both strands": (StrandAveraged(network), both_strands),
}
programs: dict[str, dict[str, Callable[[], object]]] = {
    kind: {
        "tfmoe": lambda model=model: predict(model, codes, batch_size, cpu),
        "bare": bare_passes(codes, batch_size, strands),
    }
    for kind, (model, strands) in kinds.items()
}
seconds: dict[str, dict[str, list[float]]] = {kind: {"tfmoe": [], "bare": []} for kind in kinds}
for turn in range(repeats + 1):
    for kind, pair in programs.items():
        for name, function in pair.items():
            measured = seconds_of(function, clock)
            if turn > 0:  # the first pass is a warm-up of torch
                seconds[kind][name].append(measured)
answer(seconds=seconds)
