"""Time the logits of a network on all windows of a sequence, along it and window by window.

Arguments: backbone, pool (of convnet; otherwise -), networks (1 is an expert; more are a mixture of
so many), bases, stride, batch size, repeats, FASTA (- for random bases). Weights are fresh. Both
strands are averaged. With a FASTA, the bases are the first ones of its longest record.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from measuring import answer, clock_for, peak_memory_mb, seconds_of
from recipe import TRAINING

from tfmoe.core.config import schema_defaults
from tfmoe.core.dna import Codes, encode_text
from tfmoe.core.sliding import SlidingWindows, Windows
from tfmoe.data.reading.genome_files import read_genome
from tfmoe.models.device import prepare_torch
from tfmoe.models.expert import Expert, StrandAveraged
from tfmoe.models.moe import HeadOptions, Mixture, MixtureHead
from tfmoe.models.prediction import Scores, predict, predict_mixture
from tfmoe.models.registry import build_backbone

WINDOW = 101


def read_bases(path: str, bases: int) -> Codes:
    """Return bases of the longest record of a FASTA, or random ones."""
    if path == "-":
        return np.random.default_rng(0).integers(0, 4, bases).astype(np.uint8)
    longest = max((letters for _, letters in read_genome(path, {})), key=len)
    return encode_text(bytes(longest[:bases]))


def build(backbone: str, pool: str) -> Expert:
    """Build a network with fresh weights and the config's hyper-parameters."""
    changes: dict[str, Any] = {} if pool == "-" else {"pool": pool}
    hyperparameters = TRAINING["backbones"][backbone] | changes
    network = build_backbone(backbone, WINDOW, hyperparameters)
    return Expert(network, TRAINING["embedding"], TRAINING["dropout"])


def scorer(networks: list[Expert], batch_size: int) -> Callable[[Windows], Scores]:
    """Return a function that scores windows by one network or by a mixture of several."""
    cpu = torch.device("cpu")
    if len(networks) == 1:
        network = StrandAveraged(networks[0])
        return lambda windows: predict(network, windows, batch_size, cpu)
    options = schema_defaults("mixture")
    head = MixtureHead(
        len(networks),
        TRAINING["embedding"],
        HeadOptions(**{name: options[name] for name in HeadOptions.__dataclass_fields__}),
    )
    for weights in head.parameters():
        torch.nn.init.normal_(weights, std=0.1)
    mixture = Mixture({str(place): one for place, one in enumerate(networks)}, head, True)
    return lambda windows: predict_mixture(mixture, windows, batch_size, cpu).mixture


backbone, pool = sys.argv[1:3]
number, bases, stride, batch_size, repeats = map(int, sys.argv[3:8])
prepare_torch(1)
clock = clock_for(1)
torch.manual_seed(0)
score = scorer([build(backbone, pool) for _ in range(number)], batch_size)
windows = SlidingWindows(read_bases(sys.argv[8], bases), WINDOW, stride)
programs: dict[str, Windows] = {"tfmoe": windows, "windows": windows.rows()}
# compiles, and warms torch up
part = windows.part(0, 5000)
apart = float(np.abs(score(part) - score(part.rows())).max())
seconds: dict[str, list[float]] = {name: [] for name in programs}
for _ in range(repeats):
    for name, given in programs.items():
        seconds[name].append(seconds_of(partial(score, given), clock))
answer(seconds=seconds, windows=len(windows), apart=apart, memory_mb=peak_memory_mb())
