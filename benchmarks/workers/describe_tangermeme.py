"""Describe the loci of tangermeme's last run in the folder, with tfmoe's code."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import answer

from tfmoe.core.dna import encode_text
from tfmoe.data.intervals import Positions, overlaps_table
from tfmoe.data.negatives.sampling import gc_content, ks_distance
from tfmoe.data.reading.genome import Genome, cut_windows, read_chromosomes
from tfmoe.data.reading.peaks import place_all, place_blacklist

folder = Path(sys.argv[1])
chromosomes = read_chromosomes(folder / "chromosomes.tsv")
peaks = place_all([folder / "peaks.narrowPeak"], chromosomes, {}, "hg38").table
blacklist = place_blacklist(folder / "blacklist.bed", chromosomes, {}, "hg38")
loci = pd.read_csv(folder / "tangermeme.tsv", sep="\t", dtype={"chrom": "str"})
# it uses windows around the centres of peaks
middle = peaks["start"] + (peaks["end"] - peaks["start"]) // 2
centred = peaks.assign(start=middle - 50, end=middle + 51)
counts: tuple[list[Positions], list[Positions]] = ([], [])
with Genome(folder / "genome.fa") as genome:
    for chrom in genome.lengths:
        codes = encode_text(genome.letters(chrom).tobytes())
        for table, found in zip((centred, loci), counts, strict=True):
            starts = table.loc[table["chrom"] == chrom, "start"].to_numpy(dtype="int64")
            found.append(gc_content(cut_windows(codes, starts, 101)))
gc = [np.concatenate(found) for found in counts]
answer(
    loci=len(loci),
    ks_gc=round(ks_distance(*gc), 4),
    touching_a_peak=int(overlaps_table(loci, peaks).sum()),
    in_the_blacklist=int(overlaps_table(loci, blacklist).sum()),
)
