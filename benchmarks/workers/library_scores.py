"""Time counts and scores of gapped k-mers, and best hits of a bank of matrices.

Arguments: task, program, windows of 101 bases, models or matrices.

Tasks: ``count`` (8 bases, 6 of them read), ``score``, ``scan``. Programs: ``tfmoe``; ``numpy``
sorts the features of 1,000 windows at a time and multiplies a sparse matrix; ``scan`` scans with
one matrix at a time; ``torch`` convolves with all matrices of a width.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import torch
from measuring import answer, clock_for, peak_memory_mb, seconds_of
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from tfmoe.core.dna import Codes
from tfmoe.jaspar.bank import scan_bank
from tfmoe.jaspar.scanning import log_odds, scan
from tfmoe.models.encoding import one_hot
from tfmoe.models.gkm_features import count_gapped_kmers, feature_number, score_gapped_kmers

LENGTH, WORD, READ, BLOCK = 101, 8, 6, 1000
SHOWN = 5

task, program = sys.argv[1:3]
windows, number = map(int, sys.argv[3:5])
torch.set_num_threads(1)
rng = np.random.default_rng(0)
codes = rng.integers(0, 4, (windows, LENGTH)).astype(np.uint8)
features = feature_number(WORD, READ)
weights = rng.normal(size=(number, features)).astype(np.float32)
bank = [log_odds(rng.dirichlet([0.3] * 4, width).T) for width in rng.integers(6, 22, number)]


@cache
def number_features() -> NDArray[np.int64]:
    """Return the column of each gapped k-mer: (patterns * 4**READ,)."""
    patterns = list(combinations(range(WORD), READ))
    number_of = {pattern: index for index, pattern in enumerate(patterns)}
    bases = np.arange(4**READ)
    partner = sum((3 - bases // 4**i % 4) * 4 ** (READ - 1 - i) for i in range(READ))
    smaller = []
    for index, pattern in enumerate(patterns):
        other = number_of[tuple(WORD - 1 - offset for offset in reversed(pattern))]
        smaller.append(np.minimum(index * 4**READ + bases, other * 4**READ + partner))
    return np.unique(np.concatenate(smaller), return_inverse=True)[1]


def count_by_numpy(codes: Codes) -> csr_matrix:
    """Count by sorting the features of each window."""
    columns, parts = number_features(), []
    for block in np.split(codes, range(BLOCK, len(codes), BLOCK)):
        words = LENGTH - WORD + 1
        found = []
        for index, pattern in enumerate(combinations(range(WORD), READ)):
            value = np.full((len(block), words), index)
            for offset in pattern:
                value = value * 4 + block[:, offset : offset + words]
            found.append(value)
        rows = np.sort(columns[np.concatenate(found, axis=1)], axis=1)
        first = np.ones(rows.shape, dtype=np.bool_)
        first[:, 1:] = rows[:, 1:] != rows[:, :-1]
        starts = np.flatnonzero(first)
        counts = np.diff(np.append(starts, rows.size)).astype(np.float64)
        row = starts // rows.shape[1]
        values = (counts / np.sqrt(np.bincount(row, counts**2))[row]).astype(np.float32)
        bounds = np.r_[0, np.cumsum(np.bincount(row))]
        shape = (len(block), features)
        parts.append(csr_matrix((values, rows.ravel()[starts], bounds), shape=shape))
    return vstack(parts, format="csr")


def scan_by_torch(codes: Codes) -> NDArray[np.float32]:
    """Convolve with both strands of all matrices of a width: (windows, matrices)."""
    sequences = one_hot(torch.from_numpy(codes))
    best = np.empty((len(codes), number), dtype=np.float32)
    widths = np.array([pwm.shape[1] for pwm in bank])
    for width in np.unique(widths):
        chosen = np.flatnonzero(widths == width)
        kernels = torch.from_numpy(np.stack([bank[index] for index in chosen])).float()
        for part in torch.arange(len(codes)).split(128):
            forward, reverse = (
                torch.nn.functional.conv1d(sequences[part], strand).amax(dim=2)
                for strand in (kernels, kernels.flip(1, 2))
            )
            best[np.ix_(part, chosen)] = torch.maximum(forward, reverse).numpy()
    return best


functions: dict[tuple[str, str], Callable[[Codes], Any]] = {
    ("count", "tfmoe"): lambda codes: count_gapped_kmers(codes, WORD, READ),
    ("count", "numpy"): count_by_numpy,
    ("score", "tfmoe"): lambda codes: score_gapped_kmers(codes, WORD, READ, weights),
    ("score", "numpy"): lambda codes: count_by_numpy(codes) @ weights.T,
    ("scan", "tfmoe"): lambda codes: scan_bank(codes, bank),
    ("scan", "scan"): lambda codes: np.stack([scan(codes, pwm).score for pwm in bank], axis=1),
    ("scan", "torch"): scan_by_torch,
}
function = functions[task, program]
few = function(codes[:SHOWN])  # this also compiles or loads kernels
shown = few.toarray() if task == "count" else few
seconds = seconds_of(lambda: function(codes), clock_for(1))
answer(seconds=seconds, memory_mb=peak_memory_mb(), result=shown.ravel().tolist())
