"""Compile the kernels that score sequences into numba's cache; run it with ``python -m``.

These are the kernels of gapped k-mers, of banks of matrices, and of filters along a sequence and on
one-hot windows, and of the units of ExplaiNN. Set-up
runs this module once, so that no job has to wait for them.
"""

from __future__ import annotations

import numpy as np
import torch

from tfmoe.core.sliding import SlidingWindows
from tfmoe.core.threads import set_threads
from tfmoe.jaspar.bank import scan_bank
from tfmoe.models.encoding import one_hot
from tfmoe.models.first_layer import FirstLayer
from tfmoe.models.gkm_features import count_gapped_kmers, feature_number, score_gapped_kmers
from tfmoe.models.one_hot_filters import best_columns, codes_of
from tfmoe.models.sliding.shared_filters import SharedFilters
from tfmoe.models.unit_kernels import run_units

_SEQUENCES, _LENGTH = 5, 21
_WORD, _INFORMATIVE = 4, 3


def compile_kernels() -> int:
    """Call every kernel on a few sequences; return the number of gapped k-mers counted."""
    codes = np.random.default_rng(0).integers(0, 4, (_SEQUENCES, _LENGTH)).astype(np.uint8)
    weights = np.zeros((2, feature_number(_WORD, _INFORMATIVE)), dtype=np.float32)
    score_gapped_kmers(codes, _WORD, _INFORMATIVE, weights)
    scan_bank(codes, [np.zeros((4, _WORD))])
    sequence = SlidingWindows(codes.ravel(), _LENGTH)
    score_gapped_kmers(sequence, _WORD, _INFORMATIVE, weights)
    filters = torch.zeros(1, 4, _WORD), torch.zeros(1)
    SharedFilters(FirstLayer(*filters, 1, 2 * _LENGTH, averages=True), _LENGTH).pooled(sequence)
    windows = one_hot(torch.from_numpy(codes)).requires_grad_(True)
    known = codes_of(windows, 1)
    assert known is not None
    best = best_columns(windows, known, filters[0].requires_grad_(True), filters[1], 2)
    best.sum().backward()  # type: ignore[no-untyped-call]
    maxima = torch.zeros(1, 2, 3, requires_grad=True)
    layers = (
        (torch.zeros(2, 3, 4), torch.zeros(2, 1, 4)),
        (torch.zeros(2, 4, 1), torch.zeros(2, 1, 1)),
    )
    run_units(maxima, *layers, 0.5).sum().backward()  # type: ignore[no-untyped-call]
    return int(count_gapped_kmers(codes, _WORD, _INFORMATIVE).nnz)


if __name__ == "__main__":
    set_threads(1)
    compile_kernels()
