"""Compile the kernels that score sequences into numba's cache; run it with ``python -m``.

These are the kernels of gapped k-mers and of banks of matrices. Set-up runs this module once, so
that no job has to wait for them.
"""

from __future__ import annotations

import numpy as np

from tfmoe.core.threads import set_threads
from tfmoe.jaspar.bank import scan_bank
from tfmoe.models.gkm_features import count_gapped_kmers, feature_number, score_gapped_kmers

_SEQUENCES, _LENGTH = 5, 21
_WORD, _INFORMATIVE = 4, 3


def compile_kernels() -> int:
    """Call every kernel on a few sequences; return the number of gapped k-mers counted."""
    codes = np.random.default_rng(0).integers(0, 4, (_SEQUENCES, _LENGTH)).astype(np.uint8)
    weights = np.zeros((2, feature_number(_WORD, _INFORMATIVE)), dtype=np.float32)
    score_gapped_kmers(codes, _WORD, _INFORMATIVE, weights)
    scan_bank(codes, [np.zeros((4, _WORD))])
    return int(count_gapped_kmers(codes, _WORD, _INFORMATIVE).nnz)


if __name__ == "__main__":
    set_threads(1)
    compile_kernels()
