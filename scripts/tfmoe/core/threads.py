"""The one place that sets how many threads the numerical libraries use in one process."""

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
    """Tell OpenMP, MKL, OpenBLAS, numexpr, numba and torch to use `number` threads.

    Child processes inherit it. It has to be called before any of these libraries is imported; the
    Snakefile does so, and Snakemake's jobs are its children. The number comes from the config and
    never from the cores Snakemake grants: 1 and 2 threads give different weights.
    """
    for variable in VARIABLES:
        os.environ[variable] = str(number)
