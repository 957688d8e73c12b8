"""Time tfmoe from peak file to windows and negatives.

Arguments: folder, whether to match repeats (0 or 1).
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import answer, peak_memory_mb

from tfmoe.core.config import schema_defaults
from tfmoe.data.intervals import overlaps_table
from tfmoe.data.negatives.context import NegativeSources
from tfmoe.data.negatives.draw import DrawnNegatives, draw_negatives
from tfmoe.data.negatives.parts import NegativeSettings, Part
from tfmoe.data.reading.blacklist import place_blacklist
from tfmoe.data.reading.genome import Genome, read_chromosomes
from tfmoe.data.reading.peaks import place_all
from tfmoe.data.windows.select import WindowSettings, select_windows
from tfmoe.data.windows.splits import SplitSettings, split_regions

WINDOWS = WindowSettings(length=101, flank=25, max_n_share=0.05, max_peaks=None)
SPLITS = SplitSettings(
    **schema_defaults("splits")
    | {
        "by": "chromosome",
        "test": ["chr1", "chr8", "chr21"],
        "validation": ["chr9"],
        "gate": ["chr10"],
        "folds": None,
    }
)
ONE = {"genomic": 1, "dinucleotide": 0, "neighbour": 0, "other_factor": 0, "file": 0}


def draw(folder: Path, settings: NegativeSettings) -> tuple[list[DrawnNegatives], dict[str, float]]:
    """Select windows and draw both parts of the negatives; return them and the seconds per step."""
    times = [time.process_time()]
    chromosomes = read_chromosomes(folder / "chromosomes.tsv")
    regions = split_regions(chromosomes.used_lengths, SPLITS, WINDOWS.span, 1)
    peaks = place_all([folder / "peaks.narrowPeak"], chromosomes, {}, "hg38")
    blacklist = place_blacklist(folder / "blacklist.bed", chromosomes, {}, "hg38")
    times.append(time.process_time())
    with Genome(folder / "genome.fa") as genome:
        windows = select_windows("x", peaks, genome, blacklist, WINDOWS, regions)
        times.append(time.process_time())
        sources = NegativeSources(genome, regions, peaks.table, blacklist)
        drawn = [
            draw_negatives("x", "train", part, windows.table, sources, settings, WINDOWS, 1)
            for part in Part
        ]
        times.append(time.process_time())
    seconds = dict(zip(("read", "windows", "negatives"), np.diff(times).tolist(), strict=True))
    first, last = peaks.table["start"] - settings.margin, peaks.table["end"] + settings.margin
    for part in drawn:
        check(part, peaks.table.assign(start=first, end=last), blacklist)
    return drawn, seconds


def check(drawn: DrawnNegatives, *forbidden: pd.DataFrame) -> None:
    """Stop if a negative touches a forbidden region."""
    table = drawn.sequences.table
    negatives = table[table["label"] == 0]
    for regions in forbidden:
        if overlaps_table(negatives, regions).any():
            raise SystemExit("a negative touches a peak, its margin or the blacklist")


drawn, seconds = draw(
    Path(sys.argv[1]),
    NegativeSettings(
        margin=200, neighbour_distance=1000, gc_tolerance=0.05,
        match_repeats=sys.argv[2] == "1", min_share=0.8, ratios=ONE,
    ),
)  # fmt: skip
memory_mb = peak_memory_mb()
summary = pd.concat([part.summary for part in drawn])
answer(
    seconds=sum(seconds.values()),
    memory_mb=memory_mb,
    parts=seconds,
    positives=int(summary["positives"].sum()),
    drawn=int(summary["drawn"].sum()),
    ks_gc=float(summary["ks_gc"].max()),
    ks_repeat=float(summary["ks_repeat"].max()),
    other_gc=int(summary["other_gc"].sum()),
    overlapping=int(summary["overlapping"].sum()),
)
