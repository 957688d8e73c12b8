"""Check of peaks, genome and splits together, before any job that takes long."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tfmoe.core.errors import ConfigError, InputError
from tfmoe.core.experiments import Experiment
from tfmoe.core.vocabulary import Role, Split
from tfmoe.data.bedtools import overlaps_any
from tfmoe.data.decisions import CHROMOSOME_NAMES, SEQUENCES, STRONGEST, Decision
from tfmoe.data.factor_check import FactorCheck
from tfmoe.data.reading.blacklist import place_blacklist
from tfmoe.data.reading.chromosomes import Aliases
from tfmoe.data.reading.extra_sequences import extra_kind, shortened
from tfmoe.data.reading.genome import Chromosomes
from tfmoe.data.reading.peak_layout import choices
from tfmoe.data.reading.peaks import PlacedPeaks, place_all
from tfmoe.data.reading.same_content import same_content_faults
from tfmoe.data.reading.sources import InputFile, check_checksum
from tfmoe.data.windows.select import check_strength, inside_chromosomes, window_starts
from tfmoe.data.windows.splits import split_of_windows

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class UsablePeaks:
    """Numbers of usable and unusable peaks of one experiment.

    Attributes
    ----------
    splits
        For each split, the number of peaks whose window lies in it and outside the blacklist.
    lost
        For each reason, the number of peaks that are unusable for it.
    """

    splits: dict[str, int]
    lost: dict[str, int]


@dataclass(frozen=True)
class CheckedInputs:
    """The inputs of a run, after all checks.

    Attributes
    ----------
    table
        One row per experiment, as described in `check_inputs`.
    decisions
        Decisions about formats, chromosome names, sequences and factors.
    """

    table: pd.DataFrame
    decisions: list[Decision]


def check_together(
    check_factors: Callable[[], FactorCheck], check_files: Callable[[], CheckedInputs]
) -> CheckedInputs:
    """Check factors and files, and report the faults of both at once.

    Parameters
    ----------
    check_factors
        `tfmoe.data.factor_check.check_factors` with its arguments.
    check_files
        The check of the files, such as `check_inputs`, with its arguments.

    Raises
    ------
    InputError
        With one line per fault.
    """
    factors = check_factors()
    try:
        found = check_files()
    except (InputError, ConfigError) as error:
        raise InputError("\n".join([*factors.faults, str(error)])) from None
    if factors.faults:
        raise InputError("\n".join(factors.faults))
    return CheckedInputs(found.table, [*found.decisions, *factors.decisions])


def check_inputs(
    experiments: Mapping[str, Experiment],
    files: Mapping[str, Sequence[InputFile]],
    chromosomes: Chromosomes,
    blacklist: InputFile | None,
    genome: Mapping[str, Any],
    regions: pd.DataFrame,
    length: int,
    max_peaks: int | None = None,
) -> CheckedInputs:
    """Check that every experiment has usable peaks in each split that needs them.

    Parameters
    ----------
    experiments
        The experiment table.
    files
        The peak files of each experiment.
    chromosomes
        The chromosomes of the genome.
    blacklist
        BED file of regions that no window may overlap, or `None`.
    genome
        The config's section `genome`.
    regions
        The regions of the splits, from `tfmoe.data.windows.splits.split_regions`.
    length
        Length of a window.
    max_peaks
        The config's `windows.max_peaks`.

    Returns
    -------
    CheckedInputs
        Its table has one row per experiment: experiment, factor, role, file, peaks (number in the
        files), on_genome (number on chromosomes in use), for each split the number of usable
        peaks, and naming (how chromosome names were matched).

    Raises
    ------
    InputError
        With one line per fault.
    """
    names = (chromosomes, genome["aliases"], genome["assembly"])
    forbidden, faults = _read_blacklist(blacklist, *names)
    rows, decisions = [], _sequence_decisions(chromosomes)
    with_peaks: set[str] = set()
    for name, experiment in experiments.items():
        paths = [file.path for file in files[name]]
        try:
            for file in files[name]:
                check_checksum(file.path, file.checksum)
            placed = place_all(paths, *names, choices(experiment.reading(len(paths))))
            check_strength(name, placed, placed.table["signal"], max_peaks)
        except (InputError, ConfigError) as error:
            faults.append(f"experiment {name}: {error}")
            continue
        with_peaks.update(placed.table["chrom"].unique())
        usable = _count_usable(placed, chromosomes, forbidden, regions, length)
        faults += _missing_peaks(experiment, ", ".join(paths), usable)
        rows.append(_row(experiment, ";".join(paths), placed, usable))
        decisions += [*_file_decisions(name, placed), *_strongest(name, usable, max_peaks)]
    faults += same_content_faults(experiments, files)
    if faults:
        raise InputError("\n".join(faults))
    _warn_about_empty([name for name in chromosomes.used if name not in with_peaks])
    return CheckedInputs(pd.DataFrame(rows), decisions)


def check_experts(table: pd.DataFrame, experts: Mapping[str, Sequence[str]], minimum: int) -> None:
    """Check that each expert has enough positives to be trained on, before negatives are drawn.

    Parameters
    ----------
    table
        The table of `check_inputs` or `tfmoe.data.ready.sequences.check_sequences`.
    experts
        For each expert, the experiments that it is trained on.
    minimum
        The config's `training.minimum_positives`.

    Raises
    ------
    InputError
        With one line per expert that has fewer.
    """
    positives = table.set_index("experiment")[Split.TRAIN]
    faults = [
        f"expert {expert}: {int(positives[[*names]].sum())} usable positives in split train (from "
        f"{', '.join(names)}), expected at least training.minimum_positives = {minimum}; provide "
        "more peaks, enlarge the split (`splits`), or lower the minimum"
        for expert, names in experts.items()
        if positives[[*names]].sum() < minimum
    ]
    if faults:
        raise InputError("\n".join(faults))


def _read_blacklist(
    blacklist: InputFile | None, chromosomes: Chromosomes, aliases: Aliases, assembly: str
) -> tuple[pd.DataFrame, list[str]]:
    """Read the blacklist; if it is faulty, return no regions and the fault."""
    try:
        if blacklist is not None:
            check_checksum(blacklist.path, blacklist.checksum)
        path = blacklist.path if blacklist else None
        return place_blacklist(path, chromosomes, aliases, assembly), []
    except (InputError, ConfigError) as error:
        return place_blacklist(None, chromosomes, aliases, assembly), [f"genome.blacklist: {error}"]


def _sequence_decisions(chromosomes: Chromosomes) -> list[Decision]:
    """Describe the sequences of the genome that are in use and those that are left out."""
    used = set(chromosomes.used)
    left_out = [name for name in chromosomes.lengths if name not in used]
    in_use = f"{len(used)} of {len(chromosomes.lengths)} in use"
    if not left_out:
        return [Decision(SEQUENCES, in_use, "all sequences of genome.fasta")]
    extra = not any(map(extra_kind, used)) and all(map(extra_kind, left_out))
    source = "copies of chromosomes and decoys left out" if extra else "genome.chromosomes"
    return [Decision(SEQUENCES, f"{in_use}; left out: {shortened(left_out)}", source)]


def _file_decisions(experiment: str, placed: PlacedPeaks) -> list[Decision]:
    """Describe how the files of an experiment were read."""
    names = Decision(CHROMOSOME_NAMES, placed.naming.describe(), "names in genome.fasta")
    return [decision.of_experiment(experiment) for decision in (*placed.decisions, names)]


def _strongest(experiment: str, usable: UsablePeaks, max_peaks: int | None) -> Iterator[Decision]:
    """Yield how many of an experiment's peaks are kept, if `windows.max_peaks` leaves any out."""
    found = sum(usable.splits.values())
    if max_peaks is not None and found > max_peaks:
        kept = f"{max_peaks} of {found} usable peaks"
        yield Decision(STRONGEST, kept, "windows.max_peaks", experiment)


def _count_usable(
    placed: PlacedPeaks,
    chromosomes: Chromosomes,
    blacklist: pd.DataFrame,
    regions: pd.DataFrame,
    length: int,
) -> UsablePeaks:
    """Count the usable peaks of each split, and the others by the reason why they are not."""
    start = window_starts(placed.table["summit"], length)
    windows = placed.table.assign(start=start, end=start + length)
    inside = inside_chromosomes(placed.table, chromosomes.lengths, length)
    split = pd.Series(split_of_windows(windows, regions), dtype="object")
    in_a_split = inside & split.notna().to_numpy()
    listed = in_a_split.copy()
    listed[in_a_split] = overlaps_any(windows[in_a_split], blacklist)
    counts = split[in_a_split & ~listed].value_counts()
    return UsablePeaks(
        {name.value: int(counts.get(name, 0)) for name in Split},
        {
            "beyond the ends of their chromosome": int((~inside).sum()),
            "between two splits": int((inside & ~in_a_split).sum()),
            "in the blacklist": int(listed.sum()),
        },
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


def _missing_peaks(experiment: Experiment, paths: str, usable: UsablePeaks) -> list[str]:
    """Describe the splits that need peaks of this experiment and have none."""
    needed = tuple(Split) if experiment.role == Role.TRAIN else (Split.TEST,)
    empty = [split for split in needed if usable.splits[split] == 0]
    if not empty:
        return []
    found = ", ".join(f"{split} {number}" for split, number in usable.splits.items())
    lost = [f"{number} {reason}" for reason, number in usable.lost.items() if number]
    dropped = f"; dropped windows: {', '.join(lost)}" if lost else ""
    return [
        f"experiment {experiment.experiment}: {paths}: no usable peaks in split "
        f"{', '.join(empty)} (usable peaks: {found}{dropped}); change the section `splits` or the "
        "blacklist, or remove the experiment from the table"
    ]


def _warn_about_empty(names: Sequence[str]) -> None:
    """Warn about chromosomes in use on which no experiment has a peak."""
    if not names:
        return
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    logger.warning(
        "no experiment has a peak on %s%s; peaks may not have been called there, so no negatives "
        "are drawn from these chromosomes; `genome.chromosomes` can exclude them",
        ", ".join(names[:8]), more,
    )  # fmt: skip
