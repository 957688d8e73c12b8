"""Time how tfmoe prepares a genome. Argument: folder with ``source.fa``."""

from __future__ import annotations

import sys
from pathlib import Path

from measuring import answer, peak_memory_mb, seconds_of

from tfmoe.data.reading.genome import prepare_genome

folder = Path(sys.argv[1])
seconds = seconds_of(
    lambda: prepare_genome(
        folder / "source.fa", None, folder / "genome.fa", folder / "chromosomes.tsv"
    )
)
answer(seconds=seconds, memory_mb=peak_memory_mb())
