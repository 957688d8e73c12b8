"""Where the factors of the training experiments bind: their peaks, one file for the run.

It flags sequences that lie where a training factor binds, in whichever split. No experiment's own
negatives are drawn by it, so that a factor that is added retrains no other expert.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pybedtools

from tfmoe.core.files import Pathlike
from tfmoe.data.intervals import read_bed
from tfmoe.data.reading.genome import Chromosomes
from tfmoe.data.reading.peaks import place_all
from tfmoe.data.windows.select import footprints

COLUMNS = ("chrom", "start", "end", "factor", "experiment")


def place_by_experiment(
    paths: Sequence[Pathlike],
    experiments: Sequence[str],
    chromosomes: Chromosomes,
    aliases: dict[str, str],
    assembly: str,
) -> dict[str, pd.DataFrame]:
    """Read peak files onto the genome, and put those of one experiment together.

    Parameters
    ----------
    paths, experiments
        The peak files, and the experiment that each is of.
    chromosomes, aliases, assembly
        As for `tfmoe.data.reading.peaks.place_all`.
    """
    files: dict[str, list[Pathlike]] = {}
    for path, experiment in zip(paths, experiments, strict=True):
        files.setdefault(experiment, []).append(path)
    return {
        name: place_all(own, chromosomes, aliases, assembly).table for name, own in files.items()
    }


def merge_training_peaks(
    peaks: Mapping[str, pd.DataFrame],
    factors: Mapping[str, str],
    lengths: Mapping[str, int],
    length: int,
) -> pd.DataFrame:
    """Merge the peaks of each experiment, each peak with its window.

    Parameters
    ----------
    peaks
        For each experiment its peaks on the genome.
    factors
        For each experiment its factor.
    lengths
        Length of each chromosome in use, in the genome's order.
    length
        Of a window.

    Returns
    -------
    DataFrame
        `COLUMNS`: regions, disjoint within each experiment, in the order of `lengths`, of starts
        and of ends.
    """
    parts = [
        _merge(footprints(table, length), lengths).assign(factor=factors[name], experiment=name)
        for name, table in peaks.items()
    ]
    whole = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    # of 100 experiments there are millions of rows: names are categories, chromosomes in order
    whole = whole.astype({"factor": "category", "experiment": "category"})
    whole["chrom"] = pd.Categorical(whole["chrom"], categories=list(lengths), ordered=True)
    order = [*COLUMNS[:3], "experiment"]
    return whole.sort_values(order, ignore_index=True)[list(COLUMNS)]


def _merge(regions: pd.DataFrame, lengths: Mapping[str, int]) -> pd.DataFrame:
    """Merge regions, cut off at the ends of their chromosomes, with bedtools."""
    starts = regions["start"].clip(lower=0)
    ends = np.minimum(regions["end"], regions["chrom"].map(dict(lengths)))
    inside = pd.DataFrame({"chrom": regions["chrom"], "start": starts, "end": ends})
    inside = inside[inside["start"] < inside["end"]].sort_values(["chrom", "start"])
    if inside.empty:
        return inside
    with TemporaryDirectory() as folder:
        bed, merged = Path(folder) / "peaks.bed", Path(folder) / "merged.bed"
        inside.to_csv(bed, sep="\t", header=False, index=False)
        pybedtools.BedTool(str(bed)).merge(output=str(merged))
        return read_bed(merged)
