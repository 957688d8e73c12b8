"""Compile the data stage's kernels into numba's cache; run it with ``python -m``.

Kernels compile on first use, which takes some ten seconds on one core. Set-up runs this module
once, so that no job waits for it and no two jobs compile the same kernel.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from tfmoe.core.dna import decode
from tfmoe.core.threads import set_threads
from tfmoe.data.kmers import unique_kmers
from tfmoe.data.negatives.dinucleotide_shuffle import dinucleotide_shuffle
from tfmoe.data.negatives.sampling import gc_content, sample_windows
from tfmoe.data.reading.genome import Genome, prepare_genome

_SEQUENCES, _LENGTH = 50, 101


def compile_kernels() -> int:
    """Call every kernel on a few sequences; return the number of windows that were sampled."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (_SEQUENCES, _LENGTH)).astype(np.uint8)
    dinucleotide_shuffle(codes, rng)
    unique_kmers(codes)
    # more windows than fit, so that the search for windows of similar GC content is compiled too
    needed = np.bincount(gc_content(codes), minlength=_LENGTH + 1).astype(np.int64)
    with TemporaryDirectory() as folder:
        source, fasta, table = (Path(folder) / name for name in ("s.fa", "g.fa", "g.tsv"))
        source.write_text(">1\n" + "".join(decode(codes)) + "\n")
        prepare_genome(source, None, fasta, table)
        regions = pd.DataFrame({"chrom": ["1"], "start": [0], "end": [codes.size]})
        with Genome(fasta) as genome:
            sample = sample_windows(
                genome, regions, regions[:0], needed[None], _LENGTH // 20, 0.05, rng
            )
    return len(sample.start)


if __name__ == "__main__":
    set_threads(1)
    compile_kernels()
