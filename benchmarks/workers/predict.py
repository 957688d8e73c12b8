"""Time the predictions for a FASTA, or the networks of the same model alone.

Arguments: folder of `predict_prepare`, program, threads, sequences, time of the start of the worker
(seconds of the Unix epoch). Programs: ``tfmoe`` reads, scores and writes; ``networks`` passes
one-hot tensors in memory, on both strands, through the networks.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import torch
from measuring import answer, clock_for, peak_memory_mb, seconds_of

import tfmoe
from tfmoe.application.predict.run import predict_file
from tfmoe.models.prediction import batches

folder, program = Path(sys.argv[1]), sys.argv[2]
threads, number, begin = int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
model = tfmoe.load(folder / "model", device="cpu", threads=threads)
first: list[float] = []


def note_first(_: int) -> None:
    """Note the time at which the first rows were written."""
    if not first:
        first.append(time.time() - begin)


def score_file() -> None:
    """Run the command's work."""
    predict_file(
        model, model.query(), folder / "sequences.fa", folder / "out.tsv", advance=note_first
    )


if program == "tfmoe":
    seconds = seconds_of(score_file, clock_for(threads))
else:
    codes = np.random.default_rng(0).integers(0, 4, (number, model.window)).astype(np.uint8)
    tensors = list(batches(codes, model.batch_size, model.device))
    ((_, mixture, _),) = model.networks[0].recipes

    @torch.inference_mode()
    def passes() -> None:
        """Pass all tensors through all networks."""
        for batch in tensors:
            mixture.run_experts(batch)

    seconds = seconds_of(passes, clock_for(threads))
answer(seconds=seconds, memory_mb=peak_memory_mb(), first=first[0] if first else None)
