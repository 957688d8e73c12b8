"""Where the factors of the training experiments bind: their peaks merged, one file for the run.

It flags sequences, as overlapping what some expert was trained on. No experiment's own negatives
are drawn by it, so that a factor that is added retrains no other expert.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pybedtools

from tfmoe.core.files import Pathlike
from tfmoe.data.genome import Chromosomes
from tfmoe.data.peaks import place_peaks
from tfmoe.data.windows import footprints

COLUMNS = ("chrom", "start", "end", "factors")


def place_by_factor(
    paths: Sequence[Pathlike],
    factors: Sequence[str],
    chromosomes: Chromosomes,
    aliases: dict[str, str],
    assembly: str,
) -> dict[str, pd.DataFrame]:
    """Read peak files onto the genome, and put those of one factor together.

    Parameters
    ----------
    paths, factors
        The peak file and the factor of each experiment.
    chromosomes, aliases, assembly
        As for `tfmoe.data.peaks.place_peaks`.
    """
    tables: dict[str, list[pd.DataFrame]] = {}
    for path, factor in zip(paths, factors, strict=True):
        placed = place_peaks(path, chromosomes, aliases, assembly)
        tables.setdefault(factor, []).append(placed.table)
    return {factor: pd.concat(parts, ignore_index=True) for factor, parts in tables.items()}


def merge_training_peaks(
    peaks: Mapping[str, pd.DataFrame], lengths: Mapping[str, int], length: int
) -> pd.DataFrame:
    """Merge peaks, each with its window, and say which factors bind where.

    Parameters
    ----------
    peaks
        For each factor its peaks on the genome.
    lengths
        Length of each chromosome in use, in the genome's order.
    length
        Of a window.

    Returns
    -------
    DataFrame
        Sorted disjoint segments with `COLUMNS`: along each the same factors bind, which are joined
        by commas.
    """
    with TemporaryDirectory(prefix="tfmoe-") as folder:
        files = []
        for number, factor in enumerate(sorted(peaks)):
            regions = footprints(peaks[factor], length)
            ends = np.minimum(regions["end"], regions["chrom"].map(dict(lengths)))
            regions = regions.assign(start=regions["start"].clip(lower=0), end=ends)
            regions = regions[regions["start"] < regions["end"]]
            bed = Path(folder) / f"{number}.bed"
            regions.sort_values(["chrom", "start"]).to_csv(bed, sep="\t", header=False, index=False)
            merged = Path(folder) / f"{number}.merged.bed"
            pybedtools.BedTool(str(bed)).merge().moveto(str(merged))
            files.append(merged)
        segments = _segments(files, sorted(peaks))
    order = {chrom: rank for rank, chrom in enumerate(lengths)}
    rows = np.lexsort((segments["start"].to_numpy(), segments["chrom"].map(order).to_numpy()))
    return segments.iloc[rows].reset_index(drop=True)


def _segments(files: list[Path], factors: list[str]) -> pd.DataFrame:
    if len(files) == 1:
        bed = pybedtools.BedTool(str(files[0]))
        rows = [(fields[0], fields[1], fields[2], factors[0]) for fields in bed]
    else:
        names = [str(path) for path in files]
        bed = pybedtools.BedTool().multi_intersect(i=names, names=factors)
        rows = [(fields[0], fields[1], fields[2], fields[4]) for fields in bed]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({"chrom": "str", "start": "int64", "end": "int64", "factors": "str"})
