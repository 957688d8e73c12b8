"""Import and check of ready sequences: cut to windows, filtered, and assigned to splits.

Ready sequences have no coordinates: chromosome ``.``, start and end -1, as in BED for no interval.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tfmoe.core.dna import UNKNOWN, encode, encode_text, reverse_complement
from tfmoe.core.errors import InputError
from tfmoe.core.experiments import Experiment
from tfmoe.core.files import Pathlike
from tfmoe.core.vocabulary import Kind, Role, Split
from tfmoe.data.datasets import COLUMNS, SequenceSet, read_sequences
from tfmoe.data.kmers import KmerIndex, index_kmers
from tfmoe.data.reading.sequence_files import read_experiment
from tfmoe.data.reading.sources import InputFile, check_checksum
from tfmoe.data.windows.select import WindowSettings
from tfmoe.data.windows.splits import SplitSettings, split_of_ranks

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ImportedSequences:
    """The ready sequences of one experiment.

    Attributes
    ----------
    sequences
        Positives (kind ``peak``), then negatives (kind ``file``), both sorted by rank.
    counts
        Number of positives in the files, number dropped by each filter in turn, and number kept;
        then the numbers of negatives in the files and kept.
    """

    sequences: SequenceSet
    counts: dict[str, int]

    def filters(self, experiment: str) -> pd.DataFrame:
        """Return the counts as a table with one row."""
        return pd.DataFrame([{"experiment": experiment, **self.counts}])


def import_sequences(
    experiment: str,
    paths: Sequence[Pathlike],
    negatives: Pathlike | None,
    settings: WindowSettings,
    splits: SplitSettings,
    seed: int,
) -> ImportedSequences:
    """Read the ready sequences of an experiment.

    The window is the middle of a sequence, and the bases next to it are the flanks. The filters, in
    this order: sequences shorter than a window, the share of unknown bases, duplicates (of equal
    windows, on either strand, the one with the lowest rank is kept), and the maximum number of
    positives (those with the lowest ranks are kept).

    Parameters
    ----------
    experiment
        Name of the experiment; sequences are called ``<experiment>:<kind>:<name in the file>``.
    paths, negatives
        As for `tfmoe.data.reading.sequence_files.read_experiment`.
    settings
        The config's section `windows`.
    splits
        The config's section `splits`.
    seed
        Seed of the run.

    Raises
    ------
    InputError
        If a file is faulty, or if no positive is left.
    """
    table = read_experiment(paths, negatives)
    table = table.sort_values("rank", kind="stable")
    positives, counts = _filter(table[table["label"] == 1], settings)
    positives = _limit(positives, settings, counts)
    supplied, dropped = _filter(table[table["label"] == 0], settings)
    if not len(positives):
        found = ", ".join(f"{name} {count}" for name, count in counts.items() if name != "kept")
        raise InputError(
            f"experiment {experiment}: no positive is left after filtering "
            f"{', '.join(map(str, paths))} ({found}); sequences shorter than windows.length = "
            f"{settings.length} are dropped"
        )
    if dropped["sequences"] > len(supplied):
        reasons = ", ".join(f"{name} {count}" for name, count in dropped.items() if count)
        logger.warning("%s: %d negatives are kept (%s)", experiment, len(supplied), reasons)
    parts = [
        _as_sequences(positives, experiment, Kind.PEAK),
        _as_sequences(supplied, experiment, Kind.FILE),
    ]
    whole = pd.concat([part for part in parts if len(part)], ignore_index=True)
    whole["rank"] = ranks = whole["rank"].to_numpy(dtype=np.int64)
    whole["split"] = split_of_ranks(ranks, splits, seed, experiment)
    counts |= {"negatives": dropped["sequences"], "negatives_kept": len(supplied)}
    codes = encode(whole["text"].tolist())
    return ImportedSequences(SequenceSet(whole[list(COLUMNS)], codes, settings.flank), counts)


def check_sequences(
    experiments: Mapping[str, Experiment],
    files: Mapping[str, Sequence[InputFile]],
    negatives: Mapping[str, Sequence[InputFile]],
    settings: WindowSettings,
    splits: SplitSettings,
    seed: int,
) -> pd.DataFrame:
    """Check that every experiment has positives in each split that needs them.

    This is the check of ready sequences before any job that takes long;
    `tfmoe.data.preflight.check_inputs` is that of peaks.

    Parameters
    ----------
    experiments
        The experiment table.
    files
        The files of ready sequences of each experiment.
    negatives
        The user's file of negatives, for experiments that have one.
    settings, splits
        The config's sections `windows` and `splits`.
    seed
        Seed of the run.

    Returns
    -------
    DataFrame
        One row per experiment, with the columns of `tfmoe.data.preflight.check_inputs`: experiment,
        factor, role, file, peaks (positives in the files), on_genome (usable positives), the
        positives of each split, and naming (``-``, since chromosomes are not known).

    Raises
    ------
    InputError
        With one line per faulty experiment.
    """
    rows, faults = [], []
    for name, experiment in experiments.items():
        own, supplied = files[name], negatives.get(name, ())
        paths = [file.path for file in own]
        try:
            for file in (*own, *supplied):
                check_checksum(file.path, file.checksum)
            brought = supplied[0].path if supplied else None
            imported = import_sequences(name, paths, brought, settings, splits, seed)
        except InputError as error:
            faults.append(f"experiment {name}: {str(error).removeprefix(f'experiment {name}: ')}")
            continue
        positives = _count_positives(imported)
        faults += _missing_positives(experiment, positives)
        rows.append(
            {
                "experiment": name,
                "factor": experiment.factor,
                "role": experiment.role,
                "file": ";".join(paths),
                "peaks": imported.counts["sequences"],
                "on_genome": imported.counts["kept"],
                **positives,
                "naming": "-",
            }
        )
    if faults:
        raise InputError("\n".join(faults))
    return pd.DataFrame(rows)


def index_training(paths: Mapping[str, Pathlike], factors: Mapping[str, str]) -> KmerIndex:
    """Index the 31-mers of the positives that networks are trained, fitted or selected on.

    Parameters
    ----------
    paths
        The sequences of each training experiment, from `import_sequences`.
    factors
        The factor of each training experiment.

    Returns
    -------
    KmerIndex
        31-mers of all positives outside the split test.
    """
    seen = [split for split in Split if split != Split.TEST]
    windows = {
        name: read_sequences(path, splits=seen, kinds=[Kind.PEAK]).windows
        for name, path in paths.items()
    }
    return index_kmers(windows, factors)


def _count_positives(imported: ImportedSequences) -> dict[str, int]:
    """Count the positives of each split."""
    table = imported.sequences.table
    counts = table.loc[table["label"] == 1, "split"].value_counts()
    return {split.value: int(counts.get(split, 0)) for split in Split}


def _missing_positives(experiment: Experiment, positives: Mapping[str, int]) -> Iterator[str]:
    """Describe the splits that need positives of this experiment and have none."""
    needed = tuple(Split) if experiment.role == Role.TRAIN else (Split.TEST,)
    empty = [split for split in needed if positives[split] == 0]
    if empty:
        found = ", ".join(f"{split} {number}" for split, number in positives.items())
        yield (
            f"experiment {experiment.experiment}: no positives in split {', '.join(empty)} "
            f"(positives: {found}); the even ranks up to splits.held_out_ranks are the split test: "
            "change it or splits.shares, or remove the experiment from the table"
        )


def _filter(table: pd.DataFrame, settings: WindowSettings) -> tuple[pd.DataFrame, dict[str, int]]:
    """Cut sequences to windows, drop invalid ones, and count those dropped by each filter."""
    counts = {"sequences": len(table)}
    long_enough = table["sequence"].str.len() >= settings.length
    counts["short"] = int((~long_enough).sum())
    table = table[long_enough].reset_index(drop=True)
    cut = [_cut(text, settings.length, settings.flank) for text in table["sequence"]]
    inner = slice(settings.flank, settings.flank + settings.length)
    text = "".join(whole[inner] for whole in cut)
    codes = encode_text(text).reshape(len(table), settings.length)
    known = (codes == UNKNOWN).sum(axis=1) <= settings.max_n_share * settings.length
    counts["unknown_bases"] = int((~known).sum())
    strands = zip(codes, reverse_complement(codes), strict=True)
    either = pd.Series([min(row.tobytes(), other.tobytes()) for row, other in strands])
    first = known.copy()
    first[known] = ~either[known].duplicated().to_numpy(dtype=np.bool_)
    counts["duplicate"] = int((known & ~first).sum())
    # lower-case letters are upper-case letters with one more bit set
    lower = np.frombuffer(text.encode("ascii"), dtype=np.uint8).reshape(codes.shape) & 32 > 0
    repeats = np.where(table["soft_masked"], lower.mean(axis=1), np.nan).astype(np.float32)
    return table.assign(text=cut, repeat_share=repeats)[first].reset_index(drop=True), counts


def _limit(
    positives: pd.DataFrame, settings: WindowSettings, counts: dict[str, int]
) -> pd.DataFrame:
    """Keep positives up to the maximum number; the first ones have the lowest ranks."""
    kept = positives if settings.max_peaks is None else positives.head(settings.max_peaks)
    counts["max_peaks"] = len(positives) - len(kept)
    counts["kept"] = len(kept)
    return kept


def _cut(text: str, length: int, flank: int) -> str:
    """Return the middle window of a sequence with its flanks, which are N beyond the sequence."""
    start = (len(text) - length) // 2 - flank
    end = start + length + 2 * flank
    return "N" * -min(start, 0) + text[max(start, 0) : end] + "N" * max(end - len(text), 0)


def _as_sequences(table: pd.DataFrame, experiment: str, kind: Kind) -> pd.DataFrame:
    """Return sequences with the columns of a sequence set, and their text."""
    return pd.DataFrame(
        {
            "name": f"{experiment}:{kind}:" + table["name"],
            "chrom": pd.Series(".", index=table.index, dtype="str"),
            "start": np.int64(-1),
            "end": np.int64(-1),
            "strand": ".",
            "label": table["label"].astype("int8"),
            "kind": kind,
            "parent": pd.Series(None, index=table.index, dtype="str"),
            "repeat_share": table["repeat_share"],
            "rank": table["rank"],
            "text": table["text"],
        }
    )
