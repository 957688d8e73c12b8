"""Time the fit of a mixture.

Arguments: folder, number of experts, threads, batch size, epochs.
"""

from __future__ import annotations

import sys
from pathlib import Path

from measuring import answer, clock_for, peak_memory_mb, seconds_of

from tfmoe.core.config import schema_defaults
from tfmoe.models.device import Compute
from tfmoe.models.fitting import fit_mixture
from tfmoe.models.mixture_settings import MixtureSettings

folder = Path(sys.argv[1])
experts, threads, batch_size, epochs = map(int, sys.argv[2:6])


def fit(number: int, most: int, target: Path) -> None:
    """Fit a mixture of the first experts for `most` epochs."""
    section = {**schema_defaults("mixture"), "epochs": most, "patience": most + 1}
    folders = sorted((folder / "experts").iterdir())[:number]
    fit_mixture(
        {path.name: path for path in folders},
        {"x000": folder / "x000.parquet"},
        folder / "training_peaks.bed.gz",
        {"genomic": 1.0},
        MixtureSettings.from_section(section),
        1,
        0,
        Compute("cpu", threads, batch_size),
        target,
    )


fit(2, 1, folder / "first")  # warm-up: imports, and files in the cache
before = peak_memory_mb()
seconds = seconds_of(
    lambda: fit(experts, epochs, folder / f"mixture_{experts}"), clock_for(threads)
)
memory_mb = peak_memory_mb()
answer(seconds=seconds, memory_mb=memory_mb, taken_mb=memory_mb - before)
