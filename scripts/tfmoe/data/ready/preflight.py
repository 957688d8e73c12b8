"""The check of files of ready sequences, before anything long runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from tfmoe.core.errors import InputError
from tfmoe.core.experiments import Experiment
from tfmoe.data.reading.sources import InputFile, check_checksum
from tfmoe.data.ready.sequences import ImportedSequences, import_sequences
from tfmoe.data.windows.select import WindowSettings
from tfmoe.data.windows.splits import SPLITS, SplitSettings


def check_sequences(
    experiments: Mapping[str, Experiment],
    files: Mapping[str, Sequence[InputFile]],
    negatives: Mapping[str, Sequence[InputFile]],
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
        The files of ready sequences of each experiment.
    negatives
        The user's file of negatives of each experiment that has one.
    settings, splits
        The sections `windows` and `splits` of the config.
    seed
        The run's.

    Returns
    -------
    DataFrame
        One row an experiment, with the columns of `tfmoe.data.preflight.check_inputs`: experiment,
        factor, role, file, peaks (positives in the files), on_genome (those of them that are
        usable), those of each split, and naming (``-``, as there are no chromosomes).

    Raises
    ------
    InputError
        With one line for each experiment at fault.
    """
    rows, faults = [], []
    for name, experiment in experiments.items():
        own, supplied = files[name], negatives.get(name, ())
        try:
            for file in (*own, *supplied):
                check_checksum(file.path, file.checksum)
            paths = [file.path for file in own]
            given = supplied[0].path if supplied else None
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
