"""The check of files of ready sequences, before anything long runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from tfmoe.core.errors import InputError
from tfmoe.core.experiments import Experiment
from tfmoe.data.ready_sequences import ImportedSequences, import_sequences
from tfmoe.data.sources import check_checksum
from tfmoe.data.splits import SPLITS, SplitSettings
from tfmoe.data.windows import WindowSettings

OwnedFile = tuple[str, str, str | None]


def check_sequences(
    experiments: Mapping[str, Experiment],
    files: Iterable[OwnedFile],
    negatives: Iterable[OwnedFile],
    settings: WindowSettings,
    splits: SplitSettings,
    seed: int,
) -> pd.DataFrame:
    """Check that each experiment has sequences to work with.

    Parameters
    ----------
    experiments
        The experiment table.
    files
        The files of ready sequences: experiment, path, and the checksum if it is to be checked.
    negatives
        The user's files of negatives, likewise.
    settings, splits
        The sections `windows` and `splits` of the config.
    seed
        The run's.

    Returns
    -------
    DataFrame
        One row an experiment, with the columns of `tfmoe.data.inputs.check_inputs`: experiment,
        factor, role, file, peaks (positives in the files), on_genome (those of them that are
        usable), those of each split, and naming (``-``, as there are no chromosomes).

    Raises
    ------
    InputError
        With one line for each experiment at fault.
    """
    files, negatives = list(files), list(negatives)
    rows, faults = [], []
    for name, experiment in experiments.items():
        own = [file for file in files if file[0] == name]
        supplied = [file for file in negatives if file[0] == name]
        try:
            for _, path, checksum in (*own, *supplied):
                check_checksum(path, checksum)
            paths = [path for _, path, _ in own]
            given = supplied[0][1] if supplied else None
            imported = import_sequences(name, paths, given, settings, splits, seed)
        except InputError as error:
            faults.append(f"experiment {name}: {str(error).removeprefix(f'experiment {name}: ')}")
            continue
        usable = _usable(imported)
        faults += _shortage(experiment, usable)
        rows.append(
            {
                "experiment": name,
                "factor": experiment.factor,
                "role": experiment.role,
                "file": ";".join(paths),
                "peaks": imported.counts["sequences"],
                "on_genome": imported.counts["kept"],
                **usable,
                "naming": "-",
            }
        )
    if faults:
        raise InputError("\n".join(faults))
    return pd.DataFrame(rows)


def _usable(imported: ImportedSequences) -> dict[str, int]:
    """Count the positives of each split."""
    table = imported.sequences.table
    counts = table.loc[table["label"] == 1, "split"].value_counts()
    return {split: int(counts.get(split, 0)) for split in SPLITS}


def _shortage(experiment: Experiment, usable: Mapping[str, int]) -> list[str]:
    """Name the splits that need a positive of this experiment and have none."""
    needed = SPLITS if experiment.role == "train" else ("test",)
    empty = [split for split in needed if usable[split] == 0]
    if not empty:
        return []
    return [
        f"experiment {experiment.experiment}: no positive is left in split {', '.join(empty)} "
        f"(positives: {', '.join(f'{split} {number}' for split, number in usable.items())}); the "
        "even ranks up to splits.held_out_ranks are the split test: change it or splits.shares, or "
        "take the experiment out of the table"
    ]
