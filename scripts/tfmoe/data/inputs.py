"""The check of all inputs, before anything long runs: that peaks, genome and splits agree."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tfmoe.core.errors import ConfigError, InputError
from tfmoe.core.experiments import Experiment
from tfmoe.data.genome import Chromosomes
from tfmoe.data.intervals import overlaps_table
from tfmoe.data.peaks import place_blacklist, place_peaks
from tfmoe.data.sources import check_sha256
from tfmoe.data.splits import SPLITS, assign_splits
from tfmoe.data.windows import inside_chromosomes, window_starts

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class InputFile:
    """An input file, and its checksum if it is known and was not checked yet."""

    path: str
    sha256: str | None


def check_inputs(
    experiments: Mapping[str, Experiment],
    files: Mapping[str, InputFile],
    chromosomes: Chromosomes,
    blacklist: InputFile | None,
    genome: Mapping[str, Any],
    splits: Mapping[str, list[str]],
    length: int,
) -> pd.DataFrame:
    """Check that each experiment has peaks to work with.

    Parameters
    ----------
    experiments
        The experiment table.
    files
        The peak file of each experiment.
    chromosomes
        The genome's.
    blacklist
        Regions that no window may touch (BED), or `None`.
    genome, splits
        These sections of the config.
    length
        Of a window.

    Returns
    -------
    DataFrame
        One row an experiment: experiment, factor, role, file, peaks (in the file), on_genome (on
        chromosomes in use), then for each split the peaks whose window lies on the chromosome and
        outside the blacklist, and how chromosome names were matched.

    Raises
    ------
    InputError
        With one line for each experiment at fault.
    ConfigError
        If a split names a chromosome that is not in use.
    """
    split_of = assign_splits(chromosomes.used, splits)
    names = (chromosomes, genome["aliases"], genome["assembly"])
    if blacklist is not None:
        check_sha256(blacklist.path, blacklist.sha256)
    regions = place_blacklist(blacklist.path if blacklist else None, *names)
    rows, faults = [], []
    for name, experiment in experiments.items():
        file = files[name]
        try:
            check_sha256(file.path, file.sha256)
            placed = place_peaks(file.path, *names)
        except (InputError, ConfigError) as error:
            faults.append(f"experiment {name}: {error}")
            continue
        inside = placed.table[inside_chromosomes(placed.table, chromosomes.lengths, length)]
        start = window_starts(inside["summit"], length)
        outside = ~overlaps_table(inside.assign(start=start, end=start + length), regions)
        counts = inside.loc[outside, "chrom"].map(split_of).value_counts()
        usable = {split: int(counts.get(split, 0)) for split in SPLITS}
        faults += _shortage(experiment, file.path, usable)
        rows.append(
            {
                "experiment": name,
                "factor": experiment.factor,
                "role": experiment.role,
                "file": file.path,
                "peaks": placed.read,
                "on_genome": len(placed.table),
                **usable,
                "naming": placed.naming.describe(),
            }
        )
    if faults:
        raise InputError("\n".join(faults))
    return pd.DataFrame(rows)


def _shortage(experiment: Experiment, path: str, usable: Mapping[str, int]) -> list[str]:
    """Name the splits that need a peak of this experiment and have none."""
    needed = SPLITS if experiment.role == "train" else ("test",)
    empty = [split for split in needed if usable[split] == 0]
    if not empty:
        return []
    return [
        f"experiment {experiment.experiment}: {path}: no usable peak is left in split "
        f"{', '.join(empty)} (usable peaks: {', '.join(f'{s} {n}' for s, n in usable.items())}); "
        "change the section `splits` or the blacklist, or take the experiment out of the table"
    ]
