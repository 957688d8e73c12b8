"""Number of threads of the numerical libraries, set in this one place."""

from __future__ import annotations

import os

VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)


def set_threads(number: int) -> None:
    """Limit OpenMP, MKL, OpenBLAS, numexpr, numba and torch to `number` threads.

    Child processes inherit the limit. Call this before importing any of these libraries; the
    Snakefile does, and Snakemake's jobs are its child processes. The number comes from the config,
    never from the cores that Snakemake grants, because 1 and 2 threads yield different weights.
    """
    for variable in VARIABLES:
        os.environ[variable] = str(number)
