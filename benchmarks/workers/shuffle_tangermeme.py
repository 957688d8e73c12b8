"""Time tangermeme's dinucleotide shuffle.

Arguments: sequences, length, threads, repeats, and the encoding: `one_hot` (int8 in and out) or
`packed` (four bases per byte in and out, its fastest).
"""

from __future__ import annotations

import sys

import numpy as np
import torch
from measuring import answer, peak_memory_mb, seconds_of
from tangermeme.ersatz import dinucleotide_shuffle
from tangermeme.utils import PackedSequence

number, length, threads, repeats = map(int, sys.argv[1:5])
codes = np.random.default_rng(0).integers(0, 4, (number, length)).astype(np.uint8)
one_hot = codes[:, None, :] == np.arange(4, dtype=np.uint8)[None, :, None]
sequences = torch.from_numpy(one_hot.astype(np.int8))
if sys.argv[5] == "packed":
    sequences = PackedSequence.from_one_hot(sequences)


def shuffle() -> None:
    """Shuffle each sequence once."""
    dinucleotide_shuffle(sequences, n=1, random_state=1, n_jobs=threads)


shuffle()  # warm-up: compilation
answer(seconds=[seconds_of(shuffle) for _ in range(repeats)], memory_mb=peak_memory_mb())
