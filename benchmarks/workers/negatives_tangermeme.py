"""Time tangermeme's extract_matching_loci. Arguments: folder, number of processes."""

from __future__ import annotations

import sys
from pathlib import Path

from measuring import answer, clock_for, peak_memory_mb
from tangermeme.match import extract_matching_loci

folder, jobs = Path(sys.argv[1]), int(sys.argv[2])
clock = clock_for(jobs)
start = clock()
loci = extract_matching_loci(
    str(folder / "peaks.narrowPeak"),
    str(folder / "genome.fa"),
    in_window=101,
    out_window=101,
    max_n_perc=0.05,
    random_state=1,
    n_jobs=jobs,
)
seconds = clock() - start
memory_mb = peak_memory_mb()
loci.to_csv(folder / "tangermeme.tsv", sep="\t", index=False)
answer(seconds=seconds, memory_mb=memory_mb, drawn=len(loci))
