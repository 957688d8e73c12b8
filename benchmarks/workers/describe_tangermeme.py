"""Describe the loci of tangermeme's last run, which is in the folder, with tfmoe's means."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from measuring import answer

from tfmoe.data.genome import Genome, read_chromosomes
from tfmoe.data.intervals import overlaps_table
from tfmoe.data.peaks import place_blacklist, place_peaks
from tfmoe.data.sampling import gc_content, ks_distance

folder = Path(sys.argv[1])
chromosomes = read_chromosomes(folder / "chromosomes.tsv")
peaks = place_peaks(folder / "peaks.narrowPeak", chromosomes, {}, "hg38").table
blacklist = place_blacklist(folder / "blacklist.bed", chromosomes, {}, "hg38")
loci = pd.read_csv(folder / "tangermeme.tsv", sep="\t", dtype={"chrom": "str"})
# it takes windows around the middle of peaks
middle = peaks["start"] + (peaks["end"] - peaks["start"]) // 2
centred = peaks.assign(start=middle - 50, end=middle + 51)
with Genome(folder / "genome.fa") as genome:
    gc = [gc_content(genome.windows(table, 0)) for table in (centred, loci)]
answer(
    loci=len(loci),
    ks_gc=round(ks_distance(*gc), 4),
    touching_a_peak=int(overlaps_table(loci, peaks).sum()),
    in_the_blacklist=int(overlaps_table(loci, blacklist).sum()),
)
