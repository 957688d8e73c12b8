"""Compile the kernels of modisco-lite and memelite into numba's cache: ``python -m`` this module.

Both libraries compile on first use, which takes one core about a minute. Set-up runs this module
once, so that no job of the pipeline has to wait.
"""

from __future__ import annotations

import numpy as np

from tfmoe.core.config import schema_defaults, select_settings
from tfmoe.core.threads import set_threads
from tfmoe.jaspar.matrices import Matrix
from tfmoe.motifs.discovery import discover
from tfmoe.motifs.matching import align
from tfmoe.motifs.settings import MotifSettings

_SEQUENCES, _LENGTH = 100, 101


def compile_kernels() -> int:
    """Discover and match a word planted in a few maps; return the number of patterns found.

    All kernels are called only if a pattern is found.
    """
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (_SEQUENCES, _LENGTH)).astype(np.uint8)
    maps = rng.normal(0, 0.3, (_SEQUENCES, 4, _LENGTH))
    word = np.array([3, 3, 0, 1, 1, 1, 2, 2])
    for row, start in enumerate(rng.integers(30, 60, _SEQUENCES)):
        codes[row, start : start + len(word)] = word
        maps[row, word, np.arange(start, start + len(word))] += 1
    maps -= maps.mean(axis=1, keepdims=True)
    found = discover(
        maps.astype(np.float32),
        codes,
        [str(row) for row in range(_SEQUENCES)],
        MotifSettings(**select_settings(schema_defaults("motifs"), MotifSettings)),
        rng,
    )
    random = [rng.dirichlet(np.ones(4), 8).T for _ in range(30)]
    align(random[:2], [Matrix("", "", "", "", "", "", "", motif) for motif in random])
    return len(found.positive)


if __name__ == "__main__":
    set_threads(1)
    compile_kernels()
