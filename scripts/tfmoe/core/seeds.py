"""Seeds derived from the run's seed by a stable hash, so that each purpose has its own stream."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np


def derive_seed(seed: int, *purpose: str | int) -> int:
    """Derive the seed of one purpose from the run's seed.

    Parameters
    ----------
    seed
        The run's seed.
    purpose
        Purpose of the seed, such as ``("negatives", "CTCF_K562")``. The order matters.

    Returns
    -------
    int
        A number in ``[0, 2**63)``, the same on every machine and in every Python process.
    """
    text = "\x1f".join([str(seed), *map(str, purpose)])
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def generator(seed: int, *purpose: str | int) -> np.random.Generator:
    """Return a NumPy generator seeded by `derive_seed` with the same arguments."""
    return np.random.default_rng(derive_seed(seed, *purpose))
