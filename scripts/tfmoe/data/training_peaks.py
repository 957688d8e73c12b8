"""Where the factors of the training experiments bind: their peaks, one file for the run.

It flags sequences, as overlapping what some expert was trained on. No experiment's own negatives
are drawn by it, so that a factor that is added retrains no other expert.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from tfmoe.core.files import Pathlike
from tfmoe.data.genome import Chromosomes
from tfmoe.data.intervals import by_chromosome
from tfmoe.data.peaks import place_peaks
from tfmoe.data.windows import footprints

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
        As for `tfmoe.data.peaks.place_peaks`.
    """
    tables: dict[str, list[pd.DataFrame]] = {}
    for path, experiment in zip(paths, experiments, strict=True):
        placed = place_peaks(path, chromosomes, aliases, assembly)
        tables.setdefault(experiment, []).append(placed.table)
    return {name: pd.concat(parts, ignore_index=True) for name, parts in tables.items()}


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
    columns = ["place", "start", "end", "number"]
    parts = [pd.DataFrame(columns=columns, dtype="int64")]
    rank = {chrom: place for place, chrom in enumerate(lengths)}
    for number, table in enumerate(peaks.values()):
        for chrom, (starts, ends) in by_chromosome(footprints(table, length)).items():
            starts, ends = np.maximum(starts, 0), np.minimum(ends, lengths[chrom])
            values = (rank[chrom], starts, ends, number)
            parts.append(pd.DataFrame(dict(zip(columns, values, strict=True))))
    whole = pd.concat(parts, ignore_index=True)
    whole = whole[whole["start"] < whole["end"]].sort_values(columns, ignore_index=True)
    # of 100 experiments there are millions of rows: names are categories
    experiments = np.array(list(peaks), dtype=object)[whole["number"]]
    return pd.DataFrame(
        {
            "chrom": pd.Categorical(np.array(list(lengths), dtype=object)[whole["place"]]),
            "start": whole["start"],
            "end": whole["end"],
            "factor": pd.Categorical([factors[name] for name in experiments]),
            "experiment": pd.Categorical(experiments),
        }
    )
