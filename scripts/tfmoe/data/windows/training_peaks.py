"""The merged peaks of all training experiments, one file per run.

They show which sequences lie where a training factor binds, in whichever split. The negatives of an
experiment do not depend on them, so that a new factor retrains no other expert.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from tfmoe.core.files import Pathlike
from tfmoe.data.bedtools import merge_intervals
from tfmoe.data.reading.chromosomes import Aliases
from tfmoe.data.reading.genome import Chromosomes
from tfmoe.data.reading.peak_layout import ReadAs
from tfmoe.data.reading.peaks import place_all
from tfmoe.data.windows.select import footprints

COLUMNS = ("chrom", "start", "end", "factor", "experiment")


def place_by_experiment(
    paths: Sequence[Pathlike],
    experiments: Sequence[str],
    chromosomes: Chromosomes,
    aliases: Aliases,
    assembly: str,
    reading: Sequence[ReadAs] = (),
) -> dict[str, pd.DataFrame]:
    """Read peak files and return one table of peaks on the genome per experiment.

    Parameters
    ----------
    paths, experiments
        The peak files, and for each file its experiment.
    chromosomes, aliases, assembly, reading
        As for `tfmoe.data.reading.peaks.place_all`.
    """
    files: dict[str, list[tuple[Pathlike, ReadAs]]] = {}
    given = reading or [ReadAs()] * len(paths)
    for path, experiment, choice in zip(paths, experiments, given, strict=True):
        files.setdefault(experiment, []).append((path, choice))
    placed = {}
    for name, own in files.items():
        found = place_all(
            [path for path, _ in own], chromosomes, aliases, assembly, [one for _, one in own]
        )
        placed[name] = found.table
    return placed


def merge_training_peaks(
    peaks: Mapping[str, pd.DataFrame],
    factors: Mapping[str, str],
    lengths: Mapping[str, int],
    length: int,
) -> pd.DataFrame:
    """Merge the peaks of each experiment, each peak together with its window.

    Parameters
    ----------
    peaks
        The peaks of each experiment on the genome.
    factors
        The factor of each experiment.
    lengths
        Length of each chromosome in use, in the genome's order.
    length
        Length of a window.

    Returns
    -------
    DataFrame
        `COLUMNS`: regions that are disjoint within each experiment, sorted by chromosome in the
        order of `lengths`, start, end and experiment.
    """
    parts = []
    for name, table in peaks.items():
        merged = merge_intervals(_clip(footprints(table, length), lengths))
        parts.append(merged.assign(factor=factors[name], experiment=name))
    whole = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    # 100 experiments have millions of rows: names are categories, chromosomes in the genome's order
    whole = whole.astype({"factor": "category", "experiment": "category"})
    whole["chrom"] = pd.Categorical(whole["chrom"], categories=list(lengths), ordered=True)
    order = [*COLUMNS[:3], "experiment"]
    return whole.sort_values(order, ignore_index=True)[list(COLUMNS)]


def _clip(regions: pd.DataFrame, lengths: Mapping[str, int]) -> pd.DataFrame:
    """Cut regions off at the ends of their chromosomes."""
    starts = regions["start"].clip(lower=0)
    ends = np.minimum(regions["end"], regions["chrom"].map(dict(lengths)))
    clipped = pd.DataFrame({"chrom": regions["chrom"], "start": starts, "end": ends})
    return clipped[clipped["start"] < clipped["end"]]
