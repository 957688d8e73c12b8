"""Time tfmoe's dinucleotide shuffle. Arguments: sequences, length, threads, repeats."""

from __future__ import annotations

import sys

import numpy as np
from measuring import answer, peak_memory_mb, seconds_of

from tfmoe.data.negatives.dinucleotide_shuffle import dinucleotide_counts, dinucleotide_shuffle

number, length, threads, repeats = map(int, sys.argv[1:])
codes = np.random.default_rng(0).integers(0, 4, (number, length)).astype(np.uint8)
rng = np.random.default_rng(1)
shuffled = dinucleotide_shuffle(codes, rng, threads)  # warm-up: compilation, if necessary
if not np.array_equal(dinucleotide_counts(shuffled), dinucleotide_counts(codes)):
    raise SystemExit("counts of dinucleotides differ")
seconds = [seconds_of(lambda: dinucleotide_shuffle(codes, rng, threads)) for _ in range(repeats)]
answer(seconds=seconds, memory_mb=peak_memory_mb())
