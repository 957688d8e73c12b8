"""Describe the loci of a program's last run in the folder, with tfmoe's code.

Arguments: folder, program (``tangermeme`` or ``chrombpnet``).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import answer

from tfmoe.core.dna import encode_text
from tfmoe.data.intervals import overlaps_table
from tfmoe.data.negatives.sampling import gc_content, ks_distance
from tfmoe.data.reading.blacklist import place_blacklist
from tfmoe.data.reading.genome import Genome, cut_windows, read_chromosomes
from tfmoe.data.reading.peaks import place_all


@dataclass(frozen=True)
class Program:
    """Its table of loci, its windows, and chromosomes whose loci it draws apart from the others."""

    table: str
    header: int | None
    length: int
    at_summits: bool
    splits: tuple[tuple[str, ...], ...]


PROGRAMS = {
    "tangermeme": Program("tangermeme.tsv", 0, 101, False, ()),
    "chrombpnet": Program(
        "chrombpnet_negatives.bed", None, 100, True, (("chr1", "chr8", "chr21"), ("chr9",))
    ),
}

folder, program = Path(sys.argv[1]), PROGRAMS[sys.argv[2]]
chromosomes = read_chromosomes(folder / "chromosomes.tsv")
peaks = place_all([folder / "peaks.narrowPeak"], chromosomes, {}, "hg38").table
blacklist = place_blacklist(folder / "blacklist.bed", chromosomes, {}, "hg38")
loci = pd.read_csv(
    folder / program.table, sep="\t", header=program.header, usecols=[0, 1, 2], dtype={0: "str"}
)
loci.columns = ["chrom", "start", "end"]
middle = peaks["start"] + (peaks["end"] - peaks["start"]) // 2
if program.at_summits:
    middle = peaks["summit"]
half = program.length // 2
centred = peaks.assign(start=middle - half, end=middle - half + program.length)
gc = []
unknown = 0
with Genome(folder / "genome.fa") as genome:
    for chrom in genome.lengths:
        codes = encode_text(genome.letters(chrom).tobytes())
        split = next((names for names in program.splits if chrom in names), ())
        for label, table in (("peak", centred), ("locus", loci)):
            starts = table.loc[table["chrom"] == chrom, "start"].to_numpy(dtype="int64")
            windows = cut_windows(codes, starts, program.length)
            gc.append(pd.DataFrame({"split": str(split), "of": label, "gc": gc_content(windows)}))
            unknown += int((windows > 3).any(axis=1).sum()) if label == "locus" else 0
distances = [
    ks_distance(*(rows.loc[rows["of"] == label, "gc"].to_numpy() for label in ("peak", "locus")))
    for _, rows in pd.concat(gc).groupby("split")
]
ordered = loci.sort_values(["chrom", "start"])
follows = ordered["chrom"].eq(ordered["chrom"].shift())
answer(
    loci=len(loci),
    ks_gc=round(max(distances), 4),
    touching_a_peak=int(overlaps_table(loci, peaks).sum()),
    in_the_blacklist=int(overlaps_table(loci, blacklist).sum()),
    with_unknown_bases=unknown,
    overlapping_another=int((follows & (ordered["start"] < ordered["end"].shift())).sum()),
    duplicates=int(np.sum(ordered.duplicated())),
)
