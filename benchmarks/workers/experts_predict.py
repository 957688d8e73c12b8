"""Time a mixture's predictions.

Arguments: folder, number of experts, threads, batch size, sequences.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from measuring import answer, clock_for, peak_memory_mb, seconds_of

from tfmoe.models.checkpoints import load_mixture
from tfmoe.models.device import prepare_torch
from tfmoe.models.prediction import predict_mixture

folder = Path(sys.argv[1])
experts, threads, batch_size, number = map(int, sys.argv[2:6])
prepare_torch(threads)
folders = {path.name: path for path in (folder / "experts").iterdir()}
mixture = load_mixture(folder / f"mixture_{experts}", folders)
length = 101
codes = np.random.default_rng(0).integers(0, 4, (number, length)).astype(np.uint8)
cpu = torch.device("cpu")
predict_mixture(mixture, codes[:1], batch_size, cpu)  # warm-up of torch
before = peak_memory_mb()
seconds = seconds_of(lambda: predict_mixture(mixture, codes, batch_size, cpu), clock_for(threads))
memory_mb = peak_memory_mb()
answer(seconds=seconds, memory_mb=memory_mb, taken_mb=memory_mb - before)
