"""The check of all inputs, before anything long runs: that peaks, genome and splits agree."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tfmoe.core.errors import ConfigError, InputError
from tfmoe.core.experiments import Experiment
from tfmoe.data.intervals import overlaps_table
from tfmoe.data.reading.genome import Chromosomes
from tfmoe.data.reading.peaks import PlacedPeaks, place_all, place_blacklist
from tfmoe.data.reading.sources import InputFile, check_checksum
from tfmoe.data.windows.select import inside_chromosomes, window_starts
from tfmoe.data.windows.splits import SPLITS, split_of_windows

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class UsablePeaks:
    """What becomes of the peaks of one experiment.

    Attributes
    ----------
    splits
        For each split, the peaks whose window lies in it and outside the blacklist.
    lost
        For each reason, how many have no such window.
    """

    splits: dict[str, int]
    lost: dict[str, int]


def check_inputs(
    experiments: Mapping[str, Experiment],
    files: Mapping[str, Sequence[InputFile]],
    chromosomes: Chromosomes,
    blacklist: InputFile | None,
    genome: Mapping[str, Any],
    regions: pd.DataFrame,
    length: int,
) -> pd.DataFrame:
    """Check that each experiment has peaks to work with.

    Parameters
    ----------
    experiments
        The experiment table.
    files
        The peak files of each experiment.
    chromosomes
        The genome's.
    blacklist
        Regions that no window may touch (BED), or `None`.
    genome
        This section of the config.
    regions
        Those of the splits, as `tfmoe.data.windows.splits.split_regions` returns them.
    length
        Of a window.

    Returns
    -------
    DataFrame
        One row an experiment: experiment, factor, role, file, peaks (in the files), on_genome (on
        chromosomes in use), then for each split the peaks whose window lies in it and outside the
        blacklist, and how chromosome names were matched.

    Raises
    ------
    InputError
        With one line for each experiment at fault.
    """
    names = (chromosomes, genome["aliases"], genome["assembly"])
    if blacklist is not None:
        check_checksum(blacklist.path, blacklist.checksum)
    forbidden = place_blacklist(blacklist.path if blacklist else None, *names)
    rows, faults = [], []
    bound: set[str] = set()
    for name, experiment in experiments.items():
        paths = [file.path for file in files[name]]
        try:
            for file in files[name]:
                check_checksum(file.path, file.checksum)
            placed = place_all(paths, *names)
        except (InputError, ConfigError) as error:
            faults.append(f"experiment {name}: {error}")
            continue
        bound.update(placed.table["chrom"].unique())
        usable = _usable(placed, chromosomes, forbidden, regions, length)
        faults += _shortage(experiment, ", ".join(paths), usable)
        rows.append(_row(experiment, ";".join(paths), placed, usable))
    if faults:
        raise InputError("\n".join(faults))
    _warn_of_unbound([name for name in chromosomes.used if name not in bound])
    return pd.DataFrame(rows)


def check_experts(table: pd.DataFrame, experts: Mapping[str, Sequence[str]], minimum: int) -> None:
    """Check that each expert has positives enough to be trained on, before anything is drawn.

    Parameters
    ----------
    table
        What `check_inputs` or `tfmoe.data.ready.preflight.check_sequences` returned.
    experts
        For each expert the experiments that it is trained on.
    minimum
        `training.minimum_positives` of the config.

    Raises
    ------
    InputError
        With one line for each expert that has fewer.
    """
    found = table.set_index("experiment")["train"]
    faults = [
        f"expert {expert}: {int(found[[*names]].sum())} usable positives in split train (of "
        f"{', '.join(names)}), expected at least training.minimum_positives = {minimum}; give more "
        "peaks, make the split larger (`splits`), or lower the minimum"
        for expert, names in experts.items()
        if found[[*names]].sum() < minimum
    ]
    if faults:
        raise InputError("\n".join(faults))


def _usable(
    placed: PlacedPeaks,
    chromosomes: Chromosomes,
    forbidden: pd.DataFrame,
    regions: pd.DataFrame,
    length: int,
) -> UsablePeaks:
    """Count the peaks that each split can use, and why others are of no use."""
    start = window_starts(placed.table["summit"], length)
    windows = placed.table.assign(start=start, end=start + length)
    inside = inside_chromosomes(placed.table, chromosomes.lengths, length)
    split = pd.Series(split_of_windows(windows, regions), dtype="object")
    outside = ~overlaps_table(windows, forbidden)
    counts = split[inside & outside].value_counts()
    lost = {
        "reach over the end of their chromosome": ~inside,
        "lie between two splits": inside & split.isna().to_numpy(),
        "touch the blacklist": inside & split.notna().to_numpy() & ~outside,
    }
    return UsablePeaks(
        {name: int(counts.get(name, 0)) for name in SPLITS},
        {reason: int(which.sum()) for reason, which in lost.items()},
    )


def _row(
    experiment: Experiment, file: str, placed: PlacedPeaks, usable: UsablePeaks
) -> dict[str, Any]:
    return {
        "experiment": experiment.experiment,
        "factor": experiment.factor,
        "role": experiment.role,
        "file": file,
        "peaks": placed.read,
        "on_genome": len(placed.table),
        **usable.splits,
        "naming": placed.naming.describe(),
    }


def _shortage(experiment: Experiment, paths: str, usable: UsablePeaks) -> list[str]:
    """Name the splits that need a peak of this experiment and have none."""
    needed = SPLITS if experiment.role == "train" else ("test",)
    empty = [split for split in needed if usable.splits[split] == 0]
    if not empty:
        return []
    found = ", ".join(f"{split} {number}" for split, number in usable.splits.items())
    lost = ", ".join(f"{number} {reason}" for reason, number in usable.lost.items() if number)
    return [
        f"experiment {experiment.experiment}: {paths}: no usable peak is left in split "
        f"{', '.join(empty)} (usable peaks: {found}{'; windows of ' if lost else ''}{lost}); "
        "change the section `splits` or the blacklist, or take the experiment out of the table"
    ]


def _warn_of_unbound(names: Sequence[str]) -> None:
    """Warn of chromosomes in use on which no experiment has a peak."""
    if not names:
        return
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    logger.warning(
        "no experiment has a peak on %s%s, which may never have been looked at: no negatives are "
        "drawn there; `genome.chromosomes` can leave such chromosomes out",
        ", ".join(names[:8]), more,
    )  # fmt: skip
